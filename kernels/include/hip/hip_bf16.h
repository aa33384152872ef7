#pragma once
#include "kerntrack/device.h"
#include "kerntrack/bfloat16.h"

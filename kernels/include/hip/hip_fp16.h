#pragma once
#include "kerntrack/device.h"
#include "kerntrack/half.h"

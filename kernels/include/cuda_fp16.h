#pragma once
#include "cuda_runtime.h"
#include "kerntrack/half.h"

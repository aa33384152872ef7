#pragma once
#include "cuda_runtime.h"
#include "kerntrack/bfloat16.h"

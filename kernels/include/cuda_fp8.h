#pragma once
#include "cuda_runtime.h"
#include "kerntrack/fp8.h"

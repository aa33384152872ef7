// HIP as clang reads it without ROCm: the same device language under HIP's header name.
#pragma once
#include "kerntrack/atomics.h"
#include "kerntrack/device.h"
#include <math.h>

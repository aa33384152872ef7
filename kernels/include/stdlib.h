#pragma once
#include "kerntrack/attributes.h"
#include <stddef.h>

extern "C" __host__ __device__ void* malloc(size_t bytes);
extern "C" __host__ __device__ void free(void* pointer);
extern "C" __attribute__((noreturn)) void exit(int status);
extern "C" __attribute__((noreturn)) void abort();

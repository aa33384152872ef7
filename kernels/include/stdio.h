#pragma once
#include "kerntrack/attributes.h"

typedef struct kt_file FILE;
extern FILE* stderr;
extern FILE* stdout;
extern "C" __host__ __device__ int printf(const char* format, ...);
int fprintf(FILE* file, const char* format, ...);

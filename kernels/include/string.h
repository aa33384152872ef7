// memcpy and its like as builtins, and printf and malloc as every device compiler knows them.
#pragma once
#include "kerntrack/attributes.h"
#include <stddef.h>

KT_BOTH void* memcpy(void* to, const void* from, size_t bytes) { return __builtin_memcpy(to, from, bytes); }
KT_BOTH void* memmove(void* to, const void* from, size_t bytes) { return __builtin_memmove(to, from, bytes); }
KT_BOTH void* memset(void* to, int value, size_t bytes) { return __builtin_memset(to, value, bytes); }

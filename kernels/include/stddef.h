// Freestanding <stddef.h>: the compilers that read these headers may have no resource directory.
#pragma once

typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
#ifndef __cplusplus
typedef __WCHAR_TYPE__ wchar_t;
#endif
#define NULL __null
#define offsetof(type, member) __builtin_offsetof(type, member)

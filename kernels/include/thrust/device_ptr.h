// thrust, declarations only: what host launchers beside kernels mention.
#pragma once
#include "cuda_runtime.h"

namespace thrust {
template <typename T>
struct device_ptr {
    T* pointer;
    explicit device_ptr(T* p) : pointer(p) {}
};
template <typename T>
device_ptr<T> operator+(device_ptr<T> p, long n) {
    return device_ptr<T>(p.pointer + n);
}
}

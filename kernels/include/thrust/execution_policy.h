#pragma once
#include <thrust/device_ptr.h>

namespace thrust {
namespace cuda {
struct policy {
    policy on(cudaStream_t) const;
};
extern const policy par;
}
}

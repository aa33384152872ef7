#pragma once
#include <thrust/execution_policy.h>

namespace thrust {
template <typename Policy, typename In, typename Out>
Out inclusive_scan(const Policy& policy, In first, In last, Out result);
template <typename Policy, typename In, typename Out>
Out exclusive_scan(const Policy& policy, In first, In last, Out result);
}

// Winograd's arithmetic for processors with AVX2 and FMA.
#include "winograd_kernels.h"

#ifdef RETORT_WINOGRAD
#include <immintrin.h>

#include <algorithm>

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define RETORT_INLINE static inline __attribute__((always_inline))

namespace retort::winograd {
namespace {

constexpr int64_t kLanes = 8, kRows = 6, kChannels = 4;
using Vector = __m256;
RETORT_INLINE Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }

#include "winograd_arithmetic.h"

} // namespace

const Kernels kAvx2 = kKernels;

} // namespace retort::winograd
#pragma GCC pop_options
#endif

// Winograd's arithmetic for processors with AVX-512.
#include "winograd_kernels.h"

#ifdef RETORT_WINOGRAD
#include <immintrin.h>

#include <algorithm>

#pragma GCC push_options
#pragma GCC target("avx512f")
#define RETORT_INLINE static inline __attribute__((always_inline))

namespace retort::winograd {
namespace {

constexpr int64_t kLanes = 16, kRows = 12, kChannels = 16;
using Vector = __m512;
RETORT_INLINE Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }

#include "winograd_arithmetic.h"

} // namespace

const Kernels kAvx512 = kKernels;

} // namespace retort::winograd
#pragma GCC pop_options
#endif

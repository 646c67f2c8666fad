// Convolutions of 3 x 3 with stride 1 in a quarter of the multiplications, for the operators that have some.
#pragma once
#include <ATen/core/Tensor.h>

namespace retort::winograd {

// Whether it serves a convolution on this processor: of floats, of 3 x 3 with stride and padding 1, with a multiple of 16 channels on both sides,
// on images that its tiles of 4 x 4 fill well enough.
bool serves(const at::Tensor& input, const at::Tensor& weight, at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
            int64_t groups);

// A weight as `convolve` takes it: four times as large.
at::Tensor transformed(const at::Tensor& weight);

// A convolution with what follows it. Input [N, C, H, W] channels last, a transformed weight; bias [O] and what is added, as the result, or undefined.
at::Tensor convolve(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& added, bool relu);

} // namespace retort::winograd

// retort::winograd_conv2d: a convolution of 3 x 3 in training by Winograd's minimal filtering F(4 x 4, 3 x 3) (Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2016), in float: forward, and both gradients.
// Sums go in the same order whatever the number of threads, so results do not depend on it.
#include "winograd.h"

#include "winograd_kernels.h"

#include <ATen/Functions.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>
#ifdef RETORT_WINOGRAD
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#endif

namespace retort::winograd {

#ifdef RETORT_WINOGRAD
namespace {

// For the widest vectors that the processor has and that ATEN_CPU_CAPABILITY, libtorch's own setting, leaves to it; null where it has none of them.
const Kernels* find_kernels() {
    const char* setting = std::getenv("ATEN_CPU_CAPABILITY");
    std::string_view most = setting == nullptr ? "" : setting;
    if (most == "default" || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return nullptr;
    return most == "avx2" || !__builtin_cpu_supports("avx512f") ? &kAvx2 : &kAvx512;
}

const Kernels* const kernels = find_kernels();

constexpr int64_t kSlab = 1 << 18; // bytes of transformed tiles that each thread makes before the weight's gradient takes them: they stay in its second cache

bool all_are(at::IntArrayRef values, int64_t wanted) {
    return std::all_of(values.begin(), values.end(), [&](int64_t value) { return value == wanted; });
}

Images images_of(const at::Tensor& tensor) { return {tensor.size(0), tensor.size(2), tensor.size(3), tensor.size(1)}; }

Weight layout(const at::Tensor& weight) {
    return {weight.size(0), weight.size(1), weight.stride(0), weight.stride(1), weight.stride(2), weight.stride(3)};
}

at::Tensor transformed(const Weight& layout, const float* weights) {
    at::Tensor result = at::empty({layout.outputs / kColumns, kPoints, layout.inputs, kColumns}, at::kFloat);
    float* to = result.data_ptr<float>();
    at::parallel_for(0, result.size(0), 1, [&](int64_t begin, int64_t end) {
        for (int64_t block = begin; block < end; block++)
            kernels->transform_weights(layout, weights, block * kColumns, to + block * result.stride(0));
    });
    return result;
}

// The weight whose convolution of the result's gradient is the input's: turned around, inputs and outputs exchanged.
at::Tensor turned(const at::Tensor& weight) {
    Weight given = layout(weight);
    return transformed({given.inputs, given.outputs, given.input_stride, given.output_stride, -given.row_stride, -given.column_stride},
                       weight.data_ptr<float>() + 2 * (given.row_stride + given.column_stride));
}

at::Tensor weight_gradient(const at::Tensor& input, const at::Tensor& gradient, const at::Tensor& weight) {
    Images images = images_of(input), results = images_of(gradient);
    int64_t tiles = images.tiles(), units = (tiles + kMany - 1) / kMany, input_floats = images.channels * kPoints * kMany,
            gradient_floats = results.channels * kPoints * kMany;
    int64_t bytes = static_cast<int64_t>(sizeof(float)) * (input_floats + gradient_floats);
    int64_t slab = std::min(units, at::get_num_threads() * std::max<int64_t>(1, kSlab / bytes));
    at::Tensor inputs = at::empty({slab * input_floats}, at::kFloat), gradients = at::empty({slab * gradient_floats}, at::kFloat);
    at::Tensor sums = at::zeros({results.channels / kColumns, kPoints, images.channels, kColumns}, at::kFloat);
    const float *pixels = input.data_ptr<float>(), *gradient_data = gradient.data_ptr<float>();
    float *input_units = inputs.data_ptr<float>(), *gradient_units = gradients.data_ptr<float>(), *sums_data = sums.data_ptr<float>();
    auto count = [&](int64_t unit) { return std::min(kMany, tiles - unit * kMany); };
    for (int64_t first = 0; first < units; first += slab) {
        int64_t here = std::min(slab, units - first);
        at::parallel_for(0, here, 1, [&](int64_t begin, int64_t end) {
            for (int64_t unit = begin; unit < end; unit++) {
                kernels->transform_inputs(images, pixels, (first + unit) * kMany, count(first + unit), kMany, input_units + unit * input_floats);
                kernels->transform_gradients(results, gradient_data, (first + unit) * kMany, count(first + unit), gradient_units + unit * gradient_floats);
            }
        });
        at::parallel_for(0, sums.size(0) * kPoints, 1, [&](int64_t begin, int64_t end) {
            for (int64_t item = begin; item < end; item++) {
                int64_t block = item / kPoints, point = item % kPoints;
                for (int64_t unit = 0; unit < here; unit++)
                    kernels->accumulate(images.channels, input_units + unit * input_floats,
                                        gradient_units + unit * gradient_floats + block * kColumns * kPoints * kMany, point, count(first + unit),
                                        sums_data + item * images.channels * kColumns);
            }
        });
    }
    at::Tensor result = at::empty_like(weight);
    Weight shape = layout(result);
    float* to = result.data_ptr<float>();
    at::parallel_for(0, sums.size(0), 1, [&](int64_t begin, int64_t end) {
        for (int64_t block = begin; block < end; block++)
            kernels->transform_weights_back(shape, sums_data + block * sums.stride(0), block * kColumns, to);
    });
    return result;
}

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Convolution : torch::autograd::Function<Convolution> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                              const c10::optional<at::Tensor>& bias) {
        context->save_for_backward({input, weight});
        context->saved_data["bias"] = bias.has_value();
        return convolve(input, winograd::transformed(weight), bias.value_or(at::Tensor()), {}, false);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        auto saved = context->get_saved_variables();
        const at::Tensor &input = saved[0], &weight = saved[1];
        bool needs_input = context->needs_input_grad(0), needs_weight = context->needs_input_grad(1);
        bool needs_bias = context->saved_data["bias"].toBool() && context->needs_input_grad(2);
        if (at::GradMode::is_enabled()) { // a second derivative is wanted
            auto [first, second, third] = at::convolution_backward(gradients[0], input, weight, at::IntArrayRef{weight.size(0)}, {1, 1}, {1, 1}, {1, 1},
                                                                   false, {0, 0}, 1, {needs_input, needs_weight, needs_bias});
            return {first, second, third};
        }
        at::Tensor given = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
        return {needs_input ? convolve(given, turned(weight), {}, {}, false) : at::Tensor(),
                needs_weight ? weight_gradient(input, given, weight) : at::Tensor(),
                needs_bias ? given.sum({0, 2, 3}) : at::Tensor()};
    }
};

} // namespace

bool serves(const at::Tensor& input, const at::Tensor& weight, at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
            int64_t groups) {
    if (kernels == nullptr || !input.is_cpu() || !weight.is_cpu() || input.dim() != 4 || weight.dim() != 4 || groups != 1 || !all_are(stride, 1) ||
        !all_are(padding, 1) || !all_are(dilation, 1) || !all_are(weight.sizes().slice(2), 3) || input.scalar_type() != at::kFloat ||
        weight.scalar_type() != at::kFloat || input.size(1) != weight.size(1))
        return false;
    for (int64_t channels : weight.sizes().slice(0, 2)) {
        if (channels == 0 || channels % kColumns != 0 || channels > kMostChannels)
            return false;
    }
    Images image{1, input.size(2), input.size(3), input.size(1)};
    return 9 * image.height * image.width * 2 >= 3 * kPoints * image.tiles() && input.size(0) > 0; // a third fewer multiplications, at least
}

at::Tensor transformed(const at::Tensor& weight) { return transformed(layout(weight), weight.data_ptr<float>()); }

at::Tensor convolve(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& added, bool relu) {
    Images images = images_of(input), results = images;
    results.channels = weight.size(0) * kColumns;
    at::Tensor result = at::empty({images.count, results.channels, images.height, images.width},
                                  input.options().memory_format(at::MemoryFormat::ChannelsLast));
    int64_t unit = images.channels <= 64 ? kMany : kFew, tiles = images.tiles(), tiles_floats = images.channels * kPoints * unit;
    at::Tensor scratch = at::empty({at::get_num_threads(), tiles_floats + kColumns * kPoints * unit}, at::kFloat);
    const float *pixels = input.data_ptr<float>(), *weights = weight.data_ptr<float>();
    const float *shift = bias.defined() ? bias.data_ptr<float>() : nullptr, *added_data = added.defined() ? added.data_ptr<float>() : nullptr;
    float *scratch_data = scratch.data_ptr<float>(), *to = result.data_ptr<float>();
    at::parallel_for(0, (tiles + unit - 1) / unit, 1, [&](int64_t begin, int64_t end) {
        float *tiles_data = scratch_data + at::get_thread_num() * scratch.stride(0), *products = tiles_data + tiles_floats;
        for (int64_t first = begin * unit; first < std::min(tiles, end * unit); first += unit) {
            int64_t count = std::min(unit, tiles - first);
            kernels->transform_inputs(images, pixels, first, count, unit, tiles_data);
            for (int64_t block = 0; block < weight.size(0); block++) {
                kernels->multiply(images.channels, tiles_data, weights + block * weight.stride(0), unit, products);
                kernels->transform_outputs(results, products, first, count, unit, block * kColumns, shift, added_data, relu, to);
            }
        }
    });
    return result;
}
#else // nothing is served, so nothing else is called
bool serves(const at::Tensor&, const at::Tensor&, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, int64_t) { return false; }
at::Tensor transformed(const at::Tensor&) { TORCH_CHECK_NOT_IMPLEMENTED(false, "Winograd's convolutions are made for x86-64"); }
at::Tensor convolve(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&, bool) { return transformed(at::Tensor()); }
#endif

namespace {

// input [N, C, H, W], weight [O, C, 3, 3], bias [O]; stride and padding are 1. What Winograd's way does not serve, and all in autocast, is libtorch's.
at::Tensor winograd_conv2d(const at::Tensor& input, const at::Tensor& weight, const c10::optional<at::Tensor>& bias) {
#ifdef RETORT_WINOGRAD
    bool autocast = !c10::impl::tls_is_dispatch_key_excluded(c10::DispatchKey::AutocastCPU);
    if (!autocast && serves(input, weight, {1, 1}, {1, 1}, {1, 1}, 1) && input.is_contiguous(at::MemoryFormat::ChannelsLast) &&
        (!bias || (bias->is_cpu() && bias->scalar_type() == at::kFloat && bias->is_contiguous() && bias->numel() == weight.size(0))))
        return Convolution::apply(input, weight, bias);
#endif
    return at::conv2d(input, weight, bias, {1, 1}, {1, 1});
}

} // namespace
} // namespace retort::winograd

TORCH_LIBRARY_FRAGMENT(retort, library) {
    library.def("winograd_conv2d(Tensor input, Tensor weight, Tensor? bias) -> Tensor", retort::winograd::winograd_conv2d);
}

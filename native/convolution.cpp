// retort::fused_conv2d: a convolution for inference with what follows it (bias, sum, ReLU) in one pass over memory, by
// oneDNN or, where it serves, by Winograd's way, with weights reordered once for all calls. An operator like any other; there is none without
// oneDNN's headers.
#include "onednn.h"
#include "winograd.h"

#ifdef RETORT_ONEDNN
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <mutex>
#include <tuple>
#include <unordered_map>

namespace {

using namespace retort::onednn;
using dnnl::memory;
using WeakTensor = c10::weak_intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>;

struct Settings { // none of them: of a convolution by Winograd's way
    std::vector<int64_t> input, output, stride, padding, dilation;
    int64_t groups = 1;
    bool relu = false, adds = false;
    int threads = 0; // how a primitive shares its work, and so the last bits, is settled when it is made

    bool operator==(const Settings& other) const {
        return std::tie(input, output, stride, padding, dilation, groups, relu, adds, threads) ==
               std::tie(other.input, other.output, other.stride, other.padding, other.dilation, other.groups, other.relu, other.adds, other.threads);
    }
};

// What one weight needs for inputs of one size, or, by Winograd's way, of all.
struct Prepared {
    Settings settings;
    WeakTensor source; // keeps the address from being given to another tensor, not the weights themselves
    dnnl::convolution_forward::primitive_desc description;
    dnnl::convolution_forward primitive;
    at::Tensor weight; // in the order that the primitive likes best
};

memory::dims minus_one(at::IntArrayRef dilation) { // oneDNN counts the gaps
    memory::dims gaps = dilation.vec();
    for (auto& gap : gaps)
        gap--;
    return gaps;
}

std::shared_ptr<Prepared> prepare(const at::Tensor& weight, const Settings& settings) {
    if (settings.input.empty()) // whatever the images' size
        return std::make_shared<Prepared>(Prepared{settings, WeakTensor(weight.getIntrusivePtr()), {}, {}, retort::winograd::transformed(weight)});
    at::ScalarType type = weight.scalar_type();
    memory::dims shape = weight.sizes().vec();
    memory::format_tag order = memory::format_tag::oihw;
    if (settings.groups > 1) {
        shape[0] /= settings.groups;
        shape.insert(shape.begin(), settings.groups);
        order = memory::format_tag::goihw;
    }
    dnnl::post_ops after;
    if (settings.adds)
        after.append_binary(dnnl::algorithm::binary_add, nhwc(settings.output, type));
    if (settings.relu)
        after.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
    dnnl::primitive_attr attributes = own_scratchpad();
    attributes.set_post_ops(after);
    dnnl::convolution_forward::desc wanted(
        dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, nhwc(settings.input, type),
        memory::desc(shape, type_of(type), memory::format_tag::any),
        memory::desc({weight.size(0)}, memory::data_type::f32, memory::format_tag::x), nhwc(settings.output, type), settings.stride,
        minus_one(settings.dilation), settings.padding, settings.padding);
    auto prepared = std::make_shared<Prepared>(
        Prepared{settings, WeakTensor(weight.getIntrusivePtr()), {wanted, attributes, engine()}, {}, {}});
    prepared->primitive = dnnl::convolution_forward(prepared->description);
    prepared->weight = bytes(prepared->description.weights_desc().get_size());
    at::Tensor plain = weight.contiguous();
    memory from = over({shape, type_of(type), order}, plain), to = over(prepared->description.weights_desc(), prepared->weight);
    run(dnnl::reorder(from, to), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
    return prepared;
}

// A weight is asked for again and again with few sizes; entries of weights that are gone go when a new one comes.
std::shared_ptr<Prepared> find(const at::Tensor& weight, const Settings& settings) {
    static std::mutex mutex;
    static std::unordered_multimap<at::TensorImpl*, std::shared_ptr<Prepared>> known;
    std::lock_guard<std::mutex> lock(mutex);
    auto [begin, end] = known.equal_range(weight.unsafeGetTensorImpl());
    for (auto entry = begin; entry != end; ++entry) {
        if (entry->second->settings == settings)
            return entry->second;
    }
    for (auto entry = known.begin(); entry != known.end();) {
        entry = entry->second->source.expired() ? known.erase(entry) : std::next(entry);
    }
    return known.emplace(weight.unsafeGetTensorImpl(), prepare(weight, settings))->second;
}

// input [N, C, H, W] (cast to the weight's type), weight [O, C / groups, h, w] (never changed once it was given), bias float [O], residual as the result or none.
at::Tensor fused_conv2d(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias, const c10::optional<at::Tensor>& residual,
                        at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, int64_t groups, bool relu) {
    TORCH_CHECK_VALUE(input.dim() == 4 && weight.dim() == 4 && stride.size() == 2 && padding.size() == 2 && dilation.size() == 2,
                      "fused_conv2d takes images [N, C, H, W], a weight [O, C / groups, h, w], and pairs");
    TORCH_CHECK_VALUE(groups > 0 && input.size(1) == weight.size(1) * groups && weight.size(0) % groups == 0, "fused_conv2d: a weight ",
                      weight.sizes(), " in ", groups, " groups does not fit images ", input.sizes());
    TORCH_CHECK_VALUE(bias.scalar_type() == at::kFloat && bias.is_contiguous() && bias.numel() == weight.size(0),
                      "fused_conv2d: the bias must be float, one for each of ", weight.size(0), " channels");
    for (int64_t d = 0; d < 2; d++)
        TORCH_CHECK_VALUE(stride[d] > 0 && padding[d] >= 0 && dilation[d] > 0, "fused_conv2d: stride and dilation must be above 0, padding at least 0");
    std::vector<int64_t> sizes{input.size(0), weight.size(0)};
    for (int64_t d = 0; d < 2; d++)
        sizes.push_back((input.size(2 + d) + 2 * padding[d] - dilation[d] * (weight.size(2 + d) - 1) - 1) / stride[d] + 1);
    if (residual)
        TORCH_CHECK_VALUE(residual->sizes() == at::IntArrayRef(sizes), "fused_conv2d: what is added has the shape ", residual->sizes(), ", the result ",
                          at::IntArrayRef(sizes));
    at::Tensor source = input.to(weight.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast), added;
    if (residual)
        added = residual->to(weight.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    if (retort::winograd::serves(source, weight, stride, padding, dilation, groups))
        return retort::winograd::convolve(source, find(weight, {})->weight, bias, added, relu);
    at::Tensor result = at::empty(sizes, source.options().memory_format(at::MemoryFormat::ChannelsLast));
    if (result.numel() == 0)
        return result;
    auto prepared = find(weight, {source.sizes().vec(), sizes, stride.vec(), padding.vec(), dilation.vec(), groups, relu, residual.has_value(), at::get_num_threads()});
    const auto& description = prepared->description;
    at::Tensor scratch = bytes(description.scratchpad_desc().get_size());
    std::unordered_map<int, memory> arguments{
        {DNNL_ARG_SRC, over(description.src_desc(), source)},       {DNNL_ARG_WEIGHTS, over(description.weights_desc(), prepared->weight)},
        {DNNL_ARG_BIAS, over(description.bias_desc(), bias)},       {DNNL_ARG_DST, over(description.dst_desc(), result)},
        {DNNL_ARG_SCRATCHPAD, over(description.scratchpad_desc(), scratch)}};
    if (residual)
        arguments.emplace(DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, over(description.dst_desc(), added));
    run(prepared->primitive, arguments);
    return result;
}

} // namespace

TORCH_LIBRARY_FRAGMENT(retort, library) {
    library.def("fused_conv2d(Tensor input, Tensor weight, Tensor bias, Tensor? residual, int[2] stride, int[2] padding, int[2] dilation, "
                "int groups, bool relu) -> Tensor");
    library.impl("fused_conv2d", c10::DispatchKey::CPU, fused_conv2d);
}
#endif

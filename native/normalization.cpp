// retort::batch_norm_relu: batch normalisation in training with the ReLU behind it, by oneDNN: a pass over memory less in each
// direction, and a bit instead of a number kept for the ReLU's derivative. There is none without oneDNN's headers.
#include "onednn.h"

#ifdef RETORT_ONEDNN
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <map>
#include <mutex>
#include <tuple>

namespace {

using namespace retort::onednn;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Primitives {
    dnnl::batch_normalization_forward::primitive_desc forward_description;
    dnnl::batch_normalization_backward::primitive_desc backward_description;
    dnnl::batch_normalization_forward forward;
    dnnl::batch_normalization_backward backward;
};

// Sizes, type, epsilon, whether the ReLU follows, and threads: how a primitive shares its work, and so the last bits, is settled when it is made.
using Key = std::tuple<std::vector<int64_t>, at::ScalarType, double, bool, int>;

Key key_of(const at::Tensor& images, double epsilon, bool relu) {
    return {images.sizes().vec(), images.scalar_type(), epsilon, relu, at::get_num_threads()};
}

// The sizes of a network's norms, which come again at every step.
const Primitives& primitives(const Key& key) {
    static std::mutex mutex;
    static std::map<Key, Primitives> known;
    std::lock_guard<std::mutex> lock(mutex);
    auto found = known.find(key);
    if (found != known.end())
        return found->second;
    auto [sizes, type, epsilon, relu, threads] = key;
    auto images = nhwc(sizes, type);
    auto flags = dnnl::normalization_flags::use_scale_shift;
    if (relu)
        flags |= dnnl::normalization_flags::fuse_norm_relu;
    auto small = static_cast<float>(epsilon);
    dnnl::batch_normalization_forward::primitive_desc forward(
        {dnnl::prop_kind::forward_training, images, small, flags}, own_scratchpad(), engine());
    dnnl::batch_normalization_backward::primitive_desc backward(
        {dnnl::prop_kind::backward, images, images, small, flags}, own_scratchpad(), engine(), forward);
    return known
        .emplace(key, Primitives{forward, backward, dnnl::batch_normalization_forward(forward), dnnl::batch_normalization_backward(backward)})
        .first->second;
}

// running = (1 - momentum) running + share seen. A loop: for tens of numbers an operator of libtorch is mostly its own call.
void follow(at::Tensor& running, const at::Tensor& seen, double momentum, double share) {
    auto* into = running.data_ptr<float>();
    const auto* from = seen.data_ptr<float>();
    for (int64_t c = 0; c < running.numel(); c++)
        into[c] = static_cast<float>((1 - momentum) * into[c] + share * from[c]);
}

struct BatchNorm : torch::autograd::Function<BatchNorm> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& images, const at::Tensor& weight, const at::Tensor& bias,
                              at::Tensor running_mean, at::Tensor running_variance, double momentum, double epsilon, bool relu) {
        at::Tensor source = images.contiguous(at::MemoryFormat::ChannelsLast);
        const Primitives& known = primitives(key_of(source, epsilon, relu));
        const auto& description = known.forward_description;
        at::Tensor affine = at::stack({weight, bias}), result = at::empty_like(source), mean = at::empty_like(weight), variance = at::empty_like(weight),
                   mask = bytes(description.workspace_desc().get_size()), scratch = bytes(description.scratchpad_desc().get_size());
        run(known.forward, {{DNNL_ARG_SRC, over(description.src_desc(), source)},
                            {DNNL_ARG_DST, over(description.dst_desc(), result)},
                            {DNNL_ARG_SCALE_SHIFT, over(description.weights_desc(), affine)},
                            {DNNL_ARG_MEAN, over(description.mean_desc(), mean)},
                            {DNNL_ARG_VARIANCE, over(description.variance_desc(), variance)},
                            {DNNL_ARG_WORKSPACE, over(description.workspace_desc(), mask)},
                            {DNNL_ARG_SCRATCHPAD, over(description.scratchpad_desc(), scratch)}});
        if (running_mean.defined()) {
            follow(running_mean, mean, momentum, momentum);
            double count = static_cast<double>(source.numel()) / static_cast<double>(source.size(1));
            follow(running_variance, variance, momentum, momentum * count / (count - 1)); // the unbiased one
        }
        context->save_for_backward({source, affine, mean, variance, mask});
        context->saved_data["epsilon"] = epsilon;
        context->saved_data["relu"] = relu;
        return result;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(), "batch_norm_relu has no second derivative");
        auto saved = context->get_saved_variables();
        const at::Tensor &source = saved[0], &affine = saved[1], &mean = saved[2], &variance = saved[3], &mask = saved[4];
        const Primitives& known = primitives(key_of(source, context->saved_data["epsilon"].toDouble(), context->saved_data["relu"].toBool()));
        const auto& description = known.backward_description;
        at::Tensor given = gradients[0].to(source.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
        at::Tensor result = at::empty_like(source), of_affine = at::empty_like(affine), scratch = bytes(description.scratchpad_desc().get_size());
        run(known.backward, {{DNNL_ARG_SRC, over(description.src_desc(), source)},
                             {DNNL_ARG_DIFF_DST, over(description.diff_dst_desc(), given)},
                             {DNNL_ARG_DIFF_SRC, over(description.diff_src_desc(), result)},
                             {DNNL_ARG_SCALE_SHIFT, over(description.weights_desc(), affine)},
                             {DNNL_ARG_DIFF_SCALE_SHIFT, over(description.diff_weights_desc(), of_affine)},
                             {DNNL_ARG_MEAN, over(description.mean_desc(), mean)},
                             {DNNL_ARG_VARIANCE, over(description.variance_desc(), variance)},
                             {DNNL_ARG_WORKSPACE, over(known.forward_description.workspace_desc(), mask)},
                             {DNNL_ARG_SCRATCHPAD, over(description.scratchpad_desc(), scratch)}});
        return {result, of_affine[0], of_affine[1], {}, {}, {}, {}, {}};
    }
};

at::Tensor batch_norm_relu(const at::Tensor& images, const at::Tensor& weight, const at::Tensor& bias,
                           const c10::optional<at::Tensor>& running_mean, const c10::optional<at::Tensor>& running_variance, double momentum,
                           double epsilon, bool relu) {
    TORCH_CHECK_VALUE(images.is_cpu(), "batch_norm_relu computes on the CPU");
    TORCH_CHECK_VALUE(images.dim() == 4 && images.numel() > images.size(1), "batch_norm_relu takes images [N, C, H, W] of more than one pixel, not ",
                      images.sizes());
    for (const auto& parameter : {weight, bias, running_mean.value_or(weight), running_variance.value_or(weight)})
        TORCH_CHECK_VALUE(parameter.is_cpu() && parameter.scalar_type() == at::kFloat && parameter.is_contiguous() && parameter.numel() == images.size(1),
                          "batch_norm_relu takes float parameters and statistics on the CPU, one for each of ", images.size(1), " channels");
    return BatchNorm::apply(images, weight, bias, running_mean.value_or(at::Tensor()), running_variance.value_or(at::Tensor()), momentum, epsilon,
                            relu);
}

} // namespace

TORCH_LIBRARY_FRAGMENT(retort, library) {
    library.def("batch_norm_relu(Tensor images, Tensor weight, Tensor bias, Tensor(a!)? running_mean, Tensor(b!)? running_variance, "
                "float momentum, float epsilon, bool relu) -> Tensor",
                batch_norm_relu);
}
#endif

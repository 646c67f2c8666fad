// What the operators that call oneDNN themselves share. Images lie channels last in memory.
#pragma once
#ifdef RETORT_ONEDNN
#include <ATen/Functions.h>

#include <oneapi/dnnl/dnnl.hpp>

namespace retort::onednn {

inline const dnnl::engine& engine() {
    static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
    return cpu;
}

inline dnnl::memory::data_type type_of(at::ScalarType type) {
    TORCH_CHECK_TYPE(type == at::kFloat || type == at::kBFloat16, "oneDNN computes in float or bfloat16 here, not ", type);
    return type == at::kFloat ? dnnl::memory::data_type::f32 : dnnl::memory::data_type::bf16;
}

inline dnnl::memory::desc nhwc(at::IntArrayRef sizes, at::ScalarType type) {
    return {sizes.vec(), type_of(type), dnnl::memory::format_tag::nhwc};
}

inline dnnl::memory over(const dnnl::memory::desc& description, const at::Tensor& tensor) {
    return {description, engine(), tensor.data_ptr()};
}

inline at::Tensor bytes(size_t count) { return at::empty({static_cast<int64_t>(count)}, at::kByte); }

// The caller gives the scratchpad, so that it comes from libtorch's allocator.
inline dnnl::primitive_attr own_scratchpad() {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attributes;
}

inline void run(const dnnl::primitive& primitive, const std::unordered_map<int, dnnl::memory>& arguments) {
    dnnl::stream stream(engine());
    primitive.execute(stream, arguments);
    stream.wait();
}

} // namespace retort::onednn
#endif

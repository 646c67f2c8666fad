// What a tensor is beyond its operators: lifetime, description, gradient.
#include "bridge.h"

using namespace retort;

namespace retort {
std::atomic<int64_t> live_tensors{0};
}

int64_t retort_live_tensors(void) { return live_tensors.load(std::memory_order_relaxed); }

void retort_tensor_free(void* tensor) {
    guarded_silently([&] { take(tensor); });
}

int32_t retort_tensor_retain(void* tensor, void** same) {
    return guarded([&] { *same = give(borrow_defined(tensor, "tensor")); });
}

int32_t retort_tensor_info_read(void* handle, retort_tensor_info* result) {
    return guarded([&] {
        auto tensor = borrow_defined(handle, "tensor");
        *result = {};
        result->dim = tensor.dim();
        result->numel = tensor.numel();
        result->sizes = tensor.sizes().data();
        result->dtype = static_cast<int32_t>(tensor.scalar_type());
        result->device_type = static_cast<int32_t>(tensor.device().type());
        result->device_index = tensor.device().index();
        result->requires_grad = tensor.requires_grad();
        result->is_leaf = tensor.is_leaf();
        // Sparse and oneDNN-blocked tensors have neither strides nor one block of memory, and throw when asked.
        if (tensor.layout() != c10::kStrided || !tensor.has_storage())
            return;
        result->strides = tensor.strides().data();
        result->is_contiguous = tensor.is_contiguous();
        result->is_channels_last = tensor.dim() == 4 && tensor.is_contiguous(c10::MemoryFormat::ChannelsLast);
        if (tensor.is_cpu())
            result->data = tensor.data_ptr();
    });
}

int32_t retort_tensor_grad_get(void* tensor, void** grad) {
    // Of the implementation: at::Tensor::grad() warns for every tensor that is not a leaf.
    return guarded([&] { *grad = give(borrow_defined(tensor, "tensor").unsafeGetTensorImpl()->grad()); });
}

int32_t retort_tensor_grad_set(void* handle, void* grad_handle) {
    return guarded([&] {
        auto tensor = borrow_defined(handle, "tensor");
        auto grad = borrow(grad_handle);
        if (grad.defined()) {
            TORCH_CHECK_VALUE(grad.sizes() == tensor.sizes(), "a gradient of ", describe(grad), " does not fit ", describe(tensor));
            TORCH_CHECK_VALUE(grad.device() == tensor.device(), "the gradient is on ", grad.device(), ", the tensor on ", tensor.device());
        } else if (!tensor.unsafeGetTensorImpl()->grad().defined()) {
            return;
        }
        tensor.mutable_grad() = std::move(grad);
    });
}

int32_t retort_tensor_set_requires_grad(void* handle, int32_t on) {
    return guarded([&] {
        auto tensor = borrow_defined(handle, "tensor");
        if (tensor.requires_grad() == (on != 0))
            return;
        TORCH_CHECK(tensor.is_leaf(), "requires_grad can only be changed on a leaf, and ", describe(tensor),
                    " is the result of an operation: detach it first");
        tensor.set_requires_grad(on != 0);
    });
}

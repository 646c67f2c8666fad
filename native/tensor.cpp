// What a tensor is beyond its operators: lifetime, description, gradient, foreign memory.
#include "bridge.h"

#include <ATen/EmptyTensor.h>
#include <c10/core/ScalarTypeToTypeMeta.h>
#include <c10/core/Storage.h>

using namespace retort;

namespace retort {
std::atomic<int64_t> live_tensors{0};
}

namespace {

// What the memory's owner asked for. A null `context` of libtorch means "nothing to free", so his lives in here.
struct Foreign {
    void (*free)(void*);
    void* context;
};

void free_foreign(void* pointer) {
    auto* foreign = static_cast<Foreign*>(pointer);
    if (foreign->free)
        foreign->free(foreign->context);
    delete foreign;
}

// Bytes from the first to the last element; libtorch would believe any numbers here and read beyond the memory.
int64_t span_of(at::IntArrayRef sizes, at::IntArrayRef strides, int64_t item) {
    int64_t last = 0;
    bool overflow = false, empty = false;
    for (size_t i = 0; i < sizes.size(); i++) {
        TORCH_CHECK_VALUE(sizes[i] >= 0 && strides[i] >= 0, "sizes ", sizes, " and strides ", strides,
                          " must not be negative");
        empty |= sizes[i] == 0;
        int64_t step = 0;
        overflow |= sizes[i] > 0 && __builtin_mul_overflow(sizes[i] - 1, strides[i], &step);
        overflow |= __builtin_add_overflow(last, step, &last);
    }
    int64_t bytes = 0;
    overflow |= __builtin_add_overflow(last, int64_t{1}, &last) || __builtin_mul_overflow(last, item, &bytes);
    TORCH_CHECK_VALUE(!overflow || empty, "sizes ", sizes, " and strides ", strides, " need more bytes than can be counted");
    return empty ? 0 : bytes;
}

std::vector<int64_t> contiguous_strides(at::IntArrayRef sizes) {
    std::vector<int64_t> strides(sizes.size(), 1);
    for (size_t i = sizes.size(); i-- > 1;)
        TORCH_CHECK_VALUE(!__builtin_mul_overflow(strides[i], std::max<int64_t>(sizes[i], 1), &strides[i - 1]),
                          "sizes ", sizes, " need more bytes than can be counted");
    return strides;
}

at::Tensor from_memory(void* data, int64_t bytes, at::IntArrayRef sizes, const int64_t* given_strides, int32_t dtype,
                       Foreign owner) {
    // First of all: from here on the memory is freed exactly once, however the rest ends.
    c10::DataPtr memory;
    try {
        memory = c10::DataPtr(data, new Foreign(owner), free_foreign, c10::Device(c10::DeviceType::CPU));
    } catch (...) {
        if (owner.free)
            owner.free(owner.context);
        throw;
    }
    TORCH_CHECK_TYPE(dtype >= 0 && dtype < static_cast<int32_t>(c10::ScalarType::NumOptions), "unknown dtype ", dtype);
    auto type = c10::scalarTypeToTypeMeta(static_cast<c10::ScalarType>(dtype));
    auto item = static_cast<int64_t>(type.itemsize());
    TORCH_CHECK_TYPE(item > 0, "dtype ", dtype, " has no fixed size");
    std::vector<int64_t> strides =
        given_strides ? std::vector<int64_t>(given_strides, given_strides + sizes.size()) : contiguous_strides(sizes);
    auto needed = span_of(sizes, strides, item);
    TORCH_CHECK_VALUE(needed <= bytes, "sizes ", sizes, " and strides ", strides, " need ", needed, " bytes, but only ",
                      bytes, " were given");
    TORCH_CHECK_VALUE(reinterpret_cast<uintptr_t>(data) % static_cast<uintptr_t>(item) == 0,
                      "the memory is not aligned to its elements of ", item, " bytes");

    c10::Storage storage(c10::Storage::use_byte_size_t(), static_cast<size_t>(bytes), std::move(memory),
                         /*allocator=*/nullptr, /*resizable=*/false);
    auto tensor = at::detail::make_tensor<c10::TensorImpl>(std::move(storage), c10::DispatchKeySet(c10::DispatchKey::CPU), type);
    tensor.unsafeGetTensorImpl()->set_sizes_and_strides(sizes, strides);
    return tensor;
}

} // namespace

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
        result->storage_bytes = static_cast<int64_t>(tensor.storage().nbytes());
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

int32_t retort_tensor_from_memory(void* data, int64_t bytes, const int64_t* sizes, const int64_t* strides, int32_t dim,
                                  int32_t dtype, void (*free)(void* context), void* context, void** tensor) {
    return guarded([&] {
        at::IntArrayRef shape(sizes, static_cast<size_t>(std::max(dim, 0)));
        *tensor = give(from_memory(data, bytes, shape, strides, dtype, {free, context}));
    });
}

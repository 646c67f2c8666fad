// What the files of the bridge share: how a failure leaves an export, and how handles and libtorch's types meet.
// Only narrow libtorch headers here: torch/torch.h alone would cost every file eleven seconds.
#pragma once

#include "retort.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <torch/version.h>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// One number to compare: 113 is 1.13, 204 is 2.4.
#define RETORT_TORCH (TORCH_VERSION_MAJOR * 100 + TORCH_VERSION_MINOR)

namespace retort {

#if RETORT_TORCH >= 203
template <class T> using Optional = std::optional<T>;
#else
template <class T> using Optional = c10::optional<T>;
#endif

using TensorPointer = c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>;

enum ErrorKind : int32_t {
    kOther = 0, kIndex = 1, kValue = 2, kType = 3, kNotImplemented = 4, kLinearAlgebra = 5, kOutOfMemory = 6, kManaged = 7
};

// A managed callback failed; `what` is the managed exception's text. Thrown through the autograd engine, which keeps the type.
struct ManagedError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Called inside a catch block: notes the exception in flight as this thread's last error, `where` in front of its text.
int32_t record_failure(const std::string& where = {}) noexcept;

// libtorch keeps its warning handler per thread, so every thread that enters the bridge installs ours once.
void install_warning_handler() noexcept;
extern thread_local bool warning_handler_installed;

// Every export that can fail runs its body through this: a C++ exception that crossed into C# would end the process.
template <class Body> int32_t guarded(Body&& body) noexcept {
    try {
        if (!warning_handler_installed)
            install_warning_handler();
        body();
        return RETORT_OK;
    } catch (...) {
        return record_failure();
    }
}

// The same for exports without a status (frees): nothing useful can be told, but nothing may escape either.
template <class Body> void guarded_silently(Body&& body) noexcept {
    try {
        body();
    } catch (...) {
        record_failure();
    }
}

extern std::atomic<int64_t> live_tensors;

// The handle stays the caller's; the result holds a reference of its own.
inline at::Tensor borrow(void* handle) {
    return handle ? at::Tensor(TensorPointer::unsafe_reclaim_from_nonowning(static_cast<at::TensorImpl*>(handle)))
                  : at::Tensor();
}

// For the exports that make no sense without a tensor.
inline at::Tensor borrow_defined(void* handle, const char* name) {
    TORCH_CHECK_VALUE(handle, name, " is null: a tensor is required");
    return borrow(handle);
}

// An owned handle, counted as live; null for an undefined tensor.
inline void* give(at::Tensor tensor) {
    if (!tensor.defined())
        return nullptr;
    live_tensors.fetch_add(1, std::memory_order_relaxed);
    return tensor.unsafeReleaseTensorImpl();
}

// Takes an owned handle back: its reference passes to the result.
inline at::Tensor take(void* handle) {
    if (!handle)
        return {};
    live_tensors.fetch_sub(1, std::memory_order_relaxed);
    return at::Tensor(TensorPointer::reclaim(static_cast<at::TensorImpl*>(handle)));
}

std::vector<at::Tensor> borrow_all(void* const* handles, int32_t count);

c10::Device device_of(int32_t type, int32_t index);

// What an input may become beyond its own tag: the schema decides where C# cannot say it in a tag.
enum class Wanted { anything, tensor, real, int_list, real_list, optional_scalar_list };

// `fallback` serves RETORT_DEFAULT; null where the argument has none.
c10::IValue to_ivalue(const retort_value& value, Wanted wanted, const c10::IValue* fallback, const char* name);
retort_value from_ivalue(c10::IValue&& value);
void free_value(retort_value& value) noexcept; // for results that cannot be handed out after all

std::string describe(const at::Tensor& tensor); // "Float[2, 3, 8, 8]"
std::string describe(const retort_value& value);

// A result array that frees what it already wrote when a later value fails.
class Results {
public:
    Results(retort_value* values, int32_t capacity) : values_(values), capacity_(capacity) {}
    Results(const Results&) = delete;
    Results& operator=(const Results&) = delete;
    ~Results() {
        for (int32_t i = 0; i < count_; i++)
            free_value(values_[i]);
    }
    void add(c10::IValue&& value);
    int32_t release() { return std::exchange(count_, 0); }

private:
    retort_value* values_;
    int32_t capacity_;
    int32_t count_ = 0;
};

// Installed by retort_start; in allocator.cpp.
void install_allocator();

} // namespace retort

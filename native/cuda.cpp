// What a run wants to know of its GPUs. Through libtorch's device-neutral interfaces and hooks: no CUDA headers are
// needed to build, and a CPU build answers zero.
#include "bridge.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#if defined(RETORT_CUDA) && __has_include(<cuda_runtime_api.h>)
#include <c10/cuda/CUDACachingAllocator.h>
#define RETORT_CUDA_STATISTICS 1
#endif

using namespace retort;

namespace {

int32_t device_count() { return at::globalContext().hasCUDA() ? static_cast<int32_t>(at::detail::getCUDAHooks().getNumGPUs()) : 0; }

void check_device(int32_t device) {
    TORCH_CHECK_VALUE(device >= 0 && device < device_count(), "there is no CUDA device ", device, " among ", device_count());
}

} // namespace

int32_t retort_cuda_count(void) {
    int32_t count = 0;
    guarded_silently([&] { count = device_count(); });
    return count;
}

int32_t retort_cuda_synchronize(void) {
    return guarded([&] {
        if (device_count() > 0)
            at::detail::getCUDAHooks().deviceSynchronize(static_cast<c10::DeviceIndex>(at::detail::getCUDAHooks().current_device()));
    });
}

int32_t retort_cuda_memory(int32_t device, int64_t* in_use, int64_t* peak) {
    return guarded([&] {
        check_device(device);
#ifdef RETORT_CUDA_STATISTICS
        auto statistics = c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(device));
        const auto& bytes = statistics.allocated_bytes[0]; // of all pools
        *in_use = bytes.current;
        *peak = bytes.peak;
#else
        static_cast<void>(in_use);
        static_cast<void>(peak);
        TORCH_CHECK_NOT_IMPLEMENTED(false, "the bridge was built without CUDA's headers, which GPU memory statistics need");
#endif
    });
}

// Mixed precision, per thread. On its own because its header alone draws in every operator.
#include "bridge.h"

#include <ATen/autocast_mode.h>

using namespace retort;

namespace {

#if RETORT_TORCH >= 204
retort_autocast_state read(c10::DeviceType device) {
    return {at::autocast::is_autocast_enabled(device), static_cast<int32_t>(at::autocast::get_autocast_dtype(device))};
}

void write(c10::DeviceType device, bool enabled, at::ScalarType dtype) {
    at::autocast::set_autocast_enabled(device, enabled);
    at::autocast::set_autocast_dtype(device, dtype);
}
#else
retort_autocast_state read(c10::DeviceType device) {
    if (device == c10::DeviceType::CUDA)
        return {at::autocast::is_enabled(), static_cast<int32_t>(at::autocast::get_autocast_gpu_dtype())};
    return {at::autocast::is_cpu_enabled(), static_cast<int32_t>(at::autocast::get_autocast_cpu_dtype())};
}

void write(c10::DeviceType device, bool enabled, at::ScalarType dtype) {
    if (device == c10::DeviceType::CUDA) {
        at::autocast::set_enabled(enabled);
        at::autocast::set_autocast_gpu_dtype(dtype);
    } else {
        at::autocast::set_cpu_enabled(enabled);
        at::autocast::set_autocast_cpu_dtype(dtype);
    }
}
#endif

c10::DeviceType checked(int32_t device_type) {
    auto device = static_cast<c10::DeviceType>(device_type);
    TORCH_CHECK_VALUE(device == c10::DeviceType::CPU || device == c10::DeviceType::CUDA,
                      "autocast knows the devices CPU (0) and CUDA (1), not ", device_type);
    return device;
}

} // namespace

int32_t retort_autocast_enter(int32_t device_type, int32_t enabled, int32_t dtype, retort_autocast_state* previous) {
    return guarded([&] {
        auto device = checked(device_type);
        auto wanted = static_cast<at::ScalarType>(dtype);
        TORCH_CHECK_TYPE(wanted == at::kBFloat16 || wanted == at::kHalf, "autocast computes in Half or BFloat16, not in dtype ", dtype);
        *previous = read(device);
        write(device, enabled != 0, wanted);
        at::autocast::increment_nesting();
    });
}

int32_t retort_autocast_exit(int32_t device_type, const retort_autocast_state* previous) {
    return guarded([&] {
        write(checked(device_type), previous->enabled != 0, static_cast<at::ScalarType>(previous->dtype));
        // The cache holds the weights cast in this region; it must not outlive the values it was made from.
        if (at::autocast::decrement_nesting() == 0)
            at::autocast::clear_cache();
    });
}

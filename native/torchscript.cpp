// Networks saved by TorchScript: load, run, read their parameters.
#include "bridge.h"

#include <ATen/core/ivalue_inl.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <cstdlib>
#include <memory>
#include <new>

using namespace retort;
using torch::jit::Module;

namespace {

Module& as_module(void* module) {
    TORCH_CHECK_VALUE(module, "the module is null");
    return *static_cast<Module*>(module);
}

// Tuples have no tag of their own: their parts follow each other, nested ones too.
void flatten(c10::IValue&& value, Results& results) {
    if (!value.isTuple()) {
        results.add(std::move(value));
        return;
    }
    for (const auto& part : value.toTupleRef().elements())
        flatten(c10::IValue(part), results);
}

} // namespace

int32_t retort_module_load(const char* path, int32_t device_type, int32_t device_index, void** module) {
    return guarded([&] {
        auto loaded = torch::jit::load(path, device_of(device_type, device_index));
        *module = new Module(std::move(loaded));
    });
}

void retort_module_free(void* module) {
    guarded_silently([&] { delete static_cast<Module*>(module); });
}

int32_t retort_module_train(void* module, int32_t on) {
    return guarded([&] { as_module(module).train(on != 0); });
}

int32_t retort_module_forward(void* module, const retort_value* inputs, int32_t count, retort_value* outputs,
                              int32_t capacity, int32_t* written) {
    return guarded([&] {
        std::vector<c10::IValue> values;
        values.reserve(static_cast<size_t>(count));
        for (int32_t i = 0; i < count; i++) {
            std::string name = std::to_string(i);
            values.push_back(to_ivalue(inputs[i], Wanted::anything, nullptr, name.c_str()));
        }
        Results results(outputs, capacity);
        flatten(as_module(module).forward(std::move(values)), results);
        *written = results.release();
    });
}

int32_t retort_module_state(void* module, const char** names, void*** tensors, int32_t* count) {
    return guarded([&] {
        thread_local std::string text;
        std::string joined;
        std::vector<at::Tensor> found;
        auto add = [&](const auto& list) {
            for (const auto& entry : list) {
                joined += entry.name + '\n';
                found.push_back(entry.value);
            }
        };
        add(as_module(module).named_parameters());
        add(as_module(module).named_buffers());
        auto** handles = static_cast<void**>(std::malloc(std::max<size_t>(found.size(), 1) * sizeof(void*)));
        if (!handles)
            throw std::bad_alloc();
        for (size_t i = 0; i < found.size(); i++)
            handles[i] = give(std::move(found[i]));
        text = std::move(joined);
        *names = text.c_str();
        *tensors = handles;
        *count = static_cast<int32_t>(found.size());
    });
}

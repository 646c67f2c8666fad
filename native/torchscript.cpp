// Networks saved by TorchScript: load, run, read their parameters and parts.
#include "torchscript.h"

#include <torch/csrc/jit/serialization/import.h>

#include <cstdlib>
#include <memory>
#include <new>

namespace retort {

torch::jit::Module& as_module(void* module) {
    TORCH_CHECK_VALUE(module, "the module is null");
    return *static_cast<torch::jit::Module*>(module);
}

namespace {

std::string below(const std::string& name, const std::string& part) { return name.empty() ? part : name + '.' + part; }

// A tuple's parts are known by their places, or by the names of its fields.
std::string part_name(const c10::IValue& tuple, size_t place) {
    auto type = tuple.type()->cast<c10::TupleType>();
    return type && type->schema() ? type->schema()->arguments().at(place).name() : std::to_string(place);
}

void flatten(const c10::IValue& value, const std::string& name, Results& results, std::string& names) {
    if (value.isTuple()) {
        const auto& parts = value.toTupleRef().elements();
        for (size_t i = 0; i < parts.size(); i++)
            flatten(parts[i], below(name, part_name(value, i)), results, names);
    } else if (value.isList()) {
        auto parts = value.toListRef();
        for (size_t i = 0; i < parts.size(); i++)
            flatten(parts[i], below(name, std::to_string(i)), results, names);
    } else if (value.isGenericDict()) {
        for (const auto& entry : value.toGenericDict())
            flatten(entry.value(), below(name, entry.key().isString() ? entry.key().toStringRef() : std::to_string(entry.key().toInt())), results, names);
    } else {
        results.add(c10::IValue(value));
        names += name + '\n';
    }
}

} // namespace

std::vector<c10::IValue> inputs_of(const retort_value* inputs, int32_t count) {
    std::vector<c10::IValue> values;
    values.reserve(static_cast<size_t>(count) + 1);
    for (int32_t i = 0; i < count; i++) {
        std::string name = std::to_string(i);
        values.push_back(to_ivalue(inputs[i], Wanted::anything, nullptr, name.c_str()));
    }
    return values;
}

void give_flat(const c10::IValue& value, Results& results, const char** names) {
    thread_local std::string text;
    std::string joined;
    flatten(value, "", results, joined);
    text = std::move(joined);
    *names = text.c_str();
}

} // namespace retort

using namespace retort;

int32_t retort_module_load(const char* path, int32_t device_type, int32_t device_index, void** module) {
    return guarded([&] {
        auto loaded = torch::jit::load(path, device_of(device_type, device_index));
        *module = new torch::jit::Module(std::move(loaded));
    });
}

void retort_module_free(void* module) {
    guarded_silently([&] { delete static_cast<torch::jit::Module*>(module); });
}

int32_t retort_module_train(void* module, int32_t on) {
    return guarded([&] { as_module(module).train(on != 0); });
}

int32_t retort_module_forward(void* module, const retort_value* inputs, int32_t count, retort_value* outputs,
                              int32_t capacity, int32_t* written, const char** names) {
    return guarded([&] {
        Results results(outputs, capacity);
        give_flat(as_module(module).forward(inputs_of(inputs, count)), results, names);
        *written = results.release();
    });
}

int32_t retort_module_state(void* module, const char** names, void*** tensors, int32_t* parameters, int32_t* count) {
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
        *parameters = static_cast<int32_t>(found.size());
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

int32_t retort_module_parts(void* module, const char** text) {
    return guarded([&] {
        thread_local std::string lines;
        std::string joined;
        for (const auto& part : as_module(module).named_modules()) {
            if (!part.name.empty())
                joined += part.name + ' ' + part.value.type()->name()->name() + '\n';
        }
        lines = std::move(joined);
        *text = lines.c_str();
    });
}

// Values across the border: retort_value <-> c10::IValue, and how they read in an error.
#include "bridge.h"

#include <ATen/core/Generator.h>
#include <ATen/core/List.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <sstream>

namespace retort {
namespace {

template <class T> const T* items(const retort_value& value) { return static_cast<const T*>(value.pointer); }

template <class Out, class In> c10::List<Out> list_of(const retort_value& value) {
    c10::List<Out> list;
    list.reserve(value.length);
    for (uint32_t i = 0; i < value.length; i++)
        list.push_back(static_cast<Out>(items<In>(value)[i]));
    return list;
}

template <class In> c10::List<Optional<at::Scalar>> scalars_of(const retort_value& value) {
    c10::List<Optional<at::Scalar>> list;
    list.reserve(value.length);
    for (uint32_t i = 0; i < value.length; i++)
        list.push_back(at::Scalar(items<In>(value)[i]));
    return list;
}

c10::IValue tensor_list(const retort_value& value, const char* name) {
    c10::List<at::Tensor> list;
    list.reserve(value.length);
    for (uint32_t i = 0; i < value.length; i++) {
        TORCH_CHECK_TYPE(items<void*>(value)[i], "argument '", name, "': entry ", i, " of the list is null");
        list.push_back(borrow(items<void*>(value)[i]));
    }
    return list;
}

c10::IValue optional_tensor_list(const retort_value& value) {
    c10::List<Optional<at::Tensor>> list;
    list.reserve(value.length);
    for (uint32_t i = 0; i < value.length; i++) {
        void* handle = items<void*>(value)[i];
        list.push_back(handle ? Optional<at::Tensor>(borrow(handle)) : Optional<at::Tensor>());
    }
    return list;
}

// Empty lists come out without memory, so nothing need be freed.
template <class T> T* allocate(uint32_t length) {
    if (length == 0)
        return nullptr;
    void* memory = std::malloc(length * sizeof(T));
    if (!memory)
        throw std::bad_alloc();
    return static_cast<T*>(memory);
}

template <class Stored, class List> retort_value list_value(uint32_t tag, const List& list) {
    retort_value result{};
    result.tag = tag;
    result.length = static_cast<uint32_t>(list.size());
    Stored* stored = allocate<Stored>(result.length);
    result.pointer = stored;
    for (uint32_t i = 0; i < result.length; i++)
        stored[i] = static_cast<Stored>(list.get(i));
    return result;
}

template <class List> retort_value tensor_list_value(const List& list) {
    retort_value result{};
    result.tag = RETORT_TENSOR_LIST;
    result.length = static_cast<uint32_t>(list.size());
    void** stored = allocate<void*>(result.length);
    result.pointer = stored;
    for (uint32_t i = 0; i < result.length; i++)
        stored[i] = give(list.get(i));
    return result;
}

retort_value scalar_value(uint32_t tag, int64_t integer) {
    retort_value result{};
    result.tag = tag;
    result.integer = integer;
    return result;
}

template <class T> void write_list(std::ostream& out, const retort_value& value) {
    constexpr uint32_t shown = 12; // long lists say nothing more
    out << '[';
    for (uint32_t i = 0; i < value.length && i < shown; i++)
        out << (i ? ", " : "") << +items<T>(value)[i];
    out << (value.length > shown ? ", ...]" : "]");
}

} // namespace

c10::Device device_of(int32_t type, int32_t index) {
    auto device_type = static_cast<c10::DeviceType>(type);
    // The CPU has only one: libtorch compares devices by index too, and its own tensors carry -1.
    auto known = device_type == c10::DeviceType::CPU || index < 0 || index == 0xff ? -1 : index;
    return c10::Device(device_type, static_cast<c10::DeviceIndex>(known));
}

c10::IValue to_ivalue(const retort_value& value, Wanted wanted, const c10::IValue* fallback, const char* name) {
    bool null_tensor = value.tag == RETORT_NONE || (value.tag == RETORT_TENSOR && !value.pointer);
    // Unchecked, the dispatcher would find no backend to choose and answer with a page about missing kernels.
    if (wanted == Wanted::tensor && null_tensor)
        TORCH_CHECK_TYPE(false, "argument '", name, "' must be a tensor, but is None");

    switch (value.tag) {
    case RETORT_NONE: return {};
    case RETORT_DEFAULT:
        TORCH_CHECK_TYPE(fallback, "argument '", name, "' has no default and must be given");
        return *fallback;
    case RETORT_TENSOR: return value.pointer ? c10::IValue(borrow(value.pointer)) : c10::IValue();
    case RETORT_INT:
        if (wanted == Wanted::real)
            return static_cast<double>(value.integer);
        if (wanted == Wanted::int_list) // schemas' own int[2]=1: one number for every entry
            return c10::List<int64_t>({value.integer});
        return value.integer;
    case RETORT_DOUBLE: return value.real;
    case RETORT_BOOL: return value.integer != 0;
    case RETORT_STRING: return std::string(items<char>(value), value.length);
    case RETORT_INT_LIST:
        if (wanted == Wanted::real_list)
            return list_of<double, int64_t>(value);
        if (wanted == Wanted::optional_scalar_list)
            return scalars_of<int64_t>(value);
        return list_of<int64_t, int64_t>(value);
    case RETORT_DOUBLE_LIST:
        if (wanted == Wanted::optional_scalar_list)
            return scalars_of<double>(value);
        return list_of<double, double>(value);
    case RETORT_BOOL_LIST: return list_of<bool, uint8_t>(value);
    case RETORT_TENSOR_LIST: return tensor_list(value, name);
    case RETORT_OPTIONAL_TENSOR_LIST: return optional_tensor_list(value);
    case RETORT_DEVICE:
        return device_of(static_cast<int32_t>(value.integer >> 8), static_cast<int32_t>(value.integer & 0xff));
    case RETORT_GENERATOR:
        return value.pointer ? c10::IValue(*static_cast<at::Generator*>(value.pointer)) : c10::IValue();
    case RETORT_OBJECT:
        TORCH_CHECK_TYPE(value.pointer, "argument '", name, "' is a null object");
        return *static_cast<c10::IValue*>(value.pointer);
    default: TORCH_CHECK_TYPE(false, "argument '", name, "' has the unknown tag ", value.tag);
    }
}

retort_value from_ivalue(c10::IValue&& value) {
    retort_value result{};
    if (value.isTensor()) {
        result.tag = RETORT_TENSOR;
        result.pointer = give(std::move(value).toTensor());
    } else if (value.isNone()) {
        result.tag = RETORT_NONE;
    } else if (value.isInt()) {
        result = scalar_value(RETORT_INT, value.toInt());
    } else if (value.isBool()) {
        result = scalar_value(RETORT_BOOL, value.toBool());
    } else if (value.isDouble()) {
        result.tag = RETORT_DOUBLE;
        result.real = value.toDouble();
    } else if (value.isDevice()) {
        auto device = value.toDevice();
        result = scalar_value(RETORT_DEVICE, (static_cast<int64_t>(device.type()) << 8) | (device.index() & 0xff));
    } else if (value.isTensorList()) {
        result = tensor_list_value(value.toTensorList());
    } else if (value.isIntList()) {
        result = list_value<int64_t>(RETORT_INT_LIST, value.toIntList());
    } else if (value.isDoubleList()) {
        result = list_value<double>(RETORT_DOUBLE_LIST, value.toDoubleList());
    } else if (value.isBoolList()) {
        result = list_value<uint8_t>(RETORT_BOOL_LIST, value.toBoolList());
    } else if (value.isString()) {
        const std::string& text = value.toStringRef();
        result.tag = RETORT_STRING;
        result.length = static_cast<uint32_t>(text.size());
        result.pointer = allocate<char>(result.length);
        if (result.length)
            std::memcpy(result.pointer, text.data(), text.size());
    } else {
        result.tag = RETORT_OBJECT;
        result.pointer = new c10::IValue(std::move(value));
    }
    return result;
}

void free_value(retort_value& value) noexcept {
    switch (value.tag) {
    case RETORT_TENSOR: take(value.pointer); break;
    case RETORT_TENSOR_LIST:
        for (uint32_t i = 0; i < value.length; i++)
            take(items<void*>(value)[i]);
        std::free(value.pointer);
        break;
    case RETORT_STRING: case RETORT_INT_LIST: case RETORT_DOUBLE_LIST: case RETORT_BOOL_LIST:
        std::free(value.pointer);
        break;
    case RETORT_OBJECT: delete static_cast<c10::IValue*>(value.pointer); break;
    default: break;
    }
    value = {};
}

void Results::add(c10::IValue&& value) {
    TORCH_CHECK_VALUE(count_ < capacity_, "more results than the ", capacity_, " there is room for");
    values_[count_] = from_ivalue(std::move(value));
    count_++;
}

std::vector<at::Tensor> borrow_all(void* const* handles, int32_t count) {
    std::vector<at::Tensor> tensors;
    tensors.reserve(static_cast<size_t>(count));
    for (int32_t i = 0; i < count; i++)
        tensors.push_back(borrow(handles[i]));
    return tensors;
}

std::string describe(const at::Tensor& tensor) {
    if (!tensor.defined())
        return "None";
    std::ostringstream out;
    out << c10::toString(tensor.scalar_type()) << tensor.sizes();
    if (!tensor.device().is_cpu())
        out << '@' << tensor.device();
    return out.str();
}

std::string describe(const retort_value& value) {
    std::ostringstream out;
    switch (value.tag) {
    case RETORT_NONE: return "None";
    case RETORT_TENSOR: return describe(borrow(value.pointer));
    case RETORT_INT: out << value.integer; break;
    case RETORT_DOUBLE: out << value.real; break;
    case RETORT_BOOL: return value.integer ? "true" : "false";
    case RETORT_STRING: out << '"' << std::string(items<char>(value), value.length) << '"'; break;
    case RETORT_INT_LIST: write_list<int64_t>(out, value); break;
    case RETORT_DOUBLE_LIST: write_list<double>(out, value); break;
    case RETORT_BOOL_LIST: write_list<uint8_t>(out, value); break;
    case RETORT_TENSOR_LIST: case RETORT_OPTIONAL_TENSOR_LIST: {
        constexpr uint32_t shown = 8;
        out << '(';
        for (uint32_t i = 0; i < value.length && i < shown; i++)
            out << (i ? ", " : "") << describe(borrow(items<void*>(value)[i]));
        out << (value.length > shown ? ", ...)" : ")");
        break;
    }
    case RETORT_DEVICE:
        out << device_of(static_cast<int32_t>(value.integer >> 8), static_cast<int32_t>(value.integer & 0xff));
        break;
    case RETORT_GENERATOR: return "generator";
    case RETORT_OBJECT: return "object";
    default: out << "tag " << value.tag; break;
    }
    return out.str();
}

} // namespace retort

using namespace retort;

void retort_list_free(void* list) { std::free(list); }

void retort_object_free(void* object) {
    guarded_silently([&] { delete static_cast<c10::IValue*>(object); });
}

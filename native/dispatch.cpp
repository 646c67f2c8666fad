// Operators by name: their schemas, and calls through the dispatcher's boxed entry.
#include "bridge.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <sstream>
#include <unordered_map>

using namespace retort;

namespace {

// What C# holds for an operator: the schema read once, in the form the calls need.
struct Operator {
    explicit Operator(const c10::OperatorHandle& found) : handle(found) {
        const auto& schema = found.schema();
        auto overload = found.operator_name().overload_name;
        name = overload.empty() ? schema.name() : schema.name() + "." + overload;
        for (const auto& argument : schema.arguments()) {
            wanted.push_back(wanted_by(*argument.real_type()));
            types.push_back(argument.real_type()->repr_str());
        }
        for (const auto& result : schema.returns())
            types.push_back(result.real_type()->repr_str());
    }

    static Wanted wanted_by(const c10::Type& type) {
        if (type.kind() == c10::TypeKind::TensorType)
            return Wanted::tensor;
        const auto* optional = type.castRaw<c10::OptionalType>();
        const c10::Type& inner = optional ? *optional->getElementType() : type;
        if (inner.kind() == c10::TypeKind::FloatType)
            return Wanted::real;
        if (const auto* list = inner.castRaw<c10::ListType>()) {
            const auto& element = *list->getElementType();
            if (element.kind() == c10::TypeKind::FloatType)
                return Wanted::real_list;
            if (element.kind() == c10::TypeKind::IntType || element.kind() == c10::TypeKind::SymIntType)
                return Wanted::int_list;
            if (const auto* maybe = element.castRaw<c10::OptionalType>())
                if (maybe->getElementType()->kind() == c10::TypeKind::NumberType)
                    return Wanted::optional_scalar_list;
        }
        return Wanted::anything;
    }

    const auto& arguments() const { return handle.schema().arguments(); }
    const auto& results() const { return handle.schema().returns(); }

    c10::OperatorHandle handle;
    std::string name;
    std::vector<Wanted> wanted;     // per argument
    std::vector<std::string> types; // arguments, then results
};

Operator& as_operator(void* op) {
    TORCH_CHECK_VALUE(op, "the operator is null");
    return *static_cast<Operator*>(op);
}

// Handles are never freed: there are at most as many as operators, and C# keeps them for good.
Operator* find_operator(const char* name, const char* overload) {
    static auto& known = *new std::unordered_map<std::string, std::unique_ptr<Operator>>();
    static auto& lock = *new std::mutex();
    std::string key = std::string(name) + "." + overload;
    std::lock_guard<std::mutex> held(lock);
    auto& entry = known[key];
    if (!entry) {
        auto found = c10::Dispatcher::singleton().findSchema({name, overload});
        if (!found) {
            known.erase(key);
            TORCH_CHECK_NOT_IMPLEMENTED(false, "this libtorch has no operator ", name, *overload ? "." : "", overload);
        }
        entry = std::make_unique<Operator>(*found);
    }
    return entry.get();
}

// "aten::conv2d(input=Float[2, 3, 8, 8], weight=Float[4, 5, 3, 3])": defaults are left out.
std::string describe_call(const Operator& op, const retort_value* inputs, int32_t count) noexcept {
    try {
        std::ostringstream out;
        out << op.name << '(';
        const auto& arguments = op.arguments();
        auto shown = std::min<size_t>(arguments.size(), static_cast<size_t>(std::max(count, 0)));
        bool first = true;
        for (size_t i = 0; i < shown; i++) {
            if (inputs[i].tag == RETORT_DEFAULT)
                continue;
            out << (first ? "" : ", ") << arguments[i].name() << '=' << describe(inputs[i]);
            first = false;
        }
        out << ')';
        return out.str();
    } catch (...) {
        return {}; // the reason itself matters more than its preface
    }
}

void call(const Operator& op, const retort_value* inputs, int32_t count, retort_value* outputs, int32_t capacity,
          int32_t* written) {
    const auto& arguments = op.arguments();
    auto given = static_cast<size_t>(std::max(count, 0));
    TORCH_CHECK_TYPE(given <= arguments.size(), "takes ", arguments.size(), " arguments, but ", given, " were given");
    auto results = op.results().size();
    // Told before the call: afterwards the work would be done and only its results lost.
    TORCH_CHECK_VALUE(results <= static_cast<size_t>(std::max(capacity, 0)), "gives ", results,
                      " results, but there is room for ", capacity);

    // The dispatcher does not check the length of the stack: exactly one value per argument, always.
    torch::jit::Stack stack;
    stack.reserve(std::max(arguments.size(), results));
    constexpr retort_value missing{RETORT_DEFAULT, 0, {0}};
    for (size_t i = 0; i < arguments.size(); i++) {
        const auto& fallback = arguments[i].default_value();
        stack.push_back(to_ivalue(i < given ? inputs[i] : missing, op.wanted[i], fallback ? &*fallback : nullptr,
                                  arguments[i].name().c_str()));
    }
    op.handle.callBoxed(&stack);

    Results written_results(outputs, capacity);
    for (auto& value : stack)
        written_results.add(std::move(value));
    *written = written_results.release();
}

} // namespace

int32_t retort_op_find(const char* name, const char* overload, void** op) {
    return guarded([&] { *op = find_operator(name, overload ? overload : ""); });
}

int32_t retort_op_argument_count(void* op, int32_t* arguments, int32_t* results) {
    return guarded([&] {
        *arguments = static_cast<int32_t>(as_operator(op).arguments().size());
        *results = static_cast<int32_t>(as_operator(op).results().size());
    });
}

int32_t retort_op_argument(void* op, int32_t index, retort_argument* result) {
    return guarded([&] {
        const auto& known = as_operator(op);
        auto i = static_cast<size_t>(index);
        TORCH_CHECK_INDEX(index >= 0 && i < known.types.size(), known.name, " has no argument or result ", index);
        bool is_return = i >= known.arguments().size();
        const auto& argument = is_return ? known.results()[i - known.arguments().size()] : known.arguments()[i];
        *result = {};
        result->name = argument.name().c_str();
        result->type = known.types[i].c_str();
        result->has_default = argument.default_value().has_value();
        result->keyword_only = argument.kwarg_only();
        result->is_return = is_return;
    });
}

int32_t retort_op_call(void* op, const retort_value* inputs, int32_t count, retort_value* outputs, int32_t capacity,
                       int32_t* written) {
    if (!op)
        return guarded([&] { as_operator(op); });
    const auto& known = *static_cast<Operator*>(op);
    // Not `guarded`: the failure's text starts with the call, which is rendered only when it is needed.
    try {
        if (!warning_handler_installed)
            install_warning_handler();
        call(known, inputs, count, outputs, capacity, written);
        return RETORT_OK;
    } catch (...) {
        return record_failure(describe_call(known, inputs, count));
    }
}

// Derivatives: the engine's entry points, and graph nodes whose derivative is written in C#.
#include "bridge.h"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>

#include <memory>

using namespace retort;
using torch::autograd::SavedVariable;
using torch::autograd::variable_list;

namespace {

// Set by C# in the callback that is about to fail, on the thread the engine chose for it.
thread_local std::string callback_error;

// Owns the managed state from the first moment, so that no failing path forgets or frees it twice.
class ManagedState {
public:
    ManagedState(void* state, retort_release_callback release) : state_(state), release_(release) {}
    ManagedState(const ManagedState&) = delete;
    ManagedState& operator=(const ManagedState&) = delete;
    ~ManagedState() {
        if (release_)
            release_(state_);
    }
    void* get() const { return state_; }

private:
    void* state_;
    retort_release_callback release_;
};

struct ManagedFunction final : torch::autograd::Node {
    ManagedFunction(std::unique_ptr<ManagedState> state, retort_backward_callback backward)
        : state_(std::move(state)), backward_(backward) {}

    std::string name() const override { return "ManagedFunction"; }

    // Only after set_history: an output that does not know its node yet would be kept whole, and the two would
    // keep each other alive for ever.
    void save(void* const* saved, const uint8_t* is_output, int32_t count) {
        saved_.reserve(static_cast<size_t>(count));
        for (int32_t i = 0; i < count; i++)
            saved_.emplace_back(borrow(saved[i]), is_output && is_output[i]);
    }

    void release_variables() override {
        std::lock_guard<std::mutex> held(mutex_);
        for (auto& saved : saved_)
            saved.reset_data();
    }

    variable_list apply(variable_list&& gradients) override {
        auto saved = unpack();
        auto count = num_outputs(); // of the node: one gradient per input of the function
        std::vector<void*> saved_handles = handles(saved), gradient_handles = handles(gradients);
        std::vector<void*> results(count, nullptr);
        callback_error.clear();
        int32_t failed = backward_(state_->get(), saved_handles.data(), static_cast<int32_t>(saved_handles.size()),
                                   gradient_handles.data(), static_cast<int32_t>(gradient_handles.size()), results.data(),
                                   static_cast<int32_t>(count));
        variable_list taken;
        taken.reserve(count);
        for (void* result : results) // also after a failure: what was already written is ours
            taken.push_back(take(result));
        if (failed)
            throw ManagedError(callback_error.empty() ? "the backward callback failed" : std::move(callback_error));
        return taken;
    }

private:
    variable_list unpack() {
        std::lock_guard<std::mutex> held(mutex_);
        variable_list tensors;
        tensors.reserve(saved_.size());
        for (auto& saved : saved_)
            tensors.push_back(saved.unpack(shared_from_this())); // says so itself when it was released before
        return tensors;
    }

    static std::vector<void*> handles(const variable_list& tensors) {
        std::vector<void*> result;
        result.reserve(tensors.size());
        for (const auto& tensor : tensors)
            result.push_back(tensor.defined() ? tensor.unsafeGetTensorImpl() : nullptr);
        return result;
    }

    std::unique_ptr<ManagedState> state_;
    retort_backward_callback backward_;
    std::vector<SavedVariable> saved_;
};

bool wants_history(const variable_list& inputs) {
    if (!c10::GradMode::is_enabled())
        return false;
    for (const auto& input : inputs)
        if (input.defined() && input.requires_grad())
            return true;
    return false;
}

void check_output(const at::Tensor& output, const variable_list& inputs, size_t index) {
    if (!output.defined())
        return;
    for (const auto& input : inputs)
        TORCH_CHECK_VALUE(!output.is_same(input), "output ", index,
                          " is one of the inputs: return aten::alias of it, or its history would be overwritten");
    TORCH_CHECK_VALUE(!output.requires_grad(), "output ", index, " already has a history: compute it without gradients");
}

void attach(const variable_list& inputs, variable_list outputs, void* const* saved, const uint8_t* saved_is_output,
            int32_t saved_count, std::unique_ptr<ManagedState> state, retort_backward_callback backward) {
    if (!wants_history(inputs))
        return;
    for (size_t i = 0; i < outputs.size(); i++)
        check_output(outputs[i], inputs, i);
    std::shared_ptr<ManagedFunction> node(new ManagedFunction(std::move(state), backward), torch::autograd::deleteNode);
    node->set_next_edges(torch::autograd::collect_next_edges(inputs));
    for (auto& output : outputs) {
        // Integer results (indices, masks) have no derivative, but keep their place among the gradients.
        if (output.defined() && !torch::autograd::isDifferentiableType(output.scalar_type()))
            node->add_input_metadata(torch::autograd::Node::undefined_input());
        else
            torch::autograd::set_history(output, node);
    }
    node->save(saved, saved_is_output, saved_count);
}

variable_list gradients_or_none(void* const* handles, int32_t count) {
    return handles ? borrow_all(handles, count) : variable_list();
}

variable_list required(void* const* handles, int32_t count, const char* name) {
    variable_list tensors;
    for (int32_t i = 0; i < count; i++)
        tensors.push_back(borrow_defined(handles[i], name));
    return tensors;
}

} // namespace

int32_t retort_grad_mode(int32_t on, int32_t* previous) {
    return guarded([&] {
        if (previous)
            *previous = c10::GradMode::is_enabled();
        if (on >= 0)
            c10::GradMode::set_enabled(on != 0);
    });
}

int32_t retort_backward(void* const* outputs, void* const* output_grads, int32_t count, int32_t retain_graph,
                        int32_t create_graph, void* const* inputs, int32_t input_count) {
    return guarded([&] {
        torch::autograd::backward(required(outputs, count, "an output"), gradients_or_none(output_grads, count),
                                  retain_graph != 0, create_graph != 0, required(inputs, input_count, "an input"));
    });
}

int32_t retort_grad(void* const* outputs, void* const* output_grads, int32_t count, void* const* inputs,
                    int32_t input_count, int32_t retain_graph, int32_t create_graph, int32_t allow_unused, void** results) {
    return guarded([&] {
        auto gradients = torch::autograd::grad(required(outputs, count, "an output"), required(inputs, input_count, "an input"),
                                               gradients_or_none(output_grads, count), retain_graph != 0,
                                               create_graph != 0, allow_unused != 0);
        for (size_t i = 0; i < gradients.size(); i++)
            results[i] = give(std::move(gradients[i]));
    });
}

int32_t retort_function_attach(void* const* inputs, int32_t input_count, void* const* outputs, int32_t output_count,
                               void* const* saved, const uint8_t* saved_is_output, int32_t saved_count, void* state,
                               retort_backward_callback backward, retort_release_callback release) {
    return guarded([&] {
        auto owned = std::make_unique<ManagedState>(state, release);
        attach(borrow_all(inputs, input_count), borrow_all(outputs, output_count), saved, saved_is_output, saved_count,
               std::move(owned), backward);
    });
}

void retort_callback_error(const char* text) {
    guarded_silently([&] { callback_error = text ? text : ""; });
}

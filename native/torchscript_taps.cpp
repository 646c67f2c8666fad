// A TorchScript network for inference that also gives what submodules within it give.
//
// The graph of its forward method is edited: a call of a wanted submodule becomes an output, a call of a module around one is
// replaced by that module's graph, until all are found. On the way attributes become constants: flags, so that an `if` of them is
// the branch that it takes, and weights, so that libtorch can fold batch norms.
#include "torchscript.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/frozen_graph_optimizations.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

using namespace retort;
using namespace torch::jit;

namespace {

struct Tapped {
    Module module;
    std::shared_ptr<Graph> graph;
    bool wants_self;
    GraphExecutor executor;
    std::vector<size_t> taps; // their places among the graph's outputs
};

Tapped& as_tapped(void* tapped) {
    TORCH_CHECK_VALUE(tapped, "the tapped network is null");
    return *static_cast<Tapped*>(tapped);
}

std::vector<std::string> lines_of(const char* text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

// The dotted path of a module within the network ("" is the network itself); nothing where it is no plain attribute.
Optional<std::string> path_of(const Value* module, const Value* self) {
    std::string path;
    while (module != self) {
        const Node* node = module->node();
        if (node->kind() != prim::GetAttr)
            return {};
        path = path.empty() ? node->s(attr::name) : node->s(attr::name) + '.' + path;
        module = node->input(0);
    }
    return path;
}

bool leads_to(const std::string& path, const std::vector<std::string>& wanted) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& tap) {
        return path.empty() || (tap.size() > path.size() && tap[path.size()] == '.' && tap.compare(0, path.size(), path) == 0);
    });
}

// An operation in place behind the tap would change what was tapped, so the tap is a copy; one that proves needless is removed.
Value* copy_behind(Graph& graph, Node* call) {
    WithInsertPoint here(call->next());
    return graph.insert(aten::clone, {call->output()});
}

// One step: handles the first call that matters. False when there is none.
bool step(Graph& graph, const std::vector<std::string>& wanted, std::vector<size_t>& places) {
    static const Symbol seen = Symbol::attr("tapped");
    Value* self = graph.inputs().at(0);
    for (Node* node : graph.nodes()) {
        if (node->kind() != prim::CallMethod)
            continue;
        auto path = path_of(node->input(0), self);
        if (!path)
            continue;
        auto tap = std::find(wanted.begin(), wanted.end(), *path);
        bool is_tap = tap != wanted.end() && node->s(attr::name) == "forward";
        if (is_tap && !node->hasAttribute(seen)) {
            size_t& place = places.at(static_cast<size_t>(tap - wanted.begin()));
            TORCH_CHECK_VALUE(!place, "the module '", *path, "' is called more than once; tap one that is called once");
            TORCH_CHECK_VALUE(node->output()->type()->isSubtypeOf(*TensorType::get()), "the module '", *path, "' gives ",
                              node->output()->type()->repr_str(), ", not a tensor; tap a module that gives one");
            place = graph.registerOutput(copy_behind(graph, node));
            node->i_(seen, 1);
            return true;
        }
        auto type = node->input(0)->type()->cast<c10::ClassType>();
        if (type && leads_to(*path, wanted)) {
            // Not the optimised graph: that is flat already, and the calls in it are gone.
            inlineCallTo(node, &toGraphFunction(type->getMethod(node->s(attr::name))), /*use_graph=*/false);
            return true;
        }
    }
    return false;
}

void drop_needless_copies(const std::shared_ptr<Graph>& graph, const std::vector<size_t>& places) {
    AliasDb aliases(graph);
    std::vector<Node*> needless;
    for (size_t place : places) {
        Node* copy = graph->outputs().at(place)->node();
        if (!aliases.hasWriters(copy->input(0)))
            needless.push_back(copy);
    }
    for (Node* node : needless) {
        node->output()->replaceAllUsesWith(node->input(0));
        node->destroy();
    }
}

bool has(Block* block, Symbol kind) {
    for (Node* node : block->nodes()) {
        if (node->kind() == kind)
            return true;
        for (Block* inner : node->blocks()) {
            if (has(inner, kind))
                return true;
        }
    }
    return false;
}

void make_constant(Graph& graph, Block* block, std::unordered_map<Value*, c10::IValue>& known) {
    for (Node* node : block->nodes()) {
        for (Block* inner : node->blocks())
            make_constant(graph, inner, known);
        if (node->kind() != prim::GetAttr || !known.count(node->input(0)))
            continue;
        c10::IValue value = known.at(node->input(0)).toObjectRef().getAttr(node->s(attr::name));
        known[node->output()] = value;
        if (value.isObject())
            continue;
        if (value.isTensor())
            value = value.toTensor().detach();
        WithInsertPoint here(node);
        if (auto constant = tryInsertConstant(graph, value))
            node->output()->replaceAllUsesWith(*constant);
    }
}

// A module that sets its attributes as it runs has none that are constant.
bool changes_itself(Graph& graph) {
    auto flat = graph.copy();
    Inline(*flat);
    return has(flat->block(), prim::SetAttr);
}

// What attributes decide is decided: weights are constants, and an `if` of a module's own flags is the branch that it takes.
void make_constant(std::shared_ptr<Graph>& graph, const Module& module) {
    std::unordered_map<Value*, c10::IValue> known{{graph->inputs().at(0), module._ivalue()}};
    make_constant(*graph, graph->block(), known);
    ConstantPropagation(graph);
}

// True when the graph needs the module no more.
bool freeze(std::shared_ptr<Graph>& graph, const Module& module) {
    make_constant(graph, module);
    EliminateDeadCode(graph);
    OptimizeFrozenGraph(graph, /*optimize_numerics=*/true);
    EliminateDeadCode(graph);
    if (graph->inputs().at(0)->hasUses())
        return false;
    graph->eraseInput(0);
    return true;
}

} // namespace

int32_t retort_module_tap(void* module, const char* paths, void** tapped) {
    return guarded([&] {
        Module& network = as_module(module);
        network.eval();
        for (auto weight : network.parameters()) {
            if (weight.dim() == 4) // images come in this order
                weight.set_data(weight.contiguous(at::MemoryFormat::ChannelsLast));
        }
        std::vector<std::string> wanted = lines_of(paths);
        auto graph = toGraphFunction(network.get_method("forward").function()).graph()->copy();
        bool is_constant = !changes_itself(*graph);
        std::vector<size_t> places(wanted.size()); // 0 is the network's own output
        do {
            if (is_constant)
                make_constant(graph, network);
        } while (step(*graph, wanted, places));
        for (size_t i = 0; i < wanted.size(); i++) {
            TORCH_CHECK_VALUE(places[i], "the module '", wanted[i],
                              "' is not called, or only within an if or a loop; tap one that is always called");
        }
        Inline(*graph);
        drop_needless_copies(graph, places);
        bool wants_self = !is_constant || !freeze(graph, network);
        // The simple executor: one that watches and optimises as it goes might give other bits in a run that is resumed.
        *tapped = new Tapped{network, graph, wants_self, GraphExecutor(graph, "tapped", ExecutorExecutionMode::SIMPLE), places};
    });
}

void retort_tapped_free(void* tapped) {
    guarded_silently([&] { delete static_cast<Tapped*>(tapped); });
}

int32_t retort_tapped_forward(void* tapped, const retort_value* inputs, int32_t count, retort_value* outputs,
                              int32_t capacity, int32_t* written, const char** names) {
    return guarded([&] {
        Tapped& network = as_tapped(tapped);
        Stack stack = inputs_of(inputs, count);
        stack.insert(stack.begin(), network.module._ivalue());
        network.module.get_method("forward").function().getSchema().checkAndNormalizeInputs(stack, {});
        if (!network.wants_self)
            stack.erase(stack.begin());
        network.executor.run(stack);
        Results results(outputs, capacity);
        for (size_t place : network.taps)
            results.add(c10::IValue(stack.at(place)));
        give_flat(stack.at(0), results, names);
        *written = results.release();
    });
}

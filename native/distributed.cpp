// Process groups: a store where ranks meet, and the collectives that data-parallel training needs.
#include "bridge.h"

#if defined(USE_C10D_GLOO) && __has_include(<gloo/algorithm.h>)
#define RETORT_GLOO 1
#else
#define RETORT_GLOO 0
#endif

#if RETORT_GLOO && defined(RETORT_CUDA) && defined(USE_C10D_NCCL) && __has_include(<nccl.h>) && __has_include(<cuda_runtime_api.h>)
#define RETORT_NCCL 1
#else
#define RETORT_NCCL 0
#endif

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

using namespace retort;

int32_t retort_distributed_available(void) { return RETORT_GLOO | RETORT_NCCL << 1; }

namespace {

int64_t elements_of(void* const* handles, int32_t count) {
    int64_t elements = 0;
    for (auto& parameter : borrow_all(handles, count))
        elements += parameter.numel();
    return elements;
}

// Calls part(i, parameter, its place in flat as a view of the parameter's shape and memory order).
template <class Part> void for_each_gradient(void* const* handles, int32_t count, const at::Tensor& flat, Part&& part) {
    auto parameters = borrow_all(handles, count);
    int64_t elements = elements_of(handles, count);
    TORCH_CHECK_VALUE(flat.dim() == 1 && flat.size(0) >= elements + count && flat.is_contiguous() && flat.scalar_type() == at::kFloat,
                      "flat must be float32 [", elements + count, "] or longer, but is ", describe(flat));
    at::NoGradGuard no_grad;
    int64_t place = 0;
    for (int32_t i = 0; i < count; i++) {
        auto& parameter = parameters[i];
        TORCH_CHECK_VALUE(parameter.is_non_overlapping_and_dense(), "parameter ", i, " is a strided view: ", describe(parameter));
        part(i, parameter, flat.as_strided(parameter.sizes(), parameter.strides(), flat.storage_offset() + place));
        place += parameter.numel();
    }
}

} // namespace

int32_t retort_gradients_flatten(void* const* parameters, int32_t count, void* flat) {
    return guarded([&] {
        auto target = borrow_defined(flat, "flat");
        auto flags = at::empty({count}, at::kFloat);
        float* flag = flags.data_ptr<float>();
        for_each_gradient(parameters, count, target, [&](int32_t i, const at::Tensor& parameter, at::Tensor place) {
            auto& gradient = parameter.grad();
            flag[i] = gradient.defined() ? 1.0f : 0.0f;
            if (gradient.defined())
                place.copy_(gradient);
            else
                place.zero_();
        });
        target.narrow(0, elements_of(parameters, count), count).copy_(flags);
    });
}

int32_t retort_gradients_unflatten(void* const* parameters, int32_t count, void* flat) {
    return guarded([&] {
        auto source = borrow_defined(flat, "flat");
        auto flags = source.narrow(0, elements_of(parameters, count), count).to(at::kCPU).contiguous();
        const float* flag = flags.data_ptr<float>();
        for_each_gradient(parameters, count, source, [&](int32_t i, const at::Tensor& parameter, at::Tensor place) {
            parameter.mutable_grad() = flag[i] > 0 ? place.to(parameter.device()) : at::Tensor(); // the same memory on one device
        });
    });
}

#if RETORT_GLOO

#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#if RETORT_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include <chrono>
#include <cstdlib>
#include <thread>

namespace {

struct Store {
    c10::intrusive_ptr<c10d::Store> store;
    int groups = 0; // every rank makes its groups in the same order, so the number tells their keys apart
};

#if RETORT_TORCH >= 200
using Group = c10d::Backend; // what the process groups of one way of communication derive from
#else
using Group = c10d::ProcessGroup;
#endif
using Gloo = c10d::ProcessGroupGloo;
using GroupPointer = c10::intrusive_ptr<Group>;
using WorkPointer = decltype(std::declval<Group&>().barrier());

Store& as_store(void* store) {
    TORCH_CHECK_VALUE(store, "the store is null");
    return *static_cast<Store*>(store);
}

Group& as_group(void* group) {
    TORCH_CHECK_VALUE(group, "the process group is null");
    return **static_cast<GroupPointer*>(group);
}

std::chrono::milliseconds timeout_of(int64_t milliseconds) {
    return milliseconds > 0 ? std::chrono::milliseconds(milliseconds) : c10d::Store::kDefaultTimeout;
}

GroupPointer make_group(const std::string& backend, const c10::intrusive_ptr<c10d::Store>& keys, int rank, int world_size, const char* host,
                        std::chrono::milliseconds timeout) {
    if (backend == "gloo") {
        auto options = Gloo::Options::create(timeout);
        options->devices = {host && *host ? Gloo::createDeviceForHostname(host) : Gloo::createDefaultDevice()};
        return c10::make_intrusive<Gloo>(keys, rank, world_size, options);
    }
#if RETORT_NCCL
    if (backend == "nccl") {
        // Waiting then lasts until the exchange is done, and ends with the time: otherwise a rank that is gone stops the device for good. The
        // name changed with 2.2.
        for (const char* name : {"NCCL_BLOCKING_WAIT", "TORCH_NCCL_BLOCKING_WAIT"})
            setenv(name, "1", /*overwrite=*/0);
        auto options = c10d::ProcessGroupNCCL::Options::create();
        options->timeout = timeout;
        return c10::make_intrusive<c10d::ProcessGroupNCCL>(keys, rank, world_size, options);
    }
#endif
    TORCH_CHECK_NOT_IMPLEMENTED(false, "this bridge has no process group backend ", backend);
}

// Waits, or hands the work out for retort_work_wait.
void finish(WorkPointer work, void** handle) {
    if (handle)
        *handle = new WorkPointer(std::move(work));
    else
        work->wait();
}

} // namespace

int32_t retort_store_tcp(const char* host, int32_t port, int32_t world_size, int32_t is_server, int64_t timeout_ms,
                         void** store) {
    return guarded([&] {
        TORCH_CHECK_VALUE(port > 0 && port <= 0xffff, "there is no port ", port);
        c10d::TCPStoreOptions options; // by name: later versions have more fields
        options.port = static_cast<uint16_t>(port);
        options.isServer = is_server != 0;
        options.numWorkers = static_cast<size_t>(world_size);
        options.waitWorkers = false; // below: libtorch's own waiting ends without a word when the time is over
        options.timeout = timeout_of(timeout_ms);
        auto made = c10::make_intrusive<c10d::TCPStore>(host, options);
        auto end = std::chrono::steady_clock::now() + options.timeout;
        for (int64_t here = made->add("retort/here", 1); here < world_size; here = made->add("retort/here", 0)) {
            TORCH_CHECK(std::chrono::steady_clock::now() < end, here, " of ", world_size, " came");
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        *store = new Store{std::move(made)};
    });
}

int32_t retort_store_file(const char* path, int32_t world_size, void** store) {
    return guarded([&] { *store = new Store{c10::make_intrusive<c10d::FileStore>(path, world_size)}; });
}

void retort_store_free(void* store) {
    guarded_silently([&] { delete static_cast<Store*>(store); });
}

int32_t retort_group_new(const char* backend, void* store, int32_t rank, int32_t world_size, const char* host,
                         int64_t timeout_ms, void** group) {
    return guarded([&] {
        TORCH_CHECK_VALUE(rank >= 0 && rank < world_size, "there is no rank ", rank, " among ", world_size);
        auto& shared = as_store(store);
        auto prefix = "group" + std::to_string(shared.groups);
        auto keys = c10::make_intrusive<c10d::PrefixStore>(prefix, shared.store);
        keys->setTimeout(timeout_of(timeout_ms)); // for the meeting, where a file's own would be five minutes
        auto made = make_group(backend, keys, rank, world_size, host, timeout_of(timeout_ms));
        shared.groups++;
        *group = new GroupPointer(std::move(made));
    });
}

void retort_group_free(void* group) {
    guarded_silently([&] { delete static_cast<GroupPointer*>(group); });
}

int32_t retort_store_prefixed(void* store, const char* prefix, void** prefixed) {
    return guarded([&] { *prefixed = new Store{c10::make_intrusive<c10d::PrefixStore>(prefix, as_store(store).store)}; });
}

int32_t retort_store_set(void* store, const char* key, const char* text) {
    return guarded([&] {
        std::string value(text);
        as_store(store).store->set(key, std::vector<uint8_t>(value.begin(), value.end()));
    });
}

int32_t retort_store_get(void* store, const char* key, const char** text) {
    return guarded([&] {
        static thread_local std::string value;
        auto& kept = as_store(store).store;
        if (!kept->check({key})) { // get() would wait, and hold the connection meanwhile
            *text = nullptr;
            return;
        }
        auto bytes = kept->get(key);
        value.assign(bytes.begin(), bytes.end());
        *text = value.c_str();
    });
}

int32_t retort_group_all_reduce(void* group, void* tensor, void** work) {
    return guarded([&] {
        // One tensor per call: gloo would sum the tensors of a list into each other.
        std::vector<at::Tensor> tensors{borrow_defined(tensor, "tensor")};
        finish(as_group(group).allreduce(tensors), work);
    });
}

int32_t retort_group_broadcast(void* group, void* tensor, int32_t root, void** work) {
    return guarded([&] {
        std::vector<at::Tensor> tensors{borrow_defined(tensor, "tensor")};
        c10d::BroadcastOptions options;
        options.rootRank = root;
        finish(as_group(group).broadcast(tensors, options), work);
    });
}

int32_t retort_group_all_gather(void* group, void* tensor, void* const* results, int32_t world_size, void** work) {
    return guarded([&] {
        auto& used = as_group(group);
        TORCH_CHECK_VALUE(world_size == used.getSize(), "all_gather needs ", used.getSize(), " results, but got ", world_size);
        std::vector<std::vector<at::Tensor>> outputs{borrow_all(results, world_size)};
        std::vector<at::Tensor> inputs{borrow_defined(tensor, "tensor")};
        finish(used.allgather(outputs, inputs), work);
    });
}

int32_t retort_group_barrier(void* group) {
    return guarded([&] { as_group(group).barrier()->wait(); });
}

int32_t retort_work_wait(void* work, int64_t timeout_ms) {
    return guarded([&] {
        TORCH_CHECK_VALUE(work, "the work is null");
        std::unique_ptr<WorkPointer> owned(static_cast<WorkPointer*>(work));
        if (timeout_ms > 0)
            (*owned)->wait(std::chrono::milliseconds(timeout_ms));
        else
            (*owned)->wait();
    });
}

#else

namespace {
int32_t missing() {
    return guarded([] {
        TORCH_CHECK_NOT_IMPLEMENTED(false, "the bridge was built without process groups: install libgloo-dev and build again");
    });
}
} // namespace

int32_t retort_store_tcp(const char*, int32_t, int32_t, int32_t, int64_t, void**) { return missing(); }
int32_t retort_store_file(const char*, int32_t, void**) { return missing(); }
void retort_store_free(void*) {}
int32_t retort_store_prefixed(void*, const char*, void**) { return missing(); }
int32_t retort_store_set(void*, const char*, const char*) { return missing(); }
int32_t retort_store_get(void*, const char*, const char**) { return missing(); }
int32_t retort_group_new(const char*, void*, int32_t, int32_t, const char*, int64_t, void**) { return missing(); }
void retort_group_free(void*) {}
int32_t retort_group_all_reduce(void*, void*, void**) { return missing(); }
int32_t retort_group_broadcast(void*, void*, int32_t, void**) { return missing(); }
int32_t retort_group_all_gather(void*, void*, void* const*, int32_t, void**) { return missing(); }
int32_t retort_group_barrier(void*) { return missing(); }
int32_t retort_work_wait(void*, int64_t) { return missing(); }

#endif

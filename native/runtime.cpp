// The process around the operators: versions, start-up, threads, warnings, random numbers.
#include "bridge.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/Generator.h>
#include <c10/util/Exception.h>
#include <c10/util/Logging.h>

#include <cstring>
#include <dlfcn.h>
#include <memory>
#include <mutex>

using namespace retort;

namespace retort {
thread_local bool warning_handler_installed = false;
}

namespace {

std::atomic<void (*)(const char*)> warning_callback{nullptr};

class ManagedWarnings final : public c10::WarningHandler {
public:
#if RETORT_TORCH >= 200
    void process(const c10::Warning& warning) override { report(warning.msg()); }
#else
    void process(const c10::SourceLocation&, const std::string& text, const bool) override { report(text); }
#endif

private:
    static void report(const std::string& text) {
        if (auto callback = warning_callback.load())
            callback(text.c_str());
    }
};

at::Generator generator_of(void* generator) {
    return generator ? *static_cast<at::Generator*>(generator) : at::detail::getDefaultCPUGenerator();
}

} // namespace

void retort::install_warning_handler() noexcept {
    // Without a callback libtorch's own handler (standard error) stays.
    if (!warning_callback.load())
        return;
    static auto& handler = *new ManagedWarnings(); // outlives every thread
#if RETORT_TORCH >= 200
    c10::WarningUtils::set_warning_handler(&handler);
#else
    c10::Warning::set_warning_handler(&handler);
#endif
    warning_handler_installed = true;
}

int32_t retort_abi(void) { return RETORT_ABI; }

// C# also looks for these words in the file itself: to load libtorch takes seconds.
static const char compiled[] = "retort bridge for libtorch " TORCH_VERSION;

const char* retort_compiled_version(void) { return std::strrchr(compiled, ' ') + 1; }

const char* retort_loaded_version(void) {
    // The library has no version function; its build settings name it.
    static const std::string version = []() -> std::string {
        try {
            std::string settings = at::show_config(), key = "TORCH_VERSION=";
            auto start = settings.find(key);
            if (start == std::string::npos)
                return {};
            start += key.size();
            return settings.substr(start, settings.find_first_of(", \n", start) - start);
        } catch (...) {
            return {};
        }
    }();
    return version.c_str();
}

int32_t retort_start(int32_t keep_memory, void (*warning)(const char* text)) {
    return guarded([&] {
        // libtorch walks the stack for every error it throws: two milliseconds that nobody reads.
        c10::SetStackTraceFetcher([]() -> std::string { return {}; });
        warning_callback = warning;
        install_warning_handler();
        if (keep_memory != 0)
            install_allocator();
    });
}

int32_t retort_set_threads(int32_t count) {
    return guarded([&] {
        TORCH_CHECK_VALUE(count > 0, "the number of threads must be at least 1, but is ", count);
        at::set_num_threads(count);
        // OpenBLAS built on pthreads has a pool of its own that does not follow OpenMP. It is there only if libtorch
        // was linked to it, so it is looked up instead of linked.
        using SetThreads = void (*)(int);
        if (auto set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads")))
            set(count);
    });
}

int32_t retort_get_threads(void) { return at::get_num_threads(); }

int32_t retort_seed(uint64_t seed) {
    return guarded([&] { at::manual_seed(seed); });
}

int32_t retort_generator_new(uint64_t seed, void** generator) {
    return guarded([&] { *generator = new at::Generator(at::detail::createCPUGenerator(seed)); });
}

void retort_generator_free(void* generator) {
    guarded_silently([&] { delete static_cast<at::Generator*>(generator); });
}

int32_t retort_generator_get_state(void* generator, void** tensor) {
    return guarded([&] {
        auto source = generator_of(generator);
        std::lock_guard<std::mutex> held(source.mutex());
        *tensor = give(source.get_state());
    });
}

int32_t retort_generator_set_state(void* generator, void* tensor) {
    return guarded([&] {
        auto target = generator_of(generator);
        auto state = borrow_defined(tensor, "state");
        std::lock_guard<std::mutex> held(target.mutex());
        target.set_state(state);
    });
}

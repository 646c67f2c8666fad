// CPU memory that is kept for reuse. A training step asks for the same sizes again and again; returning them to the
// system costs a page fault per 4 KiB on the next step, a fifth of the whole time on small networks.
#include "bridge.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <fstream>
#include <malloc.h>
#include <mutex>
#include <unistd.h>

using namespace retort;

namespace {

constexpr size_t kAlignment = 64; // what oneDNN and ATen's vector code expect
constexpr size_t kSmallest = 256;
constexpr int kLargestPower = 46; // 64 TiB: beyond any machine, far from overflow
constexpr int kClasses = 1 + (kLargestPower - 8) * 4;

// In front of every block, so that a bare pointer is enough to free it.
struct alignas(kAlignment) Header {
    Header* next;   // while it is cached
    size_t asked;   // while it is in use
    int32_t size_class;
};
static_assert(sizeof(Header) == kAlignment, "the data behind the header must stay aligned");

struct SizeClass {
    int32_t index;
    size_t bytes;
};

// Four classes per power of two: at most a quarter of a block is wasted, untouched.
SizeClass class_of(size_t bytes) {
    if (bytes <= kSmallest)
        return {0, kSmallest};
    int power = 63 - __builtin_clzll(bytes - 1); // 2^power <= bytes-1 < 2^(power+1)
    size_t base = size_t{1} << power, step = base / 4;
    size_t quarter = (bytes - 1 - base) / step;
    return {1 + (power - 8) * 4 + static_cast<int32_t>(quarter), base + (quarter + 1) * step};
}

// What this process may use: the machine's memory, or what its container is allowed, in cgroups of version 2 and 1.
int64_t memory_limit() {
    auto least = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    for (const char* file : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
        int64_t limit = 0; // stays 0 where there is no such file, or no number in it ("max")
        if (std::ifstream(file) >> limit && limit > 0)
            least = std::min(least, limit);
    }
    return least;
}

struct alignas(64) FreeList { // a cache line each: neighbours are locked by other threads
    std::mutex lock;
    Header* first = nullptr;
    size_t bytes = 0; // of one block, once there was one
};

class CachingAllocator final : public c10::Allocator {
public:
    CachingAllocator() {
        cap_ = memory_limit() / 2;
    }

#if RETORT_TORCH >= 203
    c10::DataPtr allocate(size_t bytes) override { return make(bytes); }
    void copy_data(void* target, const void* source, size_t bytes) const override { default_copy_data(target, source, bytes); }
#else
    c10::DataPtr allocate(size_t bytes) const override { return const_cast<CachingAllocator*>(this)->make(bytes); }
#endif
    c10::DeleterFnPtr raw_deleter() const override { return &release; }

    void read(retort_memory& result) const {
        result.in_use = in_use_.load(std::memory_order_relaxed);
        result.peak = peak_.load(std::memory_order_relaxed);
        result.cached = cached_.load(std::memory_order_relaxed);
    }

    void reset_peak() { peak_ = in_use_.load(); }

    void trim() {
        for (auto& list : lists_) {
            Header* block;
            size_t bytes;
            {
                std::lock_guard<std::mutex> held(list.lock);
                block = std::exchange(list.first, nullptr);
                bytes = list.bytes;
            }
            while (block) {
                Header* next = block->next;
                std::free(block);
                cached_.fetch_sub(static_cast<int64_t>(bytes), std::memory_order_relaxed);
                block = next;
            }
        }
        malloc_trim(0);
    }

private:
    c10::DataPtr make(size_t bytes) {
        c10::Device cpu(c10::DeviceType::CPU);
        if (bytes == 0)
            return {nullptr, nullptr, &release, cpu};
        TORCH_CHECK_WITH(OutOfMemoryError, bytes <= size_t{1} << kLargestPower, "out of memory: a tensor of ", bytes, " bytes");
        auto size = class_of(bytes);
        Header* block = pop(size);
        if (!block)
            block = fresh(size, bytes);
        block->asked = bytes;
        block->size_class = size.index;
        count(static_cast<int64_t>(bytes));
        void* data = block + 1;
        return {data, data, &release, cpu};
    }

    Header* pop(SizeClass size) {
        auto& list = lists_[static_cast<size_t>(size.index)];
        Header* block;
        {
            std::lock_guard<std::mutex> held(list.lock);
            block = list.first;
            if (!block)
                return nullptr;
            list.first = block->next;
        }
        cached_.fetch_sub(static_cast<int64_t>(size.bytes), std::memory_order_relaxed);
        return block;
    }

    Header* fresh(SizeClass size, size_t asked) {
        void* memory = nullptr;
        if (posix_memalign(&memory, kAlignment, sizeof(Header) + size.bytes) != 0) {
            trim(); // what is cached in other sizes may be just what lacks
            if (posix_memalign(&memory, kAlignment, sizeof(Header) + size.bytes) != 0)
                TORCH_CHECK_WITH(OutOfMemoryError, false, "out of memory: no room for a tensor of ", asked, " bytes beside the ",
                                 in_use_.load(), " bytes in use");
        }
        return static_cast<Header*>(memory);
    }

    void count(int64_t bytes) {
        auto now = in_use_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
        auto peak = peak_.load(std::memory_order_relaxed);
        while (now > peak && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
        }
    }

    static void release(void* data);

    void take_back(Header* block) {
        in_use_.fetch_sub(static_cast<int64_t>(block->asked), std::memory_order_relaxed);
        auto bytes = class_of(block->asked).bytes;
        auto kept = cached_.fetch_add(static_cast<int64_t>(bytes), std::memory_order_relaxed) + static_cast<int64_t>(bytes);
        if (kept > cap_) {
            cached_.fetch_sub(static_cast<int64_t>(bytes), std::memory_order_relaxed);
            std::free(block);
            return;
        }
        auto& list = lists_[static_cast<size_t>(block->size_class)];
        std::lock_guard<std::mutex> held(list.lock);
        block->next = list.first;
        list.first = block;
        list.bytes = bytes;
    }

    std::array<FreeList, kClasses> lists_;
    std::atomic<int64_t> in_use_{0}, peak_{0}, cached_{0};
    int64_t cap_;
};

// Never destroyed: static tensors inside libtorch are freed after everything of ours.
CachingAllocator* installed = nullptr;

void CachingAllocator::release(void* data) {
    if (data)
        installed->take_back(static_cast<Header*>(data) - 1);
}

} // namespace

void retort::install_allocator() {
    // Also beside the caching allocator: oneDNN's scratch memory still comes from malloc, which by default returns every
    // large block to the system at once.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    mallopt(M_TOP_PAD, 64 << 20);
    if (installed)
        return;
    installed = new CachingAllocator();
    c10::SetCPUAllocator(installed, /*priority=*/1);
}

int32_t retort_memory_read(retort_memory* result) {
    return guarded([&] {
        *result = {};
        if (installed)
            installed->read(*result);
    });
}

int32_t retort_memory_reset_peak(void) {
    return guarded([&] {
        if (installed)
            installed->reset_peak();
    });
}

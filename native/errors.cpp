// How an exception becomes a kind and a text that C# can ask for.
#include "bridge.h"

#include <c10/util/Exception.h>

#include <new>

namespace retort {
namespace {

struct LastError {
    int32_t kind = kOther;
    std::string text;
};
thread_local LastError last_error;

// libtorch's own CPU allocator reports exhaustion as an error like any other: only the words tell.
bool is_out_of_memory(const std::string& text) {
    return text.find("can't allocate memory") != std::string::npos || text.find("out of memory") != std::string::npos;
}

void record(int32_t kind, const std::string& where, std::string text) noexcept {
    try {
        if (kind == kOther && is_out_of_memory(text))
            kind = kOutOfMemory;
        while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
            text.pop_back();
        last_error.kind = kind;
        last_error.text = where.empty() ? std::move(text) : where + ": " + text;
    } catch (...) {
        last_error.text.clear(); // no memory left for the text; the kind still tells
    }
}

} // namespace

// The order matters: all but the last three derive from c10::Error.
int32_t record_failure(const std::string& where) noexcept {
    try {
        throw;
    } catch (const ManagedError& e) {
        record(kManaged, where, e.what());
    } catch (const c10::IndexError& e) {
        record(kIndex, where, e.what_without_backtrace());
    } catch (const c10::ValueError& e) {
        record(kValue, where, e.what_without_backtrace());
    } catch (const c10::TypeError& e) {
        record(kType, where, e.what_without_backtrace());
    } catch (const c10::NotImplementedError& e) {
        record(kNotImplemented, where, e.what_without_backtrace());
    } catch (const c10::LinAlgError& e) {
        record(kLinearAlgebra, where, e.what_without_backtrace());
    } catch (const c10::OutOfMemoryError& e) {
        record(kOutOfMemory, where, e.what_without_backtrace());
    } catch (const c10::Error& e) {
        record(kOther, where, e.what_without_backtrace());
    } catch (const std::bad_alloc&) {
        record(kOutOfMemory, where, "out of memory");
    } catch (const std::exception& e) {
        record(kOther, where, e.what());
    } catch (...) {
        record(kOther, where, "an exception of unknown type");
    }
    return RETORT_FAILED;
}

} // namespace retort

using namespace retort;

const char* retort_last_error(void) { return last_error.text.c_str(); }

int32_t retort_last_error_kind(void) { return last_error.kind; }

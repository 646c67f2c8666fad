// The whole native surface of Retort: what C# calls. Everything that is an ATen operator goes through retort_op_call;
// the rest is what has no operator. Rules that hold for every export:
//   - it returns RETORT_OK or RETORT_FAILED, never throws; the reason is then in retort_last_error() of that thread,
//     until the next failure there;
//   - a tensor handle is a c10::TensorImpl* with one counted reference: handles given out ("owned") are freed by the
//     caller with retort_tensor_free, handles passed in are borrowed for the call;
//   - only fixed-width types; booleans are uint8_t/int32_t; text is UTF-8 and belongs to the bridge unless said.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RETORT_API __attribute__((visibility("default")))
#define RETORT_OK 0
#define RETORT_FAILED 1

// Raised by one with every change of this header; C# refuses a bridge of another number.
#define RETORT_ABI 5

// ---- values: what stands on the dispatcher's stack -----------------------------------------------------------------
enum retort_tag {
    RETORT_NONE = 0,
    RETORT_DEFAULT = 1,               // in only: the default of the operator's schema
    RETORT_TENSOR = 2,                // pointer: handle; null is an undefined tensor (refused where one is required)
    RETORT_INT = 3,                   // integer (int, SymInt, ScalarType, Layout, MemoryFormat); also for float and int[]
    RETORT_DOUBLE = 4,
    RETORT_BOOL = 5,                  // integer 0 or 1
    RETORT_STRING = 6,                // pointer: UTF-8, length bytes, no zero at the end
    RETORT_INT_LIST = 7,              // pointer: int64_t[length]; also for float[]
    RETORT_DOUBLE_LIST = 8,           // pointer: double[length]
    RETORT_BOOL_LIST = 9,             // pointer: uint8_t[length]
    RETORT_TENSOR_LIST = 10,          // pointer: handle[length]
    RETORT_OPTIONAL_TENSOR_LIST = 11, // in only; null entries are None
    RETORT_DEVICE = 12,               // integer: (device type << 8) | (index & 0xff), index 0xff = current
    RETORT_GENERATOR = 13,            // in only; pointer from retort_generator_new
    RETORT_OBJECT = 14                // pointer: an opaque value of a custom class (freed with retort_object_free)
};

// 16 bytes. Lists and strings that come out are freed with retort_list_free (null when empty); their tensors one by one.
typedef struct retort_value {
    uint32_t tag;
    uint32_t length;
    union {
        int64_t integer;
        double real;
        void* pointer;
    };
} retort_value;

// ---- the bridge itself ---------------------------------------------------------------------------------------------
RETORT_API int32_t retort_abi(void);
RETORT_API const char* retort_compiled_version(void); // libtorch this was compiled against, "1.13.1"
RETORT_API const char* retort_loaded_version(void);   // libtorch that is loaded, from its build settings; "" if unknown
RETORT_API const char* retort_last_error(void);       // of this thread; "" if none
// Kinds: 0 other, 1 index, 2 value, 3 type, 4 not implemented, 5 linear algebra, 6 out of memory, 7 managed callback.
RETORT_API int32_t retort_last_error_kind(void);
// Once, before the first tensor: quiet backtraces, and freed CPU memory kept in the process (0 = as libtorch and malloc do by themselves).
// warning(text) may be null (standard error then); it is called for libtorch's warnings, on any thread, and must not throw.
RETORT_API int32_t retort_start(int32_t keep_memory, void (*warning)(const char* text));

RETORT_API int32_t retort_set_threads(int32_t count); // ATen, OpenMP and OpenBLAS (where it is loaded) together
RETORT_API int32_t retort_get_threads(void);
RETORT_API int64_t retort_live_tensors(void);         // handles given out and not yet freed

typedef struct retort_memory {
    int64_t in_use;  // bytes of live CPU tensor storage
    int64_t peak;    // the most that ever was in use since retort_memory_reset_peak
    int64_t cached;  // bytes kept for reuse
} retort_memory;
RETORT_API int32_t retort_memory_read(retort_memory* result); // zeros without the caching allocator
RETORT_API int32_t retort_memory_reset_peak(void);

// ---- dispatcher ----------------------------------------------------------------------------------------------------
typedef struct retort_argument {
    const char* name;
    const char* type;      // real type, e.g. "Tensor", "Optional[int]", "ScalarType" (c10's repr_str)
    uint8_t has_default;
    uint8_t keyword_only;
    uint8_t is_return;
    uint8_t reserved[5];
} retort_argument;

// overload "" or null: the one without a name. Handles stay valid for good; kind 4 if there is no such operator.
RETORT_API int32_t retort_op_find(const char* name, const char* overload, void** op);
RETORT_API int32_t retort_op_argument_count(void* op, int32_t* arguments, int32_t* results);
RETORT_API int32_t retort_op_argument(void* op, int32_t index, retort_argument* result); // results follow arguments
// Too few inputs are filled with the schema's defaults; too many are an error. `written` is the number of results,
// at most `capacity` (more is an error). On failure the text names the operator, the arguments' shapes and dtypes.
RETORT_API int32_t retort_op_call(void* op, const retort_value* inputs, int32_t count,
                                  retort_value* outputs, int32_t capacity, int32_t* written);
RETORT_API void retort_list_free(void* list);
RETORT_API void retort_object_free(void* object);

// ---- tensors -------------------------------------------------------------------------------------------------------
typedef struct retort_tensor_info {
    int64_t dim;
    int64_t numel;
    const int64_t* sizes;   // valid while the tensor lives and is not resized
    const int64_t* strides;
    void* data;             // null unless on the CPU and with storage
    int32_t dtype;          // c10::ScalarType
    int32_t device_type;    // c10::DeviceType: 0 CPU, 1 CUDA
    int32_t device_index;
    uint8_t requires_grad;
    uint8_t is_leaf;
    uint8_t is_contiguous;
    uint8_t is_channels_last; // strides of NHWC (4-d only)
} retort_tensor_info;

RETORT_API void retort_tensor_free(void* tensor);
RETORT_API int32_t retort_tensor_retain(void* tensor, void** same);          // a second owned handle to the same tensor
RETORT_API int32_t retort_tensor_info_read(void* tensor, retort_tensor_info* result);
RETORT_API int32_t retort_tensor_grad_get(void* tensor, void** grad);        // owned, or null
RETORT_API int32_t retort_tensor_grad_set(void* tensor, void* grad);         // null clears
RETORT_API int32_t retort_tensor_set_requires_grad(void* tensor, int32_t on);

// ---- autograd ------------------------------------------------------------------------------------------------------
RETORT_API int32_t retort_grad_mode(int32_t on, int32_t* previous);          // of this thread; on < 0 only reads
RETORT_API int32_t retort_backward(void* const* outputs, void* const* output_grads, int32_t count, int32_t retain_graph,
                                   int32_t create_graph, void* const* inputs, int32_t input_count);
// Both: output_grads, and each of its entries, may be null (ones, for scalars). No inputs: all leaves of the graph.
// results: owned handles, null for unused inputs when allow_unused.
RETORT_API int32_t retort_grad(void* const* outputs, void* const* output_grads, int32_t count,
                               void* const* inputs, int32_t input_count, int32_t retain_graph, int32_t create_graph,
                               int32_t allow_unused, void** results);

// A managed function with its own derivative. `backward` gets the saved tensors and the outputs' gradients (borrowed;
// null = zero) and writes one owned gradient or null per input. It returns non-zero after a managed exception, whose text
// it has handed to retort_callback_error; the failure then surfaces from retort_backward with kind 7. `release(state)` runs
// once, when the graph node dies.
typedef int32_t (*retort_backward_callback)(void* state, void* const* saved, int32_t saved_count,
                                            void* const* output_grads, int32_t output_count,
                                            void** input_grads, int32_t input_count);
typedef void (*retort_release_callback)(void* state);
// Makes `outputs` (fresh, without history; computed under no-grad) the results of a node over `inputs`. saved_is_output[i]
// says that saved[i] is one of the outputs. The node owns `state` from this call on, also when the call fails. Where nothing
// is to be differentiated (grad mode off, no input requires a gradient) `state` is released at once and no node is made.
RETORT_API int32_t retort_function_attach(void* const* inputs, int32_t input_count, void* const* outputs,
                                          int32_t output_count, void* const* saved, const uint8_t* saved_is_output,
                                          int32_t saved_count, void* state, retort_backward_callback backward,
                                          retort_release_callback release);
RETORT_API void retort_callback_error(const char* text);

// ---- autocast (of this thread): every enter has its exit, in reverse order ------------------------------------------
typedef struct retort_autocast_state { int32_t enabled; int32_t dtype; } retort_autocast_state;
RETORT_API int32_t retort_autocast_enter(int32_t device_type, int32_t enabled, int32_t dtype, retort_autocast_state* previous);
RETORT_API int32_t retort_autocast_exit(int32_t device_type, const retort_autocast_state* previous);

// ---- random numbers ------------------------------------------------------------------------------------------------
RETORT_API int32_t retort_seed(uint64_t seed);                               // default generators of every device
RETORT_API int32_t retort_generator_new(uint64_t seed, void** generator);    // CPU
RETORT_API void retort_generator_free(void* generator);
RETORT_API int32_t retort_generator_get_state(void* generator, void** tensor);  // null generator = default CPU; owned
RETORT_API int32_t retort_generator_set_state(void* generator, void* tensor);

// ---- TorchScript ---------------------------------------------------------------------------------------------------
RETORT_API int32_t retort_module_load(const char* path, int32_t device_type, int32_t device_index, void** module);
RETORT_API void retort_module_free(void* module);
RETORT_API int32_t retort_module_train(void* module, int32_t on);
// Tuples, lists and dicts are flattened: `names` has a line for each output, empty for a lone one, else its place or key, as
// "1.0" or "logits"; valid until the next call.
RETORT_API int32_t retort_module_forward(void* module, const retort_value* inputs, int32_t count, retort_value* outputs,
                                         int32_t capacity, int32_t* written, const char** names);
// Every parameter then every buffer: names "a.b.c\n..." valid until the next call; handles owned in a list (retort_list_free).
RETORT_API int32_t retort_module_state(void* module, const char** names, void*** tensors, int32_t* parameters, int32_t* count);
// Every submodule, "path class\n..."; valid until the next call.
RETORT_API int32_t retort_module_parts(void* module, const char** text);
// The network for inference (evaluation mode for good, weights constant), with what submodules give: paths "a.b\n...". Kind 2
// where a path is not called, or more than once, or within an if or a loop. Its forward gives the taps first, then the outputs,
// to which alone `names` belong.
RETORT_API int32_t retort_module_tap(void* module, const char* paths, void** tapped);
RETORT_API int32_t retort_tapped_forward(void* tapped, const retort_value* inputs, int32_t count, retort_value* outputs,
                                         int32_t capacity, int32_t* written, const char** names);
RETORT_API void retort_tapped_free(void* tapped);

// ---- c10d process groups (retort_distributed_available(): 1 with gloo, + 2 with NCCL, as found at build time) ----------------
RETORT_API int32_t retort_distributed_available(void);
RETORT_API int32_t retort_store_tcp(const char* host, int32_t port, int32_t world_size, int32_t is_server,
                                    int64_t timeout_ms, void** store);
RETORT_API int32_t retort_store_file(const char* path, int32_t world_size, void** store);
RETORT_API int32_t retort_store_prefixed(void* store, const char* prefix, void** prefixed); // keys apart; keeps the store open
RETORT_API void retort_store_free(void* store);
// Values are text. get: valid until this thread's next call, null where nobody has set the key; it does not wait.
RETORT_API int32_t retort_store_set(void* store, const char* key, const char* text);
RETORT_API int32_t retort_store_get(void* store, const char* key, const char** text);
RETORT_API int32_t retort_group_new(const char* backend, void* store, int32_t rank, int32_t world_size,
                                    const char* host, int64_t timeout_ms, void** group); // "gloo"; host: of this rank, may be null
RETORT_API void retort_group_free(void* group);
// Every rank makes the groups of one store in the same order, and the server's store is freed last. bfloat16 is refused.
// Sum in place. work null: waits; otherwise an asynchronous handle for retort_work_wait, which also frees it.
RETORT_API int32_t retort_group_all_reduce(void* group, void* tensor, void** work);
RETORT_API int32_t retort_group_broadcast(void* group, void* tensor, int32_t root, void** work);
RETORT_API int32_t retort_group_all_gather(void* group, void* tensor, void* const* results, int32_t world_size, void** work);
RETORT_API int32_t retort_group_barrier(void* group);
RETORT_API int32_t retort_work_wait(void* work, int64_t timeout_ms);
// Gradients of parameters (dense, without gaps) one after another in flat, float32 [elements + count]: each in its parameter's
// memory order, zeros where there is none; then for each parameter 1 where it has a gradient, else 0.
RETORT_API int32_t retort_gradients_flatten(void* const* parameters, int32_t count, void* flat);
// The way back: gradients become parts of flat, and none where the last numbers are 0.
RETORT_API int32_t retort_gradients_unflatten(void* const* parameters, int32_t count, void* flat);

// ---- CUDA queries (device count is 0 in a CPU build) -----------------------------------------------------------------
RETORT_API int32_t retort_cuda_count(void);
RETORT_API int32_t retort_cuda_synchronize(void);
RETORT_API int32_t retort_cuda_memory(int32_t device, int64_t* in_use, int64_t* peak);

// ---- images --------------------------------------------------------------------------------------------------------
// Reads the header of a JPEG or PNG in memory. channels: as stored (1, 3 or 4).
RETORT_API int32_t retort_image_probe(const uint8_t* bytes, int64_t length, int32_t* width, int32_t* height, int32_t* channels);
// Decodes to RGB, 8 bits, rows top to bottom without padding, into width*height*3 bytes. A truncated file fails.
RETORT_API int32_t retort_image_decode(const uint8_t* bytes, int64_t length, uint8_t* rgb, int64_t capacity,
                                       int32_t width, int32_t height);

#ifdef __cplusplus
}
#endif

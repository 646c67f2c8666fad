using System.Runtime.InteropServices;

namespace Retort.Torch.Native;

/// <summary>The imports of native/retort.h, one to one; what each does is said there. Check every status with <see cref="Check"/>.</summary>
internal static unsafe partial class Bridge
{
    public const string Library = "retort_bridge";

    /// <summary>Must equal <c>RETORT_ABI</c> of the loaded bridge.</summary>
    public const int Abi = 5;

    /// <summary>Throws what the bridge reports for this thread when <paramref name="status"/> says that a call failed.</summary>
    public static void Check(int status)
    {
        if (status != 0)
            throw TorchException.FromBridge();
    }

    [LibraryImport(Library)] public static partial byte* retort_last_error();
    [LibraryImport(Library)] public static partial int retort_last_error_kind();
    [LibraryImport(Library)] public static partial byte* retort_compiled_version();
    [LibraryImport(Library)] public static partial byte* retort_loaded_version();
    [LibraryImport(Library)] public static partial int retort_set_threads(int count);
    [LibraryImport(Library)] public static partial int retort_get_threads();
    [LibraryImport(Library)] public static partial long retort_live_tensors();
    [LibraryImport(Library)] public static partial int retort_memory_read(MemoryInfo* result);
    [LibraryImport(Library)] public static partial int retort_memory_reset_peak();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int retort_op_find(string name, string overload, nint* op);
    [LibraryImport(Library)] public static partial int retort_op_argument_count(nint op, int* arguments, int* results);
    [LibraryImport(Library)] public static partial int retort_op_argument(nint op, int index, ArgumentInfo* result);
    [LibraryImport(Library)]
    public static partial int retort_op_call(
        nint op, BridgeValue* inputs, int count, BridgeValue* outputs, int capacity, int* written);
    [LibraryImport(Library)] public static partial void retort_list_free(nint list);
    [LibraryImport(Library)] public static partial void retort_object_free(nint value);

    [LibraryImport(Library)] public static partial void retort_tensor_free(nint tensor);
    [LibraryImport(Library)] public static partial int retort_tensor_retain(nint tensor, nint* same);
    [LibraryImport(Library)] public static partial int retort_tensor_info_read(nint tensor, TensorInfo* result);
    [LibraryImport(Library)] public static partial int retort_tensor_grad_get(nint tensor, nint* grad);
    [LibraryImport(Library)] public static partial int retort_tensor_grad_set(nint tensor, nint grad);
    [LibraryImport(Library)] public static partial int retort_tensor_set_requires_grad(nint tensor, int on);

    [LibraryImport(Library)] public static partial int retort_grad_mode(int on, int* previous);
    [LibraryImport(Library)]
    public static partial int retort_backward(
        nint* outputs, nint* outputGrads, int count, int retainGraph, int createGraph, nint* inputs, int inputCount);
    [LibraryImport(Library)]
    public static partial int retort_grad(
        nint* outputs, nint* outputGrads, int count, nint* inputs, int inputCount,
        int retainGraph, int createGraph, int allowUnused, nint* results);
    [LibraryImport(Library)]
    public static partial int retort_function_attach(
        nint* inputs, int inputCount, nint* outputs, int outputCount, nint* saved, byte* savedIsOutput, int savedCount,
        nint state, delegate* unmanaged<nint, nint*, int, nint*, int, nint*, int, int> backward,
        delegate* unmanaged<nint, void> release);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void retort_callback_error(string text);

    [LibraryImport(Library)]
    public static partial int retort_autocast_enter(int deviceType, int enabled, int dtype, AutocastState* previous);
    [LibraryImport(Library)] public static partial int retort_autocast_exit(int deviceType, AutocastState* previous);

    [LibraryImport(Library)] public static partial int retort_seed(ulong seed);
    [LibraryImport(Library)] public static partial int retort_generator_new(ulong seed, nint* generator);
    [LibraryImport(Library)] public static partial void retort_generator_free(nint generator);
    [LibraryImport(Library)] public static partial int retort_generator_get_state(nint generator, nint* tensor);
    [LibraryImport(Library)] public static partial int retort_generator_set_state(nint generator, nint tensor);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int retort_module_load(string path, int deviceType, int deviceIndex, nint* module);
    [LibraryImport(Library)] public static partial void retort_module_free(nint module);
    [LibraryImport(Library)] public static partial int retort_module_train(nint module, int on);
    [LibraryImport(Library)]
    public static partial int retort_module_forward(
        nint module, BridgeValue* inputs, int count, BridgeValue* outputs, int capacity, int* written, byte** names);
    [LibraryImport(Library)]
    public static partial int retort_module_state(nint module, byte** names, nint** tensors, int* parameters, int* count);
    [LibraryImport(Library)] public static partial int retort_module_parts(nint module, byte** text);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int retort_module_tap(nint module, string paths, nint* tapped);
    [LibraryImport(Library)]
    public static partial int retort_tapped_forward(
        nint tapped, BridgeValue* inputs, int count, BridgeValue* outputs, int capacity, int* written, byte** names);
    [LibraryImport(Library)] public static partial void retort_tapped_free(nint tapped);

    [LibraryImport(Library)] public static partial int retort_distributed_available();
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int retort_store_tcp(
        string host, int port, int worldSize, int isServer, long timeoutMs, nint* store);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int retort_store_file(string path, int worldSize, nint* store);
    [LibraryImport(Library)] public static partial void retort_store_free(nint store);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int retort_store_prefixed(nint store, string prefix, nint* prefixed);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int retort_store_set(nint store, string key, string text);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int retort_store_get(nint store, string key, byte** text);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int retort_group_new(
        string backend, nint store, int rank, int worldSize, string host, long timeoutMs, nint* group);
    [LibraryImport(Library)] public static partial void retort_group_free(nint group);
    [LibraryImport(Library)] public static partial int retort_group_all_reduce(nint group, nint tensor, nint* work);
    [LibraryImport(Library)] public static partial int retort_group_broadcast(nint group, nint tensor, int root, nint* work);
    [LibraryImport(Library)]
    public static partial int retort_group_all_gather(nint group, nint tensor, nint* results, int worldSize, nint* work);
    [LibraryImport(Library)] public static partial int retort_group_barrier(nint group);
    [LibraryImport(Library)] public static partial int retort_work_wait(nint work, long timeoutMs);
    [LibraryImport(Library)] public static partial int retort_gradients_flatten(nint* parameters, int count, nint flat);
    [LibraryImport(Library)] public static partial int retort_gradients_unflatten(nint* parameters, int count, nint flat);

    [LibraryImport(Library)] public static partial int retort_cuda_count();
    [LibraryImport(Library)] public static partial int retort_cuda_synchronize();
    [LibraryImport(Library)] public static partial int retort_cuda_memory(int device, long* inUse, long* peak);

    [LibraryImport(Library)]
    public static partial int retort_image_probe(byte* bytes, long length, int* width, int* height, int* channels);
    [LibraryImport(Library)]
    public static partial int retort_image_decode(byte* bytes, long length, byte* rgb, long capacity, int width, int height);
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Native;

namespace Retort.Tests.Torch.Native;

public sealed class BridgeLibraryTests
{
    [Fact]
    public void Another_release_of_libtorch_than_the_bridge_was_compiled_against_is_refused_by_name() => Assert.Equal(
        "b.so was compiled against libtorch 1.13.1, but libtorch 2.4.0 is loaded: set LIBTORCH to the libtorch that is to be used and build "
        + "again, or take the other one out of LD_LIBRARY_PATH.",
        BridgeLibrary.Refusal("b.so", Bridge.Abi, "1.13.1", "2.4.0"));

    [Fact]
    public void A_patch_release_is_no_other_release() => Assert.Null(BridgeLibrary.Refusal("b.so", Bridge.Abi, "1.13.1", "1.13.0"));

    [Fact]
    public void A_bridge_of_another_interface_is_refused() =>
        Assert.Contains("build again", BridgeLibrary.Refusal("b.so", Bridge.Abi + 1, "1.13.1", "1.13.1"));

    [Fact]
    public unsafe void The_bridges_file_says_what_the_bridge_says() =>
        Assert.Equal(Marshal.PtrToStringUTF8((nint)Bridge.retort_compiled_version()), TorchRuntime.CompiledVersion);

    [Fact]
    public void The_loaded_libtorch_says_its_version() => Assert.Matches(@"^\d+\.\d+", TorchRuntime.Version);

    [Fact]
    public async Task A_missing_libtorch_is_told_with_the_ways_to_provide_it()
    {
        using var folder = new TemporaryFolder();
        using var cmake = Process.Start(new ProcessStartInfo(
            "cmake", ["-S", RepositoryFiles.Repository("native"), "-B", folder.Path, $"-DLIBTORCH={folder.Path}/nowhere"])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        Task<string> output = cmake.StandardOutput.ReadToEndAsync(), error = cmake.StandardError.ReadToEndAsync();
        await cmake.WaitForExitAsync();
        string said = await output + await error;
        Assert.NotEqual(0, cmake.ExitCode);
        Assert.Contains("LIBTORCH", said);
        Assert.Contains($"{folder.Path}/nowhere", said);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("", true)]
    [InlineData("1", true)]
    [InlineData("0", false)]
    public void Memory_is_kept_unless_the_environment_says_otherwise(string? setting, bool expected) => Assert.Equal(expected, BridgeLibrary.KeepsMemory(setting));

    [Fact]
    public void What_the_environment_may_not_say_of_memory_is_told_with_what_it_may() => Assert.Equal(
        "RETORT_KEEP_MEMORY is \"no\", but must be 1 (freed memory stays in the process, as by default) or 0 (it is left to malloc).",
        Assert.Throws<TorchException>(() => BridgeLibrary.KeepsMemory("no")).Message);
}

namespace Retort.Tests.Cli;

public sealed class LauncherTests : IDisposable
{
    private LauncherTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void The_first_start_builds_and_the_second_one_only_runs()
    {
        Assert.Contains("building", _tree.Run("demo").Error);
        (int code, string output, string error) = _tree.Run("demo", "two words");

        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith("ran: demo two words; in ", output, StringComparison.Ordinal);
        Assert.Equal(1, _tree.Builds);
    }

    [Fact]
    public void Only_the_first_build_of_the_program_leaves_the_analysers_out()
    {
        _tree.Run("demo");
        File.WriteAllText(Path.Combine(_tree.Root, "src/Program.cs"), "changed");
        _tree.Run("demo");
        Assert.Equal([true, false], _tree.Calls.Where(call => call.StartsWith("build ", StringComparison.Ordinal)).Select(call => call.Contains("RunAnalyzers=false")));

        using var tested = new LauncherTree();
        tested.Run("test");
        Assert.DoesNotContain(tested.Calls, call => call.Contains("RunAnalyzers=false"));
    }

    [Fact]
    public void It_works_through_a_link_from_another_folder_and_stays_there()
    {
        string elsewhere = Directory.CreateDirectory(Path.Combine(_tree.Root, "else where")).FullName;
        string link = Path.Combine(elsewhere, "link");
        File.CreateSymbolicLink(link, _tree.Launcher);

        (int code, string output, _) = LauncherTree.Finish(_tree.Start(["demo"], link, elsewhere));

        Assert.Equal(0, code);
        Assert.EndsWith($"in {elsewhere}\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("src/Program.cs")]
    [InlineData("native/bridge.cpp")]
    [InlineData("Directory.Build.props")]
    public void A_changed_file_is_built_again(string file)
    {
        _tree.Run("demo");
        File.WriteAllText(Path.Combine(_tree.Root, file), "changed");
        _tree.Run("demo");

        Assert.Equal(2, _tree.Builds);
    }

    [Fact]
    public void A_removed_file_is_noticed()
    {
        _tree.Run("demo");
        File.Delete(Path.Combine(_tree.Root, "src/Program.cs"));
        _tree.Run("demo");

        Assert.Equal(2, _tree.Builds);
    }

    [Fact]
    public void Another_libtorch_is_built_for_again_and_needs_no_packages_of_libtorch()
    {
        _tree.Run("demo");
        _tree.Script("dpkg-query", "[[ ${!#} != *torch* && ${!#} != *blas* ]] && printf installed");

        (int code, _, _) = LauncherTree.Finish(_tree.Start(["demo"], environment: ("LIBTORCH", "/opt/libtorch")));

        Assert.Equal((0, 2), (code, _tree.Builds));
    }

    [Fact]
    public void Optional_headers_that_come_later_are_built_for()
    {
        (string, string?) libtorch = ("LIBTORCH", Path.Combine(_tree.Root, "libtorch"));
        LauncherTree.Finish(_tree.Start(["demo"], environment: libtorch));
        Directory.CreateDirectory(Path.Combine(_tree.Root, "libtorch", "include", "gloo"));
        File.WriteAllText(Path.Combine(_tree.Root, "libtorch", "include", "gloo", "algorithm.h"), "");
        LauncherTree.Finish(_tree.Start(["demo"], environment: libtorch));
        LauncherTree.Finish(_tree.Start(["demo"], environment: libtorch));

        Assert.Equal(2, _tree.Builds);
    }

    [Theory]
    [InlineData(true, "exit 0", "retort: installed libgloo-dev\n")]
    [InlineData(true, "exit 100", "retort: going on without libgloo-dev ")]
    [InlineData(false, "exit 0", "retort: going on without libgloo-dev ")]
    public void A_package_that_is_optional_is_installed_where_it_can_be_and_else_told(bool root, string end, string told)
    {
        With(new LauncherTree(root));
        _tree.Script("dpkg-query", "[[ ${!#} != libgloo-dev ]] && printf installed");
        _tree.Script("apt-get", $"echo \"apt-get $*\" >>\"$TREE/calls\"; {end}");

        (int code, _, string error) = _tree.Run("demo");

        Assert.Equal((0, 1), (code, _tree.Builds));
        Assert.Contains(told, error);
        Assert.Equal(root, _tree.Calls[0].EndsWith("install -y --no-install-recommends libgloo-dev", StringComparison.Ordinal));
    }

    [Fact]
    public void Launchers_started_together_build_once()
    {
        _tree.Dotnet(build: "sleep 0.3");

        var both = new[] { _tree.Start(["demo"]), _tree.Start(["demo"]) };

        Assert.All(both, process => Assert.Equal(0, LauncherTree.Finish(process).Code));
        Assert.Equal(1, _tree.Builds);
    }

    [Fact]
    public void Root_gets_the_missing_packages_installed()
    {
        With(new LauncherTree(root: true, packages: false));

        (int code, _, string error) = _tree.Run("demo");

        Assert.Equal(0, code);
        Assert.Contains("installing g++", error);
        Assert.EndsWith("update", _tree.Calls[0], StringComparison.Ordinal);
        Assert.Contains("install -y --no-install-recommends g++ cmake make libjpeg-dev libpng-dev libtorch-dev libopenblas0-pthread libgloo-dev", _tree.Calls[1]);
        Assert.StartsWith("build ", _tree.Calls[2], StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_that_is_optional_and_unknown_is_left_out()
    {
        With(new LauncherTree(root: true, packages: false));
        _tree.Script("apt-cache", "exit 100");

        Assert.Equal(0, _tree.Run("demo").Code);
        Assert.EndsWith("libopenblas0-pthread", _tree.Calls[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Who_may_not_install_is_told_the_command()
    {
        With(new LauncherTree(root: false, packages: false));

        (int code, string output, string error) = _tree.Run("demo");

        Assert.Equal((1, ""), (code, output));
        Assert.Contains("\n  sudo apt-get install --no-install-recommends g++ cmake make ", error);
        Assert.Empty(_tree.Calls);
    }

    [Fact]
    public void A_failing_installation_shows_its_log()
    {
        With(new LauncherTree(root: true, packages: false));
        _tree.Script("apt-get", "echo 'E: no network'; exit 100");

        (int code, _, string error) = _tree.Run("demo");

        Assert.Equal(1, code);
        Assert.Contains("E: no network", error);
        Assert.Contains("apt-get update failed", error);
    }

    [Fact]
    public void A_failing_build_shows_its_log_and_is_tried_again_next_time()
    {
        _tree.Dotnet(build: "echo 'error CS1002: ; expected'; exit 1");

        (int code, _, string error) = _tree.Run("demo");
        _tree.Run("demo");

        Assert.Equal((1, 2), (code, _tree.Builds));
        Assert.Contains("error CS1002: ; expected", error);
    }

    [Theory]
    [InlineData("8.0.400")]
    [InlineData("")]
    public void An_old_sdk_is_refused(string version)
    {
        _tree.Dotnet(version);

        (int code, _, string error) = _tree.Run("demo");

        Assert.Equal((1, 0), (code, _tree.Builds));
        Assert.Contains("the .NET 10 SDK is needed", error);
    }

    [Theory]
    [InlineData("<Counters total=\"7\" executed=\"5\" passed=\"5\" failed=\"0\" error=\"0\" />", 0, "5 passed, 0 failed, 2 skipped", 0)]
    [InlineData("<Counters total=\"7\" executed=\"7\" passed=\"5\" failed=\"2\" error=\"0\" />", 1, "5 passed, 2 failed, 0 skipped", 1)]
    [InlineData("<Counters total=\"3\" executed=\"3\" passed=\"3\" failed=\"0\" error=\"0\" />", 1, "3 passed, 1 failed, 0 skipped", 1)] // host died
    [InlineData("<Counters total=\"0\" executed=\"0\" passed=\"0\" failed=\"0\" error=\"0\" />", 0, "0 passed, 0 failed, 0 skipped", 1)]
    [InlineData(null, 1, "0 passed, 1 failed, 0 skipped", 1)]
    public void Test_ends_with_the_totals_alone(string? counters, int runner, string last, int expected)
    {
        string write = counters is null ? "" : $"echo '{counters}' >\"$trx\"; ";
        _tree.Dotnet(test: $"{write}exit {runner}");

        (int code, string output, _) = _tree.Run("test", "--filter", "A&B");

        Assert.Equal(expected, code);
        Assert.Equal(last, output.TrimEnd('\n').Split('\n')[^1]);
        Assert.EndsWith("--filter A&B", _tree.Calls[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // without a network, say: the tests that need it are skipped
    public void Test_installs_what_tests_compare_with_once(bool succeeds)
    {
        string write = "echo '<Counters total=\"1\" executed=\"1\" passed=\"1\" />' >\"$trx\"";
        _tree.Dotnet(test: write);
        _tree.Script("npm", "echo \"npm $*\" >>\"$TREE/calls\"; " + (succeeds ? "mkdir -p \"$TREE/artifacts/tools/node_modules/onnxruntime-node\"" : "exit 1"));
        for (int i = 0; i < 2; i++)
            Assert.Equal(0, _tree.Run("test").Code);
        string[] calls = [.. _tree.Calls.Where(call => call.StartsWith("npm ", StringComparison.Ordinal))];
        Assert.Equal(succeeds ? 1 : 2, calls.Length);
        Assert.Contains($"--prefix {_tree.Root}/artifacts/tools --ignore-scripts", calls[0]);
        Assert.Matches(@"onnxruntime-node@\d+\.\d+\.\d+$", calls[0]);
    }

    [Fact]
    public void Test_says_why_tests_were_skipped()
    {
        _tree.Dotnet(test: """
            cat >"$trx" <<'TRX'
            <UnitTestResult outcome="Passed" />
            <UnitTestResult outcome="NotExecuted">
              <Message>python3-torch is not installed</Message>
            </UnitTestResult>
            <Counters total="2" executed="1" passed="1" failed="0" />
            TRX
            """);

        (int code, string output, _) = _tree.Run("test", "--filter", "A");

        Assert.Equal(0, code);
        Assert.Contains("1 python3-torch is not installed\n\n1 passed, 0 failed, 1 skipped\n", output);
    }

    [Theory]
    [InlineData("", "7 passed, 0 failed, 2 skipped", 0)]
    [InlineData("[[ $* != *!~* ]] || exit 1", "7 passed, 1 failed, 2 skipped", 1)] // one of the hosts died
    [InlineData("[[ $* == *!~* ]] || exit 1", "7 passed, 1 failed, 2 skipped", 1)] // or the other
    public void Without_arguments_tests_run_in_two_processes_and_their_totals_are_added(string end, string last, int expected)
    {
        _tree.Dotnet(test: $$"""
            [[ $* == *!~* ]] && n=4 || n=3
            echo "<Counters total=\"$((n + 1))\" executed=\"$n\" passed=\"$n\" />" >"$trx"
            {{end}}
            """);

        (int code, string output, _) = _tree.Run("test");

        Assert.Equal(expected, code);
        Assert.Equal(last, output.TrimEnd('\n').Split('\n')[^1]);
        string[] filters = [.. _tree.Calls.Where(call => call.StartsWith("test ", StringComparison.Ordinal)).Select(call => call[call.IndexOf("--filter", StringComparison.Ordinal)..])];
        Assert.Equal(
            [
                "--filter FullyQualifiedName!~Retort.Tests.EndToEnd&FullyQualifiedName!~Retort.Tests.Documentation",
                "--filter FullyQualifiedName~Retort.Tests.EndToEnd|FullyQualifiedName~Retort.Tests.Documentation",
            ],
            filters.Order(StringComparer.Ordinal));
    }

    private void With(LauncherTree tree)
    {
        _tree.Dispose();
        _tree = tree;
    }
}

using Microsoft.Extensions.Logging;
using Retort.Distillation.Methods;
using Retort.Onnx;
using Retort.Tests.Distillation.Methods;
using Retort.Tests.Support;
using Retort.Tests.Training.Support;
using Retort.Torch;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Runs;
using Retort.Vision.Models;

namespace Retort.Tests.Documentation;

/// <summary>docs/library.md: what it shows is what is compiled and run.</summary>
public sealed class LibraryPageTests
{
    private const string Begin = "            // page begins\n", End = "            // page ends\n";

    [Fact]
    public void What_the_page_shows_is_the_sample_and_what_is_run_here()
    {
        string page = File.ReadAllText(RepositoryFiles.Repository("docs", "library.md"));
        string own = File.ReadAllText(RepositoryFiles.Repository("tests", "Documentation", "LibraryPageTests.cs"));
        string[] blocks = [.. page.Split("```csharp\n").Skip(1).Select(rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)])];

        Assert.Equal(3, blocks.Length);
        Assert.Equal(File.ReadAllText(RepositoryFiles.Repository("samples", "DistillIn30Lines", "Program.cs")), blocks[0]);
        Assert.Equal(own.Split(Begin).Skip(1).Select(rest => rest[..rest.IndexOf(End, StringComparison.Ordinal)].Replace("            ", "", StringComparison.Ordinal)), blocks[1..]);
    }

    [Fact]
    public void The_loss_of_dense_logits_is_that_of_the_method()
    {
        using var scope = new TensorScope();
        Tensor student = MethodBench.RandomSingle(1, 2, 5, 3, 4), teacher = MethodBench.RandomSingle(2, 2, 5, 3, 4);
        Assert.Equal(new StrongerTeacher(new()).Value(MethodBench.Step(student, teacher)), Page(student, teacher).ToDouble(), 1e-6);

        static Tensor Page(Tensor student, Tensor teacher)
        {
            // page begins
            Tensor ofStudent = StrongerTeacher.Predictions(student, tau: 1), ofTeacher = StrongerTeacher.Predictions(teacher.Detach(), tau: 1);
            Tensor inter = StrongerTeacher.Distance(ofStudent, ofTeacher, dim: 1), intra = StrongerTeacher.Distance(ofStudent, ofTeacher, dim: 0);
            Tensor loss = inter + intra;
            // page ends
            return loss;
        }
    }

    [Fact]
    public async Task A_run_that_is_cancelled_from_outside_goes_on_where_it_was()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        var log = new Log(stop.Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Train(TinyRun.Alone, log, stop.Token));
        RunResult result = await Train(TinyRun.Alone, log, CancellationToken.None);

        Assert.True(File.Exists(result.StudentFile));
        Assert.Contains("student goes on in epoch 2, after step 0.", log.Lines);
        Assert.Equal(["student epoch 1: test", "student epoch 2: test"], log.Lines.Where(line => line.Contains("test accuracy", StringComparison.Ordinal)).Select(line => line[..21]));

        async Task<RunResult> Train(Recipe recipe, ILogger logger, CancellationToken cancel)
        {
            string before = Directory.GetCurrentDirectory();
            Directory.SetCurrentDirectory(folder.Path);
            try
            {
                RunResult trained = await Page(recipe, logger, cancel);
                return trained with { StudentFile = Path.GetFullPath(trained.StudentFile) };
            }
            finally
            {
                Directory.SetCurrentDirectory(before);
            }
        }

        static async Task<RunResult> Page(Recipe recipe, ILogger logger, CancellationToken cancel)
        {
            // page begins
            using RunFolder folder = RunFolder.Open("runs/mine", ExistingRun.Resume);
            using var run = new Run(recipe, folder, new LoggingObserver(logger));
            RunResult result = await Task.Run(() => run.Train(cancel), cancel);
            string? model = CheckpointExport.TryBeside(result.StudentFile, ModelRegistry.Default, out string? reason);
            // page ends
            Assert.Null(reason);
            Assert.True(File.Exists(model));
            return result;
        }
    }

    private sealed class Log(Action onFirstEpoch) : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Lines.Add(formatter(state, exception));
            if (Lines[^1].Contains("epoch 1: test", StringComparison.Ordinal))
                onFirstEpoch();
        }
    }
}

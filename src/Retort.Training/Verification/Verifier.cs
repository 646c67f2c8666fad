using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Serialization;
using Retort.Vision.Models;

namespace Retort.Training.Verification;

/// <summary>
/// Runs golden cases: files with inputs and the figures that a method's original implementation gives for them. Everything is taken from
/// a file's own description; methods and models come from the registries and run as they do in training, in float32 on the CPU.
/// </summary>
/// <param name="methods">The methods that cases can name.</param>
/// <param name="models">The models that cases can name.</param>
/// <example><code>VerificationReport report = new Verifier(MethodRegistry.Default, ModelRegistry.Default).Verify(["golden"]);</code></example>
public sealed class Verifier(MethodRegistry methods, ModelRegistry models)
{
    private static readonly string[] Kinds = [LossCase.Kind, ModelCase.Kind, TrainCase.Kind];

    /// <summary>Is told before each case how many were run, and how many there are; null (the default): nobody is.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>Runs the cases of some files and folders. What is wrong with one never keeps the others from running.</summary>
    /// <param name="paths">Golden cases, and folders that are searched for <c>*.safetensors</c>.</param>
    /// <param name="cancel">Stops before the next case.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public VerificationReport Verify(IEnumerable<string> paths, CancellationToken cancel = default)
    {
        List<Func<CaseResult>> cases = [.. paths.SelectMany(CasesOf)];
        List<CaseResult> results = [];
        foreach (Func<CaseResult> run in cases)
        {
            cancel.ThrowIfCancellationRequested();
            Progress?.Invoke(results.Count, cases.Count);
            results.Add(run());
        }

        return new VerificationReport(results);
    }

    // A path without cases counts as one that cannot be read.
    private IEnumerable<Func<CaseResult>> CasesOf(string path)
    {
        try
        {
            IReadOnlyList<(string File, string Name)> cases = CaseFiles.Find(path);
            return cases.Count == 0
                ? [() => Unreadable(path, $"{path}: the folder holds no {CaseFiles.Extension} file; name another one.")]
                : cases.Select(one => (Func<CaseResult>)(() => Verify(one.File, one.Name)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [() => Unreadable(path, $"{path}: the folder cannot be read: {e.Message}")];
        }
    }

    private CaseResult Verify(string file, string name)
    {
        using var scope = new TensorScope();
        var result = new CaseResult { Name = name, Verdict = Verdict.Unreadable };
        try
        {
            using GoldenCase @case = GoldenCase.Open(file);
            result = result with { Kind = @case.Description.Kind };
            Func<CaseDescription, string> describe = result.Kind switch
            {
                LossCase.Kind => LossCase.Describe,
                ModelCase.Kind => ModelCase.Describe,
                TrainCase.Kind => TrainCase.Describe,
                _ => throw new UnknownInCaseException("kind", result.Kind, Kinds),
            };
            result = result with { What = describe(@case.Description) };
            IReadOnlyList<Check> checks = result.Kind switch
            {
                LossCase.Kind => LossCase.Run(@case, methods),
                ModelCase.Kind => ModelCase.Run(@case, models),
                _ => TrainCase.Run(@case, methods, models),
            };
            return checks.Count == 0
                ? result with { Message = $"{file}: the case expects nothing; make it anew." }
                : result with { Verdict = checks.All(check => check.Passed) ? Verdict.Passed : Verdict.Failed, Checks = checks };
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
        {
            return Explain(result, e);
        }
    }

    private static CaseResult Explain(CaseResult result, Exception fault) => fault switch
    {
        CheckpointException => result with { Message = fault.Message },
        UnknownInCaseException unknown => result with { Verdict = Verdict.Unknown, Missing = unknown.Missing, Message = fault.Message },
        UnknownNameException unknown => result with
        {
            Verdict = Verdict.Unknown, Missing = $"{unknown.Kind} \"{unknown.Name}\"", Message = fault.Message,
        },
        OptionsException options => result with
        {
            Verdict = Verdict.Unknown,
            Missing = string.Join(", ", options.Faults.Select(f => $"option \"{Last(f.Key)}\"{(f.Value is { } value ? $" = {value}" : "")}")),
            Message = fault.Message,
        },
        RetortException => result with { Verdict = Verdict.Failed, Message = fault.Message },
        // A method that throws something else is wrong; the other cases still run.
        _ => result with { Verdict = Verdict.Failed, Message = $"{fault.GetType().Name}: {fault.Message}" },
    };

    private static string Last(string key) => key[(key.LastIndexOf('.') + 1)..];

    private static CaseResult Unreadable(string path, string message) =>
        new() { Name = path, Verdict = Verdict.Unreadable, Message = message };
}

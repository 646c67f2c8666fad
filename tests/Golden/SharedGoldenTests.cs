using Retort.Distillation;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Training.Verification;
using Retort.Vision.Models;

namespace Retort.Tests.Golden;

/// <summary>The reference figures of the methods' original implementations.</summary>
public class SharedGoldenTests
{
    private const string Folder = "golden", Marker = "README.md";

    [SharedFileFact(Folder, Marker)]
    public void Every_case_whose_method_and_model_exist_passes()
    {
        VerificationReport report = new Verifier(MethodRegistry.Default, ModelRegistry.Default).Verify([RepositoryFiles.Shared(Folder)]);

        int files = Directory.EnumerateFiles(RepositoryFiles.Shared(Folder), "*.safetensors", SearchOption.AllDirectories).Count();
        Assert.True(files >= 100, $"only {files} cases were found");
        Assert.Equal(files, report.Results.Count);
        Assert.Equal([], report.Results.Where(r => r.Verdict is Verdict.Failed or Verdict.Unreadable).Select(r => $"{r.Name}: {r.Faults[0]}"));
        HashSet<string> known =
        [
            .. MethodRegistry.Default.Entries.Select(entry => $"method \"{entry.Name}\""),
            .. ModelRegistry.Default.Entries.Select(entry => $"model \"{entry.Name}\""),
        ];
        foreach (CaseResult unknown in report.Results.Where(r => r.Verdict == Verdict.Unknown))
        {
            Assert.Matches("^(method|model) ", unknown.Missing);
            Assert.DoesNotContain(unknown.Missing!, known);
        }
    }

    [SharedFileFact(Folder, Marker)]
    public void Training_as_it_runs_takes_the_steps_of_libtorchs_own_operators()
    {
        string[] files = Directory.GetFiles(RepositoryFiles.Shared(Folder, "train"), "*.safetensors");
        Assert.True(files.Length >= 7);
        foreach (string file in files)
        {
            using var scope = new TensorScope();
            using GoldenCase @case = GoldenCase.Open(file);
            double[] plain = TrainCase.Losses(@case, MethodRegistry.Default, ModelRegistry.Default);
            double[] optimised = TrainCase.Losses(@case, MethodRegistry.Default, ModelRegistry.Default, optimised: true);
            double[] apart = [.. plain.Zip(optimised, (a, b) => Math.Abs(a - b) / a)];
            Assert.True(apart[0] <= 1e-5, $"{file}: {string.Join(' ', apart)}"); // of the same weights
            Assert.True(apart[1] <= 2e-4, $"{file}: {string.Join(' ', apart)}"); // after one step of the same gradients
            Assert.True(apart.Max() <= 5e-2, $"{file}: {string.Join(' ', apart)}"); // each step makes more of the differences before
            Assert.False(plain.SequenceEqual(optimised), file); // they are other operators; one step's losses may be equal by chance
        }
    }

    [SharedFileFact(Folder, Marker)]
    public void Every_loss_case_has_something_for_a_method_to_be_bound_to()
    {
        string[] files = Directory.GetFiles(RepositoryFiles.Shared(Folder, "loss"), "*.safetensors");
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            using var scope = new TensorScope();
            using GoldenCase @case = GoldenCase.Open(file);
            using var tensors = new LossTensors(@case);
            MethodBinding binding = tensors.Binding(samples: 3);
            StepInput step = tensors.Step();

            Assert.True(binding.Pairs.Count > 0 || step.TeacherLogits.Count > 0, file);
            Assert.Equal(binding.Pairs.Count, step.Features.Count);
            for (int k = 0; k < binding.Pairs.Count; k++)
            {
                Assert.Equal(step.Features[k].Teacher.Shape[1..], binding.TeacherShape(k));
                Assert.NotEmpty(binding.StudentShape(k));
            }

            Assert.Equal(@case.Has("input.classifier.weight"), binding.Teacher.Classifier is not null);
            Assert.Equal(@case.Has("input.bn.0.weight"), binding.Teacher.Norms.Count > 0);
            Assert.Equal(@case.Has("input.indices"), step.Indices.Count > 0);
        }
    }

    [SharedFileFact(Folder, Marker)]
    public void The_cases_of_what_Retort_began_with_pass()
    {
        string[] loss = ["kd-extreme-logits", "kd-one-sample", "kd-temperature-1", "kd-temperature-4", "kd-two-classes"];
        string[] model = ["data-parallel-checkpoint", "plain-state-dict-checkpoint", "repdistiller-best-checkpoint", "resnet8-stored"];
        string[] train = ["kd", "plain-nesterov"];
        string[] cases =
        [
            .. loss.Select(name => $"loss/{name}"), .. model.Select(name => $"model/{name}"), .. train.Select(name => $"train/{name}"),
            .. ((string[])["resnet8-100", "resnet14-10", "resnet20-100", "resnet56-100", "resnet8x4-100", "resnet32x4-100"])
                .SelectMany(name => (string[])[$"model/{name}-eval", $"model/{name}-train"]),
        ];

        VerificationReport report = new Verifier(MethodRegistry.Default, ModelRegistry.Default)
            .Verify(cases.Select(name => RepositoryFiles.Shared(Folder, name + ".safetensors")));

        Assert.Equal(23, report.Results.Count);
        Assert.All(report.Results, result => Assert.Equal((result.Name, "pass"), (result.Name, result.Summary)));
        Assert.All(report.Results.Where(r => r.Kind == "model"), result => Assert.True(result.Checks.Count >= 6, result.Name));
    }
}

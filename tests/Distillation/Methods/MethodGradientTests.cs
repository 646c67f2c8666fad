using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Tests.Distillation.Methods;

/// <summary>The gradient of every method's whole term with respect to all that the student gives, against central differences in float64.</summary>
public sealed class MethodGradientTests
{
    private const int Samples = 3, Classes = 4, Size = 4;

    /// <summary>Method, options, and whether the student has the teacher's channels, without which it is refused.</summary>
    public static TheoryData<string, string, bool> Methods => new()
    {
        { "ab", "", false },
        { "at", "", false },
        { "at", "p=3", false },
        { "cc", "", false },
        { "cc", "variant=paper", false },
        { "dist", "", false },
        { "dist", "standardize=true", false },
        { "dkd", "", false },
        { "dkd", "standardize=true", false },
        { "fitnet", "", false },
        { "fsp", "", true },
        { "ft", "", false },
        { "ft", "p=2", false },
        { "ft", "variant=repdistiller", false },
        { "kd", "", false },
        { "kd", "standardize=true", false },
        { "nst", "", false },
        { "nst", "degree=3 c=0.5", false },
        { "nst", "kernel=linear", false },
        { "nst", "kernel=gaussian sigma2=0.5", false }, // a mean bandwidth is a constant to the gradient, but not to differences
        { "ofd", "", false },
        { "reviewkd", "", false },
        { "rkd", "", false },
        { "sp", "", false },
        { "srrl", "", false },
        { "sskd", "", false },
        { "vid", "", false },
    };

    // One remembers what it saw, so that no two calls of it are alike; one's gradient is that of chosen vectors; one gives its term in float32
    // whatever it gets. They have tests of their own.
    private static readonly string[] Elsewhere = ["crd", "kdsvd", "pkt"];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Gradient_is_that_of_finite_differences(string name, string options, bool equalChannels)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(7);
        using var classifier = new Linear(6, Classes);
        using var norm = new BatchNorm2d(5);
        classifier.To(DType.Float64);
        long narrow = equalChannels ? 5 : 3;
        NetworkShape student = Network("small", narrow, pooled: 4, norm, classifier), teacher = Network("large", 5, pooled: 6, norm, classifier);
        using Method method = MethodRegistry.Default.Find(name).Create(MethodBench.Options(options), name);
        var binding = new MethodBinding { Student = student, Teacher = teacher, Pairs = method.ChooseTaps(student, teacher) };
        method.Bind(binding);
        method.To(DType.Float64);
        int rows = Samples * (1 + method.Views.Count);
        Tensor labels = Tensor.From<long>([2, 0, 3]), logits = Random(rows, Classes);
        Tensor[] features = [.. binding.Pairs.Select((_, k) => Random([rows, .. binding.TeacherShape(k)]))];
        long[][] shapes = [[rows, Classes], .. binding.Pairs.Select((_, k) => (long[])[rows, .. binding.StudentShape(k)])];

        // All that the student gives is one vector, so that no part of it is left out.
        Tensor Loss(Tensor given)
        {
            Tensor[] parts = [.. given.SplitWithSizes([.. shapes.Select(Count)]).Zip(shapes, (part, shape) => part.View(shape))];
            return method.Loss(MethodBench.Step(parts[0], logits, labels, [.. features.Select((own, k) => new FeaturePair(parts[k + 1], own))])).Value;
        }

        Tensor x = Random(shapes.Sum(Count));
        Assert.True(((Func<Tensor, Tensor>)Loss).GradientAt(x).Abs().Max().ToDouble() > 1e-6);
        MethodBench.CheckGradient(Loss, x);
    }

    [Fact]
    public void No_method_is_left_out() => Assert.Equal(
        MethodRegistry.Default.Entries.Where(entry => !entry.TrainsTeacher).Select(entry => entry.Name),
        Methods.Select(row => (string)row[0]).Concat(Elsewhere).Distinct().Order(StringComparer.Ordinal));

    private static NetworkShape Network(string name, long channels, long pooled, BatchNorm norm, Linear classifier) => new()
    {
        Name = name,
        Classes = Classes,
        ImageHeight = Size,
        ImageWidth = Size,
        Taps = new OrderedDictionary<string, long[]>(
        [
            new("stem", [channels, Size, Size]),
            new("stage1", [channels, Size, Size]),
            new("stage2", [channels, Size / 2, Size / 2]),
            new("pooled", [pooled]),
            new("stage1.preact", [channels, Size, Size]),
            new("stage2.preact", [channels, Size / 2, Size / 2]),
        ]),
        Classifier = classifier,
        Norms = new Dictionary<string, BatchNorm> { ["stage1.preact"] = norm, ["stage2.preact"] = norm },
    };

    private static Tensor Random(params ReadOnlySpan<long> shape) => Aten.Randn(shape, DType.Float64);

    private static long Count(long[] shape) => shape.Aggregate(1L, (product, size) => product * size);
}

using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Optimizers;
using Retort.Vision.Models;

namespace Retort.Tests.Distillation.Methods;

/// <summary>Every registered method that trains students does so with its own term alone.</summary>
public sealed class MethodTrainingTests
{
    private const int Samples = 8, Classes = 10, Steps = 4;

    public static TheoryData<string> Methods => [.. MethodRegistry.Default.Entries.Where(entry => !entry.TrainsTeacher).Select(entry => entry.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void The_methods_term_alone_moves_the_student_and_the_methods_modules_but_not_the_teacher(string name)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        using Network student = ModelRegistry.Default.Create("resnet8", Classes), teacher = ModelRegistry.Default.Create("resnet14", Classes);
        teacher.RequireGrad(false);
        teacher.Eval();
        Tensor images = Aten.Randn([Samples, 3, 32, 32]), indices = Aten.Arange(Samples, DType.Int64);
        int[] classes = [.. Enumerable.Range(0, Samples).Select(i => i % Classes)];
        Tensor labels = Tensor.From<long>([.. classes.Select(c => (long)c)]);
        Method method = MethodRegistry.Default.Find(name).Create(OptionMapping.Empty, name);
        using var objective = new DistillationObjective(
            0, 0, [new DistillationTerm(name, 1, method)], Shape("resnet8", student), Shape("resnet14", teacher), classes);

        Dictionary<string, Tensor> before = Copies(student.NamedParameters()), modules = Copies(objective.NamedParameters());
        Dictionary<string, Tensor> ofTeacher = Copies(teacher.State());
        Tensor[] learning = [.. student.Parameters(), .. objective.Parameters().Where(parameter => parameter.RequiresGrad)];
        using var optimizer = new Sgd(learning, learningRate: 0.01);
        student.Train();
        for (int step = 0; step < Steps; step++)
        {
            NetworkOutput target;
            using (GradMode.Disable())
                target = teacher.Forward(images, objective.TeacherTaps);
            Tensor loss = objective.Terms(student.Forward(images, objective.StudentTaps), target, labels, indices).Single().Value;
            Assert.Equal(DType.Float32, loss.DType);
            Assert.True(double.IsFinite(loss.ToDouble()), $"{name}'s term is {loss.ToDouble()} in step {step}.");
            optimizer.ZeroGrad();
            loss.Backward();
            optimizer.Step();
        }

        // The first layer stands before every tap, whichever the method reads.
        Assert.True(Moved(before, student.NamedParameters()).Contains("conv1.weight"), $"{name} does not reach the student's first layer.");
        string[] learned = [.. objective.NamedParameters().Where(p => p.Value.RequiresGrad).Select(p => p.Key)];
        Assert.True(learned.Length == 0 || Moved(modules, objective.NamedParameters()).Overlaps(learned), $"{name}'s own modules do not learn.");
        Assert.Empty(Moved(ofTeacher, teacher.State()));
        Assert.All(student.Parameters(), parameter => Assert.True(parameter.Isfinite().All().Item<bool>()));
    }

    private static NetworkShape Shape(string name, Network network) => NetworkShape.Of(name, network, 32, 32, Device.Cpu);

    private static Dictionary<string, Tensor> Copies(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        using var noGrad = GradMode.Disable();
        return tensors.ToDictionary(entry => entry.Key, entry => entry.Value.Clone());
    }

    private static HashSet<string> Moved(Dictionary<string, Tensor> before, IEnumerable<KeyValuePair<string, Tensor>> after) =>
        [.. after.Where(entry => !before[entry.Key].Equal(entry.Value)).Select(entry => entry.Key)];
}

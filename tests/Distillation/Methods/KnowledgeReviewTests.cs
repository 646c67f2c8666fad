using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public class KnowledgeReviewTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void A_constant_difference_weighs_the_same_on_every_size(long size)
    {
        using var scope = new TensorScope();
        Tensor map = Aten.Randn([2, 3, size, size]);
        Assert.Equal(9, KnowledgeReview.HierarchicalContext(map + 3.0, map).ToDouble(), 1e-4);
        Assert.Equal(0, KnowledgeReview.HierarchicalContext(map, map).ToDouble());
    }

    [Fact]
    public void Coarse_levels_see_only_what_pooling_leaves()
    {
        using var scope = new TensorScope();
        // +1 and -1 side by side vanish at 1×1: of the weights 1 (2×2) and 1/2 (1×1) only the first counts.
        Tensor checkered = Tensor.From([1f, -1f, -1f, 1f], 1, 1, 2, 2);
        Assert.Equal(1 / 1.5, KnowledgeReview.HierarchicalContext(checkered, checkered.ZerosLike()).ToDouble(), 1e-6);
    }

    [Fact]
    public void Every_level_learns_and_reaches_its_own_and_all_deeper_maps()
    {
        using var scope = new TensorScope();
        using var method = new KnowledgeReview(new KnowledgeReviewOptions());
        MethodBinding binding = SampleBinding.Of(([4, 8, 8], [6, 16, 16]), ([6, 4, 4], [8, 4, 4]), ([8], [10]));
        method.Bind(binding);
        StepInput step = SampleStep.For(binding);
        method.Loss(step).Value.Backward();
        Assert.All(step.Features, pair => Assert.NotEqual(0, SampleStep.Norm(pair.Student.Grad)));
        Assert.All(method.Parameters(), parameter => Assert.NotNull(parameter.Grad));
    }

    [Fact]
    public void The_teacher_is_tapped_before_its_activations_and_the_student_after()
    {
        NetworkShape network = new()
        {
            Name = "net", Classes = 2,
            Taps = new OrderedDictionary<string, long[]>
            {
                ["stem"] = [4, 8, 8], ["stage1"] = [4, 8, 8], ["pooled"] = [4], ["stem.preact"] = [4, 8, 8], ["stage1.preact"] = [4, 8, 8],
                ["pooled.preact"] = [4],
            },
        };
        using var method = new KnowledgeReview(new KnowledgeReviewOptions());
        Assert.Equal([new TapPair("stage1", "stage1.preact"), new TapPair("pooled", "pooled")], method.ChooseTaps(network, network));
        using var given = new KnowledgeReview(new KnowledgeReviewOptions { Taps = [new("stem", "stem"), new("stage1", "stage1")] });
        Assert.Equal([new TapPair("stem", "stem"), new TapPair("stage1", "stage1")], given.ChooseTaps(network, network));
    }

    [Fact]
    public void A_network_without_stages_is_refused()
    {
        NetworkShape network = new() { Name = "vectors only", Classes = 2, Taps = new Dictionary<string, long[]> { ["pooled"] = [4] } };
        using var method = new KnowledgeReview(new KnowledgeReviewOptions());
        Assert.Contains("vectors only", Assert.Throws<MethodException>(() => method.ChooseTaps(network, network)).Message);
    }
}

namespace Retort.Tests.Torch;

public sealed class NearestNameTests
{
    private static readonly string[] Known = ["kd", "dkd", "dist", "temperature", "weight_decay", "resnet20", "resnet32", "resnet8"];

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "", 3)]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("ab", "ba", 1)]
    [InlineData("temprature", "temperature", 1)]
    [InlineData("ca", "abc", 3)]
    public void The_distance_counts_insertions_deletions_replacements_and_swaps(string a, string b, int expected) =>
        Assert.Equal(expected, NearestName.Distance(a, b));

    [Theory]
    [InlineData("tempratuer", "temperature")]
    [InlineData("temp", "temperature")]
    [InlineData("weight-decay", "weight_decay")]
    [InlineData("WEIGHT_DECAY", "weight_decay")]
    public void A_slip_finds_its_name(string name, string expected) => Assert.Equal([expected], NearestName.Find(name, Known));

    [Fact]
    public void At_most_three_names_are_found_the_nearest_first() => Assert.Equal(["resnet20", "resnet32", "resnet8"], NearestName.Find("resnet22", Known));

    [Fact]
    public void A_name_far_from_all_finds_none() => Assert.Equal("", NearestName.Question("banana", Known));

    [Fact]
    public void Several_names_make_one_question() => Assert.Equal("Did you mean 'kd1', 'kd2' or 'kd3'?", NearestName.Question("kd0", ["kd3", "kd1", "kd2", "kd4"]));
}

namespace Retort.Torch.Modules;

/// <summary>The rule that grouped convolutions share.</summary>
internal static class ChannelGroups
{
    public static void Require(int inputs, int outputs, int groups)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        if (inputs % groups != 0 || outputs % groups != 0)
            throw new ArgumentException($"{inputs} input and {outputs} output channels do not divide into {groups} groups.", nameof(groups));
    }
}

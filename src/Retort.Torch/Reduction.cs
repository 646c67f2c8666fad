namespace Retort.Torch;

/// <summary>How a loss combines its elements; the numbers are libtorch's <c>at::Reduction</c>.</summary>
public static class Reduction
{
    /// <summary>Not at all.</summary>
    public const long None = 0;

    /// <summary>Their mean over all elements.</summary>
    public const long Mean = 1;

    /// <summary>Their sum.</summary>
    public const long Sum = 2;
}

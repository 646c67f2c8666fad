namespace Retort.Torch;

/// <summary>
/// Operators of libtorch that do not belong to one tensor (creation, joining, losses, layers' functions), generated from
/// <c>operators.txt</c>. The others are methods of <see cref="Tensor"/>.
/// </summary>
public static partial class Aten;

namespace Retort.Torch;

/// <summary>Every operator that <c>operators.txt</c> declares, in the file's order; the list is generated.</summary>
internal static partial class OperatorTable;

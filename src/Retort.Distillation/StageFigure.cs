using Retort.Torch;

namespace Retort.Distillation;

/// <summary>Feature maps that a stage wants to be seen side by side, such as a map and its reconstruction; a report draws them.</summary>
/// <param name="Title">What the figure shows: "The teacher's map and its reconstruction".</param>
/// <param name="FirstName">What the first map is: "teacher".</param>
/// <param name="First">[N, C, H, W] of the images given; owned by the current scope.</param>
/// <param name="SecondName">What the second map is: "rebuilt".</param>
/// <param name="Second">The same shape.</param>
public sealed record StageFigure(string Title, string FirstName, Tensor First, string SecondName, Tensor Second);

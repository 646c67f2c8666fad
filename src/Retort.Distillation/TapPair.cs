namespace Retort.Distillation;

/// <summary>Names of a tap of the student and of the teacher's tap that it is to match.</summary>
public readonly record struct TapPair(string Student, string Teacher);

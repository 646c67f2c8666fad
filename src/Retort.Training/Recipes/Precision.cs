namespace Retort.Training.Recipes;

/// <summary>Number format that networks compute in. Weights, losses and statistics stay in 32 bits.</summary>
public enum Precision
{
    /// <summary>bf16 where the hardware computes in it, else fp32; the run says which.</summary>
    Auto,

    /// <summary>32-bit floating point throughout.</summary>
    Fp32,

    /// <summary>16-bit brain floating point in convolutions and products.</summary>
    Bf16,
}

using Retort.Distillation;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Serialization;
using Retort.Training.Verification;
using Retort.Vision.Models;

namespace Retort.Tests.Training.Verification;

/// <summary>A golden case that a test makes: its description and its tensors.</summary>
internal sealed class CaseFile(string description)
{
    private readonly Dictionary<string, Tensor> _tensors = [];

    /// <summary>Adds a float tensor, or replaces it.</summary>
    public CaseFile With(string name, float[] values, params long[] shape)
    {
        _tensors[name] = Tensor.From<float>(values, shape);
        return this;
    }

    /// <summary>Adds a whole-number tensor, or replaces it.</summary>
    public CaseFile With(string name, params long[] values)
    {
        _tensors[name] = Tensor.From(values);
        return this;
    }

    /// <summary>Adds figures with the reference's precision, or replaces them.</summary>
    public CaseFile WithFigures(string name, params double[] values)
    {
        _tensors[name] = Tensor.From(values);
        return this;
    }

    /// <summary>Adds a copy of a tensor, or replaces it.</summary>
    public CaseFile With(string name, Tensor tensor)
    {
        _tensors[name] = tensor.Detach().Clone();
        return this;
    }

    /// <summary>Changes an element of a tensor by a factor.</summary>
    public CaseFile Scaled(string name, double factor, int element = 0)
    {
        using var noGrad = GradMode.Disable();
        Tensor tensor = _tensors[name];
        if (!tensor.DType.IsFloatingPoint())
            _tensors[name] = tensor = tensor.To(DType.Float64);
        tensor.Reshape([-1])[element].Mul_(factor);
        return this;
    }

    public string Write(string folder, string name = "case.safetensors")
    {
        string path = Path.Combine(folder, name);
        Safetensors.Write(path, _tensors, new Dictionary<string, string> { ["case"] = description });
        return path;
    }

    /// <summary>Writes the case to a folder that is gone afterwards, and runs it.</summary>
    /// <param name="methods">What it may name; Retort's own by default.</param>
    public CaseResult Run(MethodRegistry? methods = null)
    {
        using var folder = new TemporaryFolder();
        return Verify([Write(folder.Path)], methods).Results.Single();
    }

    public static VerificationReport Verify(IEnumerable<string> paths, MethodRegistry? methods = null) =>
        new Verifier(methods ?? MethodRegistry.Default, ModelRegistry.Default).Verify(paths);
}

using System.Security.Cryptography;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;

namespace Retort.Torch.TorchScript;

/// <summary>
/// A scripted or traced network of PyTorch as one to distill from: frozen, in evaluation mode, with features tapped from its modules.
/// It cannot be trained, nor brought to another device.
/// </summary>
public sealed class TorchScriptNetwork : Network
{
    private const string Pooled = "pooled";
    private const double SameLogits = 1e-3; // relative to the greatest: folded batch norms round differently

    private readonly TorchScriptModule _module;
    private readonly TappedTorchScript? _tapped;
    private readonly Linear? _classifier;
    private readonly string[] _taps;
    private readonly string? _output;

    private TorchScriptNetwork(TorchScriptModule module, IReadOnlyList<KeyValuePair<string, string>> taps, string? output, int height, int width, Device device)
    {
        (_module, _output) = (module, output);
        _taps = [.. taps.Select(tap => tap.Key)];
        try
        {
            using (FileStream file = File.OpenRead(module.Path))
                Identity = $"{Convert.ToHexStringLower(SHA256.HashData(file))} {output} {string.Join(' ', taps.Select(tap => $"{tap.Key}:{tap.Value}"))}";
            AddState();
            _tapped = module.Tap([.. taps.Select(tap => tap.Value)]);
            (Classes, _classifier) = DryRun(height, width, device);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>All that its outputs depend on: the SHA-256 of its file, which output gives the logits, and what is tapped.</summary>
    public string Identity { get; }

    /// <inheritdoc/>
    public override int Classes { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> TapNames =>
        field ??= [.. _taps.Where(tap => tap != BeforePooling && !tap.EndsWith(PreActivation, StringComparison.Ordinal))];

    /// <inheritdoc/>
    public override string? PooledMap => _taps.Contains(BeforePooling) ? BeforePooling : null;

    /// <inheritdoc/>
    public override Linear? Classifier => _classifier;

    /// <summary>Loads a network, and runs it once on black images to learn its shapes.</summary>
    /// <param name="path">A file of torch.jit.save.</param>
    /// <param name="taps">Dotted paths of modules by the names of the taps that they give, from the input to the output.</param>
    /// <param name="output">Where its forward method gives the logits: a place in a tuple or a key of a dict, nested as "1.0"; null: it gives one tensor.</param>
    /// <param name="height">Height of its images in pixels.</param>
    /// <param name="width">Width of its images in pixels.</param>
    /// <param name="device">Where it computes.</param>
    /// <exception cref="CheckpointException">The file cannot be read, lacks a module, does not run on such images, or gives no logits.</exception>
    public static TorchScriptNetwork Load(
        string path, IReadOnlyList<KeyValuePair<string, string>> taps, string? output, int height, int width, Device device) =>
        new(TorchScriptModule.Load(path, device), taps, output, height, width, device);

    /// <inheritdoc/>
    public override bool HasTap(string tap) => _taps.Contains(tap);

    /// <inheritdoc/>
    public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps)
    {
        (Tensor[] features, IReadOnlyList<KeyValuePair<string, Tensor>> outputs) = _tapped!.Forward(images);
        Tensor logits = Logits(outputs);
        foreach (Tensor other in outputs.Select(output => output.Value).Where(other => !ReferenceEquals(other, logits)))
            other.Dispose();
        Dictionary<string, Tensor> given = [];
        for (int i = 0; i < _taps.Length; i++)
        {
            if (taps.Contains(_taps[i]))
                given[_taps[i]] = Shaped(_taps[i], features[i]);
            else
                features[i].Dispose();
        }

        return new NetworkOutput(logits, given);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _tapped?.Dispose();
        _module.Dispose();
        base.Dispose(disposing);
    }

    // Its weights count, are hashed and, of linear layers, are read by methods; they are those of the code, which they cannot change.
    private void AddState()
    {
        IReadOnlyDictionary<string, Tensor> state = _module.State(out int parameters);
        HashSet<string> linear = [];
        foreach ((string path, string _) in _module.Parts().Where(part => part.Value == nameof(Linear)))
        {
            if (!state.TryGetValue($"{path}.weight", out Tensor? weight) || weight.Rank != 2)
                continue;
            state.TryGetValue($"{path}.bias", out Tensor? bias);
            Add(path, new Linear(weight, bias));
            linear.UnionWith([$"{path}.weight", $"{path}.bias"]);
        }

        foreach (((string name, Tensor tensor), int place) in state.Select((entry, place) => (entry, place)).Where(e => !linear.Contains(e.entry.Key)))
        {
            if (place < parameters && tensor.DType.IsFloatingPoint())
                AddParameter(name, tensor);
            else
                AddBuffer(name, tensor);
        }

        RequireGrad(false);
    }

    private (int Classes, Linear? Classifier) DryRun(int height, int width, Device device)
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        Tensor logits;
        NetworkOutput output;
        try
        {
            output = Forward(Aten.Zeros([2, 3, height, width], device: device), _taps.ToHashSet());
            logits = output.Logits;
        }
        catch (TorchException e)
        {
            string[] lines = e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            throw Fault($"it does not run on two images of {width}×{height} pixels ({lines[^1]}); check the size of the images and how it was traced.", e);
        }

        if (logits.Rank != 2 || logits.Size(0) != 2 || !logits.DType.IsFloatingPoint())
            throw Fault($"its output for two images is {logits.DType}[{string.Join(", ", logits.Shape)}], not logits [2, classes]; name another with 'output', or wrap it.");
        foreach ((string tap, Tensor features) in output.Taps.Where(tap => tap.Value.Rank < 2 || tap.Value.Size(0) != 2))
            throw Fault($"the tap \"{tap}\" gives [{string.Join(", ", features.Shape)}] for two images; tap a module whose first dimension is the batch.");
        return ((int)logits.Size(1), output.Taps.TryGetValue(Pooled, out Tensor? pooled) ? ClassifierOf(pooled, logits) : null);
    }

    // The linear layer that makes the logits of the pooled features is the one that does so.
    private Linear? ClassifierOf(Tensor pooled, Tensor logits)
    {
        double allowed = SameLogits * Math.Max(1e-6, logits.Abs().Max().To(DType.Float64).Item<double>());
        return NamedModules().Select(entry => entry.Value).OfType<Linear>().FirstOrDefault(linear =>
            pooled.Rank == 2 && linear.Weight.Size(1) == pooled.Size(1) && linear.Weight.Size(0) == logits.Size(1)
            && (linear.Forward(pooled) - logits).Abs().Max().To(DType.Float64).Item<double>() <= allowed);
    }

    private Tensor Logits(IReadOnlyList<KeyValuePair<string, Tensor>> outputs)
    {
        if (_output is null && outputs is [var only])
            return only.Value;
        if (_output is not null && outputs.FirstOrDefault(output => output.Key == _output).Value is { } named)
            return named;
        string list = string.Join(", ", outputs.Select(output => output.Key.Length == 0 ? "one tensor" : $"\"{output.Key}\""));
        throw Fault(_output is null
            ? $"it gives {(list.Length == 0 ? "no tensor" : list)}; say with 'output' which of them is the logits."
            : $"it has no output \"{_output}\", but {list}; set 'output' to what the logits are, or leave it out where it gives one tensor.");
    }

    // Pooling layers give [N, D, 1, 1].
    private static Tensor Shaped(string tap, Tensor features)
    {
        if (tap != Pooled || features.Rank != 4 || features.Size(2) != 1 || features.Size(3) != 1)
            return features;
        Tensor flat = features.Flatten(1);
        features.Dispose();
        return flat;
    }

    private CheckpointException Fault(string reason, Exception? inner = null) => new(_module.Path, reason, inner);
}

using Retort.Distillation.Options;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Vision.Models;

namespace Retort.Training.Verification;

/// <summary>Makes the networks of golden cases, with the weights that the case has for them.</summary>
internal static class CaseNetwork
{
    private const string OptionsKey = "options", FillKey = "fill", CheckpointKey = "checkpoint";

    /// <summary>Makes a network, on the CPU and in float32.</summary>
    /// <param name="case">The case.</param>
    /// <param name="models">What can be made.</param>
    /// <param name="model">Its name.</param>
    /// <param name="weights">Prefix of its weights in the case: "param.", "teacher.param.".</param>
    public static Network Create(GoldenCase @case, ModelRegistry models, string model, string weights)
    {
        ModelEntry entry = models.Find(model);
        OptionMapping given = @case.Description.Options(OptionsKey);
        CaseNetworkOptions options = OptionsBinder.Bind<CaseNetworkOptions>(given, OptionsKey);
        Network network = entry.Create(options.NumClasses
            ?? throw new OptionsException(given.Location, $"{OptionsKey}.num_classes", "'num_classes' is missing: add it, a whole number."));
        try
        {
            if (options.Dropout is { } probability)
                SetDropout(network, model, probability, given);
            Fill(@case, network, weights);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static void SetDropout(Network network, string model, double probability, OptionMapping given)
    {
        List<Dropout> layers = [.. network.NamedModules().Select(m => m.Value).OfType<Dropout>()];
        if (layers.Count == 0)
            throw new OptionsException(given.Location, $"{OptionsKey}.dropout", $"'dropout' is no option of {model}, which has no dropout layer.");
        foreach (Dropout layer in layers)
            layer.Probability = probability;
    }

    private static void Fill(GoldenCase @case, Network network, string weights)
    {
        if (@case.Description.TextOr(FillKey, null) is { } fill)
        {
            if (fill != LcgFill.Name)
                throw new UnknownInCaseException(FillKey, fill, [LcgFill.Name]);
            LcgFill.Apply(network.State());
        }
        else if (@case.Description.TextOr(CheckpointKey, null) is { } file)
        {
            if (file != Path.GetFileName(file) || file.Length == 0)
                throw @case.Description.Wrong(CheckpointKey, $"is \"{file}\", but must name a file beside the case");
            using SavedState saved = StateDictReader.Read(Path.Combine(Path.GetDirectoryName(@case.Path) ?? "", file));
            network.LoadState(saved.Tensors);
        }
        else
        {
            network.LoadState(@case.LoadAfter(weights));
        }
    }
}

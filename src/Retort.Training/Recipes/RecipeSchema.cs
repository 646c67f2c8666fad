using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Training.Comparisons;
using Retort.Vision.Augmentation;
using Retort.Vision.Models;

namespace Retort.Training.Recipes;

/// <summary>The JSON schema of recipe files and comparisons (draft 7), for editors: keys, what they mean, defaults, ranges, and each method with its options.</summary>
public static class RecipeSchema
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Makes the schema of all options, models and methods that there are.</summary>
    /// <param name="methods">The methods that a recipe may name; those of Retort by default.</param>
    /// <param name="models">The models that a recipe may name; those of Retort by default.</param>
    /// <param name="variants">Options of your own that it may have, as a <see cref="DataOptions"/> with an <see cref="OptionVariantNameAttribute"/>.</param>
    /// <returns>JSON, indented, with a line feed at its end.</returns>
    public static string Write(MethodRegistry? methods = null, ModelRegistry? models = null, IReadOnlyList<Type>? variants = null)
    {
        MethodRegistry known = methods ?? MethodRegistry.Default;
        IEnumerable<string> names = (models ?? ModelRegistry.Default).Entries.Select(model => model.Name);
        OptionsJsonSchema Options(bool isPartial) => new(
            type => type == typeof(DistillTerm) ? Term(known, names) : type == typeof(ClassWeights) ? ClassWeights.Schema() : [], option => Names(option, names))
        {
            IsPartial = isPartial, Variants = variants ?? [],
        };
        // What a recipe that extends another leaves out comes from there, and what those of a comparison share from its variants.
        JsonObject part = Options(isPartial: true).Of(typeof(Recipe));
        var comparison = (JsonObject)Options(isPartial: true).Of(typeof(ComparisonOptions))["properties"]!;
        foreach ((string key, JsonNode? option) in comparison)
            part["properties"]![key] = option!.DeepClone();
        part["properties"]![RecipeFile.Extends] = new JsonObject
        {
            ["type"] = "string", ["description"] = "The recipe that this one rests on, by a path from this file's folder.",
        };
        return new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "Retort recipe",
            ["type"] = "object",
            ["if"] = new JsonObject { ["anyOf"] = new JsonArray(Has(RecipeFile.Extends), Has(ComparisonRecipe.VariantsKey)) },
            ["then"] = part,
            ["else"] = Options(isPartial: false).Of(typeof(Recipe)),
        }.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Has(string key) => new() { ["required"] = new JsonArray(key) };

    private static JsonObject Term(MethodRegistry methods, IEnumerable<string> models)
    {
        var options = new OptionsJsonSchema(_ => [], option => Names(option, models));
        JsonObject terms = new()
        {
            [DistillTerm.CrossEntropy] = DistillTerm.Schema("Cross-entropy with the labels.", null),
        };
        foreach (MethodEntry method in methods.Entries)
            terms[method.Name] = DistillTerm.Schema($"{method.Title} ({method.Paper}): matches {method.Summary}.", options.Of(method.OptionsType));
        return new JsonObject
        {
            ["type"] = "object", ["properties"] = terms, ["additionalProperties"] = false, ["minProperties"] = 1, ["maxProperties"] = 1,
        };
    }

    private static IEnumerable<string>? Names(PropertyInfo option, IEnumerable<string> models) => (option.DeclaringType!.Name, option.Name) switch
    {
        (nameof(StudentOptions), nameof(StudentOptions.Model)) or (nameof(TeacherOptions), nameof(TeacherOptions.Model)) => models,
        (nameof(NormalizationOptions), nameof(NormalizationOptions.Preset)) => Normalization.Presets.Keys,
        _ => null,
    };
}

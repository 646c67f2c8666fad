using Retort.Distillation.Options;

namespace Retort.Training.Recipes;

/// <summary>A key in which two recipes differ.</summary>
/// <param name="Key">As <c>--set</c> takes it: "train.epochs", "distill.kd.weight".</param>
/// <param name="Before">Its value in the first.</param>
/// <param name="Now">Its value in the second.</param>
internal sealed record RecipeDifference(string Key, string Before, string Now)
{
    // What a run computes does not depend on them, at most the last bits do.
    private static readonly string[] Free =
        ["tensorboard", "teacher.cache", "data.memory_mib", "data.decode_threads", .. OfTraining("threads", "keep_last", "keep_best")];

    // How a run is to go on where it could not.
    private static readonly string[] FreeLater = [.. Free, .. OfTraining("on_nan", "rollback_factor", "max_rollbacks")];

    private static readonly string[] Paths = ["data.path", "teacher.checkpoint", "teacher.torchscript", "student.checkpoint"];

    /// <summary>The first key that makes it another run, in the order in which recipes are written; null: there is none.</summary>
    public static RecipeDifference? Find(Recipe before, Recipe now) => Find("", OptionsWriter.Write(before), OptionsWriter.Write(now), Free);

    /// <summary>The same for a run that goes on: what it does where it cannot go on may be another thing now.</summary>
    public static RecipeDifference? FindLater(Recipe begun, Recipe now) => Find("", OptionsWriter.Write(begun), OptionsWriter.Write(now), FreeLater);

    private static IEnumerable<string> OfTraining(params string[] keys) => keys.SelectMany(key => (string[])[$"train.{key}", $"teacher.train.{key}"]);

    private static RecipeDifference? Find(string key, OptionNode? before, OptionNode? now, string[] free)
    {
        if (Equals(before, now) || free.Contains(key) || (Paths.Contains(key) && IsOnePath(before, now)))
            return null;
        return (before, now) switch
        {
            (OptionMapping a, OptionMapping b) => a.Entries.Concat(b.Entries).Select(entry => entry.Key)
                .Select(inner => Find(key.Length == 0 ? inner : $"{key}.{inner}", a[inner], b[inner], free)).FirstOrDefault(d => d is not null),
            (OptionList a, OptionList b) when a.Items.Count == b.Items.Count => FindInItems(key, a.Items, b.Items, free),
            _ => new RecipeDifference(key, Text(before), Text(now)),
        };
    }

    private static bool IsOnePath(OptionNode? before, OptionNode? now) =>
        (before, now) is (OptionScalar { Text.Length: > 0 } a, OptionScalar { Text.Length: > 0 } b) && Path.GetFullPath(a.Text) == Path.GetFullPath(b.Text);

    // A term of 'distill' is known by its name, other items by their place.
    private static RecipeDifference? FindInItems(string key, IReadOnlyList<OptionNode> before, IReadOnlyList<OptionNode> now, string[] free)
    {
        IReadOnlyList<string?> names = TermNames.Of(before);
        RecipeDifference? InItem(int place) =>
            before[place] is OptionMapping { Entries: [var a] } && now[place] is OptionMapping { Entries: [var b] } && a.Key == b.Key
                ? Find($"{key}.{names[place]}", a.Value, b.Value, free)
                : Find($"{key}.{place}", before[place], now[place], free);
        return Enumerable.Range(0, before.Count).Select(InItem).FirstOrDefault(d => d is not null);
    }

    private static string Text(OptionNode? node) => node switch
    {
        null => "not set",
        OptionScalar scalar => scalar.Text,
        OptionMapping { Entries: [var only] } => $"{only.Key}",
        OptionList list => $"[{string.Join(", ", list.Items.Select(Text))}]",
        _ => node.Shown,
    };
}

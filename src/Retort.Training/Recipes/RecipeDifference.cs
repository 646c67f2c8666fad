using Retort.Distillation.Options;

namespace Retort.Training.Recipes;

/// <summary>A key in which two recipes differ.</summary>
/// <param name="Key">As <c>--set</c> takes it: "train.epochs", "distill.kd.weight".</param>
/// <param name="Before">Its value in the first.</param>
/// <param name="Now">Its value in the second.</param>
internal sealed record RecipeDifference(string Key, string Before, string Now)
{
    // What a run computes does not depend on them, at most the last bits do; or they say how it is to go on where it could not.
    private static readonly string[] FreeInTraining = ["threads", "keep_last", "keep_best", "on_nan", "rollback_factor", "max_rollbacks"];

    private static readonly string[] Free =
    [
        "tensorboard", "teacher.cache", "data.memory_mib", "data.decode_threads",
        .. FreeInTraining.SelectMany(key => (string[])[$"train.{key}", $"teacher.train.{key}"]),
    ];

    /// <summary>The first key that makes it another run, in the order in which recipes are written; null: there is none.</summary>
    public static RecipeDifference? Find(Recipe before, Recipe now) => Find("", OptionsWriter.Write(before), OptionsWriter.Write(now));

    private static RecipeDifference? Find(string key, OptionNode? before, OptionNode? now)
    {
        if (Equals(before, now) || Free.Contains(key))
            return null;
        return (before, now) switch
        {
            (OptionMapping a, OptionMapping b) => a.Entries.Concat(b.Entries).Select(entry => entry.Key)
                .Select(inner => Find(key.Length == 0 ? inner : $"{key}.{inner}", a[inner], b[inner])).FirstOrDefault(d => d is not null),
            (OptionList a, OptionList b) when a.Items.Count == b.Items.Count => FindInItems(key, a.Items, b.Items),
            _ => new RecipeDifference(key, Text(before), Text(now)),
        };
    }

    // A term of 'distill' is known by its name, other items by their place.
    private static RecipeDifference? FindInItems(string key, IReadOnlyList<OptionNode> before, IReadOnlyList<OptionNode> now)
    {
        IReadOnlyList<string?> names = TermNames.Of(before);
        RecipeDifference? InItem(int place) =>
            before[place] is OptionMapping { Entries: [var a] } && now[place] is OptionMapping { Entries: [var b] } && a.Key == b.Key
                ? Find($"{key}.{names[place]}", a.Value, b.Value)
                : Find($"{key}.{place}", before[place], now[place]);
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

using System.Collections.Concurrent;
using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Retort.Torch;

namespace Retort.Benchmarks;

/// <summary>A column of the most bytes of tensors that one call takes, beside what it is given. A benchmark's set-up calls <see cref="Measure"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class TensorMemoryAttribute : Attribute, IConfigSource
{
    private static readonly ConcurrentDictionary<string, double> Megabytes = [];

    /// <inheritdoc/>
    public IConfig Config { get; } = ManualConfig.CreateEmpty().AddColumn(new Column());

    /// <summary>Runs it once.</summary>
    /// <param name="name">Value of the benchmark's parameter, by which the column finds it.</param>
    /// <param name="call">What is measured.</param>
    public static void Measure(string name, Action call)
    {
        TorchRuntime.ResetPeakMemory();
        long before = TorchRuntime.Memory.InUse;
        call();
        Megabytes[name] = (TorchRuntime.Memory.Peak - before) / 1e6;
    }

    private sealed class Column : IColumn
    {
        public string Id => nameof(TensorMemoryAttribute);

        public string ColumnName => "Tensors, MB";

        public bool AlwaysShow => true;

        public ColumnCategory Category => ColumnCategory.Metric;

        public int PriorityInCategory => 0;

        public bool IsNumeric => true;

        public UnitType UnitType => UnitType.Dimensionless;

        public string Legend => "Most bytes of tensors in a call, without what it is given";

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
            Megabytes.TryGetValue($"{benchmarkCase.Parameters.Items[0].Value}", out double value) ? value.ToString("F1", CultureInfo.InvariantCulture) : "?";

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

        public bool IsAvailable(Summary summary) => true;

        public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
    }
}

using Retort.Training.Reports;
using Retort.Training.Runs;

namespace Retort.Cli.Json;

/// <summary>What a run gave.</summary>
internal static class RunJson
{
    public static object Of(string folder, RunResult result, string? onnx) => new
    {
        Folder = folder,
        Student = result.StudentFile,
        Onnx = onnx,
        Report = result.ReportFile,
        Networks = result.Networks.Select(Network),
    };

    private static object Network(NetworkSummary network) => new
    {
        network.Role, network.Model, network.Parameters, Macs = network.Macs == 0 ? null : (long?)network.Macs, network.Accuracy, network.BestAccuracy, network.BestDevAccuracy,
        network.ImagesPerSecond,
    };
}

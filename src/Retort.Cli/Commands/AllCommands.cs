namespace Retort.Cli.Commands;

/// <summary>The commands of the program. A new one is a file in this folder and a line here.</summary>
internal static class AllCommands
{
    /// <summary>Shown beneath <c>retort --help</c>.</summary>
    public static IReadOnlyList<string> Examples { get; } =
    [
        "retort train recipes/demo.yaml",
        "retort compare recipes/cifar10/base.yaml --methods kd,at,dist --seeds 3",
        "retort eval runs/demo/student.safetensors --data synthetic",
        "retort export runs/demo -o student.onnx",
        "retort list methods",
    ];

    /// <summary>Makes the commands, in the order in which help lists them.</summary>
    public static IReadOnlyList<CliCommand> Create() =>
    [
        new DemoCommand(),
        new TrainCommand(),
        new CompareCommand(),
        new EvalCommand(),
        new ExportCommand(),
        new InspectCommand(),
        new VerifyCommand(),
        new BenchCommand(),
        new RecipeCommand(),
        new DataCommand(),
        new ListCommand(),
        new ShowCommand(),
        new CompletionCommand(),
        new VersionCommand(),
    ];
}

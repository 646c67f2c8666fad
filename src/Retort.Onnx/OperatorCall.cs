using System.Text;
using Retort.Torch.Graphs;
using Retort.Torch.Native;

namespace Retort.Onnx;

/// <summary>An operator of a traced graph while it is written: its arguments, as the table of operators wants them.</summary>
/// <param name="node">The operator.</param>
/// <param name="to">Where it is written.</param>
/// <param name="near">Where in the network it is, for messages.</param>
internal sealed class OperatorCall(GraphNode node, OnnxBuilder to, string near)
{
    /// <summary>Where it is written.</summary>
    public OnnxBuilder To => to;

    /// <summary>Shape of the result.</summary>
    public IReadOnlyList<GraphArgument.Integer> ResultShape => to.About(node.Results[0]).Shape;

    /// <summary>The dotted path of an argument that is a parameter or buffer; null for what is neither.</summary>
    public string? NameOf(int argument) => to.About(node.Read(argument)).Name;

    /// <summary>Dimensions of an argument that is a tensor.</summary>
    public int Rank(int argument) => to.About(node.Read(argument)).Shape.Count;

    /// <summary>Lengths of an argument that is a tensor, none of which depends on the batch.</summary>
    public IReadOnlyList<long> FixedShape(int argument) => to.About(node.Read(argument)).Shape is var shape && shape.All(length => length.PerImage == 0)
        ? [.. shape.Select(length => length.Base)]
        : throw Unfit(argument);

    /// <summary>Whether an argument is there.</summary>
    public bool Has(int argument) => argument < node.Arguments.Count && node.Arguments[argument] is not GraphArgument.Plain { Content.Tag: BridgeTag.None or BridgeTag.Default };

    /// <summary>Name of an argument that is a tensor, or a number, which becomes a constant; empty where it is none.</summary>
    public string Input(int argument) => node.Arguments[argument] switch
    {
        GraphArgument.Value value => to.NameOf(value.Number),
        GraphArgument.Integer { PerImage: 0 } integer => to.Real(integer.Base),
        GraphArgument.Plain { Content: { Tag: BridgeTag.Double } number } => to.Real(number.Real),
        GraphArgument.Plain { Content.Tag: BridgeTag.None or BridgeTag.Default } => "",
        _ => throw Unfit(argument),
    };

    /// <summary>Names of an argument that is a list of tensors.</summary>
    public IReadOnlyList<string> Inputs(int argument) => node.Arguments[argument] is GraphArgument.Values values
        ? [.. values.Numbers.Select(to.NameOf)]
        : throw Unfit(argument);

    /// <summary>The constant tensor that an argument is; null for one that is computed.</summary>
    public Torch.Tensor? Constant(int argument) => node.Read(argument) is var value and >= 0 ? to.ConstantOf(value) : null;

    /// <summary>An integer that does not depend on the batch.</summary>
    public long Integer(int argument, long otherwise) => !Has(argument) ? otherwise : node.Arguments[argument] is GraphArgument.Integer { PerImage: 0 } integer
        ? integer.Base
        : throw Unfit(argument);

    /// <summary>Integers that do not depend on the batch; none where the argument is left out.</summary>
    public long[] Integers(int argument) => !Has(argument) ? [] : node.Arguments[argument] is GraphArgument.Integers list && list.Items.All(item => item.PerImage == 0)
        ? [.. list.Items.Select(item => item.Base)]
        : throw Unfit(argument);

    /// <summary>A real number.</summary>
    public double Real(int argument, double otherwise) => !Has(argument) ? otherwise : node.Arguments[argument] switch
    {
        GraphArgument.Plain { Content: { Tag: BridgeTag.Double } number } => number.Real,
        GraphArgument.Integer { PerImage: 0 } integer => integer.Base,
        _ => throw Unfit(argument),
    };

    /// <summary>A truth value.</summary>
    public bool Flag(int argument) => Has(argument) && (node.Arguments[argument] is GraphArgument.Plain { Content: { Tag: BridgeTag.Bool } flag }
        ? flag.Integer != 0
        : throw Unfit(argument));

    /// <summary>A text.</summary>
    public string Text(int argument, string otherwise) => !Has(argument) ? otherwise
        : node.Arguments[argument] is GraphArgument.Bytes { Tag: BridgeTag.String } text ? Encoding.UTF8.GetString(text.Content) : throw Unfit(argument);

    /// <summary>A dimension, counted from the first.</summary>
    /// <param name="argument">Which argument.</param>
    /// <param name="rank">Dimensions of what it counts in.</param>
    /// <param name="otherwise">Where it is left out.</param>
    public long Dimension(int argument, int rank, long otherwise = 0) => Integer(argument, otherwise) is var given && given < 0 ? given + rank : given;

    /// <summary>This call, unless an argument, a type, has the result differ from the input in it.</summary>
    public OperatorCall WithoutCast(int argument) =>
        !Has(argument) || to.About(node.Results[0]).Type == to.About(node.Read(0)).Type ? this : throw Unfit(argument);

    /// <summary>That this operator, called in this way, has no counterpart.</summary>
    public OnnxExportException Unfit(int argument) =>
        new($"{node.Operator.Name} ({near}) is called with an argument {argument} that cannot be written in ONNX.");
}

namespace Retort.Onnx;

/// <summary>What an export has written.</summary>
/// <param name="Nodes">Operators of the model.</param>
/// <param name="Bytes">Size of the file.</param>
/// <param name="Difference">
/// Greatest difference between the logits of the graph that was written and the network's on random images, as a part of the greatest logit.
/// Both were computed by libtorch: what another program makes of the file is not in it. Of a quantised network: before it was quantised.
/// </param>
public sealed record ExportResult(int Nodes, long Bytes, double Difference);

using System.Globalization;
using System.Text.Json;
using Retort.Vision.Datasets;

/// <summary>A class and how likely it is, 0 to 1.</summary>
internal sealed record Answer(string Class, float Probability);

/// <summary>An exported network that is given image files. Safe to use from any number of threads.</summary>
internal sealed class Classifier : IDisposable
{
    private readonly OnnxModel _model;
    private readonly string[] _classes;
    private readonly ImageSize _size;
    private readonly ImageSize? _resize;

    /// <summary>Loads a model, and runs it once: what is wrong with it should show before the first request.</summary>
    /// <param name="path">Written by <c>retort export --with-preprocessing</c>, which notes classes and sizes in the model.</param>
    /// <param name="runtime">ONNX Runtime's native library.</param>
    public Classifier(string path, string runtime)
    {
        _model = new OnnxModel(path, runtime);
        string Fact(string key) => _model.Metadata(key)
            ?? throw new ModelException($"{path} does not say its {key}: export it with 'retort export --with-preprocessing'.");
        _classes = JsonSerializer.Deserialize<string[]>(Fact("classes"))!;
        _size = ImageSize.Square(int.Parse(Fact("image_size"), CultureInfo.InvariantCulture));
        _resize = _model.Metadata("resize") is { } side ? ImageSize.Square(int.Parse(side, CultureInfo.InvariantCulture)) : null;
        try
        {
            Logits(new byte[_size.RgbBytes]);
        }
        catch (ModelException e)
        {
            throw new ModelException($"{path} does not take pixels: export it with 'retort export --with-preprocessing'. {e.Message}", e);
        }
    }

    /// <summary>The classes of an image, the likeliest first.</summary>
    /// <param name="file">A JPEG or PNG of any size; it is scaled and cut as the training's test images were.</param>
    /// <exception cref="DataException">It is no image.</exception>
    public IReadOnlyList<Answer> Classify(ReadOnlySpan<byte> file)
    {
        float[] logits = Logits(EncodedImage.Decode(file, _size, _resize));
        float highest = logits.Max();
        float[] shares = [.. logits.Select(logit => MathF.Exp(logit - highest))];
        float sum = shares.Sum();
        return [.. _classes.Zip(shares, (name, share) => new Answer(name, share / sum)).OrderByDescending(answer => answer.Probability)];
    }

    public void Dispose() => _model.Dispose();

    private float[] Logits(byte[] pixels) => _model.Run("pixels", pixels, [1, _size.Height, _size.Width, 3], "logits");
}

using System.Globalization;
using System.Text.Json;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Augmentation;

/// <summary>The operations of RandAugment against Pillow's; oracle/operations.py made the golden images.</summary>
public sealed class OperationTests
{
    private static readonly ImageSize Size = new(29, 19);
    private static readonly byte[] Fill = [125, 123, 114];
    private static readonly Dictionary<string, byte[]> Golden = Read();

    public static TheoryData<string> Names => [.. Golden.Keys.Where(name => name != "source")];

    [Fact]
    public void There_are_golden_images() => Assert.True(Golden.Count > 20);

    [Theory]
    [MemberData(nameof(Names))]
    public void An_operation_is_that_of_Pillow(string name)
    {
        byte[] actual = [.. Golden["source"]], expected = Golden[name];
        Do(name.Split(' '), actual);
        Assert.Equal(expected, actual);
    }

    private static void Do(string[] name, byte[] image)
    {
        double[] arguments = [.. name[1..].Select(a => double.Parse(a, CultureInfo.InvariantCulture))];
        var scratch = new byte[image.Length];
        switch (name[0])
        {
            case "AutoContrast": LookUp.AutoContrast(image); return;
            case "Equalize": LookUp.Equalize(image); return;
            case "Invert": LookUp.Invert(image); return;
            case "Posterize": LookUp.Posterize(image, (int)arguments[0]); return;
            case "Solarize": LookUp.Solarize(image, (int)arguments[0]); return;
            case "SolarizeAdd": LookUp.SolarizeAdd(image, (int)arguments[0]); return;
            case "Color": Enhancement.Color(image, arguments[0]); return;
            case "Contrast": Enhancement.Contrast(image, arguments[0]); return;
            case "Brightness": Enhancement.Brightness(image, arguments[0]); return;
            case "Sharpness": Enhancement.Sharpness(image, Size, arguments[0], scratch); return;
        }

        var warp = name[0] switch
        {
            "Rotate" => AffineWarp.Rotate(arguments[0], Size),
            "ShearX" => AffineWarp.ShearX(arguments[0]),
            "ShearY" => AffineWarp.ShearY(arguments[0]),
            "Translate" => AffineWarp.Translate(arguments[0], arguments[1]),
            _ => throw new InvalidDataException($"There is no operation {name[0]}."),
        };
        warp.Apply([.. image], Size, Fill, image);
    }

    private static Dictionary<string, byte[]> Read()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Vision", "Augmentation", "Golden", "operations.json");
        return JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(path))!
            .ToDictionary(image => image.Key, image => Convert.FromHexString(image.Value));
    }
}

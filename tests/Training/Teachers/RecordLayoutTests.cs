using System.Text;
using Retort.Torch;
using Retort.Training.Teachers;

namespace Retort.Tests.Training.Teachers;

public sealed class RecordLayoutTests
{
    [Fact]
    public void A_header_says_what_the_file_is()
    {
        var layout = new RecordLayout(50000, DType.BFloat16, "64 8 8");
        Assert.Equal(layout, RecordLayout.Parse(layout.Header()));
        Assert.Equal(64 * 8 * 8 * 2, layout.ValueBytes);
        Assert.Equal(4096 + (50000L * (16 + 8192)), layout.FileBytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("something else")]
    [InlineData("retort teacher cache 2\n5\nFloat32\n10\n")]
    [InlineData("retort teacher cache 1\n0\nFloat32\n10\n")]
    [InlineData("retort teacher cache 1\n5\nFloat33\n10\n")]
    [InlineData("retort teacher cache 1\n5\nFloat32\n10 -3\n")]
    [InlineData("retort teacher cache 1\n5\nFloat32\n1000000 1000000 1000000\n")]
    [InlineData("retort teacher cache 1\n5\nFloat32\n\n")]
    public void What_is_no_header_is_none(string text) => Assert.Null(RecordLayout.Parse(Encoding.ASCII.GetBytes(text)));
}

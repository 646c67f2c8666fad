namespace Retort.Vision.Datasets.Decoding;

/// <summary>
/// Scales images. The filter is a triangle as wide as the reduction (bilinear when enlarging, antialiased when reducing: what PIL
/// calls BILINEAR), applied along rows and then along columns. One instance serves one thread; its buffers grow and are kept.
/// </summary>
internal sealed class ImageResizer
{
    private float[] _rows = [];
    private Axis _horizontal = new();
    private Axis _vertical = new();

    /// <summary>Scales an image so that it covers the wanted size, and cuts the overhang off evenly on both sides.</summary>
    /// <param name="source">[height, width, 3].</param>
    /// <param name="from">The source's size.</param>
    /// <param name="target">[height, width, 3].</param>
    /// <param name="to">The target's size.</param>
    public void Resize(ReadOnlySpan<byte> source, ImageSize from, Span<byte> target, ImageSize to)
    {
        if (from == to)
        {
            source[..(int)from.RgbBytes].CopyTo(target);
            return;
        }

        // Source pixels per target pixel: the smaller of both ratios, so that the scaled image covers the target.
        var step = Math.Min((double)from.Width / to.Width, (double)from.Height / to.Height);
        _horizontal.Prepare(from.Width, to.Width, step);
        _vertical.Prepare(from.Height, to.Height, step);
        Scale(source, from.Width, from.Height, target, to);
    }

    /// <summary>Scales a part of an image to exactly the wanted size; nothing beyond the part shows in it.</summary>
    /// <param name="source">[height, width, 3].</param>
    /// <param name="from">The source's size.</param>
    /// <param name="left">First column of the part.</param>
    /// <param name="top">First row of the part.</param>
    /// <param name="part">The part's size.</param>
    /// <param name="target">[height, width, 3].</param>
    /// <param name="to">The target's size.</param>
    public void Resize(ReadOnlySpan<byte> source, ImageSize from, int left, int top, ImageSize part, Span<byte> target, ImageSize to)
    {
        _horizontal.Prepare(part.Width, to.Width, (double)part.Width / to.Width);
        _vertical.Prepare(part.Height, to.Height, (double)part.Height / to.Height);
        Scale(source[(((top * from.Width) + left) * 3)..], from.Width, part.Height, target, to);
    }

    private void Scale(ReadOnlySpan<byte> source, int width, int rows, Span<byte> target, ImageSize to)
    {
        var stride = to.Width * 3;
        if (_rows.Length < stride * rows) _rows = new float[stride * rows];
        for (var y = 0; y < rows; y++) Across(source[(y * width * 3)..], _rows.AsSpan(y * stride, stride));
        for (var y = 0; y < to.Height; y++) Down(y, stride, target.Slice(y * stride, stride));
    }

    private void Across(ReadOnlySpan<byte> source, Span<float> target)
    {
        for (var x = 0; x * 3 < target.Length; x++)
        {
            var weights = _horizontal.Weights(x);
            var first = _horizontal.First(x) * 3;
            float r = 0, g = 0, b = 0;
            for (var k = 0; k < weights.Length; k++, first += 3)
            {
                r += weights[k] * source[first];
                g += weights[k] * source[first + 1];
                b += weights[k] * source[first + 2];
            }

            target[x * 3] = r;
            target[(x * 3) + 1] = g;
            target[(x * 3) + 2] = b;
        }
    }

    private void Down(int y, int stride, Span<byte> target)
    {
        var weights = _vertical.Weights(y);
        var first = _vertical.First(y);
        for (var i = 0; i < target.Length; i++)
        {
            var sum = 0f;
            for (var k = 0; k < weights.Length; k++) sum += weights[k] * _rows[((first + k) * stride) + i];
            target[i] = (byte)Math.Clamp(sum + 0.5f, 0f, 255f);
        }
    }

    /// <summary>Where each target position reads from along one axis, and how much of each.</summary>
    private sealed class Axis
    {
        private int _taps;
        private int _from;
        private int _to;
        private double _step;
        private int[] _first = [];
        private int[] _count = [];
        private float[] _weights = [];

        public int First(int position) => _first[position];

        public ReadOnlySpan<float> Weights(int position) => _weights.AsSpan(position * _taps, _count[position]);

        public void Prepare(int from, int to, double step)
        {
            if (_from == from && _to == to && _step.Equals(step)) return; // images of one folder often agree
            (_from, _to, _step) = (from, to, step);
            var radius = Math.Max(step, 1.0);
            var start = (from - (to * step)) / 2; // what is cut off on this side
            _taps = (int)Math.Ceiling(radius) * 2 + 1;
            if (_first.Length < to) (_first, _count) = (new int[to], new int[to]);
            if (_weights.Length < to * _taps) _weights = new float[to * _taps];

            for (var i = 0; i < to; i++)
            {
                var centre = start + ((i + 0.5) * step);
                var low = Math.Max(0, (int)Math.Floor(centre - radius + 0.5));
                var high = Math.Min(from, (int)Math.Floor(centre + radius + 0.5));
                high = Math.Min(Math.Max(high, low + 1), low + _taps);
                var weights = _weights.AsSpan(i * _taps, high - low);
                double sum = 0;
                for (var k = 0; k < weights.Length; k++)
                {
                    var weight = Math.Max(0, 1 - (Math.Abs(low + k + 0.5 - centre) / radius));
                    weights[k] = (float)weight;
                    sum += weight;
                }

                for (var k = 0; k < weights.Length; k++) weights[k] = sum > 0 ? (float)(weights[k] / sum) : 1f / weights.Length;
                (_first[i], _count[i]) = (low, high - low);
            }
        }
    }
}

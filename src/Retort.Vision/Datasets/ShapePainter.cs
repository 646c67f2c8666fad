using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Retort.Vision.Datasets;

/// <summary>Draws one image of <see cref="SyntheticShapes"/> after another on a canvas of its own; one per thread.</summary>
internal sealed class ShapePainter(SyntheticShapesOptions options)
{
    private const int Outlines = 5;
    private readonly int _side = options.Side;
    private readonly float[] _canvas = new float[options.Side * options.Side * 3]; // 0..1, [y, x, channel]
    private readonly float[] _row = new float[options.Side * 3];
    private readonly float[] _above = new float[options.Side * 3];

    /// <summary>Draws an image of the class.</summary>
    public void Paint(int label, ref CounterRandom random, Span<byte> target)
    {
        Ground(ref random);
        for (var i = random.Next(options.Lines + 1); i > 0; i--) Line(ref random);

        var radius = random.Between((float)options.MinRadius, (float)options.MaxRadius) * _side;
        var reach = (float)options.Displacement * _side;
        var x = (_side * 0.5f) + random.Between(-reach, reach);
        var y = (_side * 0.5f) + random.Between(-reach, reach);
        for (var i = random.Next(options.Distractors + 1); i > 0; i--) Distractor(label, x, y, radius, ref random);
        Thing(label, x, y, radius, ref random);
        if (random.Chance(options.OcclusionChance)) Bar(x, y, radius, ref random);

        Light(ref random);
        Blur(random.Between(0, (float)options.Blur));
        Develop(random.Between(0, (float)options.Noise), ref random, target);
    }

    /// <summary>A colour with a cloudy pattern: a coarse random grid, interpolated.</summary>
    private void Ground(ref CounterRandom random)
    {
        const int Cells = 4;
        var ground = Colour.Muted(ref random);
        Span<Colour> grid = stackalloc Colour[(Cells + 1) * (Cells + 1)];
        var amplitude = (float)options.Clouds;
        for (var i = 0; i < grid.Length; i++)
        {
            var common = random.Between(-amplitude, amplitude) * 0.7f; // clouds are more grey than coloured
            grid[i] = ground + new Colour(
                common + (random.Between(-amplitude, amplitude) * 0.4f),
                common + (random.Between(-amplitude, amplitude) * 0.4f),
                common + (random.Between(-amplitude, amplitude) * 0.4f));
        }

        var step = (float)Cells / _side;
        Span<Colour> knots = stackalloc Colour[Cells + 1];
        for (var y = 0; y < _side; y++)
        {
            var row = (int)(y * step);
            for (var i = 0; i <= Cells; i++)
                knots[i] = Colour.Mix(grid[(row * (Cells + 1)) + i], grid[((row + 1) * (Cells + 1)) + i], (y * step) - row);
            for (var x = 0; x < _side; x++)
            {
                var column = (int)(x * step);
                Store(x, y, Colour.Mix(knots[column], knots[column + 1], (x * step) - column));
            }
        }
    }

    private void Line(ref CounterRandom random)
    {
        var colour = Colour.Muted(ref random);
        var (ax, ay) = (random.NextSingle() * _side, random.NextSingle() * _side);
        var (bx, by) = (random.NextSingle() * _side, random.NextSingle() * _side);
        Segment(ax, ay, bx, by, random.Between(0.012f, 0.03f) * _side, random.Between(0.4f, 1), colour);
    }

    private void Distractor(int label, float x, float y, float radius, ref CounterRandom random)
    {
        var other = (label + 1 + random.Next((2 * Outlines) - 1)) % (2 * Outlines);
        var size = radius * random.Between(0.5f, 1) * (float)options.DistractorRadius;
        var (sin, cos) = SinCos(random.NextSingle());
        var away = radius + (size * random.Between(0.2f, 1.2f));
        Thing(other, x + (cos * away), y + (sin * away), size, ref random);
    }

    /// <summary>An outline filled with a texture. Radii are scaled so that all outlines cover about the same area.</summary>
    private void Thing(int label, float x, float y, float radius, ref CounterRandom random)
    {
        var outline = label % Outlines;
        var isChecked = label >= Outlines;
        var (sin, cos) = SinCos(random.Between(-1, 1) * (float)options.Rotation / 360);
        var stretch = 1 + (random.Between(-1, 1) * (float)options.Stretch);
        var (scaleX, scaleY) = (MathF.Sqrt(stretch) / radius, 1 / (MathF.Sqrt(stretch) * radius));
        var frequency = 1 / (random.Between((float)options.MinTexturePeriod, (float)options.MaxTexturePeriod) * _side);
        if (isChecked) frequency *= 0.8f; // a checkerboard has more edges per period than stripes
        var (phaseU, phaseV) = (random.NextSingle(), random.NextSingle());
        var light = Colour.Vivid(ref random);
        var dark = light * (1 - random.Between((float)options.MinTextureContrast, (float)options.MaxTextureContrast));

        var reach = (int)(radius * 1.6f) + 2;
        var (left, right) = (Math.Max(0, (int)x - reach), Math.Min(_side - 1, (int)x + reach));
        var (top, bottom) = (Math.Max(0, (int)y - reach), Math.Min(_side - 1, (int)y + reach));
        for (var py = top; py <= bottom; py++)
        {
            for (var px = left; px <= right; px++)
            {
                var (dx, dy) = (px + 0.5f - x, py + 0.5f - y);
                var u = ((dx * cos) + (dy * sin)) * scaleX;
                var v = ((dy * cos) - (dx * sin)) * scaleY;
                var cover = Math.Clamp(0.5f - (Distance(outline, u, v) * radius), 0, 1);
                if (cover <= 0) continue;

                var s = ((dx * cos) + (dy * sin)) * frequency;
                var t = ((dy * cos) - (dx * sin)) * frequency;
                var shade = isChecked ? Wave(s + phaseU, frequency) * Wave(t + phaseV, frequency) : Wave(s + phaseU, frequency);
                Blend(px, py, Colour.Mix(dark, light, 0.5f + (0.5f * shade)), cover);
            }
        }
    }

    private void Bar(float x, float y, float radius, ref CounterRandom random)
    {
        var colour = Colour.Muted(ref random);
        var (sin, cos) = SinCos(random.NextSingle());
        var aside = random.Between(-0.7f, 0.7f) * radius;
        var half = radius * random.Between(0.2f, 1) * (float)options.Occlusion * 0.5f;
        var (cx, cy) = (x - (sin * aside), y + (cos * aside));
        var length = radius * 1.5f;
        Segment(cx - (cos * length), cy - (sin * length), cx + (cos * length), cy + (sin * length), half, 1, colour);
    }

    private void Segment(float ax, float ay, float bx, float by, float half, float opacity, Colour colour)
    {
        var (dx, dy) = (bx - ax, by - ay);
        var scale = 1 / Math.Max((dx * dx) + (dy * dy), 1e-6f);
        var reach = half + 1;
        var (left, right) = (Math.Max(0, (int)(Math.Min(ax, bx) - reach)), Math.Min(_side - 1, (int)(Math.Max(ax, bx) + reach)));
        var (top, bottom) = (Math.Max(0, (int)(Math.Min(ay, by) - reach)), Math.Min(_side - 1, (int)(Math.Max(ay, by) + reach)));
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
            {
                var (px, py) = (x + 0.5f - ax, y + 0.5f - ay);
                var along = Math.Clamp(((px * dx) + (py * dy)) * scale, 0, 1);
                var (ox, oy) = (px - (along * dx), py - (along * dy));
                var cover = Math.Clamp(half + 0.5f - MathF.Sqrt((ox * ox) + (oy * oy)), 0, 1) * opacity;
                if (cover > 0) Blend(x, y, colour, cover);
            }
        }
    }

    /// <summary>Light that grows from one side of the image to the other.</summary>
    private void Light(ref CounterRandom random)
    {
        var (sin, cos) = SinCos(random.NextSingle());
        var slope = random.NextSingle() * (float)options.Lighting / _side;
        for (var y = 0; y < _side; y++)
        {
            for (var x = 0; x < _side; x++)
            {
                var factor = 1 + (slope * (((x - (_side * 0.5f)) * cos) + ((y - (_side * 0.5f)) * sin)));
                var at = ((y * _side) + x) * 3;
                _canvas[at] *= factor;
                _canvas[at + 1] *= factor;
                _canvas[at + 2] *= factor;
            }
        }
    }

    /// <summary>Gives each direct neighbour a share of the light, along rows and then along columns; edges are repeated.</summary>
    private void Blur(float share)
    {
        var own = 1 - (2 * share);
        var stride = _side * 3;
        for (var y = 0; y < _side; y++)
        {
            var row = _canvas.AsSpan(y * stride, stride);
            row.CopyTo(_row);
            for (var i = 3; i < row.Length - 3; i++) row[i] = (own * _row[i]) + (share * (_row[i - 3] + _row[i + 3]));
            for (var i = 0; i < 3; i++)
            {
                var end = stride - 1 - i;
                row[i] = (own * _row[i]) + (share * (_row[i] + _row[i + 3]));
                row[end] = (own * _row[end]) + (share * (_row[end] + _row[end - 3]));
            }
        }

        _canvas.AsSpan(0, stride).CopyTo(_above);
        for (var y = 0; y < _side; y++)
        {
            var row = _canvas.AsSpan(y * stride, stride);
            row.CopyTo(_row);
            var below = y + 1 < _side ? _canvas.AsSpan((y + 1) * stride, stride) : _row;
            for (var i = 0; i < stride; i++) row[i] = (own * _row[i]) + (share * (_above[i] + below[i]));
            _row.CopyTo(_above, 0);
        }
    }

    /// <summary>Adds noise, nearly normal (a sum of four uniform numbers), and rounds to bytes.</summary>
    private void Develop(float deviation, ref CounterRandom random, Span<byte> target)
    {
        var scale = deviation * 255 * MathF.Sqrt(3) / 256; // each of the four has a variance of 256² / 12
        ulong bits = 0;
        for (var i = 0; i < target.Length; i++)
        {
            bits = (i & 1) == 0 ? random.NextBits() : bits >> 32;
            var sum = (int)(bits & 0xff) + (int)((bits >> 8) & 0xff) + (int)((bits >> 16) & 0xff) + (int)((bits >> 24) & 0xff) - (2 * 255);
            target[i] = (byte)Math.Clamp((_canvas[i] * 255) + (scale * sum) + 0.5f, 0, 255);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(int x, int y, Colour colour)
    {
        var at = ((y * _side) + x) * 3;
        _canvas[at] = colour.R;
        _canvas[at + 1] = colour.G;
        _canvas[at + 2] = colour.B;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Blend(int x, int y, Colour colour, float cover)
    {
        var at = ((y * _side) + x) * 3;
        _canvas[at] += cover * (colour.R - _canvas[at]);
        _canvas[at + 1] += cover * (colour.G - _canvas[at + 1]);
        _canvas[at + 2] += cover * (colour.B - _canvas[at + 2]);
    }

    /// <summary>Signed distance to an outline of radius about 1, negative inside; all outlines have about the disc's area.</summary>
    private static float Distance(int outline, float u, float v)
    {
        switch (outline)
        {
            case 0:
                return MathF.Sqrt((u * u) + (v * v)) - 0.9f;
            case 1:
                return Math.Max(Math.Abs(u), Math.Abs(v)) - 0.8f;
            case 2: // three half planes
                return Math.Max(v, (Math.Abs(u) * 0.8660254f) - (v * 0.5f)) - 0.68f;
            case 3:
                return Star(u, v);
            default: // two crossed boxes
                var (a, b) = (Math.Abs(u), Math.Abs(v));
                return Math.Min(Math.Max(a - 1.12f, b - 0.38f), Math.Max(a - 0.38f, b - 1.12f));
        }
    }

    /// <summary>Five points: the plane is folded into one tenth, where the outline is one straight edge.</summary>
    private static float Star(float u, float v)
    {
        const float C1 = 0.809017f, S1 = 0.587785f; // cos 36°, sin 36°
        const float Outer = 1.3f, Inner = 0.62f;
        u = Math.Abs(u);
        Fold(ref u, ref v, C1, -S1);
        Fold(ref u, ref v, -C1, -S1);
        u = Math.Abs(u);
        // The edge runs from the point (0, Outer) to the notch at 36°.
        const float NotchX = Inner * S1, NotchY = Inner * C1;
        const float EdgeX = NotchX, EdgeY = NotchY - Outer;
        var cross = (u * -EdgeY) + ((v - Outer) * EdgeX);
        return cross / MathF.Sqrt((EdgeX * EdgeX) + (EdgeY * EdgeY));

        // Reflects what lies beyond the line through the origin whose normal is (x, y).
        static void Fold(ref float u, ref float v, float x, float y)
        {
            var beyond = 2 * Math.Max((u * x) + (v * y), 0);
            u -= beyond * x;
            v -= beyond * y;
        }
    }

    /// <summary>A square wave of period 1 between −1 and 1, with edges one pixel wide.</summary>
    private static float Wave(float position, float pixel)
    {
        var phase = position - MathF.Floor(position);
        var triangle = 0.25f - Math.Abs(phase - 0.5f); // −0.25 .. 0.25, zero where the tone changes
        return Math.Clamp(triangle * 2 / pixel, -1, 1);
    }

    /// <summary>Of a part of a full turn. In double, so that the result does not depend on a float library.</summary>
    private static (float Sin, float Cos) SinCos(float turn)
    {
        var (sin, cos) = Math.SinCos(turn * 2 * Math.PI);
        return ((float)sin, (float)cos);
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Colour(float R, float G, float B)
    {
        public static Colour operator +(Colour a, Colour b) => new(a.R + b.R, a.G + b.G, a.B + b.B);

        public static Colour operator -(Colour a, Colour b) => new(a.R - b.R, a.G - b.G, a.B - b.B);

        public static Colour operator *(Colour a, float factor) => new(a.R * factor, a.G * factor, a.B * factor);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Colour Mix(Colour a, Colour b, float t) => a + ((b - a) * t);

        /// <summary>Dark and of little colour: the ground and what clutters it.</summary>
        public static Colour Muted(ref CounterRandom random) =>
            FromHue(random.NextSingle(), random.Between(0, 0.5f), random.Between(0.1f, 0.5f));

        /// <summary>Bright and of clear colour: an object.</summary>
        public static Colour Vivid(ref CounterRandom random) =>
            FromHue(random.NextSingle(), random.Between(0.3f, 0.8f), random.Between(0.6f, 1));

        /// <summary>A colour by its place on the colour circle.</summary>
        /// <param name="hue">Part of a full turn; red is 0, green a third.</param>
        /// <param name="saturation">0 is grey.</param>
        /// <param name="value">The largest component.</param>
        private static Colour FromHue(float hue, float saturation, float value)
        {
            return new Colour(Component(hue), Component(hue + (2 / 3f)), Component(hue + (1 / 3f)));

            float Component(float turn)
            {
                var distance = Math.Abs((turn - MathF.Floor(turn)) - 0.5f) * 6; // 3 at the component's own hue, 0 opposite to it
                return value * (1 - (saturation * (1 - Math.Clamp(distance - 1, 0, 1))));
            }
        }
    }
}

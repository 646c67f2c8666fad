// The arithmetic of Winograd's convolutions, for vectors of any width. What a file has named before it includes this within its anonymous namespace: kLanes, the
// floats of a vector; Vector; multiply_add, which is a * b + c; and what its registers have room for: kRows, the tiles whose products stay in them, and
// kChannels, the channels of the input whose gradients do.

constexpr int kWidth = 6; // points each way
constexpr int64_t kParts = kColumns / kLanes;

// F(4 x 4, 3 x 3) evaluates polynomials at 0, a, -a, b, -b and infinity: in each dimension results are A'((G g) * (B' d)) of weights g and pixels d, with
//
//        1    0   -5/2    0   1  0         1       0      0
//        0  -2a     -2    a   1  0      -2/3   -2a/3   -1/3          1    1     1    1    1  0
//   B' = 0   2a     -2   -a   1  0  G = -2/3    2a/3   -1/3     A' = 0    a    -a    b   -b  0
//        0 -b/2   -1/2    b   1  0       1/6     b/6    1/3          0  1/2   1/2    2    2  0
//        0  b/2   -1/2   -b   1  0       1/6    -b/6    1/3          0  a/2  -a/2   2b  -2b  1
//        0    1      0 -5/2   0  1         0       0      1
//
// With a = 1/sqrt(2), b = sqrt(2) rounding errors are about 1e-6 of the largest result, near those of a direct convolution; the usual 1 and 2 make them
// five times as large.
constexpr float kA = 0.70710678118654752f, kB = 1.41421356237309505f;

// As it lies in memory.
typedef float Stored __attribute__((vector_size(kLanes * sizeof(float)), aligned(alignof(float)), may_alias));

RETORT_INLINE Vector load(const float* from) { return *reinterpret_cast<const Stored*>(from); }
RETORT_INLINE void store(float* to, Vector value) { *reinterpret_cast<Stored*>(to) = value; }
RETORT_INLINE Vector all(float value) { return value - Vector{}; } // minus, so that -0 stays
RETORT_INLINE Vector gather(const float* from, int64_t apart) {
    Vector result{};
    for (int lane = 0; lane < kLanes; lane++)
        result[lane] = from[lane * apart];
    return result;
}
RETORT_INLINE Vector multiply_add(float a, Vector b, Vector c) { return multiply_add(all(a), b, c); }

// A polynomial at the six points, of its even and odd terms at a and at b.
RETORT_INLINE void set_points(Vector at_zero, Vector even_a, Vector odd_a, Vector even_b, Vector odd_b, Vector at_infinity, Vector* to, int apart) {
    to[0] = at_zero;
    to[apart] = even_a + odd_a;
    to[2 * apart] = even_a - odd_a;
    to[3 * apart] = even_b + odd_b;
    to[4 * apart] = even_b - odd_b;
    to[5 * apart] = at_infinity;
}

// One dimension of each transform: numbers lie `step` vectors apart, results `apart`.
RETORT_INLINE void input_transform(const Vector* d, int step, Vector* to, int apart) { // 6 pixels, 6 points
    Vector d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
    Vector even_a = multiply_add(-2.0f, d2, d4), odd_a = all(kA) * multiply_add(-2.0f, d1, d3);
    Vector even_b = multiply_add(-0.5f, d2, d4), odd_b = all(kB) * multiply_add(-0.5f, d1, d3);
    set_points(multiply_add(-2.5f, d2, d0 + d4), even_a, odd_a, even_b, odd_b, multiply_add(-2.5f, d3, d1 + d5), to, apart);
}

RETORT_INLINE void output_transform(const Vector* m, int step, Vector* to, int apart) { // 6 points, 4 pixels
    Vector even_a = m[step] + m[2 * step], odd_a = m[step] - m[2 * step], even_b = m[3 * step] + m[4 * step], odd_b = m[3 * step] - m[4 * step];
    to[0] = m[0] + even_a + even_b;
    to[apart] = multiply_add(kA, odd_a, all(kB) * odd_b);
    to[2 * apart] = multiply_add(0.5f, even_a, all(2) * even_b);
    to[3 * apart] = multiply_add(0.5f * kA, odd_a, multiply_add(2 * kB, odd_b, m[5 * step]));
}

RETORT_INLINE void gradient_transform(const Vector* y, int step, Vector* to, int apart) { // 4 pixels, 6 points
    Vector y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
    Vector even_a = multiply_add(0.5f, y2, y0), odd_a = all(kA) * multiply_add(0.5f, y3, y1);
    Vector even_b = multiply_add(2.0f, y2, y0), odd_b = all(kB) * multiply_add(2.0f, y3, y1);
    set_points(y0, even_a, odd_a, even_b, odd_b, y3, to, apart);
}

RETORT_INLINE void weight_transform(const Vector* g, int step, Vector* to, int apart) { // 3 weights, 6 points
    Vector g0 = g[0], g1 = g[step], g2 = g[2 * step];
    Vector even_a = multiply_add(-2 / 3.0f, g0, all(-1 / 3.0f) * g2), odd_a = all(-2 * kA / 3) * g1;
    Vector even_b = multiply_add(1 / 6.0f, g0, all(1 / 3.0f) * g2), odd_b = all(kB / 6) * g1;
    set_points(g0, even_a, odd_a, even_b, odd_b, g2, to, apart);
}

RETORT_INLINE void weight_transform_back(const Vector* v, int step, Vector* to, int apart) { // 6 points, 3 weights
    Vector even_a = v[step] + v[2 * step], odd_a = v[step] - v[2 * step], even_b = v[3 * step] + v[4 * step], odd_b = v[3 * step] - v[4 * step];
    to[0] = multiply_add(-2 / 3.0f, even_a, multiply_add(1 / 6.0f, even_b, v[0]));
    to[apart] = multiply_add(-2 * kA / 3, odd_a, all(kB / 6) * odd_b);
    to[2 * apart] = multiply_add(-1 / 3.0f, even_a, multiply_add(1 / 3.0f, even_b, v[5 * step]));
}

struct Place {
    int64_t image, row, column;
};

// The upper left pixel of a tile.
RETORT_INLINE Place place_of(const Images& images, int64_t tile) {
    int64_t down = tile / images.across(), rows = (images.height + kSide - 1) / kSide;
    return {down / rows, down % rows * kSide, tile % images.across() * kSide};
}

// Where the pixels of a square are, row by row; those outside the image are in `nothing`.
template <int Width> RETORT_INLINE void locate(const Images& images, const float* pixels, int64_t tile, int64_t border, const float** to) {
    alignas(64) static const float nothing[kMostChannels] = {};
    auto [image, row, column] = place_of(images, tile);
    row -= border;
    column -= border;
    const float* corner = pixels + ((image * images.height + row) * images.width + column) * images.channels;
    for (int y = 0; y < Width; y++) {
        for (int x = 0; x < Width; x++) {
            bool inside = row + y >= 0 && row + y < images.height && column + x >= 0 && column + x < images.width;
            to[y * Width + x] = inside ? corner + (y * images.width + x) * images.channels : nothing;
        }
    }
}

// A cache line of each of some pixels, for what comes next: they lie too far apart for the processor to foresee.
template <int Count> RETORT_INLINE void prefetch(const float* const* at, int64_t channel) {
#pragma GCC unroll 36
    for (int i = 0; i < Count; i++)
        __builtin_prefetch(at[i] + channel);
}

// The second dimension of a transform, whose first made rows of kWidth; its points go `apart` floats from each other.
template <void (*transform)(const Vector*, int, Vector*, int)> RETORT_INLINE void store_columns(const Vector* rows, float* to, int64_t apart) {
    Vector column[kWidth];
#pragma GCC unroll 6
    for (int x = 0; x < kWidth; x++) {
        transform(rows + x, kWidth, column, 1);
#pragma GCC unroll 6
        for (int y = 0; y < kWidth; y++)
            store(to + (y * kWidth + x) * apart, column[y]);
    }
}

template <int64_t Unit> void transform_inputs(const Images& images, const float* pixels, int64_t first, int64_t count, float* to) {
    const float *spots[2][kPoints], **at = spots[0], **next = spots[1];
    locate<kWidth>(images, pixels, first, 1, at);
    for (int64_t tile = 0; tile < count; tile++, to += kLanes, std::swap(at, next)) {
        locate<kWidth>(images, pixels, std::min(first + tile + 1, images.tiles() - 1), 1, next);
        for (int64_t c = 0; c < images.channels; c += kLanes) {
            if (c % kColumns == 0)
                prefetch<kPoints>(c + kColumns < images.channels ? at : next, c + kColumns < images.channels ? c + kColumns : 0);
            Vector half[kPoints], row[kWidth];
#pragma GCC unroll 6
            for (int y = 0; y < kWidth; y++) {
#pragma GCC unroll 6
                for (int x = 0; x < kWidth; x++)
                    row[x] = load(at[y * kWidth + x] + c);
                input_transform(row, 1, half + y * kWidth, 1);
            }
            store_columns<input_transform>(half, to + c * kPoints * Unit, kLanes * Unit);
        }
    }
}

// kRows tiles by kColumns outputs at one point.
template <int64_t Unit> RETORT_INLINE void multiply_rows(int64_t inputs, const float* tiles, const float* weights, float* to) {
    Vector sums[kRows][kParts];
#pragma GCC unroll 16
    for (int row = 0; row < kRows; row++)
        for (int part = 0; part < kParts; part++)
            sums[row][part] = Vector{};
    for (int64_t c = 0; c < inputs; c += kLanes, tiles += kPoints * Unit * kLanes, weights += kLanes * kColumns) {
#pragma GCC unroll 16
        for (int lane = 0; lane < kLanes; lane++) {
            Vector columns[kParts];
            for (int part = 0; part < kParts; part++)
                columns[part] = load(weights + lane * kColumns + part * kLanes);
#pragma GCC unroll 16
            for (int row = 0; row < kRows; row++) {
                Vector value = all(tiles[row * kLanes + lane]);
                for (int part = 0; part < kParts; part++)
                    sums[row][part] = multiply_add(value, columns[part], sums[row][part]);
            }
        }
    }
#pragma GCC unroll 16
    for (int row = 0; row < kRows; row++) {
        for (int part = 0; part < kParts; part++)
            store(to + (part * kPoints * Unit + row) * kLanes, sums[row][part]);
    }
}

template <int64_t Unit> void multiply(int64_t inputs, const float* tiles, const float* weights, float* to) {
    for (int64_t point = 0; point < kPoints; point++, weights += inputs * kColumns) {
        for (int64_t row = point * Unit; row < (point + 1) * Unit; row += kRows)
            multiply_rows<Unit>(inputs, tiles + row * kLanes, weights, to + row * kLanes);
    }
}

template <int64_t Unit>
void transform_outputs(const Images& results, const float* points, int64_t first, int64_t count, int64_t channel, const float* bias, const float* added,
                       bool relu, float* pixels) {
    for (int64_t tile = first; tile < first + count; tile++, points += kLanes) {
        auto [image, row, column] = place_of(results, tile);
        int64_t high = std::min(kSide, results.height - row), wide = std::min(kSide, results.width - column);
        for (int64_t part = 0; part < kColumns; part += kLanes) {
            Vector half[kSide * kWidth], line[kWidth];
#pragma GCC unroll 6
            for (int x = 0; x < kWidth; x++) {
#pragma GCC unroll 6
                for (int y = 0; y < kWidth; y++)
                    line[y] = load(points + (part * kPoints + (y * kWidth + x) * kLanes) * Unit);
                output_transform(line, 1, half + x, kWidth);
            }
            Vector shift = bias == nullptr ? Vector{} : load(bias + channel + part);
            for (int64_t y = 0; y < high; y++) {
                output_transform(half + y * kWidth, 1, line, 1);
                int64_t at = ((image * results.height + row + y) * results.width + column) * results.channels + channel + part;
#pragma GCC unroll 4
                for (int x = 0; x < kSide; x++, at += results.channels) {
                    if (x >= wide)
                        break;
                    Vector value = line[x] + shift;
                    if (added != nullptr)
                        value += load(added + at);
                    store(pixels + at, relu ? (value < 0 ? Vector{} : value) : value);
                }
            }
        }
    }
}

// kChannels inputs by kColumns outputs at one point, summed over tiles: apart from the sums so far, which are larger and would round more.
RETORT_INLINE void accumulate_channels(const float* tiles, const float* gradients, int64_t count, float* to) {
    Vector sums[kChannels][kParts];
#pragma GCC unroll 16
    for (int c = 0; c < kChannels; c++)
        for (int part = 0; part < kParts; part++)
            sums[c][part] = Vector{};
    for (int64_t tile = 0; tile < count; tile++, tiles += kLanes, gradients += kLanes) {
        Vector columns[kParts];
        for (int part = 0; part < kParts; part++)
            columns[part] = load(gradients + part * kPoints * kMany * kLanes);
#pragma GCC unroll 16
        for (int c = 0; c < kChannels; c++) {
            Vector value = all(tiles[c]);
            for (int part = 0; part < kParts; part++)
                sums[c][part] = multiply_add(value, columns[part], sums[c][part]);
        }
    }
#pragma GCC unroll 16
    for (int c = 0; c < kChannels; c++) {
        for (int part = 0; part < kParts; part++) {
            float* at = to + c * kColumns + part * kLanes;
            store(at, load(at) + sums[c][part]);
        }
    }
}

void transform_weights(const Weight& shape, const float* weights, int64_t output, float* to) {
    for (int64_t input = 0; input < shape.inputs; input++) {
        for (int64_t part = 0; part < kColumns; part += kLanes) {
            const float* from = weights + (output + part) * shape.output_stride + input * shape.input_stride;
            Vector half[3 * kWidth], line[3];
#pragma GCC unroll 3
            for (int y = 0; y < 3; y++) {
#pragma GCC unroll 3
                for (int x = 0; x < 3; x++)
                    line[x] = gather(from + y * shape.row_stride + x * shape.column_stride, shape.output_stride);
                weight_transform(line, 1, half + y * kWidth, 1);
            }
            store_columns<weight_transform>(half, to + input * kColumns + part, shape.inputs * kColumns);
        }
    }
}

void transform_weights_back(const Weight& shape, const float* points, int64_t output, float* to) {
    for (int64_t input = 0; input < shape.inputs; input++) {
        for (int64_t part = 0; part < kColumns; part += kLanes) {
            Vector half[3 * kWidth], line[kWidth];
#pragma GCC unroll 6
            for (int x = 0; x < kWidth; x++) {
#pragma GCC unroll 6
                for (int y = 0; y < kWidth; y++)
                    line[y] = load(points + ((y * kWidth + x) * shape.inputs + input) * kColumns + part);
                weight_transform_back(line, 1, half + x, kWidth);
            }
            float* at = to + (output + part) * shape.output_stride + input * shape.input_stride;
            for (int y = 0; y < 3; y++) {
                weight_transform_back(half + y * kWidth, 1, line, 1);
                for (int x = 0; x < 3; x++) {
                    for (int lane = 0; lane < kLanes; lane++)
                        at[lane * shape.output_stride + y * shape.row_stride + x * shape.column_stride] = line[x][lane];
                }
            }
        }
    }
}

void transform_inputs(const Images& images, const float* pixels, int64_t first, int64_t count, int64_t unit, float* to) {
    (unit == kFew ? transform_inputs<kFew> : transform_inputs<kMany>)(images, pixels, first, count, to);
}

void transform_gradients(const Images& images, const float* pixels, int64_t first, int64_t count, float* to) {
    for (int64_t tile = 0; tile < count; tile++, to += kLanes) {
        const float* at[kSide * kSide];
        locate<kSide>(images, pixels, first + tile, 0, at);
        for (int64_t c = 0; c < images.channels; c += kLanes) {
            Vector half[kSide * kWidth], row[kSide];
#pragma GCC unroll 4
            for (int y = 0; y < kSide; y++) {
#pragma GCC unroll 4
                for (int x = 0; x < kSide; x++)
                    row[x] = load(at[y * kSide + x] + c);
                gradient_transform(row, 1, half + y * kWidth, 1);
            }
            store_columns<gradient_transform>(half, to + c * kPoints * kMany, kLanes * kMany);
        }
    }
}

void multiply(int64_t inputs, const float* tiles, const float* weights, int64_t unit, float* to) {
    (unit == kFew ? multiply<kFew> : multiply<kMany>)(inputs, tiles, weights, to);
}

void transform_outputs(const Images& results, const float* points, int64_t first, int64_t count, int64_t unit, int64_t channel, const float* bias,
                       const float* added, bool relu, float* pixels) {
    (unit == kFew ? transform_outputs<kFew> : transform_outputs<kMany>)(results, points, first, count, channel, bias, added, relu, pixels);
}

void accumulate(int64_t inputs, const float* tiles, const float* gradients, int64_t point, int64_t count, float* to) {
    gradients += point * kMany * kLanes;
    for (int64_t c = 0; c < inputs; c += kChannels)
        accumulate_channels(tiles + (c / kLanes * kPoints + point) * kMany * kLanes + c % kLanes, gradients, count, to + c * kColumns);
}

constexpr Kernels kKernels = {transform_weights, transform_weights_back, transform_inputs, transform_gradients, multiply, accumulate, transform_outputs};

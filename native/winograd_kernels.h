// The arithmetic of winograd.cpp on plain memory, for one thread. Images are float, channels last, channels a multiple of kColumns.
#pragma once
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) // its pragmas are GCC's own
#define RETORT_WINOGRAD
#include <cstdint>

namespace retort::winograd {

constexpr int64_t kSide = 4;                           // pixels of a tile of the result, each way
constexpr int64_t kPoints = (kSide + 2) * (kSide + 2); // products that a tile takes for each pair of channels
constexpr int64_t kColumns = 16;                       // channels of the result that are computed together
constexpr int64_t kMostChannels = 4096;
// Tiles of a unit: what is transformed, and then multiplied, together; few where channels are many, so that they stay in the second cache.
constexpr int64_t kFew = 12, kMany = 24;

struct Images {
    int64_t count, height, width, channels;

    int64_t across() const { return (width + kSide - 1) / kSide; }
    int64_t tiles() const { return count * ((height + kSide - 1) / kSide) * across(); }
};

// A weight [outputs, inputs, 3, 3] anywhere in memory, distances in floats.
struct Weight {
    int64_t outputs, inputs, output_stride, input_stride, row_stride, column_stride;
};

// The functions for one kind of processor. In what they pass to each other numbers lie by vectors, of as many floats as there are lanes.
struct Kernels {
    // Weights at the points, [outputs / kColumns, kPoints, inputs, kColumns]: those of kColumns outputs from `output` on.
    void (*transform_weights)(const Weight& shape, const float* weights, int64_t output, float* to);

    // The same way back, for gradients: what transform_weights' transpose gives.
    void (*transform_weights_back)(const Weight& shape, const float* points, int64_t output, float* to);

    // `count` tiles from `first` on, each with a border of one pixel, at the points: [channels / lanes, kPoints, unit, lanes].
    void (*transform_inputs)(const Images& images, const float* pixels, int64_t first, int64_t count, int64_t unit, float* to);

    // Likewise of gradients of results, in units of kMany: without a border, by the transpose of what transform_outputs does.
    void (*transform_gradients)(const Images& images, const float* pixels, int64_t first, int64_t count, float* to);

    // kColumns results of a unit at the points, [kColumns / lanes, kPoints, unit, lanes], from transformed inputs and kColumns' weights.
    void (*multiply)(int64_t inputs, const float* tiles, const float* weights, int64_t unit, float* to);

    // What the first `count` tiles of a unit of kMany add to the gradients of kColumns' weights at one point [inputs, kColumns].
    void (*accumulate)(int64_t inputs, const float* tiles, const float* gradients, int64_t point, int64_t count, float* to);

    // kColumns channels of the result, from `channel` on, of `count` tiles from `first` on: with bias (or null), what is added (or null), ReLU.
    void (*transform_outputs)(const Images& results, const float* points, int64_t first, int64_t count, int64_t unit, int64_t channel, const float* bias,
                              const float* added, bool relu, float* pixels);
};

extern const Kernels kAvx2, kAvx512;

} // namespace retort::winograd
#endif

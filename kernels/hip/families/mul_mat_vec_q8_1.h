// mul_mat_vec_*_q8_1_cuda1..8: weight rows times one to eight q8_1 vectors, by integer dot products.
#pragma once
#include "../core/format.h"
#include "../core/reduce.h"

// A slice is what a thread takes at a time: `words` packed words of a block. Its codes fall into parts; all codes of a
// part share a scale and a q8_1 block. In a 32-element format that is one part, else every plane is one.
template <typename Format>
struct SliceShape {
    static constexpr int words = Format::slice_words;
    static constexpr int slices = Format::packed_words / words;
    static constexpr int parts = Format::elements == q8_1_elements ? 1 : Format::planes;
    static constexpr int planes_each = Format::planes / parts, part_stride = planes_each * plane_stride<Format>;
    static constexpr bool stored_sum = Format::stored_sum_in_mul_mat_vec;
    static constexpr bool has_offset = Format::has_minimum || (stored_sum && Format::bias != 0);
    static constexpr int bias = stored_sum ? 0 : Format::bias;  // that is not part of the offset
};

template <typename Format>
struct WeightSlice {
    using Shape = SliceShape<Format>;
    Codes codes[Format::planes][Shape::words];
    float scale[Shape::parts], offset[Shape::parts];
};

template <typename Format>
struct ActivationSlice {
    using Shape = SliceShape<Format>;
    Codes codes[Format::planes][Shape::words];
    float scale[Shape::parts], sum[Shape::parts];
    int dot_start[Shape::parts];  // makes up for a bias that the codes of the weights still have
};

template <typename Format>
DEVICE WeightSlice<Format> load_weights(const typename Format::Block& block, int slice) {
    using Shape = SliceShape<Format>;
    WeightSlice<Format> loaded;
    int word = slice * Shape::words;
    int first = element_of<Format>(word) / Format::group;
    auto packed = Format::template load<Shape::words>(block, word);
#pragma unroll
    for (int i = 0; i < Format::planes * Shape::words; ++i) {
        int p = i / Shape::words, k = i % Shape::words;
        loaded.codes[p][k] = Format::decode(packed, word, p, k);
    }
#pragma unroll
    for (int part = 0; part < Shape::parts; ++part) {
        Affine affine = Format::affine(block, first + part * Shape::part_stride / Format::group);
        loaded.scale[part] = affine.scale;
        loaded.offset[part] = Shape::stored_sum ? offset<Format>(affine) : affine.minimum;
    }
    return loaded;
}

template <typename Format>
DEVICE int sum_of_codes(const ActivationSlice<Format>& slice, int part) {
    using Shape = SliceShape<Format>;
    int sum = 0;
#pragma unroll
    for (int i = 0; i < Shape::planes_each * Shape::words; ++i) {
        sum = dot4(slice.codes[part * Shape::planes_each + i / Shape::words][i % Shape::words], 0x01010101, sum);
    }
    return sum;
}

// What the offset of a slice's part is multiplied with: the slice's share of the stored sum, or the sum of its codes.
template <typename Format>
DEVICE float additive_sum(const ActivationSlice<Format>& slice, int part, float stored) {
    using Shape = SliceShape<Format>;
    if constexpr (Shape::stored_sum) return stored * (static_cast<float>(Shape::words) / Format::packed_words);
    return static_cast<float>(sum_of_codes(slice, part));
}

// `blocks` is the q8_1 block that meets the weight block's first element.
template <typename Format>
DEVICE ActivationSlice<Format> load_activations(const block_q8_1* blocks, int slice) {
    using Shape = SliceShape<Format>;
    int element = element_of<Format>(slice * Shape::words), word = element % q8_1_elements / 4;
    const block_q8_1* first = blocks + element / q8_1_elements;
    ActivationSlice<Format> loaded;
#pragma unroll
    for (int p = 0; p < Format::planes; ++p) {
        constexpr int stride = plane_stride<Format>;
        load_codes(first[p * stride / q8_1_elements], word + p * stride % q8_1_elements / 4, loaded.codes[p]);
    }
#pragma unroll
    for (int part = 0; part < Shape::parts; ++part) {
        float2 scale_sum = scale_and_sum(first[part * Shape::part_stride / q8_1_elements]);
        loaded.scale[part] = scale_sum.x;
        if constexpr (Shape::has_offset) loaded.sum[part] = additive_sum(loaded, part, scale_sum.y);
        loaded.dot_start[part] = Shape::bias == 0 ? 0 : -Shape::bias * sum_of_codes(loaded, part);
    }
    return loaded;
}

template <typename Format>
DEVICE float multiply(const WeightSlice<Format>& w, const ActivationSlice<Format>& y) {
    using Shape = SliceShape<Format>;
    float sum = 0.0f;
#pragma unroll
    for (int part = 0; part < Shape::parts; ++part) {
        int dot = y.dot_start[part];
#pragma unroll
        for (int i = 0; i < Shape::planes_each * Shape::words; ++i) {
            int plane = part * Shape::planes_each + i / Shape::words;
            dot = dot4(w.codes[plane][i % Shape::words], y.codes[plane][i % Shape::words], dot);
        }
        float product = w.scale[part] * static_cast<float>(dot);
        if constexpr (Shape::has_offset && !Shape::stored_sum) product = fmaf(w.offset[part], y.sum[part], product);
        if constexpr (Shape::has_offset && Shape::stored_sum) sum = fmaf(w.offset[part], y.sum[part], sum);
        sum = fmaf(y.scale[part], product, sum);
    }
    return sum;
}

// A thread's share of `rows` weight rows times `batch` vectors: partial[j * rows + r]. `stride` is in q8_1 blocks.
template <typename Format, int rows, int batch, int groups>
DEVICE void multiply_rows(const typename Format::Block* const (&row)[rows], const block_q8_1* y, int stride,
                          int columns, float (&partial)[batch * rows]) {
    using Shape = SliceShape<Format>;
    constexpr int y_each = Format::elements / q8_1_elements;
    constexpr int threads = groups * group_lanes;
    static_assert(threads % Shape::slices == 0, "a thread stays at its slice and goes from block to block");
    int thread = groups == 1 ? static_cast<int>(threadIdx.x % group_lanes) : thread_number<groups>();
    int slice = thread % Shape::slices;
    for (int b = thread / Shape::slices; b < blocks_in<Format>(columns); b += threads / Shape::slices) {
        WeightSlice<Format> weights[rows];
#pragma unroll
        for (int r = 0; r < rows; ++r) weights[r] = load_weights<Format>(row[r][b], slice);
#pragma unroll
        for (int j = 0; j < batch; ++j) {
            if (batch > 4 && j % 2 == 0) scheduling_fence();
            auto activations = load_activations<Format>(y + j * stride + b * y_each, slice);
#pragma unroll
            for (int r = 0; r < rows; ++r) partial[j * rows + r] += multiply(weights[r], activations);
        }
    }
}

// The launch has four groups of 32 threads a workgroup up to four vectors, else two, and a workgroup for one row (one
// vector) or two. Where one takes more rows than that, rows share each access to the activations, and the last
// workgroups find nothing left to do.
CONSTANT int mul_mat_vec_groups(int batch) { return batch <= 4 ? 4 : 2; }
CONSTANT int mul_mat_vec_rows(int batch) { return batch <= 4 ? 2 : 4; }

// Rows first .. of `out[j * row_count + row]`, j < batch, by `groups` groups of 32 threads together. A row past the last
// is worked out as the last and not stored.
template <typename Format, int rows, int batch, int groups>
DEVICE void multiply_and_store(const typename Format::Block* weights, const block_q8_1* activations, float* out,
                               int first, int columns, int padded_columns, int row_count) {
    if (first >= row_count) return;
    const typename Format::Block* row[rows];
#pragma unroll
    for (int r = 0; r < rows; ++r) row[r] = row_of_blocks<Format>(weights, min(first + r, row_count - 1), columns);
    float partial[batch * rows] = {};
    multiply_rows<Format, rows, batch, groups>(row, activations, padded_columns / q8_1_elements, columns, partial);
    sum_over_groups<groups>(partial, [=](int i, float sum) {
        if (first + i % rows < row_count) out[static_cast<int64_t>(i / rows) * row_count + first + i % rows] = sum;
    });
}

template <typename Format, int batch>
DEVICE void mul_mat_vec_q8_1(const void* __restrict__ weights, const void* __restrict__ activations,
                             float* __restrict__ out, int columns, int padded_columns, int row_count) {
    constexpr int rows = mul_mat_vec_rows(batch);
    multiply_and_store<Format, rows, batch, mul_mat_vec_groups(batch)>(
        static_cast<const typename Format::Block*>(weights), static_cast<const block_q8_1*>(activations), out,
        static_cast<int>(blockIdx.x) * rows, columns, padded_columns, row_count);
}

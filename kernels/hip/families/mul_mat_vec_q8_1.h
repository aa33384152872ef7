// mul_mat_vec_*_q8_1_cuda1..8: weight rows times one to eight q8_1 vectors, by integer dot products.
#pragma once
#include "../core/format.h"
#include "../core/reduce.h"

// A slice is what a thread takes at a time: `words` packed words of a block. Its codes fall into parts; all codes of a
// part share a scale and a q8_1 block. In a 32-element format that is one part, else every plane is one.
template <typename Format>
struct SliceShape {
    static constexpr int words = Format::slice_words;
    static constexpr int slices = Format::packed / words;
    static constexpr int parts = Format::elements == q8_1_elements ? 1 : Format::planes;
    static constexpr int planes_each = Format::planes / parts;
    static constexpr bool stored_sum = Format::stored_sum_in_mul_mat_vec;
    static constexpr bool has_offset = Format::has_minimum || (stored_sum && Format::bias != 0);
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
};

template <typename Format>
DEVICE WeightSlice<Format> load_weights(const typename Format::Block& block, int slice) {
    using Shape = SliceShape<Format>;
    WeightSlice<Format> loaded;
    int word = slice * Shape::words;
    Format::template unpack<Shape::words>(block, word, loaded.codes);
#pragma unroll
    for (int part = 0; part < Shape::parts; ++part) {
        int element = element_of<Format>(word, part * Shape::planes_each);
        Affine affine = Format::affine(block, element / Format::group);
        loaded.scale[part] = affine.scale;
        loaded.offset[part] = Shape::stored_sum ? offset<Format>(affine) : affine.minimum;
    }
    if constexpr (!Shape::stored_sum) {
#pragma unroll
        for (int i = 0; i < Format::planes * Shape::words; ++i) {
            Codes& codes = loaded.codes[i / Shape::words][i % Shape::words];
            codes = remove_bias<Format::bias>(codes);
        }
    }
    return loaded;
}

// What the offset of a slice's part is multiplied with: the slice's share of the stored sum, or the decoded sum.
template <typename Format>
DEVICE float additive_sum(const Codes (&codes)[SliceShape<Format>::words], float2 scale_sum) {
    using Shape = SliceShape<Format>;
    if constexpr (Shape::stored_sum) {
        return scale_sum.y * (static_cast<float>(Shape::words) / Format::packed);
    } else {
        int sum = 0;
#pragma unroll
        for (int i = 0; i < Shape::words; ++i) sum = dot4(codes[i], 0x01010101, sum);
        return scale_sum.x * static_cast<float>(sum);
    }
}

// `blocks` is the q8_1 block that meets the weight block's first element.
template <typename Format>
DEVICE ActivationSlice<Format> load_activations(const block_q8_1* blocks, int slice) {
    using Shape = SliceShape<Format>;
    ActivationSlice<Format> loaded;
#pragma unroll
    for (int p = 0; p < Format::planes; ++p) {
        int element = element_of<Format>(slice * Shape::words, p);
        const block_q8_1& block = blocks[element / q8_1_elements];
        load_codes(block, element % q8_1_elements / 4, loaded.codes[p]);
        if (p % Shape::planes_each != 0) continue;
        float2 scale_sum = scale_and_sum(block);
        loaded.scale[p / Shape::planes_each] = scale_sum.x;
        if constexpr (Shape::has_offset) {
            loaded.sum[p / Shape::planes_each] = additive_sum<Format>(loaded.codes[p], scale_sum);
        }
    }
    return loaded;
}

template <typename Format>
DEVICE float multiply(const WeightSlice<Format>& w, const ActivationSlice<Format>& y) {
    using Shape = SliceShape<Format>;
    float sum = 0.0f;
#pragma unroll
    for (int part = 0; part < Shape::parts; ++part) {
        int dot = 0;
#pragma unroll
        for (int i = 0; i < Shape::planes_each * Shape::words; ++i) {
            int plane = part * Shape::planes_each + i / Shape::words;
            dot = dot4(w.codes[plane][i % Shape::words], y.codes[plane][i % Shape::words], dot);
        }
        sum = fmaf(w.scale[part] * y.scale[part], static_cast<float>(dot), sum);
        if constexpr (Shape::has_offset) sum = fmaf(w.offset[part], y.sum[part], sum);
    }
    return sum;
}

// A thread's share of `rows` weight rows times `batch` vectors: partial[j * rows + r]. `stride` is in q8_1 blocks.
template <typename Format, int rows, int batch, int threads>
DEVICE void multiply_rows(const typename Format::Block* const (&row)[rows], const block_q8_1* y, int stride,
                          int columns, float (&partial)[batch * rows]) {
    using Shape = SliceShape<Format>;
    constexpr int y_each = Format::elements / q8_1_elements;
    int slices = blocks_in<Format>(columns) * Shape::slices;
    for (int i = static_cast<int>(threadIdx.y * group_lanes + threadIdx.x); i < slices; i += threads) {
        int b = i / Shape::slices, slice = i % Shape::slices;
        WeightSlice<Format> weights[rows];
#pragma unroll
        for (int r = 0; r < rows; ++r) weights[r] = load_weights<Format>(row[r][b], slice);
#pragma unroll
        for (int j = 0; j < batch; ++j) {
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
CONSTANT int mul_mat_vec_rows(int batch) { return batch == 1 ? 2 : 2; }

// Rows first .. of `out[j * out_stride + row]`, j < batch. A row past the last is worked out as the last and not stored.
template <typename Format, int rows, int batch, int groups>
DEVICE void multiply_and_store(const typename Format::Block* weights, const block_q8_1* activations, float* out,
                               int first, int columns, int padded_columns, int row_count) {
    if (first >= row_count) return;
    const typename Format::Block* row[rows];
#pragma unroll
    for (int r = 0; r < rows; ++r) row[r] = row_of_blocks<Format>(weights, min(first + r, row_count - 1), columns);
    float partial[batch * rows] = {};
    multiply_rows<Format, rows, batch, groups * group_lanes>(row, activations, padded_columns / q8_1_elements, columns,
                                                            partial);
    sum_over_workgroup<groups>(partial, [=](int i, float sum) {
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

"""Scanning small sources: which kernels there are and what is told about each."""

from pathlib import Path

from tracker.scan import scan_file

SOURCE = """
struct block { float scale; signed char quants[32]; };

__device__ float twice(float value) { return 2 * value; }

extern "C" __global__ void scale(const void * __restrict__ source, float * __restrict__ result, const int count) {
    const block *blocks = (const block *) source;
    if (threadIdx.x < count) result[threadIdx.x] = twice(blocks[0].scale);
}

__global__ void plain(unsigned char *bytes) { bytes[0] = 1; }

__global__ void only_declared(int);
"""


def test_a_plain_kernel_has_symbol_parameters_line_and_what_it_reaches(tmp_path: Path) -> None:
    file = tmp_path / "scale.cu"
    file.write_text(SOURCE)

    facts = scan_file(file, "cuda")

    assert [kernel.symbol for kernel in facts.kernels] == ["scale", "_Z5plainPh"]
    scale = facts.kernels[0]
    assert [(each.name, each.type) for each in scale.parameters] == [
        ("source", "const void *"),
        ("result", "float *"),
        ("count", "int"),
    ]
    assert (scale.place.path, scale.place.line) == ("scale.cu", 6)
    assert (scale.macro, scale.macro_place) == (None, None)
    assert (scale.helpers, scale.structs) == (("twice",), ("block",))
    assert facts.diagnostics == ()

"""Which kernels a source holds and what is told about each."""

from tracker.scan.facts import FileFacts, Kernel

from .conftest import Scan

PLAIN = """
struct block { float scale; signed char quants[32]; };

__device__ float twice(float value) { return 2 * value; }

extern "C" __global__ void scale(const void * __restrict__ source, float * __restrict__ result, const int count) {
    const block *blocks = (const block *) source;
    if (threadIdx.x < count) result[threadIdx.x] = twice(blocks[0].scale);
}

__global__ void plain(unsigned char *bytes) { bytes[0] = 1; }

__global__ void only_declared(int);
"""


def by_symbol(facts: FileFacts) -> dict[str, Kernel]:
    return {kernel.symbol: kernel for kernel in facts.kernels}


def types(kernel: Kernel) -> list[str]:
    return [parameter.type for parameter in kernel.parameters]


def test_a_plain_kernel_has_symbol_parameters_line_and_what_it_reaches(scan: Scan) -> None:
    facts = scan(PLAIN)

    assert [kernel.symbol for kernel in facts.kernels] == ["scale", "_Z5plainPh"]
    scale = facts.kernels[0]
    assert [(each.name, each.type) for each in scale.parameters] == [
        ("source", "const void *"),
        ("result", "float *"),
        ("count", "int"),
    ]
    assert (scale.place.path, scale.place.line) == ("unit.cu", 6)
    assert (scale.macro, scale.macro_place) == (None, None)
    assert (scale.helpers, scale.structs) == (("twice",), ("block",))
    assert (facts.helpers, facts.structs, facts.diagnostics) == (("twice",), ("block",), ())


def test_lines_are_those_of_the_definition_or_of_the_macro_that_makes_it(scan: Scan) -> None:
    facts = scan(
        PLAIN
        + """
#define HEAD(name) extern "C" __global__ void name(int *out)
#define PAIR(name) \\
    HEAD(name##_a) { out[0] = 1; } \\
    HEAD(name##_b) { \\
        out[0] = 2; \\
    }
PAIR(two)

#define AS_IS(...) __VA_ARGS__
AS_IS(extern "C" __global__ void handed(int *out) {
    out[0] = 3;
})

template <int n>
__global__ void made(int *out) {
    out[0] = n;
}
template __global__ void made<4>(int *);
"""
    )

    assert {kernel.name: kernel.lines for kernel in facts.kernels} == {
        "scale": 4,
        "plain": 1,
        "two_a": 5,  # the macro's text, for each kernel that it makes
        "two_b": 5,
        "handed": 3,
        "made<4>": 3,
    }


def test_hip_sources_give_the_same_facts_as_cuda_sources(scan: Scan) -> None:
    cuda = scan(PLAIN)
    hip = scan("#include <hip/hip_runtime.h>" + PLAIN, "hip")

    assert [(each.symbol, each.parameters) for each in hip.kernels] == [
        (each.symbol, each.parameters) for each in cuda.kernels
    ]
    assert hip.diagnostics == ()


def test_types_are_canonical_whatever_they_are_called(scan: Scan) -> None:
    facts = scan("""
        #include <stdint.h>
        #include "cuda_fp16.h"
        typedef const uint8_t *bytes;
        extern "C" __global__ void k(bytes a, const size_t n, int64_t m, half *h, float table[4], unsigned b) {}
    """)

    assert types(facts.kernels[0]) == [
        "const unsigned char *", "unsigned long", "long", "__half *", "float *", "unsigned int"
    ]  # fmt: skip


def test_a_record_by_value_is_its_fields_in_order(scan: Scan) -> None:
    text = """
        struct inner {{ short low, high; }};
        struct sizes {{ {fields} }};
        extern "C" __global__ void k(const sizes by_value, const sizes *pointer) {{}}
    """
    cuda, hip, same = (
        types(scan(text.format(fields=fields)).kernels[0])
        for fields in (
            "int rows; inner steps; float scale[2];",
            "inner s; int r; float f[2];",
            "int a; inner b; float c[2];",
        )
    )
    assert cuda == ["sizes {int, inner {short, short}, float[2]}", "const sizes *"]
    assert same == cuda and hip != cuda


def test_every_way_to_name_an_instance_of_a_template_makes_a_kernel(scan: Scan) -> None:
    facts = scan("""
        namespace math {
        template <class T, int N> __global__ void fill(T *out) { out[0] = N; }
        template __global__ void fill<float, 1>(float *);
        #define INSTANCE(T) template __global__ void fill<T, 2>(T *);
        INSTANCE(int)
        }
        template <class T> void launcher(T *out) { math::fill<T, 3><<<1, 32>>>(out); }
        void launch(double *out) { launcher(out); math::fill<char, 4><<<1, 32>>>(nullptr); }
        void (*address)(short *) = math::fill<short, 5>;
        template <class... T> __global__ void many(T... values) {}
        void launch_many() { many<<<1, 1>>>(1, 2.0f); }
    """)

    kernels = {kernel.name: kernel for kernel in facts.kernels}
    assert set(kernels) == {
        "math::fill<float, 1>", "math::fill<int, 2>", "math::fill<double, 3>", "math::fill<char, 4>",
        "math::fill<short, 5>", "many<int, float>",
    }  # fmt: skip
    assert kernels["math::fill<float, 1>"].symbol == "_ZN4math4fillIfLi1EEEvPT_"
    assert kernels["math::fill<int, 2>"].template_arguments == ("int", "2")
    assert types(kernels["math::fill<double, 3>"]) == ["double *"]
    assert types(kernels["many<int, float>"]) == ["int", "float"]


def test_a_template_without_instance_is_no_kernel_and_a_note_says_so(scan: Scan) -> None:
    facts = scan("template <class T> __global__ void idle(T *out) {}\n")

    assert facts.kernels == ()
    assert [(each.severity, each.place.line) for each in facts.diagnostics] == [("note", 1)]
    assert "idle" in facts.diagnostics[0].message


def test_kernels_of_included_headers_are_told_where_they_stand(scan: Scan) -> None:
    facts = scan(
        '#include "inner.h"\nextern "C" __global__ void outer() {}\n',
        inner='\nextern "C" __global__ void inner() {}\n',
    )

    places = [(kernel.symbol, kernel.place.path, kernel.place.line) for kernel in facts.kernels]
    assert places == [("outer", "unit.cu", 2), ("inner", "inner.h", 2)]
    assert "inner.h" in dict(facts.dependencies)


def test_launch_bounds_are_evaluated_through_macros_constants_and_templates(scan: Scan) -> None:
    facts = scan("""
        #define THREADS 256
        enum { HALF = 128 };
        constexpr int warps = 4;
        constexpr __device__ int lanes() { return 32; }
        extern "C" __global__ void none() {}
        extern "C" __global__ void __launch_bounds__(THREADS) from_macro() {}
        extern "C" __global__ void __launch_bounds__(lanes() * warps, 2) from_constants() {}
        extern "C" __global__ void __launch_bounds__(HALF + (1 << 4)) from_enum() {}
        template <int N> __global__ void __launch_bounds__(N * 2, N / 16) from_template() {}
        template __global__ void from_template<64>();
    """)

    bounds = {kernel.name: (kernel.max_threads, kernel.min_blocks) for kernel in facts.kernels}
    assert bounds == {
        "none": (None, None),
        "from_macro": (256, None),
        "from_constants": (128, 2),
        "from_enum": (144, None),
        "from_template<64>": (128, 4),
    }


def test_shared_memory_counts_wherever_a_kernel_reaches_it(scan: Scan) -> None:
    facts = scan("""
        __device__ void helper() { __shared__ int counters[8]; counters[0] = 0; }
        template <class T, int N> __device__ T tile(int i) { __shared__ T values[N]; return values[i]; }
        template <int (*F)(int)> __device__ int through(int i) { return F(i); }
        extern "C" __global__ void none(int *p) { extern __shared__ int dynamic[]; p[0] = dynamic[0]; }
        extern "C" __global__ void own(int *p) { __shared__ double sums[4]; p[0] = sums[0]; }
        extern "C" __global__ void by_helper(int *p) { helper(); helper(); }
        extern "C" __global__ void by_template(int *p) { p[0] = tile<short, 10>(1) + tile<int, 3>(2); }
        extern "C" __global__ void by_argument(int *p) { p[0] = through<tile<int, 5>>(1); }
    """)

    lds = {kernel.symbol: kernel.static_lds for kernel in facts.kernels}
    assert lds == {"none": 0, "own": 32, "by_helper": 32, "by_template": 20 + 12, "by_argument": 20}


def test_helpers_and_structs_are_those_a_kernel_reaches_and_no_intrinsics(scan: Scan) -> None:
    facts = scan("""
        #include "cuda_fp16.h"
        typedef struct { half scale; int quants[4]; } block_a;
        struct block_b { int quants[4]; };
        __device__ int deep(const block_b *b) { return b->quants[0]; }
        __device__ int shallow(const void *p) { return deep((const block_b *) p); }
        template <class B> __device__ int member(const void *p) { return ((const B *) p)->quants[1]; }
        extern "C" __global__ void uses_b(const void *p, int *out) { out[0] = shallow(p); __syncthreads(); }
        extern "C" __global__ void uses_a(const void *p, int *out) { out[0] = member<block_a>(p); }
        extern "C" __global__ void uses_none(half2 *out) { out[0] = __float2half2_rn(1.0f); }
    """)

    kernels = by_symbol(facts)
    assert (kernels["uses_b"].helpers, kernels["uses_b"].structs) == (("deep", "shallow"), ("block_b",))
    assert (kernels["uses_a"].helpers, kernels["uses_a"].structs) == (("member",), ("block_a",))
    assert (kernels["uses_none"].helpers, kernels["uses_none"].structs) == ((), ())
    assert facts.helpers == ("deep", "member", "shallow")
    assert facts.structs == ("block_a", "block_b")


def test_kernels_that_only_some_architectures_have_are_found(scan: Scan) -> None:
    facts = scan(
        """
        #include <hip/hip_runtime.h>
        #define MADE(NAME) extern "C" __global__ void NAME(int *p) { p[0] = 1; }
        extern "C" __global__ void everywhere(int *p) {}
        #if defined(__gfx90a__)
        extern "C" __global__ void wide(int *p) {}
        #elif defined(__gfx1030__) || defined(__GFX11__)
        MADE(narrow)
        #endif
        #if 0
        extern "C" __global__ void never(int *p) {}
        #endif
        """,
        "hip",
    )

    assert [kernel.symbol for kernel in facts.kernels] == ["everywhere", "wide", "narrow"]
    assert facts.diagnostics == ()

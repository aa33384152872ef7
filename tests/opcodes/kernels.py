"""Assembly text of one-instruction kernels."""

from collections.abc import Iterable
from dataclasses import dataclass

WAVE = {"gfx90a": 64, "gfx942": 64, "gfx1030": 32, "gfx1100": 32, "gfx1201": 32}
TRUE16 = ("gfx1100",)
"""Archs whose 16-bit operands name a half of a register."""
THREADS = 256
"""One workgroup along x."""

_HEAD = """\t.amdgcn_target "amdgcn-amd-amdhsa--{arch}"
\t.amdhsa_code_object_version 6
\t.text
"""

_CODE = """\t.protected\t{name}
\t.globl\t{name}
\t.p2align\t8
\t.type\t{name},@function
{name}:
{lines}
\ts_endpgm
\t.section\t.rodata,"a",@progbits
\t.p2align\t6, 0x0
\t.amdhsa_kernel {name}
{directives}
\t.end_amdhsa_kernel
\t.text
.Lfunc_end_{name}:
\t.size\t{name}, .Lfunc_end_{name}-{name}
"""

_METADATA = """  - .args:
{arguments}
    .group_segment_fixed_size: {lds}
    .kernarg_segment_align: 8
    .kernarg_segment_size: {size}
    .max_flat_workgroup_size: 1024
    .name:           {name}
    .private_segment_fixed_size: {scratch}
    .sgpr_count:     100
    .sgpr_spill_count: 0
    .symbol:         {name}.kd
    .vgpr_count:     64
    .vgpr_spill_count: 0
    .wavefront_size: {wave}
"""


_BUFFER = {
    "user_sgpr_count": 6,
    "user_sgpr_private_segment_buffer": 1,
    "system_sgpr_private_segment_wavefront_offset": 1,
}
_SCRATCH_DIRECTIVES = {
    "gfx90a": _BUFFER,
    "gfx1030": _BUFFER,
    "gfx1100": {"enable_private_segment": 1},
}
_MOVED = [
    "s_mov_b64 s[20:21], s[0:1]",
    "s_mov_b64 s[22:23], s[2:3]",
    "s_add_u32 s20, s20, s7",
    "s_addc_u32 s21, s21, 0",
    "s_mov_b64 s[0:1], s[4:5]",
    "s_mov_b32 s2, s6",
]
"""Scratch descriptor to s[20:23], kernarg address and workgroup id where kernels without scratch have them."""
_SCRATCH_START = {"gfx90a": _MOVED, "gfx1030": _MOVED, "gfx1100": []}


@dataclass(frozen=True)
class Kernel:
    """`lines` of code; s[0:1] hold the kernarg address with `pointers` buffer addresses, s2 the workgroup id."""

    name: str
    lines: tuple[str, ...]
    pointers: int = 2
    lds: int = 0
    scratch: int = 0


def assembly(kernels: Iterable[Kernel], arch: str) -> str:
    """A file with all kernels."""
    listed = list(kernels)
    metadata = "".join(_metadata(kernel, arch) for kernel in listed)
    tail = f"\t.amdgpu_metadata\n---\namdhsa.kernels:\n{metadata}amdhsa.target:   amdgcn-amd-amdhsa--{arch}\n"
    versions = "amdhsa.version:\n  - 1\n  - 2\n...\n\n\t.end_amdgpu_metadata\n"
    return _HEAD.format(arch=arch) + "".join(_code(kernel, arch) for kernel in listed) + tail + versions


def _code(kernel: Kernel, arch: str) -> str:
    directives = {
        "group_segment_fixed_size": kernel.lds,
        "private_segment_fixed_size": kernel.scratch,
        "kernarg_size": 8 * kernel.pointers,
        "user_sgpr_count": 2,
        "user_sgpr_kernarg_segment_ptr": 1,
        "system_sgpr_workgroup_id_x": 1,
        "system_vgpr_workitem_id": 0,
        "next_free_vgpr": 96 if WAVE[arch] == 64 else 64,
        "next_free_sgpr": 96,
        "float_denorm_mode_32": 3,
        "float_denorm_mode_16_64": 3,
    }
    if arch != "gfx1201":
        directives |= {"ieee_mode": 1, "dx10_clamp": 1}
    if WAVE[arch] == 64:
        directives["accum_offset"] = 64
    else:
        directives["wavefront_size32"] = 1
    group = ["s_mov_b32 s2, ttmp9"] if arch == "gfx1201" else []
    if kernel.scratch:
        directives |= _SCRATCH_DIRECTIVES[arch]
        group = _SCRATCH_START[arch]
    text = "\n".join(f"\t\t.amdhsa_{key} {value}" for key, value in directives.items())
    lines = "\n".join(line if line.endswith(":") else "\t" + line for line in [*group, *kernel.lines])
    return _CODE.format(name=kernel.name, lines=lines, directives=text)


def _metadata(kernel: Kernel, arch: str) -> str:
    one = "      - .address_space:  global\n        .offset:         {0}\n        .size:           8\n"
    arguments = "".join(one.format(8 * i) + "        .value_kind:     global_buffer\n" for i in range(kernel.pointers))
    return _METADATA.format(
        arguments=arguments.rstrip("\n"),
        lds=kernel.lds,
        scratch=kernel.scratch,
        size=8 * kernel.pointers,
        name=kernel.name,
        wave=WAVE[arch],
    )


def load(arch: str, dwords: int) -> str:
    """Mnemonic of a global load."""
    return f"global_load_{_width(arch, dwords)}"


def store(arch: str, dwords: int) -> str:
    """Mnemonic of a global store."""
    return f"global_store_{_width(arch, dwords)}"


def scalar_load(arch: str, dwords: int) -> str:
    """Mnemonic of a scalar load."""
    return f"s_load_{_width(arch, dwords)}"


def _width(arch: str, dwords: int) -> str:
    if arch in ("gfx1100", "gfx1201"):
        return f"b{32 * dwords}"
    return "dword" if dwords == 1 else f"dwordx{dwords}"


def wait(arch: str, *, scalar: bool = False) -> str:
    """Waits for loads."""
    if arch == "gfx1201":
        return "s_wait_kmcnt 0x0" if scalar else "s_wait_loadcnt 0x0"
    return "s_waitcnt lgkmcnt(0)" if scalar else "s_waitcnt vmcnt(0)"


def pair(arch: str, index: int) -> str:
    """A lane mask's scalar registers."""
    return f"s[{index}:{index + 1}]" if WAVE[arch] == 64 else f"s{index}"


def set_exec(arch: str, source: str) -> str:
    """EXEC from a mask register or a constant."""
    return f"s_mov_b64 exec, {source}" if WAVE[arch] == 64 else f"s_mov_b32 exec_lo, {source}"

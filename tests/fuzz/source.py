"""Prints a program as a HIP kernel."""

import struct
from functools import singledispatch
from pathlib import Path

from tests.fuzz import tree
from tests.fuzz.kinds import BOOL, Kind
from tests.fuzz.tree import ARRAY_LENGTH, PRIVATE_BYTES, Expression, Program, Statement, Variable

PRELUDE = (Path(__file__).parent / "prelude.hip").read_text()
INPUT_BYTES = 4096
"""Bytes of each input buffer that an index can reach first; 16 more follow for unaligned reads."""

_SIGNATURE = """KERNEL {attribute}{name}(const u8 *__restrict__ bytes, const f16 *__restrict__ halves,
    const f32 *__restrict__ singles, const f64 *__restrict__ doubles, u8 *out, u32 *words, u32 *own32, u64 *own64,
    u32 p0, i32 p1, u64 p2, f32 p3, u16 p4) {{"""

_START = """  const u32 width = __builtin_amdgcn_workgroup_size_x(), items = __builtin_amdgcn_grid_size_x();
  const u32 tid = __builtin_amdgcn_workitem_id_x() + __builtin_amdgcn_workitem_id_y() * width;
  const u32 group = __builtin_amdgcn_workgroup_id_x();
  const u32 gid = group * {threads}u + tid;
  const u32 lane = tid & 31u;
  u8 *mine = out + gid * {stride}u;
  SHARED u32 sums[8];
  if (tid < 8u) sums[tid] = (tid + 1u) * 0x12345679u;
  barrier();"""

_END = """  if (tid < 8u) words[8u + group * 8u + tid] = sums[tid];
}}"""


def buffer_of(kind: Kind) -> str:
    """Input buffer that holds values of `kind`; float buffers hold no signalling NaN."""
    return {"f2": "halves", "f4": "singles", "f8": "doubles"}.get(kind.dtype.str[1:], "bytes")


@singledispatch
def expression(node: Expression) -> str:
    """C text of an expression."""
    raise TypeError(node)


@expression.register
def _(node: tree.Constant) -> str:
    kind = node.kind
    if kind == BOOL:
        return "true" if node.bits else "false"
    element = kind.element
    if element.is_float:
        text = f"{element.name}({_float_text(element, node.bits)})"
    else:
        text = f"{element.name}({node.bits:#x}ul)"
    return f"{kind.name}({text})" if kind.is_vector else text


def _float_text(kind: Kind, bits: int) -> str:
    pack, unpack = {16: ("<H", "<e"), 32: ("<I", "<f"), 64: ("<Q", "<d")}[kind.bits]
    value: float = struct.unpack(unpack, struct.pack(pack, bits))[0]
    if value in (float("inf"), float("-inf")):
        return "-__builtin_inf()" if value < 0 else "__builtin_inf()"
    if (kind.bits, bits) == (16, 0x8000):
        return "negative_zero()"
    return value.hex()


@expression.register
def _(node: tree.Variable) -> str:
    return node.name


@expression.register
def _(node: tree.Apply) -> str:
    return node.operation.spelling.format(*(expression(a) for a in node.arguments))


@expression.register
def _(node: tree.Load) -> str:
    index, name = expression(node.index), node.kind.name
    if node.aligned:
        items = INPUT_BYTES // node.kind.size
        return f"reinterpret_cast<const {name} *>({buffer_of(node.kind)})[{index} & {items - 1}u]"
    return f"load_unaligned<{name}>(bytes + ({index} & {INPUT_BYTES - 1}u))"


@expression.register
def _(node: tree.ArrayRead) -> str:
    return f"{node.name}[{expression(node.index)} & {ARRAY_LENGTH - 1}u]"


@singledispatch
def statement(node: Statement, indent: str) -> str:
    """C text of a statement, lines indented."""
    raise TypeError(node)


def _lines(body: tuple[Statement, ...], indent: str) -> str:
    return "\n".join(statement(s, indent) for s in body)


@statement.register
def _(node: tree.Let, indent: str) -> str:
    return f"{indent}{node.value.kind.name} {node.name} = {expression(node.value)};"


@statement.register
def _(node: tree.Assign, indent: str) -> str:
    return f"{indent}{node.name} = {expression(node.value)};"


@statement.register
def _(node: tree.If, indent: str) -> str:
    text = f"{indent}if ({expression(node.condition)}) {{\n{_lines(node.then, indent + '  ')}\n{indent}}}"
    if node.otherwise:
        text += f" else {{\n{_lines(node.otherwise, indent + '  ')}\n{indent}}}"
    return text


@statement.register
def _(node: tree.Loop, indent: str) -> str:
    c = node.counter
    head = f"for (u32 {c} = 0, {c}_end = {expression(node.count)} & 7u; {c} < {c}_end; ++{c})"
    return f"{indent}{head} {{\n{_lines(node.body, indent + '  ')}\n{indent}}}"


@statement.register
def _(node: tree.Switch, indent: str) -> str:
    deeper = indent + "  "
    cases = [f"{deeper}case {i}u: {{\n{_lines(b, deeper + '  ')}\n{deeper}}} break;" for i, b in enumerate(node.cases)]
    head = f"{indent}switch ({expression(node.selector)} % {len(node.cases)}u) {{"
    return "\n".join([head, *cases, indent + "}"])


@statement.register
def _(node: tree.Leave, indent: str) -> str:
    return f"{indent}if ({expression(node.condition)}) {node.how};"


@statement.register
def _(node: tree.Store, indent: str) -> str:
    name = node.value.kind.name
    return f"{indent}store_unaligned<{name}>(mine + ({expression(node.offset)} & 15u), {expression(node.value)});"


@statement.register
def _(node: tree.ReadBack, indent: str) -> str:
    name = node.kind.name
    return f"{indent}{name} {node.name} = load_unaligned<{name}>(mine + ({expression(node.offset)} & 15u));"


@statement.register
def _(node: tree.ArrayDeclare, indent: str) -> str:
    values = ", ".join(expression(v) for v in node.values)
    return f"{indent}{node.kind.name} {node.name}[{ARRAY_LENGTH}] = {{{values}}};"


@statement.register
def _(node: tree.ArrayWrite, indent: str) -> str:
    return f"{indent}{node.name}[{expression(node.index)} & {ARRAY_LENGTH - 1}u] = {expression(node.value)};"


@statement.register
def _(node: tree.Shuffle, indent: str) -> str:
    call = f"shuffle({expression(node.value)}, {expression(node.source)}, {node.width}u)"
    return f"{indent}{node.value.kind.name} {node.name} = {call};"


@statement.register
def _(node: tree.Dpp, indent: str) -> str:
    control = {"quad_perm": 0, "row_shl": 0x100, "row_shr": 0x110, "row_ror": 0x120, "row_mirror": 0x140}
    code = control.get(node.control, 0x141) + node.amount
    arguments = f"{expression(node.old)}, {expression(node.value)}, {code:#x}, 15, 15, {str(node.zero).lower()}"
    return f"{indent}u32 {node.name} = __builtin_amdgcn_update_dpp({arguments});"


@statement.register
def _(node: tree.Wave, indent: str) -> str:
    function = {"ballot": "ballot", "first": "__builtin_amdgcn_readfirstlane", "below": "count_below"}[node.how]
    return f"{indent}{node.kind.name} {node.name} = {function}({expression(node.value)});"


@statement.register
def _(node: tree.Exchange, indent: str) -> str:
    kind, slots = node.value.kind.name, f"{node.name}_slots"
    lines = [
        f"SHARED {kind} {slots}[THREADS];",
        f"{slots}[tid] = {expression(node.value)};",
        "barrier();",
        f"{kind} {node.name} = {slots}[{expression(node.index)} % THREADS];",
        "barrier();",
    ]
    return "\n".join(indent + line for line in lines)


@statement.register
def _(node: tree.Accumulate, indent: str) -> str:
    target = "sums" if node.where == "lds" else "words"
    scope = "WORKGROUP" if node.where == "lds" else "AGENT"
    return f"{indent}ATOMIC({node.function}, &{target}[{node.slot}], {expression(node.value)}, {scope});"


@statement.register
def _(node: tree.Fetch, indent: str) -> str:
    kind, value = node.value.kind, expression(node.value)
    pointer = f"&own{kind.bits}[gid]"
    if node.function.startswith("swap"):
        return f"{indent}u32 {node.name} = {node.function}({pointer}, {value});"
    return f"{indent}{kind.name} {node.name} = ATOMIC({node.function}, {pointer}, {value}, AGENT);"


def _result(position: int, variable: Variable) -> str:
    return f"  store_result(mine + {PRIVATE_BYTES + 16 * position}u, {variable.name});"


def kernel(program: Program, name: str) -> str:
    """The whole kernel, without the prelude."""
    threads = program.shape.threads
    start = _START.format(threads=threads, stride=program.bytes_per_thread)
    results = [_result(i, v) for i, v in enumerate(program.results)]
    body = _lines(program.body, "  ").replace("THREADS", f"{threads}u")
    attribute = f"REGISTERS({program.registers}) " if program.registers else ""
    signature = _SIGNATURE.format(attribute=attribute, name=name)
    # Results wait for the barrier, so that all of them are alive at once.
    return "\n".join([signature, start, body, "  barrier();", *results, _END.format()])

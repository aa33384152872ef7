"""The kernels once more, in float32 numpy on raw argument bytes: what a right device answers.

Weights are decoded by gguf alone (q8_K by hand); scale*code and the additive part are told apart by decoding the same
blocks with their additive fields cleared, so nothing here shares code with the contracts' own decoder.
"""

import struct
from collections.abc import Callable

import gguf
import numpy as np

from kernels.contracts.formats import block_format
from kernels.launch import Buffer, Launch
from kernels.names import KernelName, identify

ADDITIVE = {"q4_1": "m", "q5_1": "m", "q2_K": "dmin", "q4_K": "dmin", "q5_K": "dmin"}
CENTRE = {"q4_0": 8, "q5_0": 16}
SUM_TERM = {
    "mul_mat_vec_q8_1": {"q4_0", "q4_1", "q5_0", "q5_1"},
    "mul_mat_q8_1": {"q4_0", "q4_1", "q5_1", "q4_K", "q5_K"},
}


def number(data: bytes) -> int:
    return struct.unpack({4: "<i", 8: "<q"}[len(data)], data)[0]


def values(kind: str, blocks: np.ndarray) -> np.ndarray:
    """Blocks of shape (blocks, bytes) as float32 (blocks, elements)."""
    if kind == "q8_K":
        return np.ascontiguousarray(blocks[:, :4]).view("<f4") * blocks[:, 4:260].view(np.int8).astype(np.float32)
    with np.errstate(all="ignore"):
        return gguf.quants.dequantize(np.ascontiguousarray(blocks), gguf.GGMLQuantizationType[kind.upper()])


def parts(kind: str, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(scale*code, additive part), both float32 (blocks, elements)."""
    if kind in CENTRE:
        d = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
        offset = np.broadcast_to(-CENTRE[kind] * d, (len(blocks), 32))
        return values(kind, blocks) - offset, offset
    if kind not in ADDITIVE:
        return values(kind, blocks), np.zeros((len(blocks), block_format(kind).elements), np.float32)
    form, bare, no_codes = block_format(kind), blocks.copy(), blocks.copy()
    form.field(bare, ADDITIVE[kind])[:] = 0
    for field in form.quants:
        form.field(no_codes, field)[:] = 0
    return values(kind, bare), values(kind, no_codes)


def rows_of(data: np.ndarray, kind: str, rows: int, columns: int) -> np.ndarray:
    size = block_format(kind).size(columns)
    return data[: rows * size].reshape(-1, block_format(kind).bytes)


def quantize(x: np.ndarray, width: int) -> np.ndarray:
    """q8_1 rows, one value at a time where order matters."""
    x = np.pad(x, ((0, 0), (0, width - x.shape[1]))).reshape(-1, 32)
    out = np.zeros((len(x), 36), np.uint8)
    for block, row in zip(out, x, strict=True):
        finite = row[~np.isnan(row)]
        d = np.float32(np.abs(finite).max(initial=0)) / np.float32(127)
        total = row.copy()
        while len(total) > 1:
            half = len(total) // 2
            total = total[:half] + total[half:]
        block[0:2] = np.array([d]).astype("<f2").view(np.uint8)
        block[2:4] = total.astype("<f2").view(np.uint8)
        quotient = _quotient(row, d) if d else np.zeros_like(row)
        block[4:] = np.array([_away(float(q)) for q in quotient], np.int8).view(np.uint8)
    return out


def _quotient(row: np.ndarray, d: np.float32) -> np.ndarray:
    return row / d


def _away(value: float) -> int:
    if value != value:
        return 0
    whole = int(abs(value))
    whole += abs(value) - whole >= 0.5
    return whole if value > 0 else -whole


def products(kind: str, blocks: np.ndarray, rows: int, y: np.ndarray, sum_term: bool) -> np.ndarray:
    """q8_1 rows (batch, bytes) times weight rows, float32 (batch, rows)."""
    main, offset = (part.reshape(rows, -1) for part in parts(kind, blocks))
    columns, batch = main.shape[1], len(y)
    packed = y.reshape(-1, 36)
    scale = np.ascontiguousarray(packed[:, 0:2]).view("<f2").astype(np.float32)
    total = np.ascontiguousarray(packed[:, 2:4]).view("<f2").astype(np.float32).reshape(batch, -1)[:, : columns // 32]
    real = (scale * packed[:, 4:].view(np.int8).astype(np.float32)).reshape(batch, -1)[:, :columns]
    added = grouped_product(total, offset[:, ::32], 1) if sum_term else grouped_product(real, offset, 32)
    return grouped_product(real, main, 32) + added


def grouped_product(left: np.ndarray, right: np.ndarray, group: int) -> np.ndarray:
    """Product over columns: groups as integers would have them, without rounding; then their float32 sum."""
    a, b = (m.reshape(len(m), -1, group).astype(np.float64) for m in (left, right))
    return np.einsum("xgi,ygi->xyg", a, b, optimize=True).astype(np.float32).sum(axis=2, dtype=np.float32)


def dequantize(name: KernelName, args: dict[str, np.ndarray | int], out: int) -> np.ndarray:
    element = np.float16 if name.out == "f16" else np.float32
    count = out // np.dtype(element).itemsize
    with np.errstate(over="ignore"):
        return values(name.type, rows_of(args["vx"], name.type, 1, count)).astype(element)


def quantize_q8_1(name: KernelName, args: dict[str, np.ndarray | int], out: int) -> np.ndarray:
    with np.errstate(all="ignore"):
        return quantize(args["x"].view("<f4").reshape(-1, args["kx"]), args["kx_padded"])


def dequantize_mul_mat_vec(name: KernelName, args: dict[str, np.ndarray | int], out: int) -> np.ndarray:
    rows, y = out // 4, args["y"].view("<f4")
    weights = values(name.type, rows_of(args["vx"], name.type, rows, args["ncols"])).reshape(rows, -1)
    return (weights * y).sum(axis=1, dtype=np.float32)


def mul_mat(name: KernelName, args: dict[str, np.ndarray | int], out: int) -> np.ndarray:
    rows, columns = args["nrows_x"], args["ncols_x"]
    y = args["vy"].reshape(-1, args["nrows_y"] // 32 * 36)
    if columns < block_format(name.type).elements:
        return np.zeros((len(y), rows), np.float32)
    weights = rows_of(args["vx"], name.type, rows, columns)
    return products(name.type, weights, rows, y, name.type in SUM_TERM[name.family])


def get_rows(name: KernelName, args: dict[str, np.ndarray | int], out: int) -> np.ndarray:
    columns, ids = args["ne00"], args["src1"].view("<u4")
    if name.type in ("f32", "f16", "bf16"):
        table = args["src0"].view({"f32": "<f4", "f16": "<f2", "bf16": "<u2"}[name.type]).reshape(-1, columns)[ids]
        return (table.astype("<u4") << 16).view("<f4") if name.type == "bf16" else table.astype(np.float32)
    size = args["nb01"]
    rows = np.stack([args["src0"][i * size : (i + 1) * size] for i in ids.astype(int)])
    return values(name.type, rows.reshape(-1, block_format(name.type).bytes))


def moe(name: KernelName, args: dict[str, np.ndarray | int], out: int) -> np.ndarray:
    n, k, batch, topk = (args[key] for key in ("n", "k", "batch", "topk"))
    inputs = args["all_inputs"].reshape(batch, args["input_dim1"], -1)
    expert = n * block_format(name.type).size(k)
    result = np.empty((batch, topk, n), np.float32)
    for b, t in np.ndindex(batch, topk):
        start = int(args["indices"].view("<u4")[b * topk + t]) * expert
        blocks = args["all_weights"][start : start + expert].reshape(-1, block_format(name.type).bytes)
        result[b, t] = products(name.type, blocks, n, inputs[b, t % args["input_dim1"]][None], False)[0]
    return result


KERNELS: dict[str, Callable[[KernelName, dict[str, np.ndarray | int], int], np.ndarray]] = {
    "dequantize": dequantize,
    "quantize": quantize_q8_1,
    "dequantize_mul_mat_vec": dequantize_mul_mat_vec,
    "mul_mat_vec_q8_1": mul_mat,
    "mul_mat_q8_1": mul_mat,
    "get_rows": get_rows,
    "indexed_moe_forward": moe,
}


def answer(launch: Launch) -> np.ndarray:
    """The bytes that the launch's output buffer must hold."""
    name = identify(launch.symbol)
    assert name is not None
    args = {a.name: a.data if isinstance(a, Buffer) else number(a.data) for a in launch.arguments}
    (out,) = (a for a in launch.arguments if isinstance(a, Buffer) and a.role == "out")
    return np.ascontiguousarray(KERNELS[name.family](name, args, out.data.size)).reshape(-1).view(np.uint8)

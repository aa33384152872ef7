"""The kernels that a model's linear layers and its embedding run on, launched as candle's launcher does.

Up to eight activation rows go to `mul_mat_vec_*_q8_1`, more to `mul_mat_*`, after `quantize_q8_1`; embedding rows come
from `get_rows_*`. Matrices of plain floats are multiplied in numpy.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.contracts import geometry, get_rows, mul_mat_q8_1, mul_mat_vec_q8_1, quantize
from kernels.contracts.formats import Bytes, quantized
from kernels.launch import Launch
from kernels.names import KernelName, identify
from tracker.cancel import Cancel
from tracker.devices.protocol import Device, Module
from tracker.errors import AbsentError, ExitCode, KerntrackError, TimeLimitError
from tracker.gguf.reader import Tensor
from tracker.infer.audit import Audit
from tracker.infer.model import Llama, values

Singles = NDArray[np.float32]
Role = tuple[str, str, int | None]
"""(family, quant type, batch) of a kernel."""
LARGEST_VECTOR_BATCH = 8
PRODUCTS = ("mul_mat_vec_q8_1", "mul_mat_q8_1")


class LaunchError(KerntrackError):
    """A kernel did not end well, so that there is nothing to go on with."""

    exit_code = ExitCode.BAD_NEWS


def family(rows: int) -> str:
    """The family that multiplies so many activation rows."""
    return PRODUCTS[rows > LARGEST_VECTOR_BATCH]


def product_role(kind: str, rows: int) -> Role:
    """The kernel that multiplies so many activation rows with weights of a type."""
    return family(rows), kind, rows if rows <= LARGEST_VECTOR_BATCH else None


def uses_stored_sum(kind: str, rows: int) -> bool:
    """Whether that kernel multiplies the additive part of the weights with the activations' stored half sums."""
    return kind in geometry.table()[family(rows)]["s_term"]


def needed(model: Llama, batches: Iterable[int]) -> set[Role]:
    """Every kernel that running so many tokens at a time takes."""
    kinds = {
        t.kind for t in model.tensors.values() if quantized(t.kind) and t is not model.tensors["token_embd.weight"]
    }
    if quantized(model.output.kind):
        kinds.add(model.output.kind)
    roles = {product_role(kind, rows) for kind in kinds for rows in batches}
    return roles | {("quantize", "q8_1", None), ("get_rows", model.embedding.kind, None)}


def role(symbol: str) -> Role | None:
    """What a kernel does, by its name; None when it belongs to no known family."""
    kernel = identify(symbol)
    return (kernel.family, kernel.type, kernel.batch) if kernel else None


class Kernels:
    """A device with the loaded code objects of every kernel a model needs."""

    def __init__(self, device: Device, modules: Sequence[Module], cancel: Cancel | None = None) -> None:
        self._device, self._cancel = device, cancel or Cancel()
        self._found: Mapping[Role, tuple[Module, KernelName]] = {
            found: (module, kernel)
            for module in modules
            for symbol in sorted(module.symbols)
            if (found := role(symbol)) and (kernel := identify(symbol))
        }
        self.launches: Counter[str] = Counter()
        """Launches so far, by kernel."""
        self.audit = Audit()

    def require(self, roles: Iterable[Role]) -> None:
        """Raise AbsentError naming the kernels that no code object has."""
        missing = sorted(
            f"{family} {kind} {batch or ''}".strip() for family, kind, batch in set(roles) - set(self._found)
        )
        if missing:
            raise AbsentError(f"no kernel for: {', '.join(missing)}", "port these kernels; `kerntrack gap` lists them")

    def product(self, weights: Tensor, x: Singles) -> Singles:
        """x times the weights' rows; x of shape (rows, columns), the result of shape (rows, the weights' rows)."""
        if not quantized(weights.kind):
            return np.asarray(x @ values(weights).T.astype(np.float32))
        module, kernel = self._found[product_role(weights.kind, len(x))]
        contract = mul_mat_vec_q8_1 if kernel.batch else mul_mat_q8_1
        y = self.quantize(x)
        launch = contract.launch(kernel, weights.blocks(), y, weights.columns)
        got = self._run(module, launch, "dst").view("<f4").reshape(len(x), -1)
        self.audit.product(kernel.symbol, weights, y, uses_stored_sum(weights.kind, len(x)), got)
        return got

    def quantize(self, x: Singles) -> Bytes:
        """Rows of floats as q8_1 rows."""
        module, kernel = self._found["quantize", "q8_1", None]
        got = self._run(module, quantize.launch(kernel, x), "vy").reshape(len(x), -1)
        self.audit.quantized(kernel.symbol, x, got)
        return got

    def rows(self, table: Tensor, numbers: Sequence[int]) -> Singles:
        """Chosen rows of a table as floats."""
        module, kernel = self._found["get_rows", table.kind, None]
        launch = get_rows.launch(kernel, table.data, table.columns, np.array(numbers, "<u4"))
        got = self._run(module, launch, "dst").view("<f4").reshape(len(numbers), table.columns)
        self.audit.rows(kernel.symbol, values(table, numbers), got)
        return got

    def _run(self, module: Any, launch: Launch, output: str) -> Bytes:
        self._cancel.check()
        report = self._device.run(module, launch)
        if report.fault or report.overwrites:
            if report.fault and report.fault.kind == "timeout":
                raise TimeLimitError(report.fault.message)
            what = report.fault.message if report.fault else f"wrote outside of {report.overwrites[0].buffer}"
            raise LaunchError(f"{launch.symbol} on {self._device.name}: {what}", f"kerntrack verify {launch.symbol}")
        self.launches[launch.symbol] += 1
        return report.buffers[output]

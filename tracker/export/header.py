"""One C header, for C and C++: the kernels' names, parameters and launch bounds, and the code objects as arrays."""

import json

from tracker.export import templates
from tracker.export.shipment import CodeObject, Kernel, Shipment

BYTES_A_LINE = 32


def header(shipment: Shipment) -> str:
    """The header's text."""
    return templates.fill(
        "kernels.h",
        program=shipment.program,
        summary=shipment.summary(),
        kernels="\n".join(f"    {_kernel(each)}," for each in shipment.kernels),
        arrays="\n".join(_array(each) for each in shipment.objects),
        objects="\n".join(f"    {_object(each)}," for each in shipment.objects),
        unverified=len(shipment.unverified),
    )


def _kernel(kernel: Kernel) -> str:
    parameters = ", ".join(f"{each.type} {each.name}" for each in kernel.parameters)
    return f"{{{json.dumps(kernel.symbol)}, {json.dumps(parameters)}, {kernel.max_threads}}}"


def _object(each: CodeObject) -> str:
    return f'{{"{each.arch}", "{each.sha256}", kerntrack_{each.arch}, sizeof kerntrack_{each.arch}}}'


def _array(each: CodeObject) -> str:
    lines = (each.content[at : at + BYTES_A_LINE] for at in range(0, len(each.content), BYTES_A_LINE))
    body = ",\n".join(",".join(map(str, line)) for line in lines)
    return f"KERNTRACK_ALIGNED static const unsigned char kerntrack_{each.arch}[] = {{\n{body}}};"

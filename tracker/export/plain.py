"""Plain files: one HSACO per arch and a manifest that says what they hold and what is known about it."""

import json
from dataclasses import asdict
from typing import Any

from tracker.export.shipment import Shipment

SCHEMA = 1


def files(shipment: Shipment) -> dict[str, bytes]:
    """Contents by file name."""
    found = {f"{each.arch}.hsaco": each.content for each in shipment.objects}
    found["manifest.json"] = (json.dumps(manifest(shipment), indent=1) + "\n").encode()
    found["SHA256SUMS"] = "".join(f"{each.sha256}  {each.arch}.hsaco\n" for each in shipment.objects).encode()
    return found


def manifest(shipment: Shipment) -> dict[str, Any]:
    """The manifest as JSON (tracker/cli/schemas/export.json)."""
    return {
        "schema": SCHEMA,
        "program": shipment.program,
        "toolchain": shipment.toolchain,
        "defines": list(shipment.defines),
        "unverified": len(shipment.unverified),
        "code_objects": [
            {
                "arch": each.arch,
                "file": f"{each.arch}.hsaco",
                "bytes": len(each.content),
                "sha256": each.sha256,
                "e_flags_machine": each.machine,
            }
            for each in shipment.objects
        ],
        "kernels": [asdict(kernel) for kernel in shipment.kernels],
        "evidence": [asdict(proof) for proof in shipment.proofs],
    }

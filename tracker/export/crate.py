"""A Rust crate without dependencies that embeds the code objects and knows what is in them."""

import json
import re

from tracker.errors import UsageError
from tracker.export import plain, templates
from tracker.export.shipment import Kernel, Proof, Shipment

CRATE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
KEYWORDS = {"test", "core", "std", "alloc", "self", "super", "crate"}


def check_name(name: str) -> None:
    """Raises UsageError for what Cargo does not take as a crate's name."""
    if not CRATE_NAME.fullmatch(name) or name in KEYWORDS:
        raise UsageError(f"'{name}' cannot be the name of a crate", "take letters, digits, - and _, a letter first")


def files(shipment: Shipment, name: str) -> dict[str, bytes]:
    """Contents by path within the folder of a crate called `name`."""
    texts = {
        "Cargo.toml": templates.fill("Cargo.toml", name=name, summary=_text(shipment.summary())),
        "README.md": _readme(shipment, name),
        ".gitignore": "/target\nCargo.lock\n",
        "rustfmt.toml": 'max_width = 120\nuse_small_heuristics = "Max"\n',
        "build.rs": _build_script(shipment),
        "src/lib.rs": _library(shipment),
        "src/kernels.rs": templates.fill("kernels.rs", kernels="".join(map(_kernel, shipment.kernels))),
        "src/evidence.rs": templates.fill("evidence.rs", evidence="".join(map(_proof, shipment.proofs))),
        "tests/code_objects.rs": templates.fill("code_objects.rs", crate=name.replace("-", "_")),
    }
    shipped = {f"hsaco/{file}": content for file, content in plain.files(shipment).items()}
    sources = {f"sources/{path}": content for path, content in shipment.sources.items()}
    return {**{path: text.encode() for path, text in texts.items()}, **shipped, **sources}


def _readme(shipment: Shipment, name: str) -> str:
    warning = ""
    if shipment.unverified:
        warning = (
            f"\n**{len(shipment.unverified)} pairs of kernel and architecture were never checked** "
            "(exported with `--allow-unverified`): see `EVIDENCE`.\n"
        )
    return templates.fill(
        "README.md",
        name=name,
        crate=name.replace("-", "_"),
        summary=shipment.summary(),
        warning=warning,
        program=shipment.program,
        toolchain=shipment.toolchain,
        arch=shipment.objects[0].arch,
        objects="\n".join(f"| {each.arch} | {len(each.content)} | `{each.sha256}` |" for each in shipment.objects),
    )


def _library(shipment: Shipment) -> str:
    objects = "".join(
        f"    code_object!({_text(each.arch)}, {each.machine:#04x}, {_text(each.sha256)}),\n"
        for each in shipment.objects
    )
    return templates.fill(
        "lib.rs",
        summary=shipment.summary(),
        objects=objects,
        first=shipment.objects[0].arch,
        toolchain=_text(shipment.toolchain),
        program=_text(shipment.program),
        unverified=len(shipment.unverified),
    )


def _build_script(shipment: Shipment) -> str:
    return templates.fill(
        "build.rs",
        archs=_texts(tuple(each.arch for each in shipment.objects)),
        units=_texts(shipment.units),
        includes=_texts(shipment.includes),
        defines=_texts(shipment.defines),
    )


def _kernel(kernel: Kernel) -> str:
    parameters = "".join(
        f"            Parameter {{ name: {_text(each.name)}, type_name: {_text(each.type)}, "
        f"offset: {each.offset}, size: {each.size} }},\n"
        for each in kernel.parameters
    )
    return (
        f"    Kernel {{\n        name: {_text(kernel.symbol)},\n        parameters: &[\n{parameters}        ],\n"
        f"        max_threads: {kernel.max_threads},\n    }},\n"
    )


def _proof(proof: Proof) -> str:
    fields = (
        ("kernel", proof.symbol),
        ("arch", proof.arch),
        ("state", proof.state),
        ("code_hash", proof.code_hash),
        ("device", proof.device),
        ("contract", proof.contract),
        ("effort", proof.effort),
        ("created", proof.created),
    )
    body = ", ".join(f"{name}: {_text(value)}" for name, value in fields)
    return f"    Evidence {{ {body}, cases: {proof.cases} }},\n"


def _text(text: str) -> str:
    """A Rust string literal. JSON's escapes are Rust's but for \\u, \\b and \\f."""
    escaped = json.dumps(text, ensure_ascii=False)
    return re.sub(r"\\u([0-9a-f]{4})", r"\\u{\1}", escaped).replace("\\b", "\\u{8}").replace("\\f", "\\u{c}")


def _texts(texts: tuple[str, ...]) -> str:
    return f"&[{', '.join(map(_text, texts))}]"

"""Recorded inventories: the facts of a scan without the code, so that a gap can be seen without the repository.

Fingerprints are left out: they cover the device headers of the machine that scans as well, so they are no facts of the
recorded file. Of hazards that are expressions or conditions the text is left out: it is code. Everything else must come
out the same when the same file is scanned again.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tracker.errors import UsageError
from tracker.files import replace
from tracker.scan.facts import Diagnostic, FileFacts, Finding, Kernel, Parameter, Place

SCHEMA = 3
"""2 has porting hazards, 3 the lines of kernels."""
READ = (2, SCHEMA)


_NAMES = re.compile(r"[\w.,: ]*")


@dataclass(frozen=True)
class Baseline:
    """`origin` says where the files come from (`huggingface/candle`), `commit` at which revision ("" if unknown)."""

    origin: str
    commit: str
    files: tuple[FileFacts, ...]

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """All kernels of all files. Their fingerprints are empty."""
        return tuple(kernel for file in self.files for kernel in file.kernels)


def write(facts: Sequence[FileFacts], file: Path, origin: str) -> None:
    """Record facts as a baseline. `origin` is `NAME@COMMIT` or just a name. Raises UsageError if not writable."""
    name, _, commit = origin.partition("@")
    head = {"schema": SCHEMA, "origin": name, "commit": commit}
    files = ",\n".join(_file_text(each) for each in facts)
    replace(file, json.dumps(head)[:-1] + f', "files": [\n{files}\n]}}\n')


def read(file: Path) -> Baseline:
    """Read a baseline. Raises UsageError when the file is missing or is not one."""
    remedy = "record it anew with `kerntrack scan --cuda PATH --record FILE`"
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["schema"] not in READ:
            raise UsageError(f"{file}: schema {content['schema']} is unknown, {SCHEMA} was expected", remedy)
        return Baseline(content["origin"], content["commit"], tuple(_file_facts(each) for each in content["files"]))
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}", remedy) from error
    except json.JSONDecodeError as error:
        raise UsageError(f"{file}:{error.lineno}: not JSON: {error.msg}", remedy) from error
    except (KeyError, TypeError, AttributeError, IndexError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is not a recorded inventory: {error!r}", remedy) from error


def recorded(facts: FileFacts) -> FileFacts:
    """What of a file's facts a baseline holds."""
    return _file_facts(json.loads(_file_text(facts)))


def _file_text(facts: FileFacts) -> str:
    """One file; every kernel on a line of its own, so that two baselines can be compared line by line."""
    head = {
        "path": facts.path,
        "side": facts.side,
        "sha256": facts.sha256,
        "helpers": facts.helpers,
        "structs": facts.structs,
        "errors": [asdict(each) for each in facts.diagnostics if each.severity in ("error", "fatal")],
    }
    kernels = ",\n".join(json.dumps(_kernel_fields(each)) for each in facts.kernels)
    findings = ",\n".join(json.dumps(_finding_fields(each, facts.kernels)) for each in facts.findings)
    return json.dumps(head)[:-1] + f', "kernels": [\n{kernels}\n], "findings": [\n{findings}\n]}}'


def _kernel_fields(kernel: Kernel) -> dict[str, Any]:
    fields = asdict(kernel)
    del fields["fingerprint"]
    fields["parameters"] = [[each.type, each.name] for each in kernel.parameters]
    fields["place"] = _place_fields(kernel.place)
    fields["macro_place"] = _place_fields(kernel.macro_place) if kernel.macro_place else None
    return fields


def _finding_fields(finding: Finding, kernels: Sequence[Kernel]) -> dict[str, Any]:
    """Kernels by their number in the file."""
    numbers = [number for number, kernel in enumerate(kernels) if kernel.symbol in finding.kernels]
    of_kernel = any(kernel.fingerprint == finding.digest for kernel in kernels)
    return {
        **asdict(finding),
        "place": _place_fields(finding.place),
        "detail": finding.detail if _NAMES.fullmatch(finding.detail) else "",
        "kernels": numbers,
        "digest": "" if of_kernel else finding.digest,
    }


def _place_fields(place: Place) -> list[str | int]:
    return [place.path, place.line]


def _file_facts(fields: dict[str, Any]) -> FileFacts:
    kernels = tuple(_kernel(each) for each in fields["kernels"])
    errors = (Diagnostic(**{**each, "place": Place(**each["place"])}) for each in fields["errors"])
    return FileFacts(
        path=fields["path"],
        side=fields["side"],
        sha256=fields["sha256"],
        dependencies=(),
        kernels=kernels,
        helpers=tuple(fields["helpers"]),
        structs=tuple(fields["structs"]),
        diagnostics=tuple(errors),
        findings=tuple(_finding(each, kernels) for each in fields["findings"]),
    )


def _finding(fields: dict[str, Any], kernels: Sequence[Kernel]) -> Finding:
    symbols = sorted(kernels[number].symbol for number in fields["kernels"])
    return Finding(**{**fields, "place": Place(*fields["place"]), "kernels": tuple(symbols)})


def _kernel(fields: dict[str, Any]) -> Kernel:
    return Kernel(
        **{
            **fields,
            "template_arguments": tuple(fields["template_arguments"]),
            "parameters": tuple(Parameter(name, type) for type, name in fields["parameters"]),
            "place": Place(*fields["place"]),
            "macro_place": Place(*fields["macro_place"]) if fields["macro_place"] else None,
            "helpers": tuple(fields["helpers"]),
            "structs": tuple(fields["structs"]),
            "fingerprint": "",
        }
    )

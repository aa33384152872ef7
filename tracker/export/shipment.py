"""What is shipped, as plain data: linked code objects, the kernels in them, and what is known about each."""

import hashlib
from dataclasses import dataclass, field

GOOD_STATES = ("emulated", "verified")


@dataclass(frozen=True)
class Parameter:
    """One parameter as the source declares it. `offset` and `size` are bytes in the kernel's argument segment."""

    name: str
    type: str
    offset: int
    size: int


@dataclass(frozen=True)
class Kernel:
    """One entry point. `max_threads` is the launch bound: work-items that a workgroup may have."""

    symbol: str
    parameters: tuple[Parameter, ...]
    max_threads: int


@dataclass(frozen=True)
class Proof:
    """What is known about one kernel on one arch. `state` is the matrix's word; without evidence the rest is empty."""

    symbol: str
    arch: str
    state: str
    code_hash: str
    device: str = ""
    contract: str = ""
    effort: str = ""
    cases: int = 0
    created: str = ""

    @property
    def good(self) -> bool:
        """At least emulated."""
        return self.state in GOOD_STATES


@dataclass(frozen=True)
class CodeObject:
    """A linked HSACO. `machine` is its EF_AMDGPU_MACH value."""

    arch: str
    machine: int
    content: bytes

    @property
    def sha256(self) -> str:
        """In hex, of the whole file."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Shipment:
    """Everything that an export may contain. Every kernel is in every code object."""

    objects: tuple[CodeObject, ...]
    kernels: tuple[Kernel, ...]
    proofs: tuple[Proof, ...]
    toolchain: str
    program: str
    """Name and version of what made it."""
    defines: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    """Of `sources`, those that are compiled."""
    includes: tuple[str, ...] = ()
    """Folders of `sources` that are searched for headers."""
    sources: dict[str, bytes] = field(default_factory=dict)
    """Units and their headers by path relative to a common folder."""

    @property
    def unverified(self) -> tuple[Proof, ...]:
        """Cells that are not even emulated."""
        return tuple(proof for proof in self.proofs if not proof.good)

    def summary(self) -> str:
        """How much of it was checked, in a sentence."""
        states = [proof.state for proof in self.proofs]
        verified, emulated = states.count("verified"), states.count("emulated")
        rest = len(states) - verified - emulated
        unchecked = f"; {rest} NOT CHECKED" if rest else ""
        return (
            f"{len(self.kernels)} kernels for {', '.join(each.arch for each in self.objects)}: of {len(states)} pairs "
            f"of kernel and architecture {verified} are verified on a device, {emulated} emulated{unchecked}"
        )

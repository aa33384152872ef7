"""The emulator behind the Device protocol. It needs no red zones: an access outside of a buffer is a fault there."""

import time
from typing import Literal

from kernels.launch import Buffer, Launch
from tracker import emulator
from tracker.devices.protocol import Artifact, Fault, LaunchReport
from tracker.devices.revision import emulator_name
from tracker.errors import KerntrackError, UsageError


class EmulatorDevice:
    """Executes the assembly that a code object was assembled from, as the plain arch `arch`."""

    kind: Literal["emulator"] = "emulator"

    def __init__(self, arch: str, step_limit: int = emulator.DEFAULT_STEP_LIMIT) -> None:
        self.target = arch
        self.step_limit = step_limit
        self.name = emulator_name()

    def load(self, artifact: Artifact) -> emulator.Program:
        """Load an artifact's assembly. Raises KerntrackError when there is none, or it is for another arch."""
        if artifact.assembly is None:
            raise UsageError(f"{artifact.code_object}: the emulator needs the assembly as well", "compile it again")
        try:
            program = emulator.load(artifact.assembly.read_text(encoding="utf-8"))
        except OSError as error:
            raise UsageError(f"{artifact.assembly}: {error.strerror}", "compile the kernel again") from error
        except emulator.EmulationFault as fault:
            raise KerntrackError(f"{artifact.assembly}: {fault.message}", "use an arch that is emulated") from fault
        if program.arch != self.target:
            raise UsageError(
                f"{artifact.assembly} is for {program.arch}, not {self.target}", "compile it for this arch"
            )
        return program

    def run(self, module: emulator.Program, launch: Launch) -> LaunchReport:
        """Execute one launch to its end; what the kernel does wrong is the report's fault."""
        arguments = [
            emulator.Memory(argument.name, argument.data, argument.role, argument.skew)
            if isinstance(argument, Buffer)
            else argument.data
            for argument in launch.arguments
        ]
        started = time.perf_counter()
        try:
            report = emulator.run(
                module,
                launch.symbol,
                launch.grid,
                launch.block,
                arguments,
                dynamic_lds=launch.dynamic_lds,
                step_limit=self.step_limit,
                seed=launch.noise,
            )
        except emulator.EmulationFault as fault:
            return LaunchReport({}, fault=Fault(fault.kind, fault.message), seconds=time.perf_counter() - started)
        cost = report.cost | {"approximations": list(report.approximations)}
        return LaunchReport(report.buffers, seconds=time.perf_counter() - started, cost=cost)

"""A real GPU behind the Device protocol, whatever the vendor's runtime: buffers with red zones, launch, compare."""

import ctypes
import time
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from kernels.launch import Buffer, Launch
from tracker.devices import redzones
from tracker.devices.protocol import Artifact, Fault, LaunchReport, Overwrite

ROTATED = 300 << 20
"""Bytes that the copies of a timed launch's buffers add up to: more than any cache."""
MOST_COPIES = 16
Failure = Literal["launch error", "device fault", "out of memory"]


class DriverError(Exception):
    """The vendor's runtime reported an error."""

    def __init__(self, kind: Failure, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Driver(Protocol):
    """What kerntrack needs of a vendor's runtime. Addresses are the device's; every method may raise DriverError."""

    @property
    def kind(self) -> Literal["hip", "cuda"]:
        """Whose runtime it is."""

    target: str
    name: str
    runtime: str
    """Versions of the runtime and of the driver below it."""

    def load(self, artifact: Artifact) -> tuple[Any, frozenset[str]]:
        """The runtime's handle of a code object, and its kernels. Raises KerntrackError when it is not for this GPU."""

    def allocate(self, size: int) -> int:
        """Allocate device memory, at least 256 bytes aligned. A failure is `out of memory`."""

    def free(self, address: int) -> None:
        """Give device memory back."""

    def upload(self, address: int, data: NDArray[np.uint8]) -> None:
        """Copy to the device."""

    def download(self, address: int, size: int) -> NDArray[np.uint8]:
        """Copy from the device."""

    def launch(self, module: Any, launch: Launch, parameters: int) -> float:
        """Launch and wait for the end; microseconds on the device. `parameters`: host address of a `void *[]`."""


@dataclass(frozen=True)
class GpuModule:
    """A loaded code object: the runtime's handle and the kernels that can be launched."""

    handle: Any
    symbols: frozenset[str]


@dataclass(frozen=True)
class Timed:
    """Microseconds of each launch, as two events around it tell; or why there are none."""

    microseconds: tuple[float, ...] = ()
    fault: Fault | None = None


class GpuDevice:
    """A GPU that executes launches. Lives in a child process, see `isolated`."""

    def __init__(self, driver: Driver) -> None:
        self.kind: Literal["hip", "cuda"] = driver.kind
        self.target, self.name, self.runtime = driver.target, driver.name, driver.runtime
        self._driver = driver

    def load(self, artifact: Artifact) -> GpuModule:
        """Load a code object. Raises KerntrackError when it is not for this GPU."""
        return GpuModule(*self._driver.load(artifact))

    def run(self, module: GpuModule, launch: Launch) -> LaunchReport:
        """Execute one launch to its end; what goes wrong is the report's fault."""
        started = time.perf_counter()
        addresses: dict[str, int] = {}
        try:
            self._place(launch, addresses)
            values, parameters = _parameters(launch, addresses)
            microseconds = self._driver.launch(module.handle, launch, parameters)
            del values  # the launch has read them
            return self._report(launch, addresses, microseconds, started)
        except DriverError as error:
            return LaunchReport({}, fault=Fault(error.kind, str(error)), seconds=time.perf_counter() - started)
        finally:
            self._free(addresses)

    def time(self, module: GpuModule, launch: Launch, warmup: int, repeats: int) -> Timed:
        """Launch many times, in turn on copies of the buffers that together exceed a cache; keep the times."""
        size = sum(buffer.data.size for buffer in _buffers(launch))
        placed: list[dict[str, int]] = []
        times: list[float] = []
        try:
            for _ in range(min(MOST_COPIES, -(-ROTATED // size))):
                placed.append({})
                self._place(launch, placed[-1])
            for turn in range(warmup + repeats):
                values, parameters = _parameters(launch, placed[turn % len(placed)])
                times.append(self._driver.launch(module.handle, launch, parameters))
                del values
            return Timed(tuple(times[warmup:]))
        except DriverError as error:
            return Timed(fault=Fault(error.kind, str(error)))
        finally:
            for addresses in placed:
                self._free(addresses)

    def _place(self, launch: Launch, addresses: dict[str, int]) -> None:
        """Allocate and fill every buffer with its red zones. `addresses` has what was allocated, errors or not."""
        for buffer in _buffers(launch):
            surrounded = redzones.surround(buffer.data, buffer.skew)
            addresses[buffer.name] = self._driver.allocate(surrounded.size)
            self._driver.upload(addresses[buffer.name], surrounded)

    def _report(self, launch: Launch, addresses: dict[str, int], microseconds: float, started: float) -> LaunchReport:
        contents: dict[str, NDArray[np.uint8]] = {}
        overwritten: list[Overwrite] = []
        for buffer in _buffers(launch):
            held = self._driver.download(addresses[buffer.name], buffer.data.size + buffer.skew + 2 * redzones.SIZE)
            contents[buffer.name] = redzones.content(held, buffer.skew)
            overwritten += redzones.overwrites(buffer.name, held, buffer.skew)
        seconds = time.perf_counter() - started
        return LaunchReport(contents, tuple(overwritten), None, seconds, {"device_us": microseconds})

    def _free(self, addresses: dict[str, int]) -> None:
        for address in addresses.values():
            try:
                self._driver.free(address)
            except DriverError:
                return  # after a fault nothing can be freed; the process will end


def _buffers(launch: Launch) -> list[Buffer]:
    return [argument for argument in launch.arguments if isinstance(argument, Buffer)]


def _parameters(launch: Launch, addresses: dict[str, int]) -> tuple[Any, int]:
    """Host copies of every argument, and the address of the array of pointers to them."""
    values = [
        (addresses[argument.name] + redzones.SIZE + argument.skew).to_bytes(8, "little")
        if isinstance(argument, Buffer)
        else argument.data
        for argument in launch.arguments
    ]
    copies = [ctypes.create_string_buffer(value, len(value)) for value in values]
    pointers = (ctypes.c_void_p * len(copies))(*(ctypes.addressof(copy) for copy in copies))
    return (copies, pointers), ctypes.addressof(pointers)

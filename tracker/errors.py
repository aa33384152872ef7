"""Errors a user can act on, and the exit codes of the command line."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a kerntrack process ends with."""

    GOOD = 0
    BAD_NEWS = 1
    USAGE = 2
    ABSENT = 3
    TIMEOUT = 4
    INTERRUPTED = 130


class KerntrackError(Exception):
    """A failure to be shown as one message without a traceback.

    `message` says what is wrong and names the file or option; `remedy` says what the user can do about it.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(KerntrackError):
    """Wrong option, selector, path or configuration."""


class AbsentError(KerntrackError):
    """Something needed is not installed or not reachable: toolchain, device, package."""

    exit_code = ExitCode.ABSENT


class TimeLimitError(KerntrackError):
    """Work was ended because it reached a time limit."""

    exit_code = ExitCode.TIMEOUT


class CancelledError(KerntrackError):
    """The user cancelled the work in hand; everything finished before is kept."""

    exit_code = ExitCode.INTERRUPTED

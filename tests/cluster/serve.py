"""A worker process for tests: the program's own, offering what its arguments say: ADDRESS RESOURCE=COUNT…"""

import platform
import sys

from tracker import __version__
from tracker.cancel import Cancel
from tracker.cluster import worker
from tracker.devices.revision import emulator_name


def main() -> None:
    """Serve until ended."""
    address, *words = sys.argv[1:]
    resources = {name: int(count) for name, _, count in (word.partition("=") for word in words)}
    own = worker.Offer(platform.node(), __version__, emulator_name(), resources, (), {})
    worker.look_around = lambda threads: own
    worker.serve(address, 1, Cancel(), lambda message: print(message, flush=True))


if __name__ == "__main__":
    main()

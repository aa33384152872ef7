"""A worker process for tests: the program's own, ADDRESS RESOURCE=COUNT…

It offers what its arguments say, or what it finds where they say nothing. KERNTRACK_TEST_HOST names its machine; there
kernels are timed on work that a stand-in can do.
"""

import os
import platform
import sys

from tracker import __version__
from tracker.cancel import Cancel
from tracker.cluster import worker
from tracker.devices.revision import emulator_name


def main() -> None:
    """Serve until ended."""
    address, *words = sys.argv[1:]
    host = os.environ.get("KERNTRACK_TEST_HOST")
    if host:
        platform.node = lambda: host  # before others keep the function itself
        from tests.devices import small
        from tracker.actions import timing

        timing.works = small.works
    resources = {name: int(count) for name, _, count in (word.partition("=") for word in words)}
    own = worker.Offer(platform.node(), __version__, emulator_name(), resources, (), {})
    if words:
        worker.look_around = lambda threads: own
    worker.serve(address, 1, Cancel(), lambda message: print(message, flush=True))


if __name__ == "__main__":
    main()

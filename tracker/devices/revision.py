"""Which emulator this is: evidence of an emulator whose semantics may have been others proves nothing today."""

import hashlib
from functools import cache
from pathlib import Path

EMULATOR = Path(__file__).resolve().parents[1] / "emulator"


@cache
def emulator_name() -> str:
    """The emulator's device name, ending in a hash over its sources. Does not import it."""
    digest = hashlib.sha256()
    for path in sorted(EMULATOR.rglob("*")):
        if path.suffix in (".py", ".toml"):
            digest.update(path.read_bytes())
    return f"kerntrack emulator {digest.hexdigest()[:12]}"

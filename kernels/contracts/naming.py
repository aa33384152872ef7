"""Names of cases: `rows=33 cols=256 data=negative seed=7`, from which the case can be made again."""

import zlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Shape:
    """What a case's name says: the sizes its family asks for, the data class and the seed."""

    sizes: tuple[tuple[str, int], ...]
    data: str
    seed: int

    def __getitem__(self, key: str) -> int:
        return dict(self.sizes)[key]

    def __str__(self) -> str:
        return " ".join([*(f"{key}={value}" for key, value in self.sizes), f"data={self.data}", f"seed={self.seed}"])

    def generator(self) -> np.random.Generator:
        """Random numbers that depend on everything the name says."""
        return np.random.default_rng([self.seed, zlib.crc32(str(self).encode())])


def parse(name: str, keys: tuple[str, ...], classes: tuple[str, ...]) -> Shape:
    """Read a name back. Raises ValueError that says what is missing, unknown or not a number."""
    words = [word.partition("=") for word in name.split()]
    found = {key: value for key, _, value in words}
    expected = (*keys, "data", "seed")
    if len(words) != len(found) or set(found) != set(expected):
        raise ValueError(f"case {name!r}: expected {' '.join(f'{key}=…' for key in expected)}")
    if found["data"] not in classes:
        raise ValueError(f"case {name!r}: no data class {found['data']!r}; one of {', '.join(classes)}")
    return Shape(
        tuple((key, _number(name, key, found[key])) for key in keys),
        found["data"],
        _number(name, "seed", found["seed"]),
    )


def _number(name: str, key: str, text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"case {name!r}: {key} must be a whole number, not {text!r}")
    return int(text)

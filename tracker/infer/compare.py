"""How far logits are from those of a reference."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Agreement:
    """Over all positions: `agreeing` have the same most likely token. Differences are in units of logits.

    `largest` and `typical` (root mean square): of all logits' differences. `spread`: standard deviation of the
    reference's logits. `lead`: the smallest lead of the reference's first token over its second. `missed`: its largest
    lead where the first tokens differ, 0 where none does; a missed lead of less than twice the largest difference is a
    near tie.
    """

    reference: str
    positions: int
    agreeing: int
    largest: float
    typical: float
    spread: float
    lead: float
    missed: float


def agreement(name: str, got: NDArray[np.floating[Any]], reference: NDArray[np.floating[Any]]) -> Agreement:
    """Compare logits of shape (positions, vocabulary); a logit that is no number agrees with nothing."""
    difference = np.abs(got.astype(np.float64) - reference)
    same = (np.argmax(got, axis=1) == np.argmax(reference, axis=1)) & np.isfinite(difference).all(axis=1)
    difference = np.nan_to_num(difference, nan=np.finfo(np.float64).max)
    second, first = np.sort(reference, axis=1)[:, -2:].T
    return Agreement(
        name,
        len(reference),
        int(np.count_nonzero(same)),
        float(difference.max()),
        float(difference.max() * np.sqrt(np.mean((difference / max(difference.max(), 1e-300)) ** 2))),
        float(reference.std()),
        float((first - second).min()),
        float((first - second)[~same].max(initial=0.0)),
    )

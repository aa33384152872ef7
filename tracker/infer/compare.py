"""How far logits are from those of a reference."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Agreement:
    """Over all positions: `agreeing` have the same most likely token. Differences are in units of logits.

    `largest` and `typical` (root mean square): of all logits' differences. `spread`: standard deviation of the
    reference's logits. `gap`: the smallest lead of the reference's first token over its second.
    """

    reference: str
    positions: int
    agreeing: int
    largest: float
    typical: float
    spread: float
    gap: float


def agreement(name: str, got: NDArray[np.floating[Any]], reference: NDArray[np.floating[Any]]) -> Agreement:
    """Compare logits of shape (positions, vocabulary); a logit that is no number agrees with nothing."""
    difference = np.abs(got.astype(np.float64) - reference)
    difference[np.isnan(difference)] = np.inf
    ordered = np.sort(reference, axis=1)
    same = (np.argmax(got, axis=1) == np.argmax(reference, axis=1)) & np.isfinite(difference).all(axis=1)
    return Agreement(
        name,
        len(reference),
        int(np.count_nonzero(same)),
        float(difference.max()),
        float(np.sqrt(np.mean(difference**2))),
        float(reference.std()),
        float((ordered[:, -1] - ordered[:, -2]).min()),
    )

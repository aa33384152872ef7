"""Greedy generation on kernels, and its comparison with references."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tracker.errors import UsageError
from tracker.infer import llama_cpp, reference
from tracker.infer.compare import Agreement, agreement
from tracker.infer.forward import Session, Singles
from tracker.infer.layers import Kernels
from tracker.infer.model import Llama


@dataclass
class Run:
    """What went in (`tokens`, `steps` at a time) and what came out after each of them (`logits`, a row per token)."""

    tokens: list[int]
    steps: list[int] = field(default_factory=list)
    logits: list[Singles] = field(default_factory=list)

    def all_logits(self) -> Singles:
        """Shape (tokens, vocabulary)."""
        return np.concatenate(self.logits)


def check_length(model: Llama, prompt: Sequence[int], count: int) -> None:
    """Raise UsageError when there is no prompt, or it and `count` more tokens do not fit into the model's context."""
    if not prompt:
        raise UsageError("the prompt is empty and the model adds no token to begin with", "give --prompt TEXT")
    if len(prompt) + count > model.sizes.context:
        raise UsageError(
            f"{len(prompt)} tokens of prompt and {count} more exceed the model's context of {model.sizes.context}",
            "ask for fewer --tokens or shorten the prompt",
        )


def generate(model: Llama, kernels: Kernels, run: Run, count: int, end: int | None) -> Iterator[int]:
    """Feed the run's tokens as one batch, then yield up to `count` most likely ones, each fed by itself.

    Ends early after the token `end`. Raises LaunchError when a kernel fails.
    """
    session = Session(model, kernels)
    _feed(session, run, run.tokens)
    for _ in range(count):
        token = int(np.argmax(run.logits[-1][-1]))
        run.tokens.append(token)
        yield token
        if token == end:
            run.tokens.pop()
            return
        _feed(session, run, [token])


def _feed(session: Session, run: Run, tokens: Sequence[int]) -> None:
    run.logits.append(session.feed(tokens))
    run.steps.append(len(tokens))


def compare(model: Llama, path: Path, run: Run) -> Iterator[Agreement]:
    """The run's logits beside those of the reference, and of llama.cpp where it is installed."""
    got = run.all_logits()
    yield agreement("float64", got, reference.logits(model, run.tokens))
    theirs = llama_cpp.logits(path, run.tokens)
    if theirs is not None:
        yield agreement(llama_cpp.NAME, got, theirs)

"""SentencePiece tokenization as GGUF files describe it (`tokenizer.ggml.model` = `llama`): scores, byte fallback.

A vocabulary of nothing but bytes is a byte tokenizer.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tracker.errors import UsageError
from tracker.gguf.reader import Model

SPACE = "\u2581"
"""What stands for a space in a vocabulary."""
BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
CONTROL = (2, 3)
"""Token types that stand for no text: unknown and control."""


@dataclass(frozen=True)
class Tokenizer:
    """Tokens by number; numbers and scores by token."""

    tokens: Sequence[str]
    numbers: dict[str, int]
    scores: Sequence[float]
    silent: frozenset[int]
    begin: int | None
    end: int | None
    space_first: bool

    def encode(self, text: str) -> list[int]:
        """Token numbers of a text, the beginning-of-text token first where the model wants it.

        Raises UsageError for text that the vocabulary has neither characters nor bytes for.
        """
        pieces = list((SPACE if self.space_first and text else "") + text.replace(" ", SPACE))
        while (best := self._best(pieces)) is not None:
            pieces[best : best + 2] = [pieces[best] + pieces[best + 1]]
        first = [] if self.begin is None else [self.begin]
        return first + [number for piece in pieces for number in self._numbers(piece)]

    def _best(self, pieces: Sequence[str]) -> int | None:
        """Where the pair stands whose joining has the highest score; the first of equals."""
        joined = ((self.numbers.get(a + b), at) for at, (a, b) in enumerate(pairwise(pieces)))
        known = [(-self.scores[number], at) for number, at in joined if number is not None]
        return min(known)[1] if known else None

    def _numbers(self, piece: str) -> list[int]:
        if piece in self.numbers:
            return [self.numbers[piece]]
        names = [f"<0x{byte:02X}>" for byte in piece.encode()]
        missing = next((name for name in names if name not in self.numbers), None)
        if missing:
            raise UsageError(f"the model's vocabulary has neither '{piece}' nor the byte {missing}", "other text")
        return [self.numbers[name] for name in names]

    def decode(self, numbers: Iterable[int]) -> str:
        """The text of tokens; what is not UTF-8 is shown as U+FFFD."""
        text = b"".join(self._bytes(number) for number in numbers if number not in self.silent)
        return text.decode(errors="replace").replace(SPACE, " ")

    def _bytes(self, number: int) -> bytes:
        byte = BYTE.fullmatch(self.tokens[number])
        return bytes([int(byte[1], 16)]) if byte else self.tokens[number].encode()


def load(model: Model) -> Tokenizer:
    """The file's tokenizer. Raises UsageError for another sort of tokenizer, or a list that is missing."""
    kind = model.fields.get("tokenizer.ggml.model")
    if kind != "llama":
        raise UsageError(f"{model.path} has a tokenizer of kind {kind}", "infer reads SentencePiece ('llama') ones")
    tokens = list(model.fields.get("tokenizer.ggml.tokens", ()))
    scores = list(model.fields.get("tokenizer.ggml.scores", [0.0] * len(tokens)))
    types = list(model.fields.get("tokenizer.ggml.token_type", [1] * len(tokens)))
    if not tokens or not len(tokens) == len(scores) == len(types):
        raise UsageError(f"{model.path}: its lists of tokens, scores and types differ", "write the file again")
    begins = model.fields.get("tokenizer.ggml.add_bos_token", True)
    return Tokenizer(
        tokens,
        {token: number for number, token in enumerate(tokens)},
        scores,
        frozenset(number for number, kind in enumerate(types) if kind in CONTROL),
        model.fields.get("tokenizer.ggml.bos_token_id") if begins else None,
        model.fields.get("tokenizer.ggml.eos_token_id"),
        bool(model.fields.get("tokenizer.ggml.add_space_prefix", True)),
    )

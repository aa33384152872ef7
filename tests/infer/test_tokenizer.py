"""SentencePiece merges worked out by hand, and bytes for everything else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.infer.make_model import TOKENS
from tracker.errors import UsageError
from tracker.gguf.reader import Model
from tracker.infer import tokenizer
from tracker.infer.tokenizer import SPACE, Tokenizer


def vocabulary(tokens: list[str], scores: list[float], types: list[int], **more: object) -> Tokenizer:
    fields = {
        "model": "llama",
        "tokens": tokens,
        "scores": scores,
        "token_type": types,
        "bos_token_id": 1,
        "eos_token_id": 2,
        **more,
    }
    return tokenizer.load(Model("model.gguf", {f"tokenizer.ggml.{key}": value for key, value in fields.items()}, {}))  # type: ignore[arg-type]


BYTES = vocabulary(list(TOKENS), [0.0] * len(TOKENS), [2, 3, 3, *[6] * 256, 1], add_space_prefix=False)


@settings(deadline=None)
@given(st.text().filter(lambda text: SPACE not in text))
def test_any_text_goes_through_bytes_and_back(text: str) -> None:
    numbers = BYTES.encode(text)
    assert numbers[0] == 1
    assert BYTES.decode(numbers) == text


def test_bytes_have_the_numbers_the_vocabulary_gives_them() -> None:
    assert BYTES.encode("A é") == [1, 3 + 0x41, 3 + 256, 3 + 0xC3, 3 + 0xA9]


PIECES = ["<unk>", "<s>", "</s>", "h", "e", "l", "o", SPACE, "he", "ll", "hell", "lo", f"{SPACE}he", "llo"]
SCORES = [0.0, 0, 0, -20, -20, -20, -20, -20, -3, -2, -9, -4, -5, -6]
WORDS = vocabulary(PIECES, SCORES, [2, 3, 3, *[1] * 11])


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("hello", ["<s>", f"{SPACE}he", "llo"]),  # ll (-2), he (-3), ▁he (-5), llo (-6); hell is never a pair
        ("lo", ["<s>", SPACE, "lo"]),
        ("ollo", ["<s>", SPACE, "o", "llo"]),
        ("", ["<s>"]),
    ],
)
def test_the_pair_with_the_highest_score_is_joined_first(text: str, pieces: list[str]) -> None:
    assert [PIECES[number] for number in WORDS.encode(text)] == pieces


def test_text_that_the_vocabulary_has_nothing_for_is_refused() -> None:
    with pytest.raises(UsageError, match="neither 'x' nor the byte <0x78>"):
        WORDS.encode("x")


def test_other_tokenizers_are_refused() -> None:
    with pytest.raises(UsageError, match="tokenizer of kind gpt2"):
        vocabulary(PIECES, SCORES, [1] * 14, model="gpt2")
    with pytest.raises(UsageError, match="lists of tokens, scores and types differ"):
        vocabulary(PIECES, SCORES[1:], [1] * 14)

"""Files that are cut off or corrupt: one sentence that names the file and, where it is a tensor's fault, the tensor."""

from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.contracts.formats import block_format
from tests.weights import every_type
from tracker.errors import UsageError
from tracker.gguf import reader

GOOD = every_type.FILE.read_bytes()


def placed() -> dict[str, tuple[int, int]]:
    """First byte and size of each tensor in the file, by the package's own reader."""
    return {tensor.name: (tensor.data_offset, tensor.n_bytes) for tensor in gguf.GGUFReader(every_type.FILE).tensors}


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "model.gguf"
        path.write_bytes(content)
        return path

    return write


def refused(path: Path) -> str:
    with pytest.raises(UsageError) as raised:
        model = reader.read(path)
        for tensor in reader.matrices(model):
            reader.check_values(model, tensor)
    assert str(path) in raised.value.message and raised.value.remedy
    return raised.value.message


def test_every_tensor_is_read_with_its_type_shape_and_bytes() -> None:
    model = reader.read(every_type.FILE)
    for kind in every_type.TYPES:
        tensor = model.tensors[every_type.name(kind)]
        assert (tensor.kind, tensor.shape) == (kind, (every_type.ROWS, every_type.COLUMNS))
        assert tensor.blocks().shape[0] == every_type.ROWS
        begin, size = placed()[tensor.name]
        assert tensor.data.tobytes() == GOOD[begin : begin + size]
        reader.check_values(model, tensor)
    assert model.tensors["half.weight"].kind == "f16"
    assert every_type.name("q4_0") in {tensor.name for tensor in reader.matrices(model)}
    assert "norm.weight" not in {tensor.name for tensor in reader.matrices(model)}


@pytest.mark.parametrize("kind", every_type.TYPES)
def test_a_file_cut_off_in_a_tensor_names_the_tensor(file: Callable[[bytes], Path], kind: str) -> None:
    begin, size = placed()[every_type.name(kind)]
    assert f"tensor {every_type.name(kind)} ends at byte {begin + size}" in refused(file(GOOD[: begin + size // 2]))


@pytest.mark.parametrize("kind", every_type.TYPES)
def test_a_scale_that_is_not_a_number_names_tensor_row_and_block(file: Callable[[bytes], Path], kind: str) -> None:
    form, (begin, _) = block_format(kind), placed()[every_type.name(kind)]
    last = (every_type.ROWS * every_type.COLUMNS // form.elements) - 1
    offset, size = form.fields["d"]
    at = begin + last * form.bytes + offset
    message = refused(file(GOOD[:at] + b"\xff" * size + GOOD[at + size :]))
    block = every_type.COLUMNS // form.elements - 1
    assert f"tensor {every_type.name(kind)}, row {every_type.ROWS - 1}, block {block}: d is nan" in message


def one_tensor(path: Path, name: str = "a.weight", *, dims: int = 64, kind: int = 2, offset: int = 0) -> Path:
    """A file that says of its only tensor what is asked (type 2 is q4_0), with plenty of data behind it."""

    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, "little")

    def text(value: str) -> bytes:
        return number(len(value), 8) + value.encode()

    info = text(name) + number(1, 4) + number(dims, 8) + number(kind, 4) + number(offset, 8)
    path.write_bytes(b"GGUF" + number(3, 4) + number(1, 8) + number(0, 8) + info + bytes(4096))
    return path


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"dims": 50}, "tensor a.weight has rows of 50 elements, which do not fill blocks of 32"),
        ({"kind": 77}, "tensor a.weight is of the unknown type 77"),
        ({"dims": 0}, r"tensor a.weight has the shape \[0\]"),
        ({"offset": 3}, "tensor a.weight begins at byte 3"),
        ({"offset": 1 << 40}, "tensor a.weight ends at byte"),
        ({"dims": 1 << 62}, "tensor a.weight ends at byte"),
    ],
)
def test_an_impossible_tensor_is_named(tmp_path: Path, wrong: dict[str, int], says: str) -> None:
    path = one_tensor(tmp_path / "model.gguf", **wrong)
    with pytest.raises(UsageError, match=says):
        reader.read(path)
    assert reader.read(one_tensor(tmp_path / "good.gguf")).tensors["a.weight"].kind == "q4_0"


def test_no_gguf_at_all(file: Callable[[bytes], Path], tmp_path: Path) -> None:
    assert "no GGUF file" in refused(file(b"not a model, but longer than a header"))
    assert "GGUF" in refused(file(b""))
    assert "No such file" in refused(tmp_path / "missing.gguf")
    assert "Is a directory" in refused(tmp_path)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 2600), st.binary(min_size=1, max_size=8))
def test_a_damaged_header_is_read_or_refused_but_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, at: int, damage: bytes
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "model.gguf"
    path.write_bytes(GOOD[:at] + damage + GOOD[at + len(damage) :])
    try:
        model = reader.read(path)
    except UsageError:
        return
    assert all(isinstance(tensor.data, np.ndarray) for tensor in model.tensors.values())


@settings(deadline=None, max_examples=60)
@given(st.integers(0, len(GOOD) - 1))
def test_a_file_cut_off_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    path = tmp_path_factory.mktemp("cut") / "model.gguf"
    path.write_bytes(GOOD[:length])
    begin, size = placed()["half.weight"]
    if length >= begin + size:  # what is cut off is padding
        return
    assert "truncated" in refused(path) or length < 24

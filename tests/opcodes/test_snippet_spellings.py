"""The assembler accepts every snippet that this process has run; pytest takes this file after those with snippets."""

import pytest

from tests.opcodes.assemble import complaints
from tests.opcodes.cases import ARCHS
from tests.opcodes.kernels import assembly
from tests.opcodes.snippet import WRITTEN


@pytest.mark.parametrize("arch", ARCHS)
def test_spellings_are_those_of_the_assembler(arch: str) -> None:
    if arch not in WRITTEN:
        pytest.skip("needs the tests with snippets to have run before")
    assert complaints(assembly(WRITTEN[arch], arch), arch) == []

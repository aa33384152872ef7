"""Porting hazards: the corpus in tests/scan/hazards says line by line what is one and what only looks like one."""

import re
from collections import Counter
from pathlib import Path

import pytest

from kernels import BASELINES
from tracker.scan import baseline, scan_file
from tracker.scan.facts import FileFacts
from tracker.scan.hazards.find import MATCHERS
from tracker.scan.hazards.rules import rules

from .conftest import Scan, candle_file

CORPUS = Path(__file__).with_name("hazards")
FILES = sorted(CORPUS.iterdir())
KERNEL_RULES = {"minimum_blocks", "static_lds"}


def marks(file: Path, word: str) -> set[tuple[int, str]]:
    """(line, rule) pairs of the comments `// hazard: a, b  fine: c, d`."""
    found = set()
    for number, line in enumerate(file.read_text().split("\n"), 1):
        match = re.search(rf"\b{word}: ([\w-]+(?:, [\w-]+)*)", line)
        found |= {(number, rule) for rule in match[1].split(", ")} if match else set()
    return found


def found_in(file: Path) -> set[tuple[int, str]]:
    facts = scan_file(file, "hip" if file.suffix == ".hip" else "cuda")
    return {(each.place.line, each.rule) for each in facts.findings if each.place.path == file.name}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_exactly_the_marked_lines_are_found(file: Path) -> None:
    found, expected = found_in(file), marks(file, "hazard")

    assert found - expected == set(), "found and not marked"
    assert expected - found == set(), "marked and not found"


def test_every_rule_has_two_examples_of_each_kind() -> None:
    known = {rule.id for rule in rules()}
    for word in ("hazard", "fine"):
        counts = Counter(rule for file in FILES for _line, rule in marks(file, word))
        assert counts.keys() == known
        assert {rule for rule, count in counts.items() if count < 2} == set()


def test_rules_are_complete_and_have_a_matcher() -> None:
    assert len(rules()) >= 35
    assert len({rule.id for rule in rules()}) == len(rules())
    for rule in rules():
        assert rule.match["kind"] in {*MATCHERS, *KERNEL_RULES}
        assert all((rule.title, rule.why, rule.archs, rule.remedy, rule.source))
        assert rule.severity in {"does not compile", "fails at launch", "silently wrong", "slow"}


def test_a_finding_concerns_the_kernels_that_reach_it(scan: Scan) -> None:
    facts = scan("""
        __device__ int deep(int a) { return __dp4a(a, a, 0); }
        template <class T> __device__ T middle(T a) { return deep(a); }
        extern "C" __global__ void one(int *p) { p[0] = middle(p[1]); }
        extern "C" __global__ void two(int *p) { p[0] = deep(p[1]); }
        extern "C" __global__ void neither(int *p) { p[0] = 1; }
    """)

    (finding,) = facts.findings
    assert (finding.rule, finding.place.line, finding.kernels) == ("dp4a", 2, ("one", "two"))


def test_a_header_counts_as_far_as_a_kernel_reaches_it(scan: Scan) -> None:
    header = "__device__ inline int used(int a) { return __dp4a(a, a, 0); }\n"
    unit = '#include "ops.h"\nextern "C" __global__ void k(int *p) { p[0] = used(p[1]); }\n'

    facts = scan(unit, ops=header + header.replace("used", "unused"))

    assert [(each.place.path, each.place.line, each.kernels) for each in facts.findings] == [("ops.h", 1, ("k",))]


def test_a_macro_concerns_the_kernels_that_use_it(scan: Scan) -> None:
    facts = scan("""
        #define WARP_SIZE 32
        #define ROW (4 * WARP_SIZE)
        extern "C" __global__ void uses(int *p) { p[0] = ROW; }
        extern "C" __global__ void does_not(int *p) { p[0] = 128; }
    """)

    (finding,) = facts.findings
    assert (finding.rule, finding.place.line, finding.kernels) == ("lane-count-constant", 2, ("uses",))


def test_an_acknowledgement_can_expire_when_the_code_around_changes(scan: Scan) -> None:
    source = "__device__ int f(int a) { return __dp4a(a, a, 0); }\n"

    before = scan(source).findings[0].digest

    assert scan("\n\n" + source).findings[0].digest == before
    assert scan(source.replace("a, a, 0", "a, a, 1")).findings[0].digest != before


def lines_by_rule(facts: FileFacts) -> dict[str, list[int]]:
    lines: dict[str, list[int]] = {}
    for finding in facts.findings:
        lines.setdefault(finding.rule, []).append(finding.place.line)
    return lines


CANDLE_FINDINGS = {
    "sync-mask-32": [33, 41, 1523, 1652, 1756, 1892, 2008, 2118],
    "sync-shuffle": [33, 41, 1523, 1652, 1756, 1892, 2008, 2118],
    "simd-in-word": [2391, 2557, 3737, 3746, 4139, 4167, 4423, 4424],
    "lane-count-constant": [75],
    "cuda-arch": [87],
    "dp4a": [88],
    "launch-shape-by-arch": [2939],
    "cuda-header": [3, 4],
    "bfloat16": [1192, 1193, 1455],
}
"""At 5152ef621, read in the file: eight shuffles and eight saturating subtractions, the only condition on
`__CUDA_ARCH__` (its two other lines are comments), the branch that sets one warp where the launcher starts four."""


def test_the_recording_of_candles_file_has_them() -> None:
    (file,) = baseline.read(BASELINES / "candle-5152ef621.json").files

    assert lines_by_rule(file) == CANDLE_FINDINGS


def test_candles_file_gives_the_known_findings_and_no_others(tmp_path: Path) -> None:
    facts = scan_file(candle_file("5152ef621", "candle-kernels/src/quantized.cu", tmp_path), "cuda")

    assert lines_by_rule(facts) == CANDLE_FINDINGS
    (shape,) = (each for each in facts.findings if each.rule == "launch-shape-by-arch")
    assert len(shape.kernels) == 80
    assert all(symbol.startswith("mul_mat_vec_") for symbol in shape.kernels)

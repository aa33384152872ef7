"""Hazards as the database tells them: once per place, by kernel, with the acknowledgements that hold."""

from typing import Any

import pytest
from sqlalchemy import Engine

from db import queries, record
from db.findings import code_of
from db.views import Acknowledgement, Finding
from tests.db import samples

RULE = {
    "id": "dp4a",
    "title": "the function `__dp4a`",
    "why": "HIP has none.",
    "archs": ("all",),
    "severity": "does not compile",
    "remedy": "Write it out.",
    "source": "here",
}


def finding(line: int, *kernels: str, path: str = "a.cu", digest: str = "d1") -> dict[str, Any]:
    place = {"path": path, "line": line}
    return {
        "rule": "dp4a",
        "place": place,
        "detail": "__dp4a",
        "function": "dot",
        "kernels": kernels,
        "digest": digest,
    }


def scan(engine: Engine, *found: dict[str, Any], path: str = "a.cu") -> None:
    record.hazard_rules(engine, [RULE])
    record.source(engine, {**samples.facts("cuda", path), "findings": found})


def acknowledged(engine: Engine, *given: Acknowledgement, symbol: str | None = None) -> list[Finding]:
    return queries.findings(engine.execution_options(acknowledgements=given), symbol)


def code(engine: Engine, *kernels: str) -> str:
    return code_of(each for each in queries.findings(engine) if set(kernels) & set(each.kernels))


def test_a_finding_says_what_its_rule_says(engine: Engine) -> None:
    scan(engine, finding(7, "one", "two"))
    (found,) = queries.findings(engine)
    assert (found.rule, found.file, found.line, found.function) == ("dp4a", "a.cu", 7, "dot")
    assert (found.severity, found.title, found.archs) == (RULE["severity"], RULE["title"], ("all",))
    assert (found.why, found.remedy, found.source) == (RULE["why"], RULE["remedy"], RULE["source"])
    assert (found.acknowledged, found.expired) == (None, False)


def test_of_a_kernel_only_what_it_reaches(engine: Engine) -> None:
    scan(engine, finding(7, "one", "two"), finding(9, "two"))
    assert [each.line for each in queries.findings(engine, "one")] == [7]
    assert [each.line for each in queries.findings(engine, "two")] == [7, 9]
    assert queries.findings(engine, "three") == []


def test_a_header_of_two_sources_is_told_once_with_the_kernels_of_both(engine: Engine) -> None:
    scan(engine, finding(3, "one", path="dot.h"))
    scan(engine, finding(3, "two", path="dot.h"), path="b.cu")
    (found,) = queries.findings(engine)
    assert (found.file, found.kernels) == ("dot.h", ("one", "two"))


def test_a_scan_replaces_the_findings_of_the_one_before(engine: Engine) -> None:
    scan(engine, finding(7, "one"))
    scan(engine)
    assert queries.findings(engine) == []


def test_an_acknowledgement_holds_while_the_code_is_the_same(engine: Engine) -> None:
    scan(engine, finding(7, "one"))
    given = Acknowledgement("dp4a", ("one",), "", code(engine, "one"), "a shim has it")
    assert acknowledged(engine, given)[0].acknowledged == "a shim has it"

    scan(engine, finding(9, "one"))
    assert acknowledged(engine, given)[0].acknowledged == "a shim has it"

    scan(engine, finding(9, "one", digest="d2"))
    (found,) = acknowledged(engine, given)
    assert (found.acknowledged, found.expired) == (None, True)


def test_one_place_more_ends_an_acknowledgement_for_all(engine: Engine) -> None:
    scan(engine, finding(7, "one"))
    given = Acknowledgement("dp4a", ("one",), "", code(engine, "one"), "a shim has it")
    scan(engine, finding(7, "one"), finding(8, "one", digest="d2"))
    assert [each.expired for each in acknowledged(engine, given)] == [True, True]


def test_a_helper_is_acknowledged_when_it_is_for_all_its_kernels(engine: Engine) -> None:
    scan(engine, finding(7, "one", "two"))
    of_one = Acknowledgement("dp4a", ("one",), "", code(engine, "one"), "fits one")
    of_two = Acknowledgement("dp4a", ("tw*",), "", code(engine, "two"), "fits two")

    assert acknowledged(engine, of_one)[0].acknowledged is None
    assert acknowledged(engine, of_one, symbol="one")[0].acknowledged == "fits one"
    assert acknowledged(engine, of_one, symbol="two")[0].acknowledged is None
    assert acknowledged(engine, of_one, of_two)[0].acknowledged == "fits one; fits two"


@pytest.mark.parametrize(
    ("rule", "file", "holds"),
    [("dp4a", "a.cu", True), ("dp4a", "*.cu", True), ("dp4a", "b.cu", False), ("asm", "", False)],
)
def test_an_acknowledgement_is_for_its_rule_and_its_file(engine: Engine, rule: str, file: str, holds: bool) -> None:
    scan(engine, finding(7, "one"))
    given = Acknowledgement(rule, (), file, code(engine, "one"), "why not")
    (found,) = acknowledged(engine, given)
    assert (found.acknowledged == "why not") is holds
    assert not found.expired

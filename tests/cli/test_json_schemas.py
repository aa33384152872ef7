"""Every --json document validates against the schema that is shipped for it, at every rung of the port."""

import json
from pathlib import Path

import jsonschema
import pytest
from referencing import Registry, Resource

import tracker.cli
from tests.cli.conftest import Kerntrack
from tests.cli.test_compile_and_verify import CUDA, HIP, Q5

FOLDER = Path(tracker.cli.__file__).with_name("schemas")
SCHEMAS = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
REGISTRY: Registry = Registry().with_resources(
    (f"{name}.json", Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)


def validate(name: str, text: str) -> None:
    jsonschema.Draft202012Validator(SCHEMAS[name], registry=REGISTRY).validate(json.loads(text))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "all.cu").write_text(CUDA)
    (folder / "port.hip").write_text(HIP)
    (folder / "kerntrack.toml").write_text('cuda = ["all.cu"]\nhip = ["port.hip"]\narchs = ["gfx1100"]\ncache = "c"\n')
    return folder


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_schemas_and_name_their_command(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["title"].split()[:2] == ["kerntrack", name]


def test_documents_follow_their_schemas(kerntrack: Kerntrack, project: Path) -> None:
    validate("scan", kerntrack("scan", "--json").out)
    validate("status", kerntrack("status", "--json").out)
    validate("gap", kerntrack("gap", "--json").out)
    validate("hazards", kerntrack("hazards", "--json").out)
    validate("verify", kerntrack("verify", "--json").out)
    validate("compile", kerntrack("compile", "--again", "--json").out)
    port = project / "port.hip"
    port.write_text(port.read_text().replace("float(code - 8)", "float(code - 7)"))
    failed = kerntrack("verify", "--json")
    validate("verify", failed.out)
    assert {result["outcome"] for result in json.loads(failed.out)["results"]} == {"passed", "failed"}
    port.write_text(port.read_text().replace("float(code - 7)", "float(code - )"))
    validate("compile", kerntrack("compile", "--json").out)
    validate("status", kerntrack("status", "--json").out)
    validate("show", kerntrack("show", Q5, "--json").out)
    validate("show", kerntrack("show", "get_rows_q4_0", "--json").out)
    validate("history", kerntrack("history", "--json").out)
    validate("diff", kerntrack("diff", "2", "--json").out)
    validate("doctor", kerntrack("doctor", "--json").out)

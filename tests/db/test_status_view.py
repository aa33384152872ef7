"""Status follows from inventory, builds and evidence, at every rung and after every change."""

from sqlalchemy import Engine

from db import queries, record
from db.views import ArchStatus, KernelStatus
from tests.db.samples import ARCHS, Q4, Q5, attempt, built, check, port


def rows(engine: Engine) -> dict[str, KernelStatus]:
    return {row.symbol: row for row in queries.status(engine, ARCHS)}


def cell(engine: Engine, arch: str = "gfx90a") -> ArchStatus:
    return rows(engine)[Q5].archs[arch]


def compile(engine: Engine, code_hash: str, fingerprint: str = "f1") -> None:
    record.build(engine, attempt("gfx90a"), {Q5: fingerprint}, built(Q5, code_hash))


def fail_to_compile(engine: Engine, fingerprint: str, **changes: str) -> None:
    failure = attempt("gfx90a", outcome="failed", code_object=None, output="q5.hip:3: error: no", **changes)
    record.build(engine, failure, {Q5: fingerprint}, {})


def verify(engine: Engine, code_hash: str, **changes: object) -> None:
    record.evidence(engine, check("gfx90a", code_hash, **changes), toolchain="zig")


def test_missing_and_ported_kernels(engine: Engine) -> None:
    missing, ported = rows(engine)[Q4], rows(engine)[Q5]
    assert (missing.port, missing.port_location, missing.archs["gfx90a"].state) == ("missing", None, "none")
    assert missing.baseline is not None and (missing.baseline.line, missing.baseline.macro_line) == (10, 2)
    assert (ported.port, ported.family, ported.type, ported.archs["gfx1100"].state) == (
        "ported",
        "dequantize",
        "q5_1",
        "none",
    )


def test_drifted_names_the_differences(engine: Engine) -> None:
    pairs = [{"cuda_symbol": Q5, "hip_symbol": Q5, "differences": ["parameter 2 is missing"]}]
    record.sources(engine, [("cuda", "a.cu", ""), ("hip", "q5.hip", "")])
    record.pairs(engine, pairs)
    assert (rows(engine)[Q5].port, rows(engine)[Q5].differences) == ("drifted", ("parameter 2 is missing",))


def test_compiled_with_its_resources(engine: Engine) -> None:
    compile(engine, "h1")
    found = cell(engine)
    assert (found.state, found.fresh, found.code_hash) == ("compiled", True, "h1")
    assert found.resources is not None
    assert (found.resources.vgprs, found.resources.wave_size, found.resources.occupancy) == (12, 64, 8)
    assert cell(engine, "gfx1100").state == "none"


def test_symbol_missing_from_the_code_object_is_not_compiled(engine: Engine) -> None:
    record.build(engine, attempt("gfx90a"), {Q5: "f1"}, {})
    assert cell(engine).state == "build failed"
    assert "no kernel" in cell(engine).build_output


def test_a_slow_emulator_decides_nothing_and_a_hang_on_a_gpu_does(engine: Engine) -> None:
    compile(engine, "h1")
    verify(engine, "h1", outcome="timed out", cases_run=0)
    assert cell(engine).state == "compiled"
    verify(engine, "h1", device_kind="hip", device_target="gfx90a", outcome="timed out")
    assert cell(engine).state == "verify failed"


def test_rungs_follow_the_evidence(engine: Engine) -> None:
    compile(engine, "h1")
    verify(engine, "h1", outcome="unsupported", message="no contract")
    assert cell(engine).state == "unsupported"
    verify(engine, "h1")
    assert cell(engine).state == "emulated"
    verify(engine, "h1", device_kind="hip", device_target="gfx90a:xnack-")
    assert cell(engine).state == "verified"
    verify(engine, "h1", outcome="failed")
    assert cell(engine).state == "emulation failed"
    verify(engine, "h1", device_kind="hip", device_target="gfx90a:xnack-", outcome="failed")
    assert cell(engine).state == "verify failed"


def test_refused_error_and_zero_cases_are_no_verdict(engine: Engine) -> None:
    compile(engine, "h1")
    for changes in ({"outcome": "refused"}, {"outcome": "error"}, {"cases_run": 0}):
        verify(engine, "h1", **changes)
        assert cell(engine).state == "compiled"


def test_a_cuda_device_says_nothing_about_an_amd_arch(engine: Engine) -> None:
    compile(engine, "h1")
    verify(engine, "h1", device_kind="cuda")
    assert cell(engine).state == "compiled"


def test_a_cuda_device_verifies_its_own_arch(engine: Engine) -> None:
    record.build(engine, attempt("sm_90"), {Q5: "f1"}, built(Q5, "ptx"))
    record.evidence(engine, check("sm_90", "ptx", device_kind="cuda"), toolchain="zig")
    record.evidence(
        engine, check("sm_90", "cubin", device_kind="cuda", side="cuda", outcome="failed"), toolchain="nvcc"
    )
    assert queries.status(engine, ["sm_90"])[1].archs["sm_90"].state == "verified"
    assert [(each.side, each.holds) for each in queries.evidence(engine, Q5)] == [("cuda", False), ("hip", True)]


def test_code_built_for_a_gpus_own_target_id_verifies_its_arch(engine: Engine) -> None:
    target = "gfx90a:sramecc+:xnack-"
    record.build(engine, attempt(target), {Q5: "f1"}, built(Q5, "exact"))
    assert cell(engine).state == "compiled"  # the only build there is
    compile(engine, "plain")
    verify(engine, "plain")
    assert (cell(engine).state, cell(engine).code_hash) == ("emulated", "plain")
    verify(engine, "exact", device_kind="hip", device_target=target)
    assert cell(engine).state == "verified"
    assert [each.holds for each in queries.evidence(engine, Q5)] == [True, True]
    port(engine, "f2")
    compile(engine, "plain", "f2")
    assert cell(engine).state == "emulated"  # what the GPU ran was made of the former source
    assert [each.holds for each in queries.evidence(engine, Q5)] == [False, True]


def test_failure_of_one_seed_outlives_a_pass_of_another(engine: Engine) -> None:
    compile(engine, "h1")
    verify(engine, "h1", seed=1, outcome="failed")
    verify(engine, "h1", seed=0)
    assert cell(engine).state == "emulation failed"
    verify(engine, "h1", seed=1)
    assert cell(engine).state == "emulated"


def test_a_single_case_decides_nothing(engine: Engine) -> None:
    compile(engine, "h1")
    verify(engine, "h1", effort="case")
    assert cell(engine).state == "compiled"
    assert len(queries.evidence(engine, Q5)) == 1


def test_changed_source_makes_build_and_evidence_stale(engine: Engine) -> None:
    compile(engine, "h1")
    verify(engine, "h1")
    port(engine, "f2")
    assert (cell(engine).state, cell(engine).fresh) == ("emulated", False)


def test_rebuild_with_the_same_code_keeps_the_evidence(engine: Engine) -> None:
    compile(engine, "h1")
    verify(engine, "h1")
    port(engine, "f2")
    compile(engine, "h1", "f2")
    assert (cell(engine).state, cell(engine).fresh) == ("emulated", True)


def test_rebuild_with_other_code_voids_the_evidence(engine: Engine) -> None:
    compile(engine, "h1")
    verify(engine, "h1")
    port(engine, "f2")
    compile(engine, "h2", "f2")
    assert cell(engine).state == "compiled"
    assert [(e.code_hash, e.holds) for e in queries.evidence(engine, Q5)] == [("h1", False)]


def test_newer_contract_voids_the_evidence(engine: Engine) -> None:
    compile(engine, "h1")
    verify(engine, "h1", contract="dequantize/0")
    assert cell(engine).state == "compiled"


def test_failed_build_of_the_present_source(engine: Engine) -> None:
    compile(engine, "h1")
    port(engine, "f2")
    fail_to_compile(engine, "f2")
    found = cell(engine)
    assert (found.state, found.fresh, found.build_output) == ("build failed", True, "q5.hip:3: error: no")


def test_a_neighbours_syntax_error_leaves_a_kernel_fresh(engine: Engine) -> None:
    compile(engine, "h1")
    verify(engine, "h1")
    fail_to_compile(engine, "f1")
    assert (cell(engine).state, cell(engine).fresh) == ("emulated", True)


def test_going_back_to_an_older_source_finds_its_build_again(engine: Engine) -> None:
    compile(engine, "h1")
    port(engine, "f2")
    compile(engine, "h2", "f2")
    port(engine, "f1")
    assert (cell(engine).code_hash, cell(engine).fresh) == ("h1", True)


def test_failed_build_of_an_older_source_is_stale(engine: Engine) -> None:
    fail_to_compile(engine, "f1")
    port(engine, "f2")
    assert (cell(engine).state, cell(engine).fresh) == ("build failed", False)


def test_repeated_builds_do_not_pile_up(engine: Engine) -> None:
    for code_hash in ("h1", "h2", "h2"):
        compile(engine, code_hash)
        fail_to_compile(engine, "f1")
    assert cell(engine).code_hash == "h2"
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from built_kernels").scalar() == 2
        assert connection.exec_driver_sql("select count(*) from builds").scalar() == 6


def test_a_cancelled_build_is_no_verdict(engine: Engine) -> None:
    record.build(engine, attempt("gfx90a", outcome="cancelled", code_object=None), {Q5: "f1"}, {})
    assert cell(engine).state == "none"


def test_deleted_port_is_missing_but_its_evidence_stays(engine: Engine) -> None:
    compile(engine, "h1")
    verify(engine, "h1")
    record.sources(engine, [("cuda", "a.cu", "")])
    record.pairs(engine, [{"cuda_symbol": Q5, "hip_symbol": None, "differences": []}])
    assert rows(engine)[Q5].port == "missing"
    assert len(queries.evidence(engine, Q5)) == 1


def test_scanned_facts_come_back_as_written(engine: Engine) -> None:
    (file,) = queries.sources(engine, "hip")
    assert (file.path, file.structs, file.dependencies) == ("q5.hip", ("block_q5_1",), (("include/a.h", "1" * 64),))
    (kernel,) = queries.kernels(engine, "hip", Q5)
    assert kernel.parameters == (("vx", "const void *"), ("y", "float *"))
    assert {(d.source, d.line, d.message) for d in queries.diagnostics(engine)} == {
        ("a.cu", 3, "unused variable"),
        ("q5.hip", 3, "unused variable"),
    }


def test_evidence_of_another_emulator_does_not_hold(engine: Engine) -> None:
    compile(engine, "h1")
    verify(engine, "h1")
    assert cell(engine).state == "emulated"
    newer = engine.execution_options(emulator="another emulator")
    assert cell(newer).state == "compiled"
    assert [e.holds for e in queries.evidence(newer, Q5)] == [False]

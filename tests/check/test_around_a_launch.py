"""What surrounds the values: red zones, inputs, repeated runs, faults, and what is not a verdict at all."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kernels.contracts import VERSIONS
from kernels.launch import Launch
from tracker.cancel import Cancel
from tracker.check import check_kernel
from tracker.check.results import CheckResult
from tracker.devices.protocol import Fault, LaunchReport, Overwrite
from tracker.errors import CancelledError, UsageError

from .fake import FakeDevice, FakeModule, out_name

SYMBOL = "mul_mat_vec_q5_1_q8_1_cuda2"


def check(device: FakeDevice, symbol: str = SYMBOL, **options: Any) -> CheckResult:
    given = {"code_hash": "abc", "effort": "quick", "seed": 0, "cancel": Cancel(), **options}
    return check_kernel(device, FakeModule(), symbol, **given)


def test_a_write_outside_a_buffer_fails_and_says_where() -> None:
    def after(launch: Launch, report: LaunchReport) -> LaunchReport:
        return replace(report, overwrites=(Overwrite("dst", 72),))

    result = check(FakeDevice(after=after))
    assert result.outcome == "failed"
    assert "dst" in result.message and "72" in result.message


def test_a_changed_input_fails() -> None:
    def after(launch: Launch, report: LaunchReport) -> LaunchReport:
        y = report.buffers["vy"].copy()
        y[40] ^= 1
        return replace(report, buffers={**report.buffers, "vy": y})

    result = check(FakeDevice(after=after))
    assert result.outcome == "failed"
    assert "input vy changed" in result.message and "byte 40" in result.message


def test_runs_that_differ_in_a_bit_fail_though_both_are_near_enough() -> None:
    seen: list[int] = []

    def after(launch: Launch, report: LaunchReport) -> LaunchReport:
        seen.append(1)
        out = report.buffers["dst"].view("<f4").copy()
        if len(seen) % 2:
            out[3] = np.nextafter(out[3], np.float32(np.inf))
        return replace(report, buffers={**report.buffers, "dst": out.view(np.uint8)})

    result = check(FakeDevice(after=after))
    assert result.outcome == "failed"
    assert "two runs differ" in result.message and "at 3" in result.message


def test_the_two_runs_differ_in_poison_and_noise_only() -> None:
    device = FakeDevice()
    check(device, case="rows=3 cols=64 data=random seed=4")
    first, second = device.launches
    different = [
        a.name for a, b in zip(first.arguments, second.arguments, strict=True) if not np.array_equal(a.data, b.data)
    ]
    assert different == ["dst"]
    assert (first.noise, second.noise) == (0, 1)
    assert replace(first, arguments=(), noise=0) == replace(second, arguments=(), noise=0)


def test_a_fault_fails_with_its_message() -> None:
    fault = Fault("out of bounds", "load of 4 bytes at vx+96, lane 3")
    result = check(FakeDevice(after=lambda launch, report: replace(report, fault=fault)))
    assert result.outcome == "failed"
    assert "out of bounds: load of 4 bytes at vx+96, lane 3" in result.message


def test_a_device_that_lacks_an_instruction_gives_no_verdict() -> None:
    fault = Fault("unknown instruction", "v_nonsense_b32 in line 7")
    result = check(FakeDevice(after=lambda launch, report: replace(report, fault=fault)))
    assert result.outcome == "unsupported"
    assert "v_nonsense_b32" in result.message


def test_the_first_wrong_element_is_shown_with_its_neighbours() -> None:
    def after(launch: Launch, report: LaunchReport) -> LaunchReport:
        out = report.buffers["dst"].view("<f4").copy()
        out[5:7] += 1
        return replace(report, buffers={**report.buffers, "dst": out.view(np.uint8)})

    failing = check(FakeDevice(after=after)).failing
    assert failing is not None and failing.mismatch is not None
    bad = failing.mismatch
    assert (bad.buffer, bad.index, bad.bad) == ("dst", 5, 2)
    assert float(bad.got) == pytest.approx(float(bad.expected) + 1, rel=1e-6)
    assert [index for index, _, _ in bad.window] == [2, 3, 4, 5, 6, 7, 8]
    assert (5, bad.expected, bad.got) in bad.window


def test_a_failing_case_is_reproduced_by_its_name() -> None:
    def after(launch: Launch, report: LaunchReport) -> LaunchReport:
        out = report.buffers[out_name(launch)].copy()
        out[0] ^= 0x80
        return replace(report, buffers={**report.buffers, out_name(launch): out})

    first = check(FakeDevice(after=after), seed=3).failing
    assert first is not None
    again = check(FakeDevice(after=after), case=first.name)
    assert again.cases_run == 1
    assert again.failing is not None and again.failing.mismatch == first.mismatch


def test_a_case_name_that_cannot_be_read_is_a_users_error_with_an_example() -> None:
    for wrong in ("rows=3", "rows=3 cols=x data=random seed=1", "rows=3 cols=64 data=odd seed=1", "cols=33"):
        with pytest.raises(UsageError) as caught:
            check(FakeDevice(), case=wrong)
        assert wrong in caught.value.message
        assert "rows=19 cols=" in caught.value.remedy


def test_a_case_that_breaks_the_format_is_a_users_error() -> None:
    with pytest.raises(UsageError, match="33 elements"):
        check(FakeDevice(), case="rows=3 cols=33 data=random seed=1")


def test_a_bug_in_the_check_is_an_error_not_a_verdict() -> None:
    def broken(launch: Launch) -> Launch:
        raise ZeroDivisionError("the oracle broke")

    result = check(FakeDevice(before=broken))
    assert result.outcome == "error"
    assert "the oracle broke" in result.message


def test_zero_cases_are_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    from kernels.contracts import mul_mat_vec_q8_1

    none = replace(mul_mat_vec_q8_1.CONTRACT, shapes=lambda kernel, effort: iter(()))
    monkeypatch.setattr(mul_mat_vec_q8_1, "CONTRACT", none)
    result = check(FakeDevice())
    assert (result.outcome, result.cases_run) == ("failed", 0)


def test_a_kernel_without_contract_is_unsupported() -> None:
    assert check(FakeDevice(), "rope_f32").outcome == "unsupported"


def test_a_kernel_that_the_module_lacks_is_refused() -> None:
    assert check(FakeDevice(), "mul_mat_vec_q5_1_q8_1_hip2").outcome == "refused"


def test_cancelling_stops_between_cases() -> None:
    cancel = Cancel()
    cancel.set()
    with pytest.raises(CancelledError):
        check(FakeDevice(), cancel=cancel)


def test_the_result_says_what_was_checked_where() -> None:
    result = check(FakeDevice(), seed=9)
    assert (result.arch, result.device_target, result.code_hash) == ("gfx90a", "gfx90a:sramecc+", "abc")
    assert result.contract == f"mul_mat_vec_q8_1/{VERSIONS['mul_mat_vec_q8_1']}"
    assert result.cost["instructions"] == 1 and "rows=" in result.cost["case"]

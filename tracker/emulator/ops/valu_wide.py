"""Vector operations with carries and on 64-bit integers."""

from typing import Any

import numpy as np

from tracker.emulator.operation import define

U32, U64 = np.uint32, np.uint64


def _add_co(a: Any, b: Any, out: Any, carry: Any) -> None:
    total = a + b
    np.less(total, b, carry)
    np.copyto(out, total)


def _sub_co(a: Any, b: Any, out: Any, borrow: Any) -> None:
    difference = a - b
    np.less(a, b, borrow)
    np.copyto(out, difference)


def _add_ci(a: Any, b: Any, carry_in: Any, out: Any, carry: Any) -> None:
    partial = a + b
    total = partial + carry_in
    np.logical_or(partial < b, total < partial, carry)
    np.copyto(out, total)


def _sub_ci(a: Any, b: Any, borrow_in: Any, out: Any, borrow: Any) -> None:
    partial = a - b
    total = partial - borrow_in
    np.logical_or(a < b, partial < borrow_in, borrow)
    np.copyto(out, total)


def _mad_u64(a: Any, b: Any, c: Any, out: Any, carry: Any) -> None:
    total = np.multiply(a, b, dtype=U64) + c
    np.less(total, c, carry)
    np.copyto(out, total)


def _mad_i64(a: Any, b: Any, c: Any, out: Any, carry: Any) -> None:
    product = np.multiply(a, b, dtype=np.int64)
    total = product + c
    # Carry out of bit 63 of the sum as unsigned numbers.
    np.less(total.view(U64), np.asarray(c).view(U64), carry)
    np.copyto(out, total)


define("v_add_co_u32", "u32 mask", "u32 u32", _add_co)
define("v_sub_co_u32", "u32 mask", "u32 u32", _sub_co)
define("v_subrev_co_u32", "u32 mask", "u32 u32", lambda a, b, d, m: _sub_co(b, a, d, m))
define("v_add_co_ci_u32", "u32 mask", "u32 u32 mask", _add_ci)
define("v_sub_co_ci_u32", "u32 mask", "u32 u32 mask", _sub_ci)
define("v_subrev_co_ci_u32", "u32 mask", "u32 u32 mask", lambda a, b, n, d, m: _sub_ci(b, a, n, d, m))
define("v_mad_co_u64_u32", "u64 mask", "u32 u32 u64", _mad_u64)
define("v_mad_co_i64_i32", "i64 mask", "i32 i32 i64", _mad_i64)
define("v_lshlrev_b64", "u64", "c6 u64", lambda n, a, d: np.left_shift(a, n, d))
define("v_lshrrev_b64", "u64", "c6 u64", lambda n, a, d: np.right_shift(a, n, d))
define("v_ashrrev_i64", "i64", "c6 i64", lambda n, a, d: np.right_shift(a, n, d))
define("v_lshl_add_u64", "u64", "u64 c3 u64", lambda a, n, c, d: np.add(a << n, c, d))
define("v_mov_b64", "u64", "u64", np.positive)

"""`python -m tests.fuzz --arch gfx90a --seeds 0:1000`: run seeds, print programs per minute, reduce what fails."""

import argparse
import sys

from tests.fuzz.campaign import Tally, campaign, level_of, shrink

_REFUSED = 0.01
"""Share of programs that the compiler may refuse before something is wrong with the generator."""

_SHOWN = 3
"""Failing programs that are reduced and printed per arch."""


def _seeds(text: str) -> range:
    first, _, end = text.partition(":")
    return range(int(first), int(end)) if end else range(int(first), int(first) + 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--arch", action="append", help="target; may be given several times (gfx90a gfx1030 gfx1100)")
    parser.add_argument("--seeds", type=_seeds, default=range(300), metavar="FIRST:END", help="seeds, END excluded")
    parser.add_argument("--no-reduce", action="store_true", help="only count failures")
    return parser.parse_args()


def _print_progress(tally: Tally) -> None:
    if sys.stderr.isatty():
        print(f"\r{tally.arch}: {tally.programs} programs, {len(tally.failures)} failures", end="", file=sys.stderr)


def _report(tally: Tally, *, reduce: bool) -> None:
    print(f"{tally.arch}: {tally.programs} programs, {tally.agreeing} agree, {tally.per_minute:.0f} programs/min")
    if tally.miscompiled:
        print(f"  {len(tally.miscompiled):5} miscompiled (see miscompile.py): seeds {tally.miscompiled}")
    if tally.refused:
        print(f"  {len(tally.refused):5} refused by the compiler: seeds {tally.refused}")
    for reason, count in tally.reasons().most_common():
        print(f"  {count:5} {reason}")
    shown = {}
    for seed, _, outcome in tally.failures:
        shown.setdefault(outcome.verdict if outcome.verdict == "differs" else outcome.detail[:70], seed)
    for seed in [*shown.values()][: _SHOWN if reduce else 0]:
        text, outcome = shrink(seed, level_of(seed), tally.arch)
        print(f"\nseed {seed}, -O{level_of(seed)}, reduced: {outcome.verdict}: {outcome.detail}\n{text}")


def main() -> int:
    """Exit code 1 when a program failed, or when the compiler refused more than a few."""
    options = _arguments()
    failed = False
    for arch in options.arch or ["gfx90a", "gfx1030", "gfx1100"]:
        tally = campaign(arch, options.seeds, _print_progress)
        _report(tally, reduce=not options.no_reduce)
        failed |= bool(tally.failures) or len(tally.refused) > _REFUSED * len(options.seeds)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

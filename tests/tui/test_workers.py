"""The workers of a cluster on the screen: who they are, what they do, and a scheduler that is away."""

from dataclasses import replace

from tests.tui.fake import Fake
from tests.tui.pilots import running, screen_text, until
from tracker.actions.workers import Seen
from tracker.cluster.client import Worker
from tracker.cluster.worker import Offer
from tracker.devices.selection import Found

ADDRESS = "tls://scheduler:8786"
RACK = Worker(
    "tls://10.0.0.5:40001",
    Offer(
        "rack",
        "1.0",
        "emulator 1",
        {"emulator": 8, "ziglang": 8, "gfx90a:sramecc+:xnack-": 1},
        (Found("hip", 0, "AMD Instinct MI210", "gfx90a:sramecc+:xnack-", "HIP 6.4"),),
        {"ziglang": "ziglang-0.17.1"},
    ),
    ("mul_mat_q5_1 on gfx90a",),
    3,
)
LAPTOP = Worker("tls://10.0.0.6:40001", Offer("laptop", "1.0", "emulator 1", {"emulator": 2}, (), {}), (), 0)


async def test_workers_are_listed_and_followed() -> None:
    source = Fake()
    source.look = Seen(ADDRESS, (RACK,))
    async with running(source) as (app, pilot):
        await pilot.press("W")
        await until(pilot, lambda: "rack" in screen_text(app))
        text = screen_text(app)
        assert f"{ADDRESS}  1 worker" in text and "1 running, 2 waiting" in text
        assert "8 × emulator, 8 × ziglang, 1 × gfx90a:sramecc+:xnack-" in text
        assert "AMD Instinct MI210, gfx90a:sramecc+:xnack-" in text and "HIP 6.4" in text
        assert "now     mul_mat_q5_1 on gfx90a" in text
        source.look = Seen(ADDRESS, (LAPTOP, replace(RACK, doing=(), jobs=0)))
        await until(pilot, lambda: "laptop" in screen_text(app))
        assert screen_text(app).count("idle") == 2 and "now  " not in screen_text(app)
        await pilot.press("W")
        await until(pilot, lambda: app.screen is app.main)


async def test_a_scheduler_that_is_away_is_said_and_who_was_there_stays() -> None:
    source = Fake()
    source.look = Seen(ADDRESS, (RACK,), f"no scheduler answers at {ADDRESS}")
    async with running(source) as (app, pilot):
        await pilot.press("W")
        await until(pilot, lambda: "away: no scheduler answers" in screen_text(app))
        assert "seen last:" in screen_text(app) and "rack" in screen_text(app)
        source.look = Seen(ADDRESS)
        await until(pilot, lambda: f"kerntrack worker {ADDRESS}" in screen_text(app))


async def test_without_a_cluster_it_says_how_to_name_one() -> None:
    async with running() as (app, pilot):
        await pilot.press("W")
        await until(pilot, lambda: "no cluster: everything runs on this machine" in screen_text(app))
        assert "KERNTRACK_CLUSTER" in screen_text(app)

"""Every action ends in one row of the history, whatever came of it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine

from db import record
from tracker.actions.events import Event, Finished


def recorded(engine: Engine, verb: str, options: dict[str, Any], events: Iterator[Event]) -> Iterator[Event]:
    """Pass events on; write the last one, `Finished`, to the history."""
    started = record.now()
    for event in events:
        if isinstance(event, Finished):
            record.run(
                engine,
                verb=verb,
                started=started,
                good=event.good,
                message=event.message,
                options=options,
                summary=event.summary,
            )
        yield event

"""Every action ends in one row of the history, whatever came of it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from db import append
from tracker.actions.compare import States, states_of
from tracker.actions.events import Event, Finished
from tracker.config import Project

if TYPE_CHECKING:  # what changed nothing is kept without SQLAlchemy
    from _typeshed import DataclassInstance
    from sqlalchemy import Engine


def recorded(
    project: Project, engine: "Engine", verb: str, options: dict[str, Any], events: Iterator[Event]
) -> Iterator[Event]:
    """Pass events on; write the last one, `Finished`, and the matrix as it then is to the history."""
    from db import queries, record

    started = record.now()
    for event in events:
        if isinstance(event, Finished):
            run = record.run(
                engine,
                verb=verb,
                started=started,
                good=event.good,
                message=event.message,
                options=options,
                summary=event.summary,
            )
            record.snapshot(engine, run, states_of(queries.status(engine, project.archs)))
        yield event


def kept(
    project: Project, verb: str, started: str, options: dict[str, Any], finished: Finished, states: States
) -> bool:
    """Write an action that changed nothing, and the matrix in words, to the history of a file; as `append.run` says."""
    row = {"verb": verb, "started": started, "good": finished.good, "message": finished.message}
    return append.run(project.database, {**row, "options": options, "summary": finished.summary}, states)


def plain(options: "DataclassInstance") -> dict[str, Any]:
    """An action's options as the history keeps them."""
    return json.loads(json.dumps(asdict(options), default=str))  # type: ignore[no-any-return]

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

    started = append.now()
    for event in events:
        if isinstance(event, Finished):
            states = states_of(queries.status(engine, project.archs))
            if not kept(project, verb, started, options, event, states):
                run = record.run(engine, started=started, **_columns(verb, options, event))
                record.snapshot(engine, run, states)
        yield event


def kept(
    project: Project, verb: str, started: str, options: dict[str, Any], finished: Finished, states: States
) -> bool:
    """Write an action, and the matrix as it then is in words, to the history of a file, as `append.run` says."""
    return append.run(project.database, {"started": started, **_columns(verb, options, finished)}, states)


def _columns(verb: str, options: dict[str, Any], finished: Finished) -> dict[str, Any]:
    columns = {"verb": verb, "good": finished.good, "message": finished.message}
    return {**columns, "options": options, "summary": finished.summary}


def plain(options: "DataclassInstance") -> dict[str, Any]:
    """An action's options as the history keeps them."""
    return json.loads(json.dumps(asdict(options), default=str))  # type: ignore[no-any-return]

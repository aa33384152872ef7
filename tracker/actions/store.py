"""Opening a project's database."""

from sqlalchemy import Engine

from db.engine import open_database
from db.errors import DatabaseError
from tracker.config import Project
from tracker.devices.revision import emulator_name
from tracker.errors import AbsentError, KerntrackError, UsageError


def open_store(project: Project, read_only: bool = False) -> Engine:
    """The project's database, migrated. Raises UsageError with a remedy when that cannot be."""
    try:
        engine = open_database(project.database, read_only, emulator_name())
    except DatabaseError as error:
        raise user_error(error) from error
    return engine.execution_options(acknowledgements=project.acknowledgements)


def user_error(error: DatabaseError) -> KerntrackError:
    """A database error as one for the command line."""
    return (AbsentError if error.absent else UsageError)(error.message, error.remedy)

"""Where a database is: a SQLite file, or the address of one on a PostgreSQL server; and how to name it in messages."""

import re
from pathlib import Path

from db.errors import DatabaseError

Address = Path | str
"""A file, or an address such as `postgresql+psycopg://user@host/database`."""
DRIVER = "postgresql+psycopg"
_SECRETS = re.compile(r"((?:^|[?&])\w*password=)[^&]*")
_LOGIN = re.compile(r"(://[^:@/]*):.*@")


def is_server(text: str) -> bool:
    """Whether a configured text is an address and not a file's name."""
    return "://" in text


def server(text: str) -> str:
    """The address with the driver that is used. Raises DatabaseError for any other engine than PostgreSQL."""
    scheme, _, rest = text.partition("://")
    if scheme not in (DRIVER, "postgresql", "postgres"):
        raise DatabaseError(
            f"databases of the kind '{scheme}' are not supported",
            f"name a file (SQLite), or {DRIVER}://USER@HOST/DATABASE",
        )
    return f"{DRIVER}://{rest}"


def describe(address: Address) -> str:
    """The address for messages and documents: whatever is secret in it is hidden."""
    if isinstance(address, Path):
        return str(address)
    place, mark, query = address.partition("?")
    return _LOGIN.sub(r"\1:***@", place) + mark + _SECRETS.sub(r"\1***", query)

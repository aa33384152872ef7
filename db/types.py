"""Column types that are the same on both engines where the engines' own differ."""

import json
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

Whole = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits, as every integer of SQLite has."""


class _Written(TypeDecorator[Any]):
    """Lists and mappings as JSON text. PostgreSQL's own JSON would refuse NaN and come back parsed."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Python to database."""
        return None if value is None else json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Database to Python."""
        return None if value is None else json.loads(value)


Document = JSON(none_as_null=True).with_variant(_Written(), "postgresql")
"""Lists and mappings, as JSON text on both."""

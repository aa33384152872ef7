"""What was found out when: the outcomes of all checks in the order they were made."""

from sqlalchemy import Engine, select

from db.models import Evidence
from db.views import Outcome


def outcomes(engine: Engine) -> list[Outcome]:
    """Every check of a kernel's whole set of cases, oldest first."""
    e = Evidence
    columns = select(e.created, e.symbol, e.arch, e.device_kind, e.outcome)
    with engine.connect() as connection:
        rows = connection.execute(columns.where(e.effort != "case").order_by(e.id))
        return [Outcome(*row) for row in rows]

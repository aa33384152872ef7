"""What can be wrong with a database file, in words for its owner."""


class DatabaseError(Exception):
    """`message` names the database and what is wrong with it; `remedy` says what to do. `absent`: a driver is."""

    def __init__(self, message: str, remedy: str = "", absent: bool = False) -> None:
        super().__init__(message)
        self.absent = absent
        self.message = message
        self.remedy = remedy

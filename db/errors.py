"""What can be wrong with a database file, in words for its owner."""


class DatabaseError(Exception):
    """`message` names the file and what is wrong with it; `remedy` says what to do."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

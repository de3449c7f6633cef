def fingerprint(message: str) -> str:
    """Returns the message with placeholders for numbers, ids and quoted texts."""
    raise NotImplementedError


class Deduplicator:
    """Lets the first messages of each group pass and counts the others. Every method returns a list of records."""

    def __init__(self, window: float, limit: int, max_groups: int):
        raise NotImplementedError

    def feed(self, time: float, level: str, message: str) -> list[tuple]:
        raise NotImplementedError

    def advance(self, time: float) -> list[tuple]:
        raise NotImplementedError

    def close(self) -> list[tuple]:
        raise NotImplementedError

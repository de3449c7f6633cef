class Conflict(ValueError):
    """A different event with the same id arrived before."""


class UnknownTarget(ValueError):
    """The event to be retracted has not arrived."""


class Ledger:
    def append(self, event: dict) -> bool:
        """Adds an event; False if it has arrived before."""
        raise NotImplementedError

    def state(self, at: float) -> dict:
        """Returns {"stock": ..., "orders": ..., "rejected": ...} after all events up to that time."""
        raise NotImplementedError

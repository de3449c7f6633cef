class PatchError(ValueError):
    """A step cannot be applied. Has the attribute `step`, its number in the list."""

    def __init__(self, message: str, step: int):
        super().__init__(message)
        self.step = step


def diff(old, new) -> list[tuple]:
    """Returns the steps that turn old into new."""
    raise NotImplementedError


def patch(data, steps: list[tuple]):
    """Returns the data after the steps."""
    raise NotImplementedError

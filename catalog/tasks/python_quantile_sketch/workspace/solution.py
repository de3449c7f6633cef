class Sketch:
    """A summary of a stream of numbers that answers within an error of error * count()."""

    def __init__(self, error: float):
        raise NotImplementedError

    @classmethod
    def load(cls, data) -> "Sketch":
        raise NotImplementedError

    def dump(self):
        raise NotImplementedError

    def extend(self, values: list[float]) -> None:
        raise NotImplementedError

    def merge(self, other: "Sketch") -> None:
        raise NotImplementedError

    def count(self) -> int:
        raise NotImplementedError

    def quantile(self, q: float) -> float:
        raise NotImplementedError

    def rank(self, number: float) -> float:
        raise NotImplementedError

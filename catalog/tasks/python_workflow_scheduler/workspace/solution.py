from collections.abc import Callable


class WorkflowError(ValueError):
    """The tasks are no workflow. Has the attribute `names`."""

    def __init__(self, message: str, names: list[str] = ()):
        super().__init__(message)
        self.names = list(names)


class Workflow:
    def __init__(self, tasks: list[dict], slots: int, start: Callable[[str, int], bool | None]):
        raise NotImplementedError

    def advance(self, now: float) -> None:
        raise NotImplementedError

    def report(self, name: str, attempt: int, ok: bool, now: float) -> bool:
        raise NotImplementedError

    def cancel(self, name: str, now: float) -> bool:
        raise NotImplementedError

    def states(self) -> dict[str, str]:
        raise NotImplementedError

    def next_time(self) -> float | None:
        raise NotImplementedError

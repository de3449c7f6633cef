"""Problems: error replies, both on the bus and over HTTP (RFC 9457)."""

from __future__ import annotations

from assay.contracts.codec import Data


class FieldError(Data, frozen=True, kw_only=True):
    """One invalid field. ``where`` is a path such as ``models[1]``; ``near`` is the closest valid value."""

    where: str
    message: str
    near: str | None = None


class Problem(Data, frozen=True, kw_only=True):
    """``code`` is for programs (``unknown_task``), ``title`` for people. ``detail`` says why and what to do next."""

    code: str
    title: str
    status: int = 400
    detail: str = ""
    errors: tuple[FieldError, ...] = ()
    retry_after_seconds: float | None = None


class ProblemError(Exception):
    """Raised where a problem is detected. Rpc transports its Problem and raises the error again in the caller."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.title}: {problem.detail}" if problem.detail else problem.title)
        self.problem = problem

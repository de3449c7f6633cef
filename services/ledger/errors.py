"""Errors of the ledger.

LedgerError
├── Refused            permanent: the request cannot be done; carries the Problem that is answered
├── Contradiction      permanent: a report bears the id of another one; it is put among the dead
├── Unavailable        retryable: Postgres cannot be reached or asked to try again
└── NotDurable         permanent: this Postgres may forget what it committed; the ledger does not start
"""

from __future__ import annotations

from assay.contracts.problems import Problem, ProblemError
from assay.contracts.rpc import Quote


class LedgerError(Exception):
    pass


class Refused(LedgerError, ProblemError):
    """The request cannot be done as it is; the Problem says why and what to do."""


class Unavailable(LedgerError, ProblemError):
    """Postgres is away; the effect of what was asked is none or unknown, and asking again is right."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(
            Problem(
                code="ledger_unavailable",
                title="The ledger cannot reach its database",
                status=503,
                detail=f"{type(cause).__name__}: {cause}. Nothing is lost; try again in a moment.",
                retry_after_seconds=2.0,
            )
        )


class Contradiction(LedgerError):
    """The text names the report."""


class NotDurable(LedgerError):
    """The text names the setting."""


def contradiction(message_id: str) -> Contradiction:
    return Contradiction(
        f"a report {message_id!r} was taken in before with another content. The first one stands; compare the two to "
        "find which worker reports what it does not know"
    )


def unknown_run(run_id: str) -> Refused:
    return Refused(
        Problem(
            code="unknown_run",
            title="No such run",
            status=404,
            detail=f"There is no run {run_id!r}. `assay runs list` shows those there are.",
        )
    )


def unknown_attempt(attempt_id: str) -> Refused:
    return Refused(
        Problem(
            code="unknown_attempt",
            title="No such attempt",
            status=404,
            detail=f"There is no attempt {attempt_id!r}. `assay runs show RUN` lists a run's attempts.",
        )
    )


def over_limit(quote: Quote) -> Refused:
    return Refused(
        Problem(
            code="over_limit",
            title="The run does not fit the limits",
            status=402,
            detail=quote.refusal[0].upper() + quote.refusal[1:],
        )
    )


def no_shelter(refusal: str) -> Refused:
    return Refused(
        Problem(
            code="no_sandbox",
            title="No worker can give the sandboxes that the run needs",
            status=409,
            detail=f"{refusal[0].upper()}{refusal[1:]}.",
        )
    )


def run_ended(run_id: str, status: str) -> Refused:
    return Refused(
        Problem(
            code="run_ended",
            title="The run has ended",
            status=409,
            detail=f"Run {run_id} is {status}; it cannot be changed any more. `assay runs restart {run_id}` makes "
            "a new run of the same plan.",
        )
    )


def unknown_time_zone(name: str) -> Refused:
    return Refused(
        Problem(
            code="unknown_time_zone",
            title="No such time zone",
            status=422,
            detail=f"{name!r} is no time zone of the IANA database; write it like Europe/Berlin or UTC.",
        )
    )


def key_reused(key: str, run_id: str) -> Refused:
    return Refused(
        Problem(
            code="idempotency_key_reused",
            title="This Idempotency-Key belongs to another request",
            status=422,
            detail=f"Key {key!r} was used to submit run {run_id} with another body. Use a new key for a new run.",
        )
    )

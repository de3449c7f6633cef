"""Errors of the ledger.

LedgerError
├── Refused            permanent: the request cannot be done; carries the Problem to answer with
├── Contradiction      permanent: a report has the id of a different one; it is dead-lettered
├── Unavailable        retryable: Postgres is unreachable, or asks to try again
├── NotDurable         permanent: this Postgres can lose commits; the ledger does not start
├── MasterKeyInvalid   permanent: the master key is missing or malformed; the ledger does not start
└── KeyUnreadable      permanent: a stored key cannot be decrypted
"""

from __future__ import annotations

from assay.contracts.problems import FieldError, Problem, ProblemError
from assay.contracts.rpc import Quote


class LedgerError(Exception):
    pass


class Refused(LedgerError, ProblemError):
    """The request cannot be done as it is; the Problem says why and what to do."""


class Unavailable(LedgerError, ProblemError):
    """Postgres is away. The request had no effect or an unknown one; repeating it is safe."""

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


class MasterKeyInvalid(LedgerError):
    """The text names its place and the remedy."""


class KeyUnreadable(LedgerError):
    """The text names the provider and the remedy."""


def contradiction(message_id: str) -> Contradiction:
    return Contradiction(
        f"report {message_id!r} was accepted before with different content. The first one stands; compare the two to "
        "find out which worker reports something it cannot know"
    )


def unknown_run(run_id: str) -> Refused:
    return _unknown("run", run_id, "`assay runs list` lists all runs.")


def unknown_pool(pool: str, known: str) -> Refused:
    return _unknown("pool", pool, f"Orders go to the pool {known} alone.")


def unknown_attempt(attempt_id: str) -> Refused:
    return _unknown("attempt", attempt_id, "`assay runs show RUN` lists a run's attempts.")


def unknown_provider(provider_id: str) -> Refused:
    return _unknown("provider", provider_id, "Only providers added with `assay models add` can be changed this way.")


def provider_changed(provider_id: str, revision: int | None) -> Refused:
    now = "it was removed" if revision is None else f"it is at revision {revision} now"
    detail = f"Provider {provider_id!r} was changed by someone else: {now}. Read it again, then repeat the change."
    return _refused(409, "provider_changed", "The provider was changed in the meantime", detail)


def provider_has_key(provider_id: str) -> Refused:
    detail = (
        f"Provider {provider_id!r} has a stored key, which must not be sent to another address. Remove the key first "
        f"(`assay models key {provider_id} --remove`), then change the provider and store its key again."
    )
    return _refused(409, "provider_has_key", "The provider has a stored key", detail)


def keys_not_stored(reason: str) -> Refused:
    return _refused(503, "keys_unavailable", "Stored keys cannot be used", f"{_capitalized(reason)}.")


def no_stored_key(provider_id: str) -> Refused:
    hint = f"`assay models key {provider_id}` stores one."
    return _refused(404, "no_stored_key", "No stored key", f"No key of {provider_id!r} is stored for this use. {hint}")


def sealed_to_another() -> Refused:
    detail = "The key was encrypted for a ledger with another master key. Send it again."
    return _refused(409, "sealed_to_another", "The key cannot be read", detail)


def over_limit(quote: Quote) -> Refused:
    return _refused(402, "over_limit", "The run exceeds the limits", _capitalized(quote.refusal))


def no_sandbox(refusal: str) -> Refused:
    title = "No worker offers the sandboxes that the run needs"
    return _refused(409, "no_sandbox", title, f"{_capitalized(refusal)}.")


def run_ended(run_id: str, status: str) -> Refused:
    remedy = f"`assay runs restart {run_id}` starts a new run of the same plan"
    detail = f"Run {run_id} is {status} and cannot be changed. {remedy}."
    return _refused(409, "run_ended", "The run has ended", detail)


def not_reviewable(attempt_id: str, why: str) -> Refused:
    detail = f"Attempt {attempt_id} {why}, so there is no verdict to review."
    return _refused(409, "not_reviewable", "The attempt cannot be reviewed", detail)


def nothing_to_regrade(run_id: str) -> Refused:
    detail = f"No attempt of run {run_id} is done and has a stored output, so there is nothing to grade again."
    return _refused(409, "nothing_to_regrade", "Nothing to grade again", detail)


def regraded_run(run_id: str, regrades: str) -> Refused:
    detail = f"Run {run_id} only grades the outputs of run {regrades} again. Regrade or restart run {regrades} instead."
    return _refused(409, "regraded_run", "The run has no outputs of its own", detail)


def unplanned_results(count: int) -> Refused:
    detail = f"{count} of the results are not in the plan, or there are several of one attempt. Nothing was imported."
    return _refused(422, "unplanned_results", "Results that are not in the plan", detail)


def imported_run(run_id: str, source: str) -> Refused:
    detail = (
        f"The results of run {run_id} were imported from {source}. Assay has neither its tasks nor its graders, so it "
        "can neither execute nor grade it again. Import the benchmark's tasks to run them here: docs/importing.md."
    )
    return _refused(409, "imported_run", "The run was imported", detail)


def unknown_checks(names: str, known: str) -> Refused:
    detail = f"No verdict of the run has a check named {names}. Its checks are {known}."
    return _refused(422, "unknown_checks", "No such check", detail)


def nothing_to_retry(run_id: str) -> Refused:
    detail = (
        f"Every attempt of run {run_id} has a result, and no new run was made. "
        f"`assay runs restart {run_id} --fresh` repeats all of them."
    )
    return _refused(409, "nothing_to_retry", "Nothing to retry", detail)


def unknown_time_zone(name: str) -> Refused:
    detail = f"{name!r} is not a time zone of the IANA database; use a name like Europe/Berlin or UTC."
    return _refused(422, "unknown_time_zone", "No such time zone", detail)


def key_reused(key: str, run_id: str) -> Refused:
    detail = f"Key {key!r} was used to submit run {run_id} with a different body. Use a new key for a new run."
    return _refused(422, "idempotency_key_reused", "This Idempotency-Key belongs to another request", detail)


def _unknown(noun: str, name: str, hint: str) -> Refused:
    """In the gateway's words for what it does not find itself."""
    error = FieldError(where=noun, message=f"unknown {noun} {name!r}")
    detail = f"There is no {noun} {name!r}. {hint}"
    return Refused(Problem(code=f"unknown_{noun}", title=f"Unknown {noun}", status=404, detail=detail, errors=(error,)))


def _refused(status: int, code: str, title: str, detail: str) -> Refused:
    return Refused(Problem(code=code, title=title, status=status, detail=detail))


def _capitalized(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]

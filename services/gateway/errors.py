"""Why the gateway refuses a request. ``http/problems.py`` turns these into HTTP responses.

ProblemError                 (contracts) carries the Problem; those of the catalogue and the ledger pass unchanged
└── GatewayError
    ├── MalformedBody        400  the body is not JSON
    ├── InvalidRequest       422  a field or parameter is wrong; ``errors`` names each place
    ├── NotFound             404  nothing has this name
    ├── ReadOnlyProvider     409  the provider is defined in a file
    ├── KeysUnavailable      503  the ledger has no master key to encrypt keys with
    ├── NoKnownRuns          409  the ledger refers to nothing in the store, which may belong to another ledger
    ├── Gone                 410  deleted on purpose
    ├── Unauthorized         401  the configured token is missing or wrong
    ├── Forbidden            403  this Host or Origin is not allowed
    └── Unavailable          503  a service behind the gateway does not answer; retryable, see ``Retry-After``
"""

from __future__ import annotations

from assay.contracts.problems import FieldError, Problem, ProblemError
from assay.validation.field_errors import field_error_text

RETRY_AFTER_SECONDS = 2.0


class GatewayError(ProblemError):
    """A problem found by the gateway itself."""


class MalformedBody(GatewayError):
    def __init__(self, reason: str) -> None:
        detail = f"The request body is not valid JSON: {reason}."
        super().__init__(Problem(code="malformed", title="Malformed JSON", status=400, detail=detail))


class InvalidRequest(GatewayError):
    def __init__(self, *errors: FieldError) -> None:
        detail = "; ".join(field_error_text(error) for error in errors)
        super().__init__(Problem(code="invalid", title="Invalid request", status=422, detail=detail, errors=errors))


class NotFound(GatewayError):
    def __init__(self, noun: str, name: str, hint: str = "", near: str | None = None) -> None:
        error = FieldError(where=noun, message=f"unknown {noun} {name!r}", near=near)
        suggestion = f"Did you mean {near!r}? " if near else ""
        detail = f"There is no {noun} {name!r}. {suggestion}{hint}".strip()
        code = f"unknown_{noun.replace(' ', '_')}"
        super().__init__(Problem(code=code, title=f"Unknown {noun}", status=404, detail=detail, errors=(error,)))


class ReadOnlyProvider(GatewayError):
    def __init__(self, provider_id: str) -> None:
        detail = (
            f"Provider {provider_id!r} is defined in the catalogue's models.yaml and cannot be changed here. Change it "
            "there, or choose another name."
        )
        title = "The provider belongs to the catalogue"
        super().__init__(Problem(code="provider_read_only", title=title, status=409, detail=detail))


class KeysUnavailable(GatewayError):
    def __init__(self) -> None:
        detail = (
            "The ledger has no master key to encrypt keys with. Set ASSAY_MASTER_KEY or ASSAY_MASTER_KEY_FILE in its "
            "environment (see docs/operations.md), or give the key to the runners in a variable."
        )
        super().__init__(Problem(code="keys_unavailable", title="Keys cannot be stored", status=503, detail=detail))


class Gone(GatewayError):
    def __init__(self, title: str, detail: str) -> None:
        super().__init__(Problem(code="expired", title=title, status=410, detail=detail))


class NoKnownRuns(GatewayError):
    def __init__(self) -> None:
        detail = (
            "The ledger's runs refer to no task bundle, so everything in the artifact store would be deleted. If the "
            "store belongs to this ledger, submit a run first. If not, check ASSAY_ARTIFACTS_URL."
        )
        title = "No run refers to this artifact store"
        super().__init__(Problem(code="no_runs", title=title, status=409, detail=detail))


class Unauthorized(GatewayError):
    def __init__(self) -> None:
        detail = (
            "Send this gateway's token (ASSAY_TOKEN) as 'Authorization: Bearer ...', or open /?token=... in a browser."
        )
        super().__init__(Problem(code="unauthorized", title="Token required", status=401, detail=detail))


class Forbidden(GatewayError):
    def __init__(self, code: str, title: str, detail: str) -> None:
        super().__init__(Problem(code=code, title=title, status=403, detail=detail))


class Unavailable(GatewayError):
    def __init__(self, detail: str) -> None:
        super().__init__(
            Problem(
                code="unavailable",
                title="A service behind the gateway is unavailable",
                status=503,
                detail=detail,
                retry_after_seconds=RETRY_AFTER_SECONDS,
            )
        )

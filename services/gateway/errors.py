"""What the gateway refuses, and why. ``problems.py`` makes HTTP of it.

ProblemError                 (contracts) carries the Problem; those of the catalogue and of the ledger pass as they are
└── GatewayError
    ├── Unreadable           400  the body is not JSON at all
    ├── Invalid              422  it is, but a field or value of it is wrong; ``errors`` names each place
    ├── Unknown              404  nothing has this name
    ├── NotItsStore          409  the ledger refers to nothing in the store, which may be another's
    ├── Gone                 410  it was given up on purpose, and will not come back
    ├── Unauthorized         401  a token is configured and this is not it
    ├── Refused              403  this Host or Origin has no business here
    └── Unavailable          503  the part behind the gateway does not answer; retryable, ``Retry-After`` says when
InvalidSettings              the process does not start
"""

from __future__ import annotations

from assay.contracts.problems import FieldError, Problem, ProblemError

RETRY_AFTER_SECONDS = 2.0


class CannotListen(Exception):
    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"cannot listen on {host} port {port}: {reason}. Is another gateway running? "
            "Set ASSAY_GATEWAY_PORT to another port (0 takes a free one)."
        )


class GatewayError(ProblemError):
    """A problem the gateway itself found."""


class MalformedBody(GatewayError):
    def __init__(self, detail: str) -> None:
        super().__init__(Problem(code="malformed", title="The body is not JSON", status=400, detail=detail))


class InvalidRequest(GatewayError):
    def __init__(self, *errors: FieldError) -> None:
        detail = "; ".join(_describe(error) for error in errors)
        title = "The request has a field or value that is not valid"
        super().__init__(Problem(code="invalid", title=title, status=422, detail=detail, errors=errors))


class NotFound(GatewayError):
    def __init__(self, noun: str, name: str, hint: str = "", near: str | None = None) -> None:
        error = FieldError(where=noun, message=f"unknown {noun} {name!r}", near=near)
        detail = f"{_describe(error)}. {hint}".strip()
        code = f"unknown_{noun.replace(' ', '_')}"
        super().__init__(Problem(code=code, title=f"Unknown {noun}", status=404, detail=detail, errors=(error,)))


class Gone(GatewayError):
    def __init__(self, title: str, detail: str) -> None:
        super().__init__(Problem(code="expired", title=title, status=410, detail=detail))


class NoKnownRuns(GatewayError):
    def __init__(self) -> None:
        detail = (
            "No run refers to any task's bundle, as after a database was made anew: then everything in the store would "
            "count as garbage. Make a run first if this store belongs to this ledger, or empty the store by hand."
        )
        title = "Nothing is collected for a ledger that knows no run"
        super().__init__(Problem(code="no_runs", title=title, status=409, detail=detail))


class Unauthorized(GatewayError):
    def __init__(self) -> None:
        detail = (
            "Send the token of this gateway (ASSAY_TOKEN) as 'Authorization: Bearer ...', or open /?token=... once."
        )
        super().__init__(Problem(code="unauthorized", title="A token is required", status=401, detail=detail))


class Forbidden(GatewayError):
    def __init__(self, code: str, title: str, detail: str) -> None:
        super().__init__(Problem(code=code, title=title, status=403, detail=detail))


class Unavailable(GatewayError):
    def __init__(self, detail: str, retry_after_seconds: float = RETRY_AFTER_SECONDS) -> None:
        title = "A part behind the gateway does not answer"
        super().__init__(
            Problem(code="unavailable", title=title, status=503, detail=detail, retry_after_seconds=retry_after_seconds)
        )


def _describe(error: FieldError) -> str:
    hint = f", did you mean {error.near!r}?" if error.near else ""
    return f"{error.where}: {error.message}{hint}"

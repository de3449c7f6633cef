"""The context of an HTTP request: its trace, and the run or attempt in its path for every log line."""

from __future__ import annotations

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from assay.tracing import begin
from assay.tracing.span import NO_CARRIER, TRACEPARENT, Carrier, Kind, Span

_API = "/api/"
_IDS = ("run_id", "attempt_id")
_CARRIED = (TRACEPARENT, "tracestate")
_OUR_FAULT = 500


def request_context(app: ASGIApp) -> ASGIApp:
    """A middleware of Litestar, which has chosen the route."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path_template", ""))
        if scope["type"] != "http" or not path.startswith(_API):
            await app(scope, receive, send)
            return
        ids = {name: str(value) for name, value in scope["path_params"].items() if name in _IDS}
        method = scope["method"]
        attributes = {"http.request.method": method, "http.route": path}
        attributes |= {f"assay.{name}": value for name, value in ids.items()}
        with bound_contextvars(**ids), begin(f"{method} {path}", Kind.SERVER, _carrier(scope), attributes) as span:
            await app(scope, receive, _watched(send, span))

    return handle


def _carrier(scope: Scope) -> Carrier:
    found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return {name: found[name] for name in _CARRIED if name in found} if TRACEPARENT in found else NO_CARRIER


def _watched(send: Send, span: Span) -> Send:
    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            status = int(message["status"])
            span.set({"http.response.status_code": status})
            if status >= _OUR_FAULT:
                span.fail(f"HTTP {status}")
        await send(message)

    return watched

"""The HTTP routes of ``/api/v1`` and the built dashboard, with the gateway's content policy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from litestar import Litestar, Response, WebSocket, get, post, websocket
from litestar.datastructures import Cookie
from litestar.exceptions import WebSocketDisconnect

from assay.contracts.codec import encode
from assay.contracts.problems import Problem, ProblemError
from assay.contracts.rpc import AttemptPage, RunPage
from assay.contracts.runs import RunRequest
from services.gateway.routes.artifacts import artifact_headers, range_response
from tests.web.scripted_gateway import views
from tests.web.scripted_gateway.catalog import MODELS, SUITES, TASKS
from tests.web.scripted_gateway.causes import causes_of
from tests.web.scripted_gateway.control_routes import ROUTES
from tests.web.scripted_gateway.hostile_artifacts import refs
from tests.web.scripted_gateway.http import AnyRequest, decode_body, hub_of, query, respond
from tests.web.scripted_gateway.live_socket import Client, LiveHub
from tests.web.scripted_gateway.providers import PROVIDER_ROUTES

T = TypeVar("T")

DIST = Path(__file__).parents[3] / "web" / "dist"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
)
_IMMUTABLE = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}

_UNAUTHORIZED = Problem(code="unauthorized", title="Token required", status=401)
_RUN_FILTER = ("status", "suite", "model", "search", "cursor")


def paginate(rows: Sequence[T], cursor: str, limit: str) -> tuple[tuple[T, ...], str]:
    """One page of ``rows`` and the cursor of the next."""
    start, end = int(cursor or 0), int(cursor or 0) + int(limit)
    return tuple(rows[start:end]), str(end) if end < len(rows) else ""


@get("/api/v1/runs", sync_to_thread=False)
def list_runs(request: AnyRequest) -> Response[bytes]:
    status, suite, model, search, cursor = (query(request, name) for name in _RUN_FILTER)
    runs = [
        run
        for run in views.newest_runs(hub_of(request).runs)
        if status in ("", run.status)
        and suite in ("", run.suite)
        and (not model or model in run.models)
        and search.lower() in f"{run.name} {run.suite} {' '.join(run.models)}".lower()
    ]
    items, more = paginate(runs, cursor, query(request, "limit", "50"))
    return respond(RunPage(items=items, next_cursor=more, total=len(runs)))


@post("/api/v1/runs")
async def submit(request: AnyRequest) -> Response[bytes]:
    run_request = await decode_body(request, RunRequest)
    views.validate(run_request)
    hub_of(request).money.check(run_request)
    return respond(hub_of(request).runs.submit(run_request).run, 201)


@get("/api/v1/runs/{run_id:str}", sync_to_thread=False)
def get_run(request: AnyRequest) -> Response[bytes]:
    return respond(views.find_run(hub_of(request).runs, request.path_params["run_id"]).run)


@get("/api/v1/runs/{run_id:str}/causes", sync_to_thread=False)
def get_causes(request: AnyRequest) -> Response[bytes]:
    return respond(causes_of(views.find_run(hub_of(request).runs, request.path_params["run_id"])))


@get("/api/v1/runs/{run_id:str}/metrics", sync_to_thread=False)
def get_metrics(request: AnyRequest) -> Response[bytes]:
    return respond(views.find_run(hub_of(request).runs, request.path_params["run_id"]).metrics)


@get("/api/v1/runs/{run_id:str}/attempts", sync_to_thread=False)
def list_attempts(request: AnyRequest) -> Response[bytes]:
    scripted = views.find_run(hub_of(request).runs, request.path_params["run_id"])
    items, more = paginate(scripted.attempts, query(request, "cursor"), query(request, "limit", "500"))
    total, sequence = len(scripted.attempts), scripted.run.sequence
    return respond(AttemptPage(items=items, next_cursor=more, total=total, sequence=sequence))


@get("/api/v1/attempts/{attempt_id:str}", sync_to_thread=False)
def get_attempt(request: AnyRequest) -> Response[bytes]:
    return respond(views.detail(hub_of(request).runs, request.path_params["attempt_id"]))


@get("/api/v1/attempts/{attempt_id:str}/artifacts/{name:path}", sync_to_thread=False)
def get_artifact(request: AnyRequest) -> Response[bytes]:
    name, attempt_id = str(request.path_params["name"]).lstrip("/"), str(request.path_params["attempt_id"])
    files = views.artifacts_of(hub_of(request).runs, attempt_id)
    headers = artifact_headers(name, refs(files)[name])
    return range_response(files[name][0], request.headers.get("range", ""), headers)


@get("/api/v1/leaderboard", sync_to_thread=False)
def get_board(request: AnyRequest) -> Response[bytes]:
    labels = {name: query(request, name) for name in ("category", "difficulty", "language")}
    return respond(views.board(hub_of(request).runs, query(request, "suite"), **labels))


@get("/api/v1/tasks", sync_to_thread=False)
def list_tasks() -> Response[bytes]:
    return respond(TASKS)


@get("/api/v1/tasks/{task_id:str}", sync_to_thread=False)
def get_task(request: AnyRequest) -> Response[bytes]:
    return respond(next(task for task in TASKS if task.task_id == request.path_params["task_id"]))


@get("/api/v1/suites", sync_to_thread=False)
def list_suites() -> Response[bytes]:
    return respond(SUITES)


@get("/api/v1/catalog/mistakes", sync_to_thread=False)
def list_mistakes(request: AnyRequest) -> Response[bytes]:
    return respond(request.app.state.mistakes)


@get("/api/v1/models", sync_to_thread=False)
def list_models() -> Response[bytes]:
    return respond(MODELS)


@websocket("/api/v1/live")
async def live(socket: WebSocket[Any, Any, Any]) -> None:
    hub = hub_of(socket)
    if not hub.open or not signed_in(socket):
        await socket.close(code=4503)
        return
    await socket.accept()

    async def send(frame: bytes) -> None:
        await socket.send_data(frame.decode())

    try:
        await hub.serve(Client(hub.runs), socket.receive_text, send)
        await socket.close(code=1012)
    except (WebSocketDisconnect, RuntimeError):
        return


@post("/api/v1/session", status_code=204)
async def sign_in(request: AnyRequest) -> Response[None]:
    """Sets the cookie if the token is correct."""
    token = str((await request.json())["token"])
    if token != hub_of(request).token:
        raise ProblemError(_UNAUTHORIZED)
    return Response(None, status_code=204, cookies=[Cookie(key="session", value=token, httponly=True)])


def require_sign_in(request: AnyRequest) -> None:
    if request.url.path.startswith("/api/v1/") and request.url.path != "/api/v1/session" and not signed_in(request):
        raise ProblemError(_UNAUTHORIZED)


def signed_in(connection: Any) -> bool:
    token = hub_of(connection).token
    return not token or connection.cookies.get("session") == token


@get(["/", "/{rest:path}"], sync_to_thread=False)
def page(request: AnyRequest) -> Response[bytes]:
    path = DIST / request.url.path.lstrip("/")
    if not path.is_file():
        path = DIST / "index.html"
    kind = _TYPES.get(path.suffix, "application/octet-stream")
    cache = _IMMUTABLE if "assets" in path.parts else "no-cache"
    return Response(
        path.read_bytes(), media_type=kind, headers={"content-security-policy": POLICY, "cache-control": cache}
    )


def _problem_response(_: AnyRequest, error: ProblemError) -> Response[bytes]:
    body = {"type": "about:blank", **msgspec.to_builtins(error.problem)}
    return Response(encode(body), status_code=error.problem.status, media_type="application/problem+json")


def create(hub: LiveHub) -> Litestar:
    app = Litestar(
        [
            list_runs,
            submit,
            get_run,
            get_causes,
            get_metrics,
            *ROUTES,
            *PROVIDER_ROUTES,
            list_attempts,
            get_attempt,
            get_artifact,
            get_board,
            list_tasks,
            get_task,
            list_suites,
            list_mistakes,
            list_models,
            live,
            sign_in,
            page,
        ],
        before_request=require_sign_in,
        exception_handlers={ProblemError: _problem_response},  # pyright: ignore[reportArgumentType]
        openapi_config=None,
    )
    app.state.hub = hub
    app.state.mistakes = []
    return app

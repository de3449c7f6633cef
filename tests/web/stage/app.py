"""The stage's HTTP side: the routes of ``/api/v1`` and the built dashboard, under the gateway's content policy."""

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
from services.gateway.routes.artifacts import headers_for, ranged
from tests.web.stage import views
from tests.web.stage.answers import Asked, board_of, query, read, reply
from tests.web.stage.catalogue import MODELS, SUITES, TASKS
from tests.web.stage.live import Client, Switchboard
from tests.web.stage.steering import steering
from tests.web.stage.untrusted import refs

T = TypeVar("T")

DIST = Path(__file__).parents[3] / "web" / "dist"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
)
_FOREVER = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}

_UNAUTHORIZED = Problem(code="unauthorized", title="Token required", status=401)
_RUN_FILTER = ("status", "suite", "model", "search", "cursor")


def cut(rows: Sequence[T], cursor: str, limit: str) -> tuple[tuple[T, ...], str]:
    """One page of ``rows`` and the cursor of the next."""
    start, end = int(cursor or 0), int(cursor or 0) + int(limit)
    return tuple(rows[start:end]), str(end) if end < len(rows) else ""


@get("/api/v1/runs", sync_to_thread=False)
def list_runs(request: Asked) -> Response[bytes]:
    status, suite, model, search, cursor = (query(request, name) for name in _RUN_FILTER)
    runs = [
        run
        for run in views.newest(board_of(request).play)
        if status in ("", run.status)
        and suite in ("", run.suite)
        and (not model or model in run.models)
        and search.lower() in f"{run.name} {run.suite} {' '.join(run.models)}".lower()
    ]
    items, more = cut(runs, cursor, query(request, "limit", "50"))
    return reply(RunPage(items=items, next_cursor=more, total=len(runs)))


@post("/api/v1/runs")
async def submit(request: Asked) -> Response[bytes]:
    wanted = await read(request, RunRequest)
    views.check(wanted)
    board_of(request).till.check(wanted)
    return reply(board_of(request).play.submit(wanted).run, 201)


@get("/api/v1/runs/{run_id:str}", sync_to_thread=False)
def get_run(request: Asked) -> Response[bytes]:
    return reply(views.found(board_of(request).play, request.path_params["run_id"]).run)


@get("/api/v1/runs/{run_id:str}/attempts", sync_to_thread=False)
def list_attempts(request: Asked) -> Response[bytes]:
    played = views.found(board_of(request).play, request.path_params["run_id"])
    items, more = cut(played.attempts, query(request, "cursor"), query(request, "limit", "500"))
    total, sequence = len(played.attempts), played.run.sequence
    return reply(AttemptPage(items=items, next_cursor=more, total=total, sequence=sequence))


@get("/api/v1/attempts/{attempt_id:str}", sync_to_thread=False)
def get_attempt(request: Asked) -> Response[bytes]:
    return reply(views.detail(board_of(request).play, request.path_params["attempt_id"]))


@get("/api/v1/attempts/{attempt_id:str}/artifacts/{name:path}", sync_to_thread=False)
def get_artifact(request: Asked) -> Response[bytes]:
    name, attempt_id = str(request.path_params["name"]).lstrip("/"), str(request.path_params["attempt_id"])
    files = views.files(board_of(request).play, attempt_id)
    headers = headers_for(name, refs(files)[name])
    return ranged(files[name][0], request.headers.get("range", ""), headers)


@get("/api/v1/leaderboard", sync_to_thread=False)
def get_board(request: Asked) -> Response[bytes]:
    return reply(views.board(board_of(request).play, query(request, "suite"), query(request, "category")))


@get("/api/v1/tasks", sync_to_thread=False)
def list_tasks() -> Response[bytes]:
    return reply(TASKS)


@get("/api/v1/tasks/{task_id:str}", sync_to_thread=False)
def get_task(request: Asked) -> Response[bytes]:
    return reply(next(task for task in TASKS if task.task_id == request.path_params["task_id"]))


@get("/api/v1/suites", sync_to_thread=False)
def list_suites() -> Response[bytes]:
    return reply(SUITES)


@get("/api/v1/models", sync_to_thread=False)
def list_models() -> Response[bytes]:
    return reply(MODELS)


@websocket("/api/v1/live")
async def live(socket: WebSocket[Any, Any, Any]) -> None:
    board = board_of(socket)
    if not board.open or not signed_in(socket):
        await socket.close(code=4503)
        return
    await socket.accept()

    async def send(frame: bytes) -> None:
        await socket.send_data(frame.decode())

    try:
        await board.serve(Client(board.play), socket.receive_text, send)
        await socket.close(code=1012)
    except (WebSocketDisconnect, RuntimeError):
        return


@post("/api/v1/session", status_code=204)
async def sign_in(request: Asked) -> Response[None]:
    """Sets the cookie when the token is right."""
    token = str((await request.json())["token"])
    if token != board_of(request).token:
        raise ProblemError(_UNAUTHORIZED)
    return Response(None, status_code=204, cookies=[Cookie(key="session", value=token, httponly=True)])


def guarded(request: Asked) -> None:
    if request.url.path.startswith("/api/v1/") and request.url.path != "/api/v1/session" and not signed_in(request):
        raise ProblemError(_UNAUTHORIZED)


def signed_in(connection: Any) -> bool:
    token = board_of(connection).token
    return not token or connection.cookies.get("session") == token


@get(["/", "/{rest:path}"], sync_to_thread=False)
def page(request: Asked) -> Response[bytes]:
    path = DIST / request.url.path.lstrip("/")
    if not path.is_file():
        path = DIST / "index.html"
    kind = _TYPES.get(path.suffix, "application/octet-stream")
    kept = _FOREVER if "assets" in path.parts else "no-cache"
    return Response(
        path.read_bytes(), media_type=kind, headers={"content-security-policy": POLICY, "cache-control": kept}
    )


def _refuse(_: Asked, error: ProblemError) -> Response[bytes]:
    body = {"type": "about:blank", **msgspec.to_builtins(error.problem)}
    return Response(encode(body), status_code=error.problem.status, media_type="application/problem+json")


def create(board: Switchboard) -> Litestar:
    app = Litestar(
        [
            list_runs,
            submit,
            get_run,
            *steering,
            list_attempts,
            get_attempt,
            get_artifact,
            get_board,
            list_tasks,
            get_task,
            list_suites,
            list_models,
            live,
            sign_in,
            page,
        ],
        before_request=guarded,
        exception_handlers={ProblemError: _refuse},  # pyright: ignore[reportArgumentType]
        openapi_config=None,
    )
    app.state.board = board
    return app

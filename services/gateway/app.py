"""The gateway as one ASGI application, made from its ports."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.metadata import version

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.plugins.prometheus import PrometheusConfig, PrometheusController
from litestar.types import ASGIApp

from assay.contracts.problems import ProblemError
from services.gateway.auth.origin import OriginMiddleware, OriginPolicy
from services.gateway.auth.token import TokenAuth
from services.gateway.http.parameters import refuse_unknown
from services.gateway.http.problems import on_error
from services.gateway.http.request_body import MAX_BODY_BYTES
from services.gateway.http.request_context import request_context
from services.gateway.live.hub import Hub
from services.gateway.live.metrics import registered_metrics
from services.gateway.openapi import ContractSchemaPlugin, openapi_config
from services.gateway.ports import Ports
from services.gateway.routes import (
    attempts,
    catalog,
    costs,
    dashboard,
    docs,
    garbage_collection,
    health,
    judges,
    leaderboard,
    models,
    money,
    provider_keys,
    providers,
    reviews,
    runs,
    scaling,
    session,
)
from services.gateway.routes.live import live


def create_app(ports: Ports, hub: Hub) -> ASGIApp:
    """The Litestar application behind the Host and Origin checks. The hub listens during its lifespan."""
    settings = ports.settings
    return OriginMiddleware(
        create_litestar(ports, hub), OriginPolicy(hosts=settings.hosts, origins=settings.allowed_origins)
    )


def create_litestar(ports: Ports, hub: Hub) -> Litestar:
    @asynccontextmanager
    async def listening(_: Litestar) -> AsyncGenerator[None, None]:
        async with hub.listening(), registered_metrics(hub.counters, hub.connections):
            yield

    auth = TokenAuth(ports.settings.token)
    return Litestar(
        route_handlers=[
            _guarded_api(auth),
            _unguarded_api(),
            health.router,
            _metrics(auth),
            docs.docs,
            *dashboard.handlers,
        ],
        dependencies={
            "ports": Provide(lambda: ports, sync_to_thread=False),
            "hub": Provide(lambda: hub, sync_to_thread=False),
        },
        exception_handlers={ProblemError: on_error, HTTPException: on_error, Exception: on_error},
        lifespan=[listening],
        middleware=[_http_metrics(), request_context],
        openapi_config=openapi_config(version("assay")),
        plugins=[ContractSchemaPlugin()],
        request_max_body_size=MAX_BODY_BYTES,
        cors_config=_cors(ports),
        logging_config=None,
    )


def _guarded_api(auth: TokenAuth) -> Router:
    """Routes that require the token, if one is configured."""
    results = [runs.router, attempts.router, reviews.router, leaderboard.router, money.router, costs.router]
    routers = [*results, scaling.router, garbage_collection.router, catalog.router, models.router]
    routers += [providers.router, provider_keys.router, judges.router]
    read = Router("/", route_handlers=routers, before_request=refuse_unknown)
    return Router("/api/v1", route_handlers=[read, docs.openapi], guards=[auth.guard])


def _unguarded_api() -> Router:
    """Signing in, and the live socket, which checks the token itself because a guard cannot explain a rejected
    handshake."""
    return Router("/api/v1", route_handlers=[session.router, live])


def _cors(ports: Ports) -> CORSConfig | None:
    """Lets pages of the allowed origins read responses; OriginMiddleware has already accepted their requests."""
    origins = sorted(ports.settings.allowed_origins)
    headers = ["authorization", "content-type", "idempotency-key"]
    return CORSConfig(allow_origins=origins, allow_headers=headers) if origins else None


def _metrics(auth: TokenAuth) -> Router:
    return Router("/", route_handlers=[PrometheusController], guards=[auth.guard], include_in_schema=False)


def _http_metrics() -> DefineMiddleware:
    return PrometheusConfig(
        app_name="gateway", prefix="assay_http", group_path=True, scopes={ScopeType.HTTP}
    ).middleware

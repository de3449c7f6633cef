"""Browser sessions, if a token is configured."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, delete, post
from litestar.params import JSONBody

from assay.contracts.codec import Data
from services.gateway.auth.token import COOKIE, TokenAuth
from services.gateway.errors import Unauthorized
from services.gateway.http.request_body import Body
from services.gateway.ports import PortsDependency


class SignIn(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: str


@post("/", summary="Exchange the token for a cookie", operation_id="sign_in", status_code=204, dto=Body[SignIn])
async def sign_in(data: JSONBody[SignIn], ports: PortsDependency, request: Request[Any, Any, Any]) -> Response[None]:
    auth = TokenAuth(ports.settings.token)
    if not auth.matches(data.token):
        raise Unauthorized
    return Response(None, cookies=[auth.session_cookie(secure=request.url.scheme == "https")])


@delete("/", summary="Delete the cookie", operation_id="sign_out")
async def sign_out() -> Response[None]:
    response: Response[None] = Response(None, status_code=204)
    response.delete_cookie(COOKIE)
    return response


router = Router("/session", route_handlers=[sign_in, sign_out], tags=["session"])

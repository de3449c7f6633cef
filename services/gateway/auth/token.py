"""The optional bearer token. Programs send it in ``Authorization``; a browser exchanges it for a session cookie.

The cookie's value is derived from the token. It is HttpOnly and SameSite=Strict, so no other site can use it and no
script can read it.
"""

from __future__ import annotations

import hmac
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler
from pydantic import SecretStr

from services.gateway.errors import Unauthorized

COOKIE = "assay_session"
_SESSION_SECONDS = 30 * 24 * 3600


class TokenAuth:
    """An empty token allows every request."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token.get_secret_value().encode()
        self._session = hmac.new(self._token, b"assay session 1", "sha256").hexdigest().encode()

    def matches(self, presented: str) -> bool:
        return hmac.compare_digest(presented.encode(), self._token)

    def authorizes(self, connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
        if not self._token:
            return True
        scheme, _, presented = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.matches(presented.strip()):
            return True
        return hmac.compare_digest(connection.cookies.get(COOKIE, "").encode(), self._session)

    async def guard(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """A Litestar guard. Raises Unauthorized."""
        if not self.authorizes(connection):
            raise Unauthorized

    def session_cookie(self, *, secure: bool) -> Cookie:
        value = self._session.decode()
        return Cookie(
            key=COOKIE, value=value, max_age=_SESSION_SECONDS, path="/", httponly=True, samesite="strict", secure=secure
        )

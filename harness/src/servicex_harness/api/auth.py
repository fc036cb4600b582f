"""Tokens, as ServiceX has them: a refresh token in the user's servicex.yaml, and short-lived access tokens for it.

Source: ssl-hep/ServiceX, servicex_app (flask-jwt-extended): JWT signed with HS256, whose `type` is refresh or access.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jwt
from flask import Blueprint, request

from servicex_harness.errors import AuthorizationError

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

ALGORITHM = "HS256"
ACCESS_SECONDS = 3600
REFRESH_SECONDS = 365 * 24 * 3600
OPEN_ENDPOINTS = {"info", "static"}
OPEN_BLUEPRINTS = {"pages", "tokens"}  # a page's address holds the request's id, which nobody can guess


@dataclass(frozen=True)
class Tokens:
    """Makes and reads the tokens of one user, who owns the harness; `key` signs them."""

    key: str

    def refresh_token(self) -> str:
        """Return a token for servicex.yaml, good for a year."""
        return self._make("refresh", REFRESH_SECONDS)

    def access_token(self) -> str:
        """Return a token for requests, good for an hour."""
        return self._make("access", ACCESS_SECONDS)

    def check(self, header: str | None, kind: str) -> None:
        """AuthorizationError unless an Authorization header holds a good token of this kind."""
        scheme, _, token = (header or "").partition(" ")
        if scheme != "Bearer":
            raise AuthorizationError("Missing Authorization Header: this harness runs with --auth")
        try:
            claims = jwt.decode(token, self.key, algorithms=[ALGORITHM], options={"require": ["exp"]})
        except jwt.ExpiredSignatureError as error:
            raise AuthorizationError("Token has expired") from error
        except jwt.InvalidTokenError as error:
            raise AuthorizationError(f"the token is not one of this harness: {error}") from error
        if claims.get("type") != kind:
            raise AuthorizationError(f"Only {kind} tokens are allowed")

    def _make(self, kind: str, seconds: int) -> str:
        now = int(time.time())
        claims = {"sub": "owner", "type": kind, "jti": str(uuid.uuid4()), "iat": now, "exp": now + seconds}
        return jwt.encode(claims, self.key, algorithm=ALGORITHM)


def blueprint(tokens: Tokens) -> Blueprint:
    """Return the route that gives access tokens, with the guard of all others."""
    routes = Blueprint("tokens", __name__)

    @routes.post("/token/refresh")
    def refresh() -> ResponseReturnValue:
        tokens.check(request.headers.get("Authorization"), "refresh")
        return {"access_token": tokens.access_token()}

    @routes.before_app_request
    def guard() -> None:
        if request.blueprint not in OPEN_BLUEPRINTS and request.endpoint not in OPEN_ENDPOINTS:
            tokens.check(request.headers.get("Authorization"), "access")

    return routes

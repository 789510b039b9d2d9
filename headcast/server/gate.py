"""A request in, the same request or a refusal out: who asks, under which name, how often and how much.

Against pages of other sites that a browser has open, and against names of other sites that were made to point here
(DNS rebinding): `Host` must be an address or a name of ours, `Origin` and `Sec-Fetch-Site` must be our own page's.
Against whoever else is on the network: the token. Against the clumsy and the hostile: rates, sizes and times.
"""

import ipaddress
import secrets
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headcast.limits import MAX_REQUEST_BYTES
from headcast.server.body import limited
from headcast.server.rates import Rates
from headcast.server.settings import ServerSettings

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: mediastream:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
REFUSED_SOCKET: Final = 1008  # of RFC 6455: policy violation


class Gate:
    """ASGI middleware around the whole application; nothing reaches a route without passing here."""

    def __init__(self, app: ASGIApp, settings: ServerSettings, max_bytes: int = MAX_REQUEST_BYTES) -> None:
        self._app, self._settings, self._max_bytes = app, settings, max_bytes
        self._rates = Rates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        answer = self._answered_here(scope, headers)
        if answer is None:
            return await self._app(
                scope, limited(scope, headers, receive, self._max_bytes), self._with_headers(headers, send)
            )
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": REFUSED_SOCKET})
        return await answer(scope, receive, self._with_headers(headers, send))

    def _answered_here(self, scope: Scope, headers: Headers) -> Response | None:
        if not self._is_own_name(scope, headers.get("host", "")):
            return _refusal(HTTPStatus.FORBIDDEN, "this server is not known under that name; open it by its address")
        if not self._is_own_page(scope, headers):
            return _refusal(HTTPStatus.FORBIDDEN, "pages of other sites cannot use this server")
        if (client := scope.get("client")) and not self._rates.allows(client[0]):
            refusal = _refusal(HTTPStatus.TOO_MANY_REQUESTS, "too many requests; wait a second")
            refusal.headers["Retry-After"] = "1"
            return refusal
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Allow": "GET, POST, PUT, DELETE"})
        return self._missing_token(scope, headers)

    def _is_own_name(self, scope: Scope, host: str) -> bool:
        """Whether `Host` is an address, which cannot be rebound, or a name of ours; on loopback with our port."""
        name, port = _split(host)
        if not self._settings.is_local:
            return name == "localhost" or name in self._settings.names or _is_address(name)
        own = name in ("localhost", "127.0.0.1", "::1", self._settings.address, *self._settings.names)
        return own and (port or 80) == scope["server"][1]

    def _is_own_page(self, scope: Scope, headers: Headers) -> bool:
        """Whether a request comes from our own page, from an allowed one, or from no page at all."""
        origin = headers.get("origin")
        if origin is not None:
            _, _, place = origin.partition("://")
            return place == headers["host"] or origin in self._settings.origins
        site = headers.get("sec-fetch-site", "none")
        if site in ("same-origin", "none"):
            return True
        return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"

    def _missing_token(self, scope: Scope, headers: Headers) -> Response | None:
        """Refuse a request without the token; one that opens a page with it keeps it as a cookie."""
        token = self._settings.token
        if token is None:
            return None
        cookie = f"headcast_{scope['server'][1]}"
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        given = query.pop("token", [None])[0]
        bearer = headers.get("authorization", "").removeprefix("Bearer ").strip()
        if any(_equal(token, one) for one in (bearer, _cookie(headers, cookie))):
            return None
        if not _equal(token, given):
            text = "this server needs its token: open the link that it printed, or send Authorization: Bearer TOKEN"
            return _refusal(HTTPStatus.UNAUTHORIZED, text)
        if scope["type"] == "websocket" or scope["method"] != "GET" or "text/html" not in headers.get("accept", ""):
            return None  # a program's
        rest = urlencode(query, doseq=True)
        response = RedirectResponse(scope["path"] + (f"?{rest}" if rest else ""), HTTPStatus.SEE_OTHER)
        response.set_cookie(cookie, token, httponly=True, samesite="strict", secure=scope.get("scheme") == "https")
        return response

    def _with_headers(self, headers: Headers, send: Send) -> Send:
        origin = headers.get("origin")
        allowed = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"} if origin in self._settings.origins else {}
        if allowed:
            allowed |= {
                "Access-Control-Allow-Headers": "authorization, content-type",
                "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
                "Cross-Origin-Resource-Policy": "cross-origin",
            }

        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in {**HEADERS, **allowed}.items():
                    if value is not None and (name in allowed or name not in answered):
                        answered[name] = value
            await send(message)

        return wrapped


def _refusal(status: HTTPStatus, text: str) -> Response:
    return JSONResponse({"error": text}, status)


def _split(host: str) -> tuple[str, int | None]:
    """Name and port of a `Host` header; the port is None where there is none, or no number."""
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        return host.strip("[]").lower(), None
    return name.strip("[]").lower(), int(port) if port.isascii() and port.isdigit() and len(port) < 6 else -1


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return morsel.value if morsel else None


def _equal(token: str, given: str | None) -> bool:
    return given is not None and secrets.compare_digest(token.encode(), given.encode("utf-8", "replace"))

"""How a server may be reached in, checked settings out; importing this costs nothing."""

import ipaddress
import secrets
from dataclasses import dataclass, replace
from typing import Final

LOOPBACK: Final = "127.0.0.1"
USUAL_PORT: Final = 8350
LEAST_TOKEN: Final = 16  # letters of a token: fewer could be guessed


@dataclass(frozen=True)
class ServerSettings:
    """Where the server listens, and who may use it. ValueError for what is not so."""

    address: str = LOOPBACK  # of this computer; any other than loopback needs a token
    port: int = USUAL_PORT  # 0: a free one
    token: str | None = None  # who has it may use the server
    names: tuple[str, ...] = ()  # host names under which it may be reached, beside addresses and localhost
    origins: tuple[str, ...] = ()  # pages of other sites that may use it, such as a game's: http://localhost:5173

    def __post_init__(self) -> None:
        if self.token is not None and (len(self.token) < LEAST_TOKEN or not self.token.isascii()):
            raise ValueError(f"a token has at least {LEAST_TOKEN} ASCII letters")
        if not self.is_local and self.token is None:
            raise ValueError(f"a server on {self.address} can be reached by others; it needs a token")

    @property
    def is_local(self) -> bool:
        """Whether only this computer can reach the server."""
        return is_loopback(self.address)


def with_token(address: str, port: int, token: str | None = None, **others: tuple[str, ...]) -> ServerSettings:
    """Settings for an address; one that others can reach gets a new token where none is given."""
    if token is None and not is_loopback(address):
        token = secrets.token_urlsafe(24)
    return replace(ServerSettings(), address=address, port=port, token=token, **others)


def is_loopback(address: str) -> bool:
    """Whether an address is one of this computer's own that nobody else can reach."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False

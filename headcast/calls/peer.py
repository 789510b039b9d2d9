"""One encrypted connection to the other side of a call: packets that may be lost, and messages that may not.

WebRTC's data channels, end to end encrypted (DTLS). No server elsewhere is asked for the way unless one is named.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterable
from typing import Any, Final

from aiortc import RTCConfiguration, RTCDataChannel, RTCIceServer, RTCPeerConnection, RTCSessionDescription

from headcast.calls.invitation import ANSWER, OFFER, read_line, write_line
from headcast.errors import HeadcastError
from headcast.telepresence.packets import MAX_PACKET_BYTES

MAX_MESSAGE: Final = 64 << 10  # bytes of a control message
_MOST_WAITING: Final = 3 * MAX_PACKET_BYTES  # bytes of packets that wait in the line; what is newer waits for no older
_UDP_IP_BYTES: Final = 28
_MOST_PIECES: Final = 256 << 10  # bytes of pieces that wait


class CallError(HeadcastError):
    """A call cannot begin or go on; the message is one line."""


class Peer:
    """A connection; `on_packet` and `on_message` are called in the event loop. `loss` drops packets, for tests."""

    def __init__(
        self,
        on_packet: Callable[[bytes], None],
        on_message: Callable[[str | bytes], None],
        *,
        ice_servers: Iterable[str] = (),
        loss: float = 0.0,
        seed: int = 0,
    ) -> None:
        servers = [RTCIceServer(urls=url) for url in ice_servers]
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=servers))
        self._on_packet, self._on_message = on_packet, on_message
        self._loss, self._random = loss, random.Random(seed)
        self._packets: RTCDataChannel | None = None
        self._messages: RTCDataChannel | None = None
        self.opened = asyncio.Event()
        self.closed = asyncio.Event()
        self.sent_bytes = 0
        self._connection.on("datachannel", self._take)
        self._connection.on("connectionstatechange", self._look)

    async def invite(self) -> str:
        """Return the line that the other side answers."""
        self._take(self._connection.createDataChannel("packets", ordered=False, maxRetransmits=0))
        self._take(self._connection.createDataChannel("messages"))
        await self._connection.setLocalDescription(await self._connection.createOffer())
        return write_line(OFFER, self._connection.localDescription.sdp)

    async def answer(self, line: str) -> str:
        """Return the line that answers an invitation; ValueError for a line that is none."""
        await self._describe(read_line(line, OFFER), OFFER)
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        return write_line(ANSWER, self._connection.localDescription.sdp)

    async def accept(self, line: str) -> None:
        """Take in the answer; ValueError for a line that is none."""
        await self._describe(read_line(line, ANSWER), ANSWER)

    def send_packet(self, content: bytes) -> bool:
        """Send what may be lost; False where the line is so full that it was left out."""
        channel = self._packets
        if channel is None or channel.readyState != "open" or channel.bufferedAmount > _MOST_WAITING:
            return False
        self.sent_bytes += len(content)
        if self._random.random() >= self._loss:
            with contextlib.suppress(ConnectionError):  # it may break at any moment
                channel.send(content)
        return True

    def send_message(self, content: str | bytes) -> None:
        """Send what must arrive."""
        if self._messages is not None and self._messages.readyState == "open":
            with contextlib.suppress(ConnectionError):
                self._messages.send(content)

    async def has_room(self) -> None:
        """Wait until pieces may follow."""
        while self._messages is not None and self._messages.bufferedAmount > _MOST_PIECES and not self.closed.is_set():
            await asyncio.sleep(0.02)

    def wire_bytes(self) -> int:
        """Return the bytes that went out so far on the wire, with the headers of SCTP, DTLS, UDP and IPv4."""
        transport: Any = self._connection.sctp and self._connection.sctp.transport
        stats = transport._get_stats().values() if transport else ()
        return sum(one.bytesSent + _UDP_IP_BYTES * one.packetsSent for one in stats)

    async def close(self) -> None:
        """End the connection."""
        self.closed.set()
        await self._connection.close()
        await asyncio.sleep(0)

    async def _describe(self, description: str, kind: str) -> None:
        lines = description.splitlines()
        parts = [line for line in lines if line.startswith("m=")]
        if len(parts) != 1 or not parts[0].startswith("m=application") or len(lines) > 200:
            raise ValueError("this line is of no call")
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(description, kind))
        except Exception as error:  # what the library makes of a stranger's text has many names
            raise ValueError("this line is of no call") from error

    def _take(self, channel: RTCDataChannel) -> None:
        if channel.label == "packets" and self._packets is None:
            self._packets = channel
            channel.on("message", self._take_packet)
        elif channel.label == "messages" and self._messages is None:
            self._messages = channel
            channel.on("message", self._take_message)
        else:
            return channel.close()
        channel.on("open", self._look)
        channel.on("close", self._look)
        self._look()

    def _look(self) -> None:
        states = [channel.readyState for channel in (self._packets, self._messages) if channel is not None]
        if states == ["open", "open"]:
            self.opened.set()
        if "closed" in states or self._connection.connectionState in ("failed", "closed"):
            self.closed.set()

    def _take_packet(self, content: Any) -> None:
        if isinstance(content, bytes):
            self._on_packet(content)

    def _take_message(self, content: Any) -> None:
        if len(content) <= MAX_MESSAGE:
            self._on_message(content)

"""A browser's offer in, an answer out; its camera's pictures go to a live session, whose pictures come back.

Nothing is asked of servers elsewhere: the way is found among the addresses of both computers.
"""

import asyncio
import contextlib
import json
import re
from fractions import Fraction
from typing import Any, Final

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.mediastreams import MediaStreamError, VideoStreamTrack
from av import VideoFrame

from headcast.limits import MAX_CAMERA_SIDE
from headcast.server.live_sessions import LiveSession

SYNTHETIC: Final = "a=x-synthetic:headcast\r\n"
"""The line of the answer's description that says what the stream is."""

MAX_SDP: Final = 20_000  # letters; a browser's offer has 6,000
_MAX_PARTS: Final = 4
_MAX_CANDIDATES: Final = 60
_CLOCK: Final = 90_000
_STATUS_SECONDS: Final = 1.0
_SECONDS_TO_CONNECT: Final = 20.0


class OfferError(ValueError):
    """An offer that cannot be answered."""


async def answer(session: LiveSession, sdp: str) -> str:
    """Connect a browser that sends its camera and takes one video; OfferError for anything else."""
    _check(sdp)
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    tasks: list[asyncio.Task[None]] = []

    async def close() -> None:
        for task in tasks:
            if task is not asyncio.current_task():  # which may be the one that saw the end
                task.cancel()
        await connection.close()
        await asyncio.sleep(0)  # sockets close in the loop's next turn

    @connection.on("track")
    def take(track: Any) -> None:
        if track.kind == "video":
            tasks.append(asyncio.create_task(_read(track, session)))

    @connection.on("datachannel")
    def tell(channel: Any) -> None:
        tasks.append(asyncio.create_task(_tell(channel, session)))

    @connection.on("connectionstatechange")
    async def end() -> None:
        if connection.connectionState in ("failed", "closed"):
            await session.close()

    if session.on_close is not None:
        await session.on_close()
    try:
        await _describe(connection, sdp, AvatarTrack(session))
    except OfferError:
        await close()
        raise
    session.on_close = close
    tasks.append(asyncio.create_task(_end_unless_connected(connection, session)))
    return str(connection.localDescription.sdp).replace("m=video", SYNTHETIC + "m=video", 1)


async def _describe(connection: RTCPeerConnection, sdp: str, track: VideoStreamTrack) -> None:
    """Take the offer in, and say that one video comes back."""
    try:
        await connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        if all(part.kind != "video" for part in connection.getTransceivers()):
            raise OfferError("the offer has no video")
        connection.addTrack(track)
        for part in connection.getTransceivers():
            deliver_promptly(part.receiver)
        await connection.setLocalDescription(await connection.createAnswer())
    except OfferError:
        raise
    except Exception as error:  # what the library makes of a stranger's text has many names
        raise OfferError("the offer cannot be read") from error


class AvatarTrack(VideoStreamTrack):
    """The pictures of a live session as they are made."""

    def __init__(self, session: LiveSession) -> None:
        super().__init__()
        self._session = session
        self._began: float | None = None
        self._last = -1

    async def recv(self) -> VideoFrame:
        """Wait for the next picture."""
        picture = await self._session.made()
        if picture is None:
            self.stop()
            raise MediaStreamError
        now = asyncio.get_running_loop().time()
        self._began = now if self._began is None else self._began
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = self._last = max(round((now - self._began) * _CLOCK), self._last + 1)
        frame.time_base = Fraction(1, _CLOCK)
        return frame


class PromptBuffer(JitterBuffer):
    """A jitter buffer that gives a video's frame away with its last packet, not with the first of the next frame."""

    def _remove_frame(self, sequence_number: int) -> JitterFrame | None:
        packets: list[Any] = []
        for count in range(self.capacity):
            packet: Any = self._packets[((self._origin or 0) + count) % self.capacity]
            if packet is None or (packets and packet.timestamp != packets[0].timestamp):
                break
            packets.append(packet)
            if packet.marker:
                self.remove(count + 1)
                return JitterFrame(b"".join(each._data for each in packets), packet.timestamp)
        return super()._remove_frame(sequence_number)


def deliver_promptly(receiver: Any) -> None:
    """Have a video's receiver wait for no further frame, where the library still is as we know it: saves a frame."""
    name = "_RTCRtpReceiver__jitter_buffer"
    buffer = getattr(receiver, name, None)
    if isinstance(buffer, JitterBuffer) and buffer._is_video:
        setattr(receiver, name, PromptBuffer(buffer.capacity, is_video=True))


async def _read(track: Any, session: LiveSession) -> None:
    """Take every picture of the camera, so that none waits in the library's queue."""
    with contextlib.suppress(MediaStreamError):
        while not session.is_closed:
            frame = await track.recv()
            if max(frame.width, frame.height) <= MAX_CAMERA_SIDE and track._queue.qsize() == 0:
                session.take(frame.to_ndarray(format="rgb24"))
            else:
                session.num_dropped += 1
    await session.close()


async def _tell(channel: Any, session: LiveSession) -> None:
    """Send the page how it goes, every second."""
    with contextlib.suppress(Exception):  # a channel that closes says so in many ways
        while not session.is_closed:
            channel.send(json.dumps(session.status()))
            await asyncio.sleep(_STATUS_SECONDS)


async def _end_unless_connected(connection: RTCPeerConnection, session: LiveSession) -> None:
    await asyncio.sleep(_SECONDS_TO_CONNECT)
    if connection.connectionState != "connected":
        await session.close()


def _check(sdp: str) -> None:
    parts = len(re.findall(r"^m=", sdp, re.MULTILINE))
    if len(sdp) > MAX_SDP or not 1 <= parts <= _MAX_PARTS or sdp.count("a=candidate") > _MAX_CANDIDATES:
        raise OfferError(f"an offer of {len(sdp)} letters with {parts} parts")

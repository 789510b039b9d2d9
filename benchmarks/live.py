"""A server on this computer and a camera with a filmed clock; the delay from camera to avatar, and the pace, out.

python benchmarks/live.py [--transport webrtc] [--side 512] [--rate 25] [--seconds 30] [--precision f32]

The camera is a built-in photo that sways, with the time in milliseconds as a row of blocks in its upper edge. The
avatar's picture carries the row on; who gets the picture reads it and looks at the clock. So all is counted: the
camera's picture encoded, sent, decoded, tracked, generated, encoded, sent and decoded again. With --growth the delay
and the server's memory are told for each minute, which shows whether either grows.
"""

import argparse
import asyncio
import io
import json
import multiprocessing
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from _machine import describe_machine, print_machine
from PIL import Image as Pillow

from headcast.live.timecode import NUM_BITS, draw_code, read_code
from headcast.media.portraits import read_portrait
from headcast.types import Image

CYCLE = 100  # pictures of one sway
WARM_SECONDS = 3.0


class FilmedClock:
    """Pictures of a swaying portrait, `side` pixels wide, three quarters as high, with the time in them."""

    def __init__(self, side: int) -> None:
        photo = np.asarray(read_portrait("astronaut"))
        size = (side, side * 3 // 4)
        self._pictures = []
        for number in range(CYCLE):
            phase = 2 * np.pi * number / CYCLE
            place = cv2.getRotationMatrix2D((224.0, 120.0), 6 * float(np.sin(phase)), side / 427)
            place[:, 2] += np.array([size[0] / 2, size[1] * 0.46]) - (224.0, 120.0)
            place[:, 2] += np.array([np.sin(2 * phase), np.sin(phase)]) * side / 40
            self._pictures.append(cv2.warpAffine(photo, place, size, borderMode=cv2.BORDER_REPLICATE))

    def __call__(self, number: int) -> Image:
        """Return the picture of now."""
        picture: Image = np.asarray(self._pictures[number % CYCLE], np.uint8).copy()
        draw_code(picture, now_ms())
        return picture


def now_ms() -> int:
    """Milliseconds of a clock that wraps as the filmed one does."""
    return round(time.monotonic() * 1000) % (1 << NUM_BITS)


class Watch:
    """Reads the clock of every picture that comes back."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.arrivals: list[tuple[float, float]] = []  # seconds since the start, delay in seconds
        self.num_unread = 0

    def __call__(self, picture: Image) -> None:
        """Take a picture in."""
        code, now = read_code(picture), now_ms()
        if code is None:
            self.num_unread += 1
            return
        self.arrivals.append((time.monotonic() - self.started, (now - code) % (1 << NUM_BITS) / 1000))

    def between(self, start: float, end: float) -> dict[str, float]:
        """Return the figures of a stretch of time, in seconds since the start."""
        delays = [delay for moment, delay in self.arrivals if start <= moment < end]
        if not delays:
            return {"fps": 0.0, "p50_ms": float("nan"), "p95_ms": float("nan")}
        p50, p95 = (1000 * np.quantile(delays, [0.5, 0.95])).tolist()
        return {"fps": len(delays) / (end - start), "p50_ms": p50, "p95_ms": p95}


def serve(ready: Any, precision: str) -> None:
    """Run a server in this process; tell its port. `f32` stands for a processor without bf16."""
    import headcast.reenact.close_up
    import headcast.reenact.runtime
    from headcast.server.app import make_app
    from headcast.server.run import Server
    from headcast.server.settings import ServerSettings

    if precision != "auto":
        for module in (headcast.reenact.close_up, headcast.reenact.runtime):
            module.usual_precision = lambda _: precision  # type: ignore[attr-defined]
    settings = ServerSettings(port=0)
    server = Server(make_app(settings), settings, lambda _: ready.put(server.port))
    server.serve()


def post(port: int, path: str, body: dict[str, object]) -> Any:
    """Send JSON, get JSON."""
    from urllib.request import Request, urlopen

    request = Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


@asynccontextmanager
async def over_webrtc(
    port: int, session: dict[str, str], camera: FilmedClock, rate: int, watch: Watch
) -> AsyncIterator[None]:
    """Send the camera, watch the avatar, by WebRTC."""
    from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
    from aiortc.mediastreams import MediaStreamError, VideoStreamTrack
    from av import VideoFrame

    from headcast.server.webrtc import SYNTHETIC, deliver_promptly

    class Camera(VideoStreamTrack):
        number, began = 0, time.monotonic()

        async def recv(self) -> VideoFrame:
            due = self.began + self.number / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            frame = VideoFrame.from_ndarray(camera(self.number), format="rgb24")
            frame.pts, frame.time_base = round(self.number * 90_000 / rate), Fraction(1, 90_000)
            self.number += 1
            return frame

    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTrack(Camera())
    tasks = []

    @connection.on("track")
    def take(track: Any) -> None:
        async def read() -> None:
            while True:
                try:
                    frame = await track.recv()
                except MediaStreamError:
                    return
                if track._queue.qsize() == 0:
                    watch(frame.to_ndarray(format="rgb24"))

        tasks.append(asyncio.create_task(read()))

    await connection.setLocalDescription(await connection.createOffer())
    offer = {"sdp": connection.localDescription.sdp}
    answer = await asyncio.to_thread(post, port, session["offer"], offer)
    assert SYNTHETIC.strip() in answer["sdp"]
    await connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
    for part in connection.getTransceivers():
        deliver_promptly(part.receiver)
    try:
        yield
    finally:
        await connection.close()
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def over_websocket(
    port: int, session: dict[str, str], camera: FilmedClock, rate: int, watch: Watch
) -> AsyncIterator[None]:
    """Send the newest picture when the last was answered, by a WebSocket, as the page does."""
    from websockets.asyncio.client import connect

    async def go_on() -> None:
        async with connect(f"ws://127.0.0.1:{port}{session['path']}", max_size=1 << 22) as socket:
            began, number = time.monotonic(), 0
            while True:
                number = max(number + 1, int((time.monotonic() - began) * rate))
                await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
                file = cv2.imencode(".jpg", camera(number)[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
                await socket.send(number.to_bytes(4, "little") + file)
                message = await socket.recv()
                watch(np.asarray(Pillow.open(io.BytesIO(bytes(message)[16:])), np.uint8))

    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        task.cancel()


WAYS: dict[str, Callable[..., Any]] = {"webrtc": over_webrtc, "websocket": over_websocket}


def memory_mib(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status[status.index("VmRSS:") :].split()[1]) / 1024


async def measure(port: int, pid: int, options: argparse.Namespace) -> dict[str, Any]:
    """Run one session and return its figures."""
    session = post(port, "/api/live", {"avatar": "hopper", "max_side": options.side, "mirror": False})
    watch, minutes = Watch(), []
    async with WAYS[options.transport](port, session, FilmedClock(options.side), options.rate, watch):
        while (passed := time.monotonic() - watch.started) < options.seconds:
            await asyncio.sleep(min(60.0, options.seconds - passed))
            if options.growth:
                end = time.monotonic() - watch.started
                minutes.append({**watch.between(end - 60, end), "memory_mib": memory_mib(pid)})
                print(json.dumps(minutes[-1]), flush=True)
        status = await asyncio.to_thread(get_status, port, session)
    total = watch.between(WARM_SECONDS, options.seconds)
    return {**total, "unread": watch.num_unread, "frames": len(watch.arrivals), "server": status, "minutes": minutes}


def get_status(port: int, session: dict[str, str]) -> Any:
    """What the server itself says of the session."""
    from urllib.request import urlopen

    with urlopen(f"http://127.0.0.1:{port}{session['path']}", timeout=30) as answer:
        return json.loads(answer.read())


def main() -> None:
    """Start the server, measure, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transport", choices=list(WAYS), default="webrtc")
    parser.add_argument("--side", type=int, default=512, help="of camera and avatar, in pixels; default: %(default)s")
    parser.add_argument("--rate", type=int, default=25, help="of the camera; default: %(default)s")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--precision", choices=("auto", "bf16", "f32"), default="auto", help="default: %(default)s")
    parser.add_argument("--growth", action="store_true", help="tell delay and memory for each minute")
    parser.add_argument("--json", type=Path, help="write all figures here")
    options = parser.parse_args()
    print_machine()
    context = multiprocessing.get_context("spawn")
    ready = context.Queue()
    process = context.Process(target=serve, args=(ready, options.precision), daemon=True)
    process.start()
    result = asyncio.run(measure(ready.get(timeout=60), process.pid or 0, options))
    process.terminate()
    shown = {name: value for name, value in result.items() if name != "minutes"}
    print(f"{options.transport}, {options.side} px, camera of {options.rate} frames a second: {json.dumps(shown)}")
    if options.json:
        options.json.write_text(json.dumps({"machine": describe_machine(), **result}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

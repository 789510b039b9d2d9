"""Live sessions: routes, both ways to connect, and what strangers may send; with a performance that costs nothing."""

import asyncio
import io
import json
from fractions import Fraction
from urllib.request import Request, urlopen

import numpy as np
import pytest
from PIL import Image as Pillow

from headcast.limits import MAX_LIVE_SESSIONS
from headcast.live.pace import Pace
from headcast.server.live_sessions import read_jpeg

aiortc = pytest.importorskip("aiortc", reason="live sessions need headcast[studio]")
from aiortc.jitterbuffer import JitterBuffer  # noqa: E402
from aiortc.rtp import RtpPacket  # noqa: E402
from av import VideoFrame  # noqa: E402
from websockets.sync.client import connect  # noqa: E402

from headcast.server.webrtc import SYNTHETIC, PromptBuffer, deliver_promptly  # noqa: E402


class Echo:
    """A performance that shows the camera, brighter."""

    def __init__(self, source, options, *, max_side, controls) -> None:
        self.controls, self.pace = controls, Pace()
        self.is_calibrated = True

    def __call__(self, image, captured):
        self.pace.add(captured, captured + 0.05)
        return np.zeros_like(image) if self.controls.freeze else image // 2 + 100


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr("headcast.server.live_sessions.Performance", Echo)


@pytest.fixture
def started(client):
    """A live session of the server in this process."""
    answer = client.post("/api/live", json={"avatar": "hopper"})
    assert answer.status_code == 201, answer.text
    yield answer.json()
    client.delete(answer.json()["path"])


def jpeg(level: int, size=(96, 64)) -> bytes:
    file = io.BytesIO()
    Pillow.fromarray(np.full((size[1], size[0], 3), level, np.uint8)).save(file, "JPEG")
    return file.getvalue()


def post(server, path, body):
    request = Request(server.url + path.lstrip("/"), json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=20) as answer:
        return json.loads(answer.read() or "null")


def test_a_session_says_what_it_is_and_that_it_is_synthetic(client, started):
    assert started["synthetic"] is True and "Synthetic" in started["marks"]["comment"]
    status = client.get(started["path"]).json()
    assert status["frames"] == 0 and status["synthetic"] is True


def test_pictures_come_back_by_websocket_in_the_form_of_the_api(client, started):
    with client.websocket_connect("ws://127.0.0.1:8350" + started["path"]) as socket:
        for number in (5, 6):
            socket.send_bytes(number.to_bytes(4, "little") + jpeg(60))
            frame = socket.receive_bytes()
            assert frame[:4] == b"HCF1" and int.from_bytes(frame[4:8], "little") == number and frame[13] == 1
            shown = np.asarray(Pillow.open(io.BytesIO(frame[16:])))
            assert shown.shape == (64, 96, 3) and abs(int(shown.mean()) - 130) < 4
        client.post(started["path"] + "/controls", json={"freeze": True})
        socket.send_bytes(bytes(4) + jpeg(60))
        assert np.asarray(Pillow.open(io.BytesIO(socket.receive_bytes()[16:]))).mean() < 3
    status = client.get(started["path"]).json()
    assert (status["frames"], status["delay_ms"], status["delay_p95_ms"]) == (3, 50, 50)


@pytest.mark.parametrize(
    "message",
    [b"", b"abc", bytes(4), bytes(4) + b"GIF89a" + bytes(50), bytes(4) + jpeg(9)[:200], bytes(4) + jpeg(9, (2000, 40))],
)
def test_what_is_no_picture_is_refused_and_the_session_goes_on(client, started, message):
    with client.websocket_connect("ws://127.0.0.1:8350" + started["path"]) as socket:
        socket.send_bytes(message)
        assert "error" in socket.receive_json()
        socket.send_text("hello")
        assert "error" in socket.receive_json()
        socket.send_bytes(bytes(4) + jpeg(9))
        assert socket.receive_bytes()[:4] == b"HCF1"


def test_a_flood_of_refused_messages_ends_the_connection(client, started):
    with client.websocket_connect("ws://127.0.0.1:8350" + started["path"]) as socket:
        for _ in range(100):
            socket.send_text("x")
            assert "error" in socket.receive_json()
        socket.send_text("x")
        assert socket.receive()["type"] == "websocket.close"


@pytest.mark.parametrize(
    "sdp",
    ["", "v=0\r\n", "m=video 9 x", "m=video\r\n" * 5, "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=candidate:x\r\n" * 4,
     "\x00" * 100,
     "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n"],
)  # fmt: skip
def test_an_offer_that_is_none_is_refused_in_one_line(client, started, sdp):
    answer = client.post(started["offer"], json={"sdp": sdp})
    assert answer.status_code == 422 and "\n" not in answer.json()["error"]
    assert client.get(started["path"]).status_code == 200


def test_so_many_sessions_and_no_more(client):
    sessions = [client.post("/api/live", json={"avatar": "hopper"}).json() for _ in range(MAX_LIVE_SESSIONS)]
    assert client.post("/api/live", json={"avatar": "hopper"}).status_code == 422
    for session in sessions:
        assert client.delete(session["path"]).status_code == 204
    assert client.get(sessions[0]["path"]).status_code == 422


@pytest.mark.parametrize(
    "body", [{"avatar": "nobody"}, {"avatar": "hopper", "side": 3}, {"avatar": "hopper", "mirror": 1}]
)
def test_sessions_of_nobody_or_with_unknown_wishes_are_refused(client, body):
    assert client.post("/api/live", json=body).status_code == 422


async def through_webrtc(server, count: int) -> tuple[str, list[float], list[dict[str, object]]]:
    """Send grey pictures and take `count` back; the answer's text, their mean levels, and what the page is told."""

    class Camera(aiortc.VideoStreamTrack):
        async def recv(self) -> VideoFrame:
            frame = VideoFrame.from_ndarray(np.full((120, 160, 3), 60, np.uint8), format="rgb24")
            frame.pts, frame.time_base = await self.next_timestamp()
            return frame

    session = await asyncio.to_thread(post, server, "/api/live", {"avatar": "hopper"})
    connection = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
    connection.addTrack(Camera())
    channel, told = connection.createDataChannel("status"), []
    channel.on("message", lambda text: told.append(json.loads(text)))
    track = asyncio.get_running_loop().create_future()
    connection.on("track", track.set_result)
    await connection.setLocalDescription(await connection.createOffer())
    answer = await asyncio.to_thread(post, server, session["offer"], {"sdp": connection.localDescription.sdp})
    await connection.setRemoteDescription(aiortc.RTCSessionDescription(answer["sdp"], "answer"))
    deliver_promptly(connection.getReceivers()[0])
    levels = []
    for _ in range(count):
        frame = await asyncio.wait_for((await track).recv(), 20)
        levels.append(float(frame.to_ndarray(format="rgb24").mean()))
    while not told:
        await asyncio.sleep(0.05)
    await connection.close()
    await asyncio.sleep(0.1)
    return answer["sdp"], levels, told


def test_a_camera_goes_and_an_avatar_comes_by_webrtc_and_says_that_it_is_synthetic(serving):
    with serving() as server:
        sdp, levels, told = asyncio.run(through_webrtc(server, 8))
    assert SYNTHETIC.strip() in sdp.splitlines()
    assert levels == pytest.approx([130.0] * 8, abs=6)
    assert told[0]["synthetic"] is True and told[0]["delay_ms"] in (0, 50)


def test_a_flood_by_websocket_waits_for_nobody(serving):
    """A client that leaves in the middle of work ends nothing."""
    with serving() as server:
        session = post(server, "/api/live", {"avatar": "hopper"})
        address = server.url.replace("http", "ws").rstrip("/") + session["path"]
        with connect(address) as socket:
            for number in range(4):
                socket.send(number.to_bytes(4, "little") + jpeg(9))
        with connect(address) as socket:
            socket.send(bytes(4) + jpeg(9))
            assert bytes(socket.recv(timeout=20))[:4] == b"HCF1"


def packets(count: int, per_frame: int = 3) -> list[RtpPacket]:
    made = []
    for number in range(count * per_frame):
        frame, place = divmod(number, per_frame)
        packet = RtpPacket(
            payload_type=96, marker=int(place == per_frame - 1), sequence_number=(65530 + number) % 65536
        )
        packet.timestamp, packet._data = 3000 * frame, bytes([frame, place])
        made.append(packet)
    return made


def test_a_frame_is_given_away_with_its_last_packet_in_any_order():
    for order in ((0, 1, 2), (0, 2, 1)):
        prompt, usual = PromptBuffer(64, is_video=True), JitterBuffer(64, is_video=True)
        sent = packets(4)
        got, later = [], []
        for frame in range(4):
            for place in order:
                for buffer, taken in ((prompt, got), (usual, later)):
                    done = buffer.add(sent[3 * frame + place])[1]
                    if done is not None:
                        taken.append(done.data)
            assert len(got) == frame + 1  # the library's own gives it with the next one's first packet
        assert got == [bytes([frame, 0, frame, 1, frame, 2]) for frame in range(4)]
        assert later == got[:3]


def test_the_library_still_has_the_buffer_that_is_replaced():
    async def replaced() -> object:
        connection = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
        receiver = connection.addTransceiver("video").receiver
        deliver_promptly(receiver)
        await connection.close()
        return receiver._RTCRtpReceiver__jitter_buffer

    assert isinstance(asyncio.run(replaced()), PromptBuffer)


def test_times_of_a_track_go_on(monkeypatch):
    from headcast.server.webrtc import AvatarTrack

    class Session:
        async def made(self):
            return np.zeros((64, 64, 3), np.uint8)

    async def times() -> list[Fraction]:
        track = AvatarTrack(Session())
        frames = [await track.recv() for _ in range(5)]
        return [frame.pts * frame.time_base for frame in frames]

    found = asyncio.run(times())
    assert found == sorted(set(found)) and found[0] == 0


def test_pictures_beyond_the_limit_are_not_decoded():
    with pytest.raises(ValueError, match="a picture of 4000x4000, at most 1920 a side"):
        read_jpeg(jpeg(3, (4000, 4000)))

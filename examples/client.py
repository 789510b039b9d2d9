"""Move a photo from Python: `headcast serve` in one terminal, this in another. Needs only `pip install websockets`.

python examples/client.py alice.jpg out/          # writes frames 000.jpg ... of alice, who turns and speaks
python examples/client.py astronaut out/ --url http://127.0.0.1:8350 --frames 50
"""

import argparse
import json
import math
import struct
import urllib.request
from pathlib import Path
from typing import Any

from websockets.sync.client import connect


class Headcast:
    """The API in four calls; `token` where the server asks for one."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url, self.headers = url.rstrip("/"), {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, path: str, body: bytes, kind: str) -> dict[str, Any]:
        """Post, and return the server's answer."""
        request = urllib.request.Request(self.url + path, body, {"Content-Type": kind, **self.headers})
        with urllib.request.urlopen(request) as answer:
            return dict(json.load(answer))

    def avatar(self, photo: Path) -> str:
        """Send a photo, get an avatar's id."""
        file = self.ask(f"/api/files?name={photo.name}", photo.read_bytes(), "application/octet-stream")
        return str(self.ask("/api/avatars", json.dumps({"files": [file["id"]]}).encode(), "application/json")["id"])

    def session(self, avatar: str, **options: Any) -> Any:
        """Open a session; the socket's first message says what it is."""
        body = json.dumps({"avatar": avatar, **options}).encode()
        path = self.ask("/api/sessions", body, "application/json")["path"]
        socket = connect(self.url.replace("http", "ws", 1) + path, additional_headers=self.headers, max_size=None)
        assert json.loads(socket.recv())["synthetic"]
        return socket


def frame_of(message: bytes | str) -> tuple[int, int, int, bytes]:
    """Number, width, height and picture of a frame; an error of the server's is raised."""
    if isinstance(message, str):
        raise SystemExit(json.loads(message)["error"])
    _, number, width, height = struct.unpack("<4sIHH", message[:12])
    return number, width, height, message[16:]


def main() -> None:
    """Let somebody turn and speak."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", help="a file, or the id of an avatar: astronaut, hopper")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--url", default="http://127.0.0.1:8350")
    parser.add_argument("--token")
    parser.add_argument("--frames", type=int, default=25)
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True)
    server = Headcast(options.url, options.token)
    avatar = server.avatar(Path(options.photo)) if Path(options.photo).is_file() else options.photo
    with server.session(avatar, format="jpeg", max_side=512) as socket:
        for number in range(options.frames):
            wave = math.sin(2 * math.pi * number / 25)
            controls = {"turn": 12 * wave, "mouth": max(0, 0.5 * math.sin(number)), "smile": 0.3}
            socket.send(json.dumps({"seq": number, "controls": controls}))
            number, width, height, picture = frame_of(socket.recv())
            (options.folder / f"{number:03}.jpg").write_bytes(picture)
    print(f"{options.folder}: {options.frames} frames of {width}x{height}")


if __name__ == "__main__":
    main()

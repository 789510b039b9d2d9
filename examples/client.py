"""Move a photo from Python: `headcast serve` in one terminal, this in another. Needs only `pip install websockets`.

python examples/client.py alice.jpg out/          # writes frames 000.jpg ... of alice, who turns and speaks
python examples/client.py astronaut out/ --url http://127.0.0.1:8350 --frames 50
"""

import argparse
import json
import math
import struct
import time
import urllib.request
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

MOST_TRIES, NO_SESSION = 20, 4404


class Headcast:
    """The API in four calls; `token` where the server asks for one."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url, self.headers = url.rstrip("/"), {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, path: str, body: bytes, kind: str = "application/json") -> dict[str, Any]:
        """Post, and return the server's answer."""
        request = urllib.request.Request(self.url + path, body, {"Content-Type": kind, **self.headers})
        with urllib.request.urlopen(request) as answer:
            return dict(json.load(answer))

    def avatar(self, photo: Path) -> str:
        """Send a photo, get an avatar's id."""
        file = self.ask(f"/api/files?name={photo.name}", photo.read_bytes(), "application/octet-stream")
        return str(self.ask("/api/avatars", json.dumps({"files": [file["id"]]}).encode())["id"])

    def frames(self, motions: Iterable[dict[str, Any]], **asked: Any) -> Iterator[bytes]:
        """Yield the frame of each motion; a line that is lost is made anew, and the message sent once more."""
        waiting = deque(enumerate(motions))
        path, tries = self.ask("/api/sessions", json.dumps(asked).encode())["path"], 0
        while waiting:
            try:
                address = self.url.replace("http", "ws", 1) + path
                with connect(address, additional_headers=self.headers, max_size=None) as socket:
                    assert json.loads(socket.recv())["synthetic"]
                    while waiting:
                        number, motion = waiting[0]
                        socket.send(json.dumps({"seq": number, **motion}))
                        yield bytes_of(socket.recv())
                        waiting.popleft()
                        tries = 0
            except (ConnectionClosed, OSError) as error:
                if (tries := tries + 1) > MOST_TRIES:
                    raise SystemExit(f"the server is gone: {error}") from error
                time.sleep(tries / 4)
                if isinstance(error, ConnectionClosed) and error.rcvd and error.rcvd.code == NO_SESSION:
                    path = self.ask("/api/sessions", json.dumps(asked).encode())["path"]


def bytes_of(message: bytes | str) -> bytes:
    """A frame; an error of the server's is raised."""
    if isinstance(message, str):
        raise SystemExit(json.loads(message)["error"])
    return message


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
    waves = [math.sin(2 * math.pi * number / 25) for number in range(options.frames)]
    motions = [
        {"controls": {"turn": 12 * wave, "mouth": max(0, 0.5 * math.sin(number)), "smile": 0.3}}
        for number, wave in enumerate(waves)
    ]
    for frame in server.frames(motions, avatar=avatar, format="jpeg", max_side=512):
        _, number, width, height = struct.unpack("<4sIHH", frame[:12])
        (options.folder / f"{number:03}.jpg").write_bytes(frame[16:])
    print(f"{options.folder}: {options.frames} frames of {width}x{height}")


if __name__ == "__main__":
    main()

"""How long a slider's picture takes: an application on a port of this computer, a client that moves a slider at a time.

python benchmarks/studio_delay.py [--frames 200] [--avatar PHOTO]

From a message sent to its frame received, decoded or not: what the page shows in the picture's corner, less the
browser's own drawing.
"""

import argparse
import json
import threading
import time
import urllib.request

import numpy as np
from websockets.sync.client import connect

from headcast.server.app import make_app
from headcast.server.run import Server
from headcast.server.settings import ServerSettings


def main() -> None:
    """Print the delay's p50, p95 and smallest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--avatar", default="hopper")
    options = parser.parse_args()
    settings, started = ServerSettings(port=0), threading.Event()
    server = Server(make_app(settings), settings, lambda _: started.set())
    thread = threading.Thread(target=server.serve)
    thread.start()
    started.wait()
    try:
        delays = measure(server.port, options.avatar, options.frames)
    finally:
        server.stop()
        thread.join()
    p50, p95 = np.percentile(delays, [50, 95])
    print(f"{len(delays)} frames: p50 {p50:.0f} ms, p95 {p95:.0f} ms, smallest {min(delays):.0f} ms")


def measure(port: int, avatar: str, num_frames: int) -> list[float]:
    """Return the delay of each frame in milliseconds."""
    body = json.dumps({"avatar": avatar, "max_side": 1024}).encode()
    url = f"http://127.0.0.1:{port}/api/sessions"
    with urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})) as answer:
        path = json.load(answer)["path"]
    delays = []
    with connect(f"ws://127.0.0.1:{port}{path}", max_size=None) as socket:
        socket.recv()
        for number in range(num_frames + 5):
            controls = {"turn": 20 * np.sin(number / 7), "mouth": abs(np.sin(number / 5))}
            began = time.perf_counter()
            socket.send(json.dumps({"controls": controls}))
            socket.recv()
            delays.append(1000 * (time.perf_counter() - began))
    return delays[5:]  # the first ones make the puppet


if __name__ == "__main__":
    main()

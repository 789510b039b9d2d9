"""A small game: a synthetic person before a moving sky, raw RGBA frames as a texture. Needs pygame-ce and websockets.

headcast serve                     # in one terminal
python examples/game.py            # in another; arrow keys turn the head, space speaks, b blinks, Escape ends
"""

import argparse
import json
import math
import struct
import threading
import urllib.request

import pygame
from websockets.sync.client import connect

SIDE, HEAD_BYTES = 256, 16


class Person:
    """Asks for frames in a thread of its own, so the game keeps its pace; `picture` is the newest."""

    def __init__(self, url: str, avatar: str) -> None:
        body = json.dumps({"avatar": avatar, "format": "rgba"}).encode()
        request = urllib.request.Request(f"{url}/api/sessions", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            path = json.load(answer)["path"]
        self.controls: dict[str, float] = {}
        self.picture: pygame.Surface | None = None
        self.num_frames, self.is_over = 0, False
        self._address = url.replace("http", "ws", 1) + path
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with connect(self._address, max_size=None) as socket:
            socket.recv()  # what the session is
            while not self.is_over:
                socket.send(json.dumps({"controls": self.controls}))
                message = bytes(socket.recv())  # type: ignore[arg-type]
                size = struct.unpack("<HH", message[8:12])
                self.picture = pygame.image.frombuffer(message[HEAD_BYTES:], size, "RGBA").convert_alpha()
                self.num_frames += 1


def main() -> None:
    """Play until Escape, or for so many frames of the person."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8350")
    parser.add_argument("--avatar", default="astronaut")
    parser.add_argument("--frames", type=int, default=0, help="then end; 0: never")
    parser.add_argument("--screenshot", help="picture of the last moment")
    options = parser.parse_args()
    pygame.init()
    screen, clock = pygame.display.set_mode((640, 400)), pygame.time.Clock()
    person, turn, nod = Person(options.url.rstrip("/"), options.avatar), 0.0, 0.0
    while not (options.frames and person.num_frames >= options.frames):
        if any(one.type == pygame.QUIT or getattr(one, "key", 0) == pygame.K_ESCAPE for one in pygame.event.get()):
            break
        keys, seconds = pygame.key.get_pressed(), pygame.time.get_ticks() / 1000
        turn += 0.15 * (25 * (keys[pygame.K_RIGHT] - keys[pygame.K_LEFT]) - turn)
        nod += 0.15 * (18 * (keys[pygame.K_DOWN] - keys[pygame.K_UP]) - nod)
        speech = max(0.0, 0.6 * math.sin(14 * seconds)) if keys[pygame.K_SPACE] else 0.0
        lids = -1.0 if keys[pygame.K_b] or seconds % 4 < 0.15 else 0.0
        person.controls = {"turn": turn, "nod": nod, "mouth": speech, "left_lid": lids, "right_lid": lids}
        for row in range(0, 400, 8):
            shade = 0.5 + 0.5 * math.sin(seconds + row / 90)
            screen.fill((40 + 60 * shade, 60 + row / 4, 130 + 90 * shade), (0, row, 640, 8))
        if person.picture is not None:
            screen.blit(person.picture, ((640 - SIDE) // 2, 400 - SIDE))
        pygame.display.set_caption("Synthetic: made with Headcast")
        pygame.display.flip()
        clock.tick(60)
    person.is_over = True
    if options.screenshot:
        pygame.image.save(screen, options.screenshot)


if __name__ == "__main__":
    main()

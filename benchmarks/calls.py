"""Two sides of a call on this computer; bits a second on the wire, delay, and frames, at several losses, out.

python benchmarks/calls.py VIDEO [--source PHOTO] [--loss 0 0.05 0.2] [--seconds 20] [--no-sound] [--one-way]

Both sides are this process. One tracks the face of VIDEO; both send it, and its sound, and one shows the avatar of
PHOTO. With --one-way the other side sends nothing but what it heard. The wire's bits are all that one side puts on the
line: motion, sound, what it heard, what SCTP acknowledges, and the headers of SCTP, DTLS, UDP and IPv4. The delay is
from the camera's picture to the moment when the avatar's is ready, the waiting for late packets (playout) in it.
A .motion file in the place of VIDEO is sent 25 times a second without tracking: so the wire's bits are measured where
the machine is too busy, or too slow, to track.
"""

import argparse
import asyncio
import json
import threading
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from _machine import describe_machine, print_machine

from headcast.calls.call import Call
from headcast.calls.devices import FileSound
from headcast.calls.look import make_look
from headcast.calls.seen import Seen, SeenFace
from headcast.calls.shown import ShownFace
from headcast.geometry.motion import load_motion
from headcast.live.camera import open_camera
from headcast.live.performance import LiveControls
from headcast.media.portraits import PORTRAITS
from headcast.reenact.source import open_source
from headcast.types import Image, Landmarks

WARM_SECONDS = 5.0


class Watch:
    """A sink that says how old the shown moment is."""

    def __init__(self) -> None:
        self.shown: ShownFace | None = None
        self.ages: list[float] = []
        self.start = 0.0

    def show(self, picture: Image) -> None:
        """Note the age of what was asked for when this picture was begun."""
        if self.shown is not None and self.start and time.monotonic() > self.start:
            self.ages.append(self.shown.age())

    def close(self) -> None:
        """Nothing is held."""


def tell_all(sides: list[Call], landmarks: Landmarks | None, captured: float, size: tuple[int, int]) -> None:
    """Have each side send this face."""
    for side in sides:
        side.see(landmarks, captured, size)


class ToldFace:
    """Tells the faces of a motion file, over and over, 25 times a second, from a thread of its own."""

    def __init__(self, path: Path, tell: Seen) -> None:
        self._faces, self._tell = load_motion(path).landmarks, tell
        self._stopping, self.is_over = threading.Event(), False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._stopping.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        began, number = time.monotonic(), 0
        while not self._stopping.wait(max(0.0, began + number / 25 - time.monotonic())):
            self._tell(self._faces[number % len(self._faces)], began + number / 25, (1280, 720))
            number += 1


async def call_once(options: argparse.Namespace, loss: float) -> dict[str, float]:
    """Call and return the figures."""
    with TemporaryDirectory() as folder:
        watch = Watch()
        mute = ShownFace([], None, LiveControls(), max_side=64)
        shown = ShownFace([watch], None, LiveControls(mirror=False), max_side=512)
        watch.shown = shown
        source = await asyncio.to_thread(open_source, options.source)
        places = [Path(folder) / name for name in ("one", "two")]
        for place in places:
            place.mkdir()
        looks = [make_look(source, options.source, place) for place in places]
        one = Call(looks[0], mute, places[0], lambda _: None)
        two = Call(looks[1], shown, places[1], lambda _: None)
        mute.show = lambda source: None  # type: ignore[method-assign]
        peer, other = one.new_peer(loss=loss), two.new_peer(loss=loss)
        await peer.accept(await other.answer(await peer.invite()))
        talking = [asyncio.ensure_future(call.run(side)) for call, side in ((one, peer), (two, other))]
        await peer.opened.wait()
        senders = [one] if options.one_way else [one, two]
        is_told = options.video.suffix == ".motion"
        tell = partial(tell_all, senders)
        seen = ToldFace(options.video, tell) if is_told else SeenFace(open_camera(str(options.video)), tell)
        heard = senders if options.sound and not is_told else []
        sounds = [FileSound(options.video, side.take_samples) for side in heard]
        await asyncio.sleep(WARM_SECONDS)
        watch.start = time.monotonic()
        began = [peer.wire_bytes(), other.wire_bytes(), peer.sent_bytes, shown.receiver.counts.shown]
        while not seen.is_over and time.monotonic() - watch.start < options.seconds:
            await asyncio.sleep(0.1)
        passed = time.monotonic() - watch.start
        ended = [peer.wire_bytes(), other.wire_bytes(), peer.sent_bytes, shown.receiver.counts.shown]
        rates = [(end - begin) / passed for begin, end in zip(began, ended, strict=True)]
        for part in (seen, *sounds):
            await asyncio.to_thread(part.close)
        for call in (one, two):
            await call.close()
        await asyncio.to_thread(shown.close)
        for task in talking:
            task.cancel()
    p50, p95 = (1000 * np.quantile(watch.ages or [np.nan], [0.5, 0.95])).tolist()
    return {
        "loss": loss,
        "packets_kbit_s": rates[2] * 8 / 1000,
        "wire_kbit_s": rates[0] * 8 / 1000,
        "wire_back_kbit_s": rates[1] * 8 / 1000,
        "frames_a_second": rates[3],
        "shown_a_second": len(watch.ages) / passed,
        "delay_p50_ms": p50,
        "delay_p95_ms": p95,
    }


def main() -> None:
    """Call once for each loss."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--source", type=Path, default=PORTRAITS["astronaut"], help="default: a built-in portrait")
    parser.add_argument("--loss", type=float, nargs="+", default=[0.0, 0.05, 0.2])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--no-sound", dest="sound", action="store_false")
    parser.add_argument("--one-way", action="store_true", help="the other side sends nothing but what it heard")
    parser.add_argument("--json", type=Path, help="write all figures here")
    options = parser.parse_args()
    print_machine()
    rows = []
    for loss in options.loss:
        rows.append(asyncio.run(call_once(options, loss)))
        print(json.dumps(rows[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps({"machine": describe_machine(), "rows": rows}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

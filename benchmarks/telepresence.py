"""Motion files in; bits a second, landmark error and picture difference of telepresence, at several losses, out.

python benchmarks/telepresence.py MOTION ... [--source PHOTO]

Each motion is sent at 25 frames a second through a line with a delay and random loss, both ways, and drawn again. Error
is in percent of the distance between the eyes; a picture is compared with the one that the file path makes.
"""

import argparse
import heapq
import json
import random
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from _machine import describe_machine, print_machine

from headcast.geometry.measures import eye_distance
from headcast.geometry.motion import load_motion
from headcast.reenact.options import SessionOptions
from headcast.reenact.session import make_driver
from headcast.reenact.source import Source, open_source
from headcast.telepresence.bundles import FramePairs, split
from headcast.telepresence.packets import HeardPacket, parse
from headcast.telepresence.receiver import MotionReceiver
from headcast.telepresence.sender import MotionSender
from headcast.types import Landmarks, Motion

RATE = 25
ONE_WAY = 50.0  # milliseconds
PLAYOUT = (
    120.0  # milliseconds that the receiver waits beyond the way: a frame, one that shares its packet, and the rest
)
HEARD_EVERY = 2  # frames


@dataclass
class Line:
    """A way that takes ONE_WAY, up to half as much more, and loses some packets."""

    loss: float
    random: random.Random
    waiting: list[tuple[float, int, bytes]] = field(default_factory=list)
    sent_bits: list[int] = field(default_factory=list)

    def send(self, now: float, content: bytes) -> None:
        """Put a packet in."""
        self.sent_bits.append(8 * len(content))
        if self.random.random() >= self.loss:
            arrives = now + ONE_WAY * self.random.uniform(1.0, 1.5)
            heapq.heappush(self.waiting, (arrives, len(self.sent_bits), content))

    def arrived(self, now: float) -> list[bytes]:
        """Take out what has arrived."""
        packets = []
        while self.waiting and self.waiting[0][0] <= now:
            packets.append(heapq.heappop(self.waiting)[2])
        return packets


def main() -> None:
    """Send every motion at every loss and print one row for each loss."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motions", type=Path, nargs="+", help="of people whom the basis was not fitted to")
    parser.add_argument("--source", type=Path, help="a photo: pictures are compared, too")
    parser.add_argument("--loss", type=float, nargs="+", default=[0.0, 0.05, 0.2])
    parser.add_argument("--json", type=Path, help="write all figures here")
    options = parser.parse_args()
    print_machine()
    motions = [resampled(load_motion(path)) for path in options.motions]
    source = None if options.source is None else open_source(options.source)
    rows = []
    for loss in options.loss:
        figures = []
        for number, motion in enumerate(motions):
            shown, bits, most = send(motion, loss, seed=number)
            error = errors(motion, shown)
            row = {"kbit_s": bits, "most_kbit_s": most, **error}
            if source is not None:
                row |= picture_difference(source, motion, shown)
            figures.append(row)
        mean = {name: float(np.mean([row[name] for row in figures])) for name in figures[0]}
        mean["most_kbit_s"] = max(row["most_kbit_s"] for row in figures)
        rows.append({"loss": loss, **mean})
        print(f"{loss:4.0%} lost: " + ", ".join(f"{name} {value:.3g}" for name, value in mean.items()), flush=True)
    if options.json:
        options.json.write_text(json.dumps({"machine": describe_machine(), "rows": rows}, indent=1), encoding="utf-8")


def resampled(motion: Motion) -> list[Landmarks]:
    """Return the faces of a motion at RATE frames a second."""
    times = np.array([float(time - motion.times[0]) for time in motion.times])
    wanted = np.arange(int(times[-1] * RATE) + 1) / RATE
    return [motion.landmarks[int(np.abs(times - time).argmin())] for time in wanted]


def send(faces: list[Landmarks], loss: float, seed: int) -> tuple[list[Landmarks], float, float]:
    """Return what is shown for each face, mean kbit/s, and those of the second with the most."""
    sender, receiver = MotionSender((1280, 720)), MotionReceiver()
    pairs = FramePairs(sender)
    there, back = Line(loss, random.Random(seed)), Line(loss, random.Random(seed + 1000))
    shown: list[Landmarks] = []
    step = 1000 / RATE
    lag = ONE_WAY + PLAYOUT
    bits = []
    for number in range(len(faces) + int(lag / step) + 1):
        now = number * step
        for content in back.arrived(now):
            packet = parse(content)
            assert isinstance(packet, HeardPacket)
            if sender.heard(packet) and sender.face:
                receiver.take(sender.face)
        if number < len(faces):
            content = pairs.encode(faces[number], round(now))
            bits.append(0 if content is None else 8 * len(content))
            if number == 0 and sender.face:
                receiver.take(sender.face)  # by the channel that loses nothing
            if content is not None:
                there.send(now, content)
        for content in there.arrived(now):
            for part in split(content):
                receiver.take(part)
        if number % HEARD_EVERY == 0:
            back.send(now, receiver.heard())
        moment = receiver.landmarks(now - lag)
        if now >= lag and moment is not None and len(shown) < len(faces):
            shown.append(moment)
    seconds = [sum(bits[start : start + RATE]) for start in range(max(1, len(bits) - RATE + 1))]
    return shown, sum(bits) / len(bits) * RATE / 1000, max(seconds) / 1000


def errors(faces: list[Landmarks], shown: list[Landmarks]) -> dict[str, float]:
    """Return how far what is shown lies from what was sent, at the same moment of the sender's clock, and how it steps.

    The first second is left out: it is the start.
    """
    pairs = beside(faces, shown)[RATE:]
    unit = [eye_distance(real[:, :2]) / 100 for real, _ in pairs]
    distance = [
        np.linalg.norm((real - seen)[:, :2], axis=1) / size for (real, seen), size in zip(pairs, unit, strict=True)
    ]
    return {
        "error_mean": float(np.mean(distance)),
        "error_p95": float(np.percentile(distance, 95)),
        "most_step": _most_step([seen for _, seen in pairs]) / _most_step([real for real, _ in pairs]),
    }


def beside(faces: list[Landmarks], shown: list[Landmarks]) -> list[tuple[Landmarks, Landmarks]]:
    """Return the true face, which lies between two frames, and the shown one of each moment."""
    step = 1000 / RATE
    share = np.float32(np.ceil((ONE_WAY + PLAYOUT) / step) - (ONE_WAY + PLAYOUT) / step)
    truth = [before + share * (after - before) for before, after in pairwise(faces)]
    return list(zip(truth[len(faces) - len(shown) :], shown, strict=False))


def _most_step(faces: list[Landmarks]) -> float:
    """Return the largest mean movement from one frame to the next."""
    return max(float(np.linalg.norm((b - a)[:, :2], axis=1).mean()) for a, b in pairwise(faces))


def picture_difference(source: Source, faces: list[Landmarks], shown: list[Landmarks]) -> dict[str, float]:
    """Return PSNR between pictures made from the landmarks themselves and from those that arrived; one a second."""
    driver = make_driver(source, SessionOptions())
    driver.measure_from(faces[: 6 * RATE])
    losses = []
    for pair in beside(faces, shown)[RATE::RATE]:
        real, seen = (driver(face).astype(np.float64) for face in pair)
        losses.append(float(((real - seen) ** 2).mean()))
    return {"psnr": float(10 * np.log10(255**2 / np.mean(losses)))}


if __name__ == "__main__":
    main()

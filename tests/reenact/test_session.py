"""Sessions against the stages that they are made of, and under load, by a clock of our own."""

import random
import threading
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from headcast.geometry.builtin import builtin_motion
from headcast.reenact.driver import Driver
from headcast.reenact.motion_stream import DrivingFrame
from headcast.reenact.options import SessionOptions
from headcast.reenact.runtime import Generated
from headcast.reenact.session import Session
from headcast.reenact.source import Source, open_source
from headcast.types import Frame, Image, Landmarks

FILE, LIVE = SessionOptions(device="cpu", precision="f32"), SessionOptions(policy="live", device="cpu", precision="f32")
RATE = Fraction(30)
NUM_LIVE = 3000


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Replayed:
    """A tracker that sees a known motion; each look may take some of a clock's time, and some see nobody."""

    def __init__(self, faces: Sequence[Landmarks], clock: Clock, slow: random.Random, *, gaps: bool = False) -> None:
        self._faces, self._clock, self._slow, self._gaps = faces, clock, slow, gaps
        self._numbers = count()

    def track(self, image: Image) -> Landmarks | None:
        self._clock.now += self._slow.choice([0.01, 0.01, 0.02, 0.2])  # seconds; a frame is there every 0.033
        number = next(self._numbers)
        return None if self._gaps and number % 7 == 3 else self._faces[number % len(self._faces)]

    def close(self) -> None:
        pass


class Cheap:
    """Stages that show where the face is by one number."""

    runtime_name = "none"

    def measure_from(self, driving: Sequence[Landmarks]) -> None:
        assert len(driving)

    def retarget(self, driving: Landmarks) -> Landmarks:
        return driving

    def condition(self, landmarks: Landmarks) -> Landmarks:
        return landmarks

    def generate(self, warped: Landmarks) -> Generated:
        image = np.full((64, 64, 3), int(warped[:, 0].mean()) % 256, np.uint8)
        return Generated(image, np.ones((64, 64), np.float32))

    def finish(self, generated: Generated, warped: Landmarks) -> Image:
        return generated.image


@pytest.fixture(scope="module")
def source(astronaut: Image, checkpoint: Path) -> Source:
    return open_source(astronaut, checkpoint=checkpoint)


@pytest.fixture(scope="module")
def faces() -> list[Landmarks]:
    return list(builtin_motion("talk", seconds=1, rate=RATE).landmarks)


def quick(faces: Sequence[Landmarks], *, gaps: bool = False) -> Replayed:
    return Replayed(faces, Clock(), random.Random(0), gaps=gaps)


def frames(number: int, picture: Image) -> Iterator[Frame]:
    return (Frame(picture, each / RATE) for each in range(number))


def all_of(session: Session, number: int, picture: Image) -> list[Frame]:
    shown = [session.push(frame) for frame in frames(number, picture)]
    return [*(frame for frame in shown if frame is not None), *session.flush()]


def test_every_pushed_frame_comes_out_once_and_is_what_the_driver_shows(source, faces, astronaut) -> None:
    options = replace(FILE, smooth=False)
    with Session(source, options, tracker=quick(faces)) as session:
        found = all_of(session, len(faces), astronaut)
    driver = Driver(source.sitter, source.avatar, device="cpu", precision="f32")
    driver.measure_from(faces)
    assert [frame.time for frame in found] == [number / RATE for number in range(len(faces))]
    for frame, landmarks in zip(found, faces, strict=True):
        np.testing.assert_array_equal(frame.image, driver(landmarks))
    assert np.ptp([frame.image.astype(int).sum() for frame in found]) > 0
    assert session.num_dropped == 0


def test_pushing_gives_what_streaming_gives(source, faces, astronaut) -> None:
    """Streaming is what `animate` does: side by side in threads, with the same smoothing and the same bridges."""
    sample = faces[::3]
    with Session(source, FILE, tracker=quick(faces, gaps=True)) as pushing:
        pushing.measure_from(sample)
        pushed = all_of(pushing, 20, astronaut)
    streaming = Session(source, FILE)
    streaming.measure_from(sample)
    motion = pushing._follow(quick(faces, gaps=True))
    streamed = list(streaming.stream(motion.follow(frames(20, astronaut))))
    assert len(pushed) == len(streamed) == 20
    for frame, (driving, image) in zip(pushed, streamed, strict=True):
        assert frame.time == driving.time
        np.testing.assert_array_equal(frame.image, image)
    assert not [thread for thread in threading.enumerate() if thread.name == "headcast-prefetch"]


def test_it_looks_ahead_for_what_motion_is_measured_from_and_gives_one_frame_for_one(faces, astronaut) -> None:
    stages = Cheap()
    measured: list[int] = []
    stages.measure_from = lambda driving: measured.append(len(driving))  # type: ignore[method-assign]
    session = Session(astronaut, FILE, tracker=quick(faces), stages=stages)
    came = [session.push(frame) is not None for frame in frames(240, astronaut)]
    assert came == [False] * 181 + [True] * 59  # six seconds of thirty frames
    assert measured == [182]
    assert len(list(session.flush())) == 181


def test_live_falls_behind_by_two_frames_at_most_and_memory_is_flat(faces, astronaut) -> None:
    """A camera gives a frame each thirtieth of a second; who reads them is late by as much as the stage was slow."""
    clock, picture = Clock(), astronaut[::16, ::16].copy()
    session = Session(picture, LIVE, tracker=Replayed(faces, clock, random.Random(1)), stages=Cheap(), clock=clock)
    most_behind, num_shown, held = 0.0, 0, []
    tracemalloc.start()
    for number in range(NUM_LIVE):
        clock.now = max(clock.now, number / 30)  # the frame is not there earlier
        late = clock.now - number / 30
        if session.push(picture, time=Fraction(number, 30)) is not None:
            num_shown += 1
            most_behind = max(most_behind, late * 30)
        if number % 1000 == 999:
            held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert most_behind <= 2
    assert NUM_LIVE / 4 < num_shown < NUM_LIVE  # it was too slow for all of them
    assert num_shown + session.num_dropped == NUM_LIVE
    assert held[2] < held[1] + 10_000  # bytes, of a thousand frames


def test_live_on_a_punctual_machine_drops_nothing_though_the_clocks_differ(faces, astronaut) -> None:
    clock = Clock()
    session = Session(astronaut, LIVE, tracker=quick(faces), stages=Cheap(), clock=clock)
    for number in range(NUM_LIVE):
        clock.now = 1000 + number / 30 * 1.0002  # the camera's clock is slow by 17 seconds a day
        assert session.push(astronaut, time=Fraction(number, 30)) is not None
    assert session.num_dropped == 0


def test_live_without_a_face_shows_nothing_and_later_the_last_pose(source, faces, astronaut) -> None:
    class Seen:
        def __init__(self) -> None:
            self.faces: list[Landmarks | None] = [None, faces[0], None, faces[9]]

        def track(self, image: Image) -> Landmarks | None:
            return self.faces.pop(0)

        def close(self) -> None:
            pass

    with Session(source, LIVE, tracker=Seen(), clock=count().__next__) as session:
        nothing, first, held, last = [session.push(astronaut) for _ in range(4)]
    assert nothing is None and first is not None and held is not None and last is not None
    np.testing.assert_array_equal(held.image, first.image)
    assert held.time > first.time
    assert np.abs(last.image.astype(int) - first.image).max() > 5


def test_ten_sessions_side_by_side_give_what_one_after_another_gives(source, faces, astronaut) -> None:
    others = [
        replace(source, avatar=replace(source.avatar, adain_parameters=source.avatar.adain_parameters * scale))
        for scale in np.linspace(0.5, 2, 10).astype(np.float32)
    ]

    def start(number: int) -> Session:
        session = Session(others[number], FILE, tracker=quick(faces[number:] + faces[:number]))
        session.measure_from(faces)
        return session

    one_by_one = [all_of(start(number), 6, astronaut) for number in range(10)]
    sessions = [start(number) for number in range(10)]
    in_turns: list[list[Frame | None]] = [[] for _ in range(10)]
    for frame in frames(6, astronaut):
        for number, session in enumerate(sessions):
            in_turns[number].append(session.push(frame))
    at_once: dict[int, list[Frame]] = {}
    threads = [
        threading.Thread(target=lambda number=number: at_once.update({number: all_of(start(number), 6, astronaut)}))
        for number in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(10):
        expected = [frame.image for frame in one_by_one[number]]
        assert len(expected) == 6
        np.testing.assert_array_equal([frame.image for frame in in_turns[number]], expected)
        np.testing.assert_array_equal([frame.image for frame in at_once[number]], expected)


def test_time_must_go_on(faces, astronaut) -> None:
    for options in (FILE, LIVE):
        session = Session(astronaut, options, tracker=quick(faces), stages=Cheap(), clock=Clock())
        session.push(astronaut, time=1)
        with pytest.raises(ValueError, match="time must increase from frame to frame"):
            session.push(astronaut, time=0.5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"strength": -1.0}, "strength must be from 0 to 3, not -1"),
        ({"strength": float("nan")}, "strength must be from 0 to 3, not nan"),
        ({"region": "nose"}, "region must be one of all, expression, pose, lips, eyes, not 'nose'"),
        ({"policy": "fast"}, "policy must be one of file, live, not 'fast'"),
        ({"device": "tpu"}, "device must be one of auto, cpu, cuda, not 'tpu'"),
        ({"precision": "f16"}, "precision must be one of auto, bf16, f32, not 'f16'"),
    ],
)
def test_wrong_options_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SessionOptions(**wrong)


def test_regions_are_those_that_retargeting_knows() -> None:
    from headcast.geometry import retarget
    from headcast.reenact import options

    assert options.REGIONS == retarget.REGIONS


def test_frames_of_a_stream_carry_their_driving_frame(source, faces) -> None:
    session = Session(source, FILE)
    session.measure_from(faces)
    driving = [DrivingFrame(Fraction(number), landmarks) for number, landmarks in enumerate(faces[:3])]
    assert [each for each, _ in session.stream(driving)] == driving

"""Gaps in tracking laid out by hand."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
import pytest

from headcast.reenact.motion_stream import MAX_BRIDGED, DrivingFrame, MotionStream
from headcast.types import Frame, Image, Landmarks

PICTURE = np.zeros((4, 4, 3), np.uint8)


def face(value: float) -> Landmarks:
    """Landmarks that are told apart by one number."""
    return np.full((478, 3), value, np.float32)


class Scripted:
    """A tracker that has been told what it will see."""

    def __init__(self, pattern: Sequence[float | None]) -> None:
        self._faces = iter([None if value is None else face(value) for value in pattern])

    def track(self, image: Image) -> Landmarks | None:
        return next(self._faces)

    def close(self) -> None:
        pass


def frames(count: int) -> Iterator[Frame]:
    return (Frame(PICTURE, Fraction(number)) for number in range(count))


def followed(pattern: Sequence[float | None], first: float | None = -1.0, live: bool = False) -> list[DrivingFrame]:
    start = None if first is None else face(first)
    return list(MotionStream(Scripted(pattern), smooth=False, first=start, live=live).follow(frames(len(pattern))))


def values(found: Sequence[DrivingFrame]) -> list[float]:
    return [float(frame.landmarks[0, 0]) for frame in found]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ([1, None, 3], [1, 2, 3]),
        ([0, None, None, None, 8, 9], [0, 2, 4, 6, 8, 9]),
        ([None, None, 5], [1, 3, 5]),  # before the first face: on the way to it
        ([5, None, None], [5, 5, 5]),  # after the last one: held
        ([None, None], [-1, -1]),
        ([1, None, 3, None, 1], [1, 2, 3, 2, 1]),
        ([], []),
    ],
)
def test_short_gaps_are_bridged_and_ends_are_held(pattern: list[float | None], expected: list[float]) -> None:
    found = followed(pattern)
    assert values(found) == pytest.approx(expected)
    assert [frame.time for frame in found] == [Fraction(number) for number in range(len(pattern))]
    assert [frame.found for frame in found] == [value is not None for value in pattern]


def test_without_a_first_face_the_frames_before_one_wait_for_it() -> None:
    assert values(followed([None, None, 5, 6], first=None)) == [5, 5, 5, 6]
    assert followed([None, None], first=None) == []


def test_live_no_frame_waits() -> None:
    stream = MotionStream(Scripted([None, 1, None, None, 5]), smooth=False, live=True)
    assert [values(stream.push(frame)) for frame in frames(5)] == [[], [1], [1], [1], [5]]
    assert stream.flush() == []


def test_a_long_gap_holds_the_last_face_and_then_leads_over() -> None:
    found = values(followed([0, *[None] * (MAX_BRIDGED + 10), 16]))
    assert found[: 1 + 10] == [0] * 11
    np.testing.assert_allclose(found[11:], np.linspace(1, 16, MAX_BRIDGED + 1), atol=1e-5)


def test_a_gap_does_not_pile_up_frames() -> None:
    """After MAX_BRIDGED frames without a face the first of them comes out: memory stays bounded."""
    stream = MotionStream(Scripted([None] * 100), first=face(0))
    came = [len(stream.push(frame)) for frame in frames(100)]
    assert came == [0] * MAX_BRIDGED + [1] * (100 - MAX_BRIDGED)
    assert len(stream.flush()) == MAX_BRIDGED


def test_images_go_along_where_they_are_given_only() -> None:
    for image in (PICTURE, None):
        stream = MotionStream(Scripted([]))
        seen = [face(1), None, face(2)]
        driving = [frame for time, one in enumerate(seen) for frame in stream.add(Fraction(time), one, image)]
        assert [frame.image is PICTURE for frame in driving] == [image is PICTURE] * 3

"""Finding and following on public-domain photos, moved about by known amounts."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import skimage.data

from headcast.errors import FaceError, MediaError
from headcast.geometry.measures import face_size
from headcast.geometry.topology import MIRROR
from headcast.media.images import read_image
from headcast.media.portraits import read_portrait
from headcast.tracking.detector import Detector
from headcast.tracking.follow import FaceMesh
from headcast.tracking.track import FaceTracker, fill_gaps, find_face, track_video
from headcast.types import Frame, Image, Landmarks

PAINTINGS = Path(__file__).parents[3] / "shared" / "data" / "paintings"


@pytest.fixture
def tracker() -> Iterator[FaceTracker]:
    tracker = FaceTracker()
    yield tracker
    tracker.close()


def distance(a: Landmarks | None, b: Landmarks) -> float:
    """Mean distance in faces of `b`."""
    assert a is not None
    return float(np.linalg.norm((a - b)[:, :2], axis=1).mean()) / face_size(b)


def test_a_photo_has_its_landmarks_where_the_eyes_are(face: Landmarks) -> None:
    assert face.shape == (478, 3)
    assert face.dtype == np.float32
    # The pupils' places were read off the picture by eye.
    np.testing.assert_allclose(face[[468, 473], :2], [[203, 100.5], [246, 103]], atol=2)


def test_a_flipped_photo_has_flipped_landmarks(astronaut: Image, face: Landmarks) -> None:
    flipped = find_face(np.ascontiguousarray(astronaut[:, ::-1]))[MIRROR]
    flipped[:, 0] = astronaut.shape[1] - 1 - flipped[:, 0]
    assert distance(flipped, face) < 0.005


def test_a_face_that_fills_the_picture_is_found(astronaut: Image, face: Landmarks) -> None:
    left, top = face[:, :2].min(axis=0).astype(int)
    right, bottom = face[:, :2].max(axis=0).astype(int)
    found = find_face(astronaut[top:bottom, left:right])
    assert distance(found + np.array([left, top, 0], np.float32), face) < 0.03


def test_a_small_face_in_a_large_picture_is_found(astronaut: Image, face: Landmarks) -> None:
    large = np.full((1600, 2400, 3), 200, np.uint8)
    large[1000:1512, 1500:2012] = astronaut
    assert distance(find_face(large), face + np.array([1500, 1000, 0], np.float32)) < 0.02


def test_a_face_of_40_pixels_is_found(astronaut: Image, face: Landmarks) -> None:
    side = round(512 * 42 / face_size(face))
    small = np.full((720, 1280, 3), 90, np.uint8)
    small[300 : 300 + side, 700 : 700 + side] = cv2.resize(astronaut, (side, side), interpolation=cv2.INTER_AREA)
    expected = (face + 0.5) * np.float32(side / 512) - 0.5 + np.array([700, 300, 0.5], np.float32)
    assert distance(find_face(small), expected) < 0.03


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_photo_has_turned_landmarks(astronaut: Image, face: Landmarks, turns: int) -> None:
    turned = find_face(np.ascontiguousarray(np.rot90(astronaut, turns)))
    for _ in range(turns):  # back: clockwise
        turned = np.stack([511 - turned[:, 1], turned[:, 0], turned[:, 2]], axis=1)
    assert distance(turned, face) < 0.02


def test_the_largest_of_two_faces_wins(astronaut: Image, face: Landmarks) -> None:
    half = cv2.resize(astronaut, (256, 256), interpolation=cv2.INTER_AREA)
    both = np.full((512, 768, 3), 128, np.uint8)
    both[128:384, :256] = half
    both[:, 256:] = astronaut
    assert distance(find_face(both), face + np.array([256, 0, 0], np.float32)) < 0.02


def test_no_face_is_one_line_that_names_the_file() -> None:
    with pytest.raises(FaceError, match=r"^no face in alice/3\.jpg \(120x90 px\); use a photo [^\n]*$"):
        find_face(np.full((90, 120, 3), 127, np.uint8), "alice/3.jpg")


def test_too_small_a_face_is_refused_with_its_size(astronaut: Image) -> None:
    small = np.asarray(cv2.resize(astronaut, (150, 150), interpolation=cv2.INTER_AREA))
    with pytest.raises(FaceError, match=r"^no face in bob\.png \(largest candidate 3\d px, need 40\); use a closer"):
        find_face(small, "bob.png")


def test_a_pattern_that_resembles_a_face_is_none() -> None:
    with pytest.raises(FaceError, match="no face in"):
        find_face(np.asarray(skimage.data.chelsea()))  # a cat


def test_an_animal_is_refused_after_few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first tracker tried again on each of its candidates, for 45 seconds; a look takes some milliseconds."""
    num_looks = {Detector: 0, FaceMesh: 0}
    for network in num_looks:

        def counted(self: object, *given: object, network: type = network, look: Any = network.__call__) -> object:
            num_looks[network] += 1
            return look(self, *given)

        monkeypatch.setattr(network, "__call__", counted)
    with pytest.raises(FaceError, match="no face in"):
        find_face(np.asarray(cv2.resize(skimage.data.chelsea(), (1600, 1064))))
    assert 0 < num_looks[Detector] <= 300
    assert 0 < num_looks[FaceMesh] <= 800


@pytest.mark.parametrize("image", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.float32)])
def test_a_wrong_array_is_a_value_error(image: Image, tracker: FaceTracker) -> None:
    with pytest.raises(ValueError, match=r"an image must be \(H, W, 3\) uint8"):
        find_face(image)
    with pytest.raises(ValueError, match=r"an image must be \(H, W, 3\) uint8"):
        tracker.track(image)


def test_finding_writes_nothing_to_the_terminal(astronaut: Image, capfd: pytest.CaptureFixture[str]) -> None:
    find_face(astronaut[:300, 100:400])
    output = capfd.readouterr()
    assert (output.out, output.err) == ("", "")


def test_the_tracker_follows_a_moving_face(astronaut: Image, face: Landmarks, tracker: FaceTracker) -> None:
    for step in range(0, 40, 4):
        shift = np.array([[1, 0, step], [0, 1, step / 2]], np.float32)
        moved = np.asarray(cv2.warpAffine(astronaut, shift, (512, 512), borderMode=cv2.BORDER_REPLICATE))
        assert distance(tracker.track(moved), face + np.array([step, step / 2, 0], np.float32)) < 0.02


def two_people(astronaut: Image, first: float, second: float) -> Image:
    """The astronaut on the left and Grace Hopper on the right, scaled; a scale of 0 leaves one out."""
    hopper = read_portrait("hopper")
    hopper = hopper[:512, :512]
    stage = np.full((600, 1200, 3), 128, np.uint8)
    for left, image, scale in ((0, astronaut, first), (600, hopper, second)):
        if scale:
            size = round(512 * scale)
            stage[:size, left : left + size] = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    return stage


def test_the_tracker_stays_with_one_person_when_another_is_larger(astronaut: Image, tracker: FaceTracker) -> None:
    for _ in range(3):
        first = tracker.track(two_people(astronaut, 1.0, 0.0))
    assert first is not None
    for _ in range(5):
        seen = tracker.track(two_people(astronaut, 0.9, 1.15))
        assert seen is not None
        assert seen[:, 0].max() < 600


def test_a_lost_person_is_not_replaced_at_once_and_is_found_again(astronaut: Image, tracker: FaceTracker) -> None:
    for _ in range(3):
        assert tracker.track(two_people(astronaut, 1.0, 1.0)) is not None
    followed = tracker.track(two_people(astronaut, 1.0, 1.0))
    assert followed is not None
    is_left = followed[:, 0].mean() < 600
    other_only = two_people(astronaut, 0.0, 1.0) if is_left else two_people(astronaut, 1.0, 0.0)
    assert [tracker.track(other_only) for _ in range(4)] == [None] * 4
    for _ in range(2):
        again = tracker.track(two_people(astronaut, 1.0, 1.0))
    assert distance(again, followed) < 0.05


def test_a_new_person_is_taken_up_after_a_while(astronaut: Image, tracker: FaceTracker) -> None:
    tracker.track(two_people(astronaut, 1.0, 0.0))
    seen = [tracker.track(two_people(astronaut, 0.0, 1.0)) for _ in range(20)]
    assert seen[0] is None
    assert seen[-1] is not None
    assert seen[-1][:, 0].min() > 600


def test_a_lost_face_that_comes_back_small_and_elsewhere_is_found(astronaut: Image, tracker: FaceTracker) -> None:
    black = np.zeros((720, 1280, 3), np.uint8)
    tracker.track(np.asarray(cv2.resize(astronaut, (1280, 720)), np.uint8))
    for _ in range(20):
        assert tracker.track(black) is None
    small = black.copy()
    small[500:700, 1000:1200] = cv2.resize(astronaut, (200, 200), interpolation=cv2.INTER_AREA)
    seen = [tracker.track(small) for _ in range(20)]
    assert seen[-1] is not None
    assert seen[-1][:, 0].min() > 1000


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_video_is_followed(astronaut: Image, face: Landmarks, tracker: FaceTracker, turns: int) -> None:
    picture = np.ascontiguousarray(np.rot90(astronaut, turns))
    for _ in range(3):
        seen = tracker.track(picture)
    assert seen is not None
    for _ in range(turns):
        seen = np.stack([511 - seen[:, 1], seen[:, 0], seen[:, 2]], axis=1)
    assert distance(seen, face) < 0.02


def test_track_video_streams_frames_with_landmarks(astronaut: Image, face: Landmarks) -> None:
    black = np.zeros_like(astronaut)
    frames = (Frame(image, Fraction(i, 25)) for i, image in enumerate([astronaut, black, astronaut]))
    tracked = list(track_video(frames))
    assert [frame.time for frame, _ in tracked] == [0, Fraction(1, 25), Fraction(2, 25)]
    assert [landmarks is not None for _, landmarks in tracked] == [True, False, True]
    assert distance(tracked[2][1], face) < 0.02


def test_track_video_of_a_missing_file_is_a_media_error(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="does not exist"):
        next(track_video(tmp_path / "none.mp4"))


def test_gaps_are_crossed_in_a_straight_line_and_ends_are_held() -> None:
    def flat(value: float) -> Landmarks:
        return np.full((478, 3), value, np.float32)

    landmarks, found = fill_gaps([None, flat(3), None, None, flat(9), flat(7), None])
    np.testing.assert_allclose(landmarks[:, 5, 1], [3, 3, 5, 7, 9, 7, 7], rtol=1e-6)
    assert found.tolist() == [False, True, False, False, True, True, False]
    assert landmarks.dtype == np.float32


def test_a_video_without_any_face_is_refused() -> None:
    with pytest.raises(FaceError, match="no face in any of 3 frames; use a video"):
        fill_gaps([None, None, None])


@pytest.mark.skipif(not PAINTINGS.is_dir(), reason="needs the data folder beside the repository")
@pytest.mark.parametrize("path", sorted(PAINTINGS.glob("*.jpg")), ids=lambda path: path.stem)
def test_every_painting_has_its_face_found(path: Path) -> None:
    if path.stem == "marie_antoinette":  # full length
        with pytest.raises(FaceError, match=r"largest candidate 3\d px"):
            find_face(read_image(path), path)
    else:
        assert face_size(find_face(read_image(path), path)) > 90

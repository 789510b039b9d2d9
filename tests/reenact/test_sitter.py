"""Sitters cut from a real photo, and what is not a portrait."""

from dataclasses import astuple
from pathlib import Path

import cv2
import numpy as np
import pytest

from headcast.errors import FaceError, MediaError
from headcast.limits import MAX_SHOT_PIXELS, MAX_SHOT_SIDE
from headcast.media.images import write_image
from headcast.reenact.sitter import Sitter, avatar_shots, load_sitter, make_sitter, measured_shots, sitter_of
from headcast.tracking.crop import head_crop
from headcast.tracking.track import find_face
from headcast.types import Box, Image, Shot


def test_the_square_holds_the_whole_head(sitter: Sitter) -> None:
    shot = sitter.shot
    assert shot.image.shape == (256, 256, 3)
    assert shot.matte.shape == (256, 256)
    assert shot.landmarks[:, :2].min() > 20
    assert shot.landmarks[:, :2].max() < 236
    seen = find_face(shot.image)
    assert np.linalg.norm((seen - shot.landmarks)[:, :2], axis=1).mean() < 1.5
    x, y = shot.landmarks[4, :2].round().astype(int)
    assert shot.matte[y, x] == 1
    assert 0.3 < shot.matte.mean() < 0.9


def test_a_side_is_pinned_where_the_photo_goes_on(sitter: Sitter, astronaut: Image) -> None:
    assert sitter.edges.pinned == inside(sitter) == (True, inside(sitter)[1], True, True)
    left, bottom = int(sitter.box.left) + 20, int(sitter.box.top + sitter.box.height) - 10
    cut = make_sitter(np.ascontiguousarray(astronaut[:bottom, left:]))  # without her left shoulder and what is below
    assert cut.edges.pinned == inside(cut) == (False, inside(cut)[1], True, False)


def inside(sitter: Sitter) -> tuple[bool, bool, bool, bool]:
    """Tell at which sides, left, top, right and bottom, the square ends within the photo."""
    box, (height, width) = sitter.box, sitter.photo.shape[:2]
    return box.left > 0, box.top > 0, box.left + box.width < width, box.top + box.height < height


@pytest.mark.parametrize(
    ("height", "times"), [(-0.06, 1.0), (-0.02, 1.05), (0.005, 1.1), (0.03, 1.16), (0.1, 1.3), (0.5, 1.3)]
)
def test_the_square_widens_where_it_would_cut_a_hat(
    height: float, times: float, astronaut: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A magenta hat that ends so many widths of the usual square above its upper side; nothing else is a person."""
    above = 200
    photo = cv2.copyMakeBorder(astronaut, above, 0, 0, 0, cv2.BORDER_REPLICATE)
    face = find_face(photo)
    usual = head_crop(face, (photo.shape[1], photo.shape[0])).width
    monkeypatch.setattr("headcast.reenact.sitter.person_matte", lambda image: (image[:, :, 1] < 20).astype(np.float32))
    photo[:, :, 1] = np.maximum(photo[:, :, 1], 40)
    top = sitter_of(photo, face).box.top
    middle = int(face[:, 0].mean())
    photo[int(top - height * usual) : int(face[:, 1].min()) - 5, middle - 30 : middle + 30] = (255, 0, 255)
    assert sitter_of(photo, face).box.width == pytest.approx(times * usual, rel=0.02)
    ended = np.ascontiguousarray(photo[int(top) :])  # a photo that ends where the square does cannot be cut wider
    assert sitter_of(ended, face - [0, int(top), 0]).box.width == pytest.approx(usual, rel=0.02)


def test_size_and_scale_are_as_asked(astronaut: Image) -> None:
    wide = make_sitter(astronaut, size=128, scale=1.3)
    assert wide.shot.image.shape == (128, 128, 3)
    assert wide.box.width == pytest.approx(1.3 * head_crop(find_face(astronaut), (512, 512)).width, abs=1)


def test_a_large_photo_is_reduced(astronaut: Image, sitter: Sitter, tmp_path: Path) -> None:
    large = cv2.resize(astronaut, (1200, 1200), interpolation=cv2.INTER_CUBIC)
    write_image(tmp_path / "large.png", large, {})
    reduced = load_sitter(tmp_path / "large.png", max_side=600)
    assert reduced.photo.shape == (600, 600, 3)
    assert reduced.box.width / 600 == pytest.approx(sitter.box.width / 512, rel=0.1)  # a square may be wider
    assert load_sitter(tmp_path / "large.png").photo.shape == (1200, 1200, 3)


def test_a_photo_without_a_face_is_named(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    write_image(path, np.full((200, 300, 3), 128, np.uint8), {})
    with pytest.raises(FaceError, match=r"no face in .*grey\.png \(300x200 px\); use a photo in which") as caught:
        load_sitter(path)
    assert "\n" not in str(caught.value)


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    with pytest.raises(MediaError, match=r"a\.png"):
        load_sitter(tmp_path / "a.png")


def test_further_shots_are_known_at_their_own_size_within_bounds(sitter: Sitter, astronaut: Image) -> None:
    large = Sitter(
        cv2.resize(astronaut, None, fx=6, fy=6), Box(*(6 * side for side in astuple(sitter.box))), sitter.shot
    )
    small = Sitter(astronaut, sitter.box, sitter.shot)
    first, own, same = avatar_shots([sitter, large, small])
    assert first is sitter.shot and first.full is None  # its photo is at hand
    assert own.full is not None and own.full.shape == (MAX_SHOT_SIDE, MAX_SHOT_SIDE, 3)
    assert (same.full is None) == (round(sitter.box.width) <= 256)
    reduced = cv2.resize(own.full, (256, 256), interpolation=cv2.INTER_AREA)
    assert cv2.absdiff(reduced, own.image).mean() < 3
    many = avatar_shots([sitter] + [large] * 31)
    sides = [len(shot.at_full_size) for shot in many[1:]]
    assert 0.95 * MAX_SHOT_PIXELS < sum(side * side for side in sides) <= MAX_SHOT_PIXELS


def test_blur_shows_in_the_measured_detail(sitter: Sitter) -> None:
    assert measured_shots(sitter, []) == (sitter.shot,)
    blurred = Shot(cv2.GaussianBlur(sitter.shot.image, (0, 0), 3), sitter.shot.landmarks, sitter.shot.matte)
    first, same, soft = (shot.detail for shot in measured_shots(sitter, [sitter.shot, blurred]))
    assert first and same and soft and soft < 0.5 * same

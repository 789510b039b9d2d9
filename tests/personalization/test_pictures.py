import shutil
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from headcast.errors import FaceError, MediaError
from headcast.media.images import read_image, write_image
from headcast.media.writer import VideoWriter
from headcast.personalization.pictures import load_pictures

SIZE = 64


def write_grey(path: Path) -> None:
    write_image(path, np.full((200, 200, 3), 127, np.uint8), {})


def write_turned(astronaut_path: Path, path: Path) -> None:
    """Another picture of the same person: the head tilted by 12 degrees."""
    photo = read_image(astronaut_path)
    turned = cv2.warpAffine(photo, cv2.getRotationMatrix2D((224.0, 110.0), 12.0, 1.0), (512, 512))
    write_image(path, np.asarray(turned, np.uint8), {})


def test_named_photos_keep_their_order_and_lose_the_harmful_ones(
    tmp_path: Path, astronaut_path: Path, hopper_path: Path
) -> None:
    turned = tmp_path / "turned.png"
    write_turned(astronaut_path, turned)
    pictures = load_pictures([turned, astronaut_path, hopper_path, astronaut_path], SIZE)
    assert pictures.files == (turned, astronaut_path)
    assert [sitter.shot.image.shape for sitter in pictures.sitters] == [(SIZE, SIZE, 3)] * 2
    np.testing.assert_array_equal(pictures.sitters[1].photo, read_image(astronaut_path))
    hopper, again = pictures.dropped
    assert "hopper.png is left out: another person than in" in hopper
    assert again == f"{astronaut_path} is left out: the same picture as {astronaut_path}"


def test_a_folder_puts_the_most_neutral_face_first_and_says_what_it_drops(tmp_path: Path, astronaut_path: Path) -> None:
    write_turned(astronaut_path, tmp_path / "a.png")
    shutil.copy(astronaut_path, tmp_path / "b.png")
    write_grey(tmp_path / "c.png")
    (tmp_path / "d.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("not looked at")
    pictures = load_pictures([tmp_path], SIZE)
    assert [path.name for path in pictures.files] == ["b.png", "a.png"]
    assert len(pictures.dropped) == 2
    assert "no face in" in pictures.dropped[0] and "c.png" in pictures.dropped[0]
    assert "d.jpg" in pictures.dropped[1]


def test_of_a_video_some_frames_are_taken(tmp_path: Path, astronaut_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    photo = read_image(astronaut_path)
    with VideoWriter(path, (512, 512), Fraction(10)) as writer:
        for number in range(12):
            writer.write(np.full_like(photo, 127) if number == 11 else photo)
    pictures = load_pictures([path], SIZE)
    assert len(pictures.sitters) == 1  # nothing moves in this video
    assert pictures.files == (path,)
    assert len(pictures.dropped) == 7 and "clip.mp4 at 1.10 s" in pictures.dropped[0]
    assert "is left out: the same picture as" in pictures.dropped[1]


def test_nothing_usable_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no photo in"):
        load_pictures([tmp_path], SIZE)
    write_grey(tmp_path / "a.png")
    with pytest.raises(FaceError, match="none of the 1 photos in .* can be used; the first: no face in"):
        load_pictures([tmp_path], SIZE)
    with pytest.raises(FaceError, match=r"no face in .*a\.png"):
        load_pictures([tmp_path / "a.png"], SIZE)
    with pytest.raises(MediaError, match="33 photos were given, at most 32"):
        load_pictures([tmp_path / "a.png"] * 33, SIZE)
    with pytest.raises(ValueError, match="at least one"):
        load_pictures([], SIZE)

from fractions import Fraction

import numpy as np
import pytest

from headcast.cli.demo import PHOTOS, contact_sheet
from headcast.media.writer import VideoWriter
from headcast.tracking.track import find_face
from headcast.types import Box


@pytest.mark.parametrize("name", PHOTOS)
def test_the_built_in_photos_have_a_face(name):
    image = PHOTOS[name]()
    assert image.dtype == np.uint8
    assert find_face(image, name).shape == (478, 3)


def test_the_contact_sheet_shows_frames_from_first_to_last_row_by_row(tmp_path):
    """Each frame has its own grey in the box, so a tile's grey says which frame it shows."""
    greys = np.linspace(10, 240, 47).round().astype(int)
    with VideoWriter(tmp_path / "greys.mp4", (128, 64), Fraction(25)) as writer:
        for grey in greys:
            image = np.zeros((64, 128, 3), np.uint8)
            image[16:48, 32:64] = grey
            writer.write(image)
    sheet = contact_sheet(tmp_path / "greys.mp4", len(greys), Box(32, 16, 32, 32))
    assert sheet.shape == (6 * 256, 4 * 256, 3)
    np.testing.assert_allclose(sheet[128::256, 128::256, 0].ravel(), greys[::2], atol=3)


def test_the_contact_sheet_of_a_short_video_has_black_tiles_at_the_end(tmp_path, write_still_video):
    write_still_video(tmp_path / "white.mp4", np.full((64, 64, 3), 255, np.uint8), num_frames=2)
    sheet = contact_sheet(tmp_path / "white.mp4", 2, Box(0, 0, 64, 64))
    bright = sheet[128::256, 128::256, 0].ravel() > 127
    assert bright.tolist() == [True, True] + [False] * 22


def test_a_folder_that_cannot_be_made_ends_in_one_line(headcast, tmp_path):
    (tmp_path / "file").write_text("in the way")
    ended = headcast("demo", "--output", tmp_path / "file" / "out")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "cannot make the folder" in ended.err


def test_an_unknown_motion_ends_in_one_line(headcast, tmp_path):
    ended = headcast("demo", "--output", tmp_path / "out", "--motion", "tlak")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "no motion 'tlak'" in ended.err
    assert not (tmp_path / "out").exists()

import numpy as np
import pytest

from headcast.cli.demo import PHOTOS, contact_sheet
from headcast.face.track import find_face
from headcast.media.writer import VideoWriter


@pytest.mark.parametrize("name", PHOTOS)
def test_the_built_in_photos_have_a_face(name):
    image = PHOTOS[name]()
    assert image.dtype == np.uint8
    assert find_face(image, name).shape == (478, 3)


def test_the_contact_sheet_shows_frames_from_first_to_last_row_by_row(tmp_path):
    """Each frame has its own grey, so a tile's grey says which frame it shows."""
    greys = np.linspace(10, 240, 47).round().astype(int)
    with VideoWriter(tmp_path / "greys.mp4", (128, 64), rate=25) as writer:
        for grey in greys:
            writer.write(np.full((64, 128, 3), grey, np.uint8))
    sheet = contact_sheet(tmp_path / "greys.mp4", len(greys))
    assert sheet.shape == (6 * 128, 4 * 256, 3)
    shown = sheet[64::128, 128::256, 0].ravel()
    np.testing.assert_allclose(shown, greys[::2], atol=3)


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

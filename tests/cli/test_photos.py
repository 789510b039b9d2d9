import json
import shutil

import numpy as np
import pytest

from headcast.media.images import read_image, write_image


@pytest.fixture
def album(tmp_path, astronaut_path):
    folder = tmp_path / "album"
    folder.mkdir()
    shutil.copy(astronaut_path, folder / "a.png")
    write_image(folder / "b\x1b[31m.png", np.full((90, 90, 3), 127, np.uint8), {})
    return folder


def test_a_folder_is_checked_for_people_and_for_programs(headcast, album, tmp_path):
    sheet = tmp_path / "sheet.png"
    ended = headcast("photos", "check", album, "-o", sheet, "--json")
    assert ended.code == 0, ended.err
    answer = json.loads(ended.out)
    assert (answer["num_used"], answer["missing"]) == (1, ["left turn", "right turn", "closed eyes"])
    good, bad = answer["photos"]
    assert (good["verdict"], good["reason"], bad["verdict"]) == ("helps", "open mouth", "leave out")
    assert 80 < good["detail"] <= good["face_size"] < 200
    assert bad["face_size"] is None
    assert read_image(sheet).shape[1] == 2 * 216

    lines = headcast("photos", "check", album).out.splitlines()
    assert lines[0] == "a.png: helps: open mouth"
    assert lines[1].startswith("b\\x1b[31m.png: leave out: no face (90x90 px)")
    assert lines[2:] == ["1 of 2 photos would be used", "missing: left turn, right turn, closed eyes"]


def test_what_cannot_be_checked_ends_in_one_line(headcast, tmp_path):
    ended = headcast("photos", "check", tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"headcast: error: no photo in {tmp_path}; expected names that end in")
    assert ended.err.count("\n") == 1

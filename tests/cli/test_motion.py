import json

import numpy as np
import pytest

from headcast.geometry.builtin import builtin_motion_names
from headcast.geometry.motion import load_motion
from headcast.media.portraits import read_portrait


def test_list_names_the_built_in_motions(headcast):
    assert headcast("motion", "list").out.split() == list(builtin_motion_names())
    assert json.loads(headcast("motion", "list", "--json").out)["motions"] == list(builtin_motion_names())


def test_show_describes_a_built_in_motion(headcast):
    answer = json.loads(headcast("motion", "show", "talk", "--json").out)
    assert answer["num_found"] == answer["num_frames"] > 30
    assert answer["seconds"] > 1
    assert headcast("motion", "show", "talk").out.startswith(f"talk: {answer['num_frames']} frames over ")


def test_the_motion_of_a_still_video_is_saved_and_shown(headcast, tmp_path, write_still_video):
    video, file = tmp_path / "still.mp4", tmp_path / "still.motion"
    write_still_video(video, read_portrait("astronaut"), num_frames=12)
    assert headcast("motion", "extract", video, "-o", file).code == 0
    answer = json.loads(headcast("motion", "show", file, "--json").out)
    assert (answer["num_frames"], answer["num_found"], answer["image_size"]) == (12, 12, [512, 512])
    assert answer["seconds"] == pytest.approx(11 / 24)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["extract", "missing.mp4", "-o", "out.motion"], "missing.mp4 does not exist"),
        (["extract", "text.mp4", "-o", "out.motion"], "text.mp4"),
        (["show", "tlak"], "no motion 'tlak'"),
        (["show", "text.motion"], "text.motion"),
    ],
)
def test_a_wrong_file_ends_in_one_line_and_leaves_nothing(headcast, tmp_path, monkeypatch, words, reason):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.mp4").write_text("not a video")
    (tmp_path / "text.motion").write_text("not a motion")
    ended = headcast("motion", *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("headcast: error: ")
    assert ended.err.count("\n") == 1
    assert reason in ended.err
    assert {path.name for path in tmp_path.iterdir()} == {"text.mp4", "text.motion"}


def test_a_video_without_a_face_leaves_no_motion(headcast, tmp_path, write_still_video):
    video, file = tmp_path / "grey.mp4", tmp_path / "grey.motion"
    write_still_video(video, np.full((128, 128, 3), 127, np.uint8), num_frames=3)
    ended = headcast("motion", "extract", video, "-o", file)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "no face" in ended.err
    assert not file.exists()


def test_a_photo_is_a_motion_to_its_face_and_back(headcast, tmp_path, astronaut_path):
    ended = headcast("motion", "extract", astronaut_path, "-o", tmp_path / "a.motion")
    assert ended.code == 0, ended.err
    motion = load_motion(tmp_path / "a.motion")
    assert len(motion) > 30 and motion.found.all()
    assert np.abs(motion.landmarks[0] - motion.landmarks[len(motion) // 2]).max() > 1

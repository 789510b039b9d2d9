from pathlib import Path

import numpy as np
import pytest

from headcast.errors import DataError
from headcast.evaluation.methods.outside import OutsideFrames, export_protocol, frames_fingerprint
from headcast.evaluation.protocol import Settings, split_clip
from headcast.media.images import read_image, write_image
from headcast.media.portraits import read_portrait

SETTINGS = Settings((1, 2), num_targets=3)


def test_what_is_written_is_the_protocol_and_can_be_read_back(make_clip, tmp_path: Path) -> None:
    clip = make_clip("anna_1", read_portrait("astronaut"))
    assert export_protocol([clip], tmp_path, SETTINGS) == 1
    folder, split = tmp_path / "T2" / "anna_1", split_clip(clip, 2, 0, 3)
    for place, number in enumerate(split.shots):
        np.testing.assert_array_equal(read_image(folder / "shots" / f"{place:04}.png"), clip.shot(number).image)
    assert len(list((tmp_path / "T1" / "anna_1" / "shots").iterdir())) == 1

    (tmp_path / "made" / "T2").mkdir(parents=True)
    (folder / "driving").rename(tmp_path / "made" / "T2" / "anna_1")  # a method that gives back what it is given
    frames = OutsideFrames("echo", tmp_path / "made", clip, split, 2)
    for number in (*split.targets, *split.passage):
        np.testing.assert_array_equal(frames(number)["echo"], clip.shot(number).image)


def test_what_is_missing_or_of_another_size_is_named(make_clip, tmp_path: Path) -> None:
    clip = make_clip("anna_2", read_portrait("astronaut"))
    split = split_clip(clip, 1, 0, 3)
    folder = tmp_path / "T1" / "anna_2"
    with pytest.raises(DataError, match=r"anna_2 lacks 5 of 5 frames of blur, the first 0007\.png; make them from"):
        OutsideFrames("blur", tmp_path, clip, split, 1)
    folder.mkdir(parents=True)
    for number in split.passage:
        write_image(folder / f"{number:04}.png", np.zeros((64, 32, 3), np.uint8), {})
    before = frames_fingerprint(tmp_path)
    with pytest.raises(DataError, match=r"0007\.png has 32x64 pixels; expected 256x256"):
        OutsideFrames("blur", tmp_path, clip, split, 1)(7)
    write_image(folder / "0007.png", np.zeros((256, 256, 3), np.uint8), {})
    assert frames_fingerprint(tmp_path) != before


def test_two_clips_of_one_name_would_overwrite_each_other(make_clip, tmp_path: Path) -> None:
    clip = make_clip("anna_3", read_portrait("astronaut"))
    with pytest.raises(DataError, match="two clips have the name anna_3"):
        export_protocol([clip, clip], tmp_path, SETTINGS)

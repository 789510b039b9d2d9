import json
import sys
from pathlib import Path

import pytest

from headcast.cli.main import main

sys.path.insert(0, str(Path(__file__).parents[1] / "live"))
from moving_photo import write_moving_photo


def test_a_video_stands_for_the_camera_and_the_end_is_summed_up(astronaut_path, tmp_path, capsys):
    camera = write_moving_photo(tmp_path / "camera.mp4", 40)
    words = ["live", "-s", str(astronaut_path), "--camera", str(camera), "--no-page", "--max-side", "256", "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] and told["num_frames"] > 5
    assert told["num_frames"] + told["num_dropped"] == 40
    assert 0 < told["delay_p50"] <= told["delay_p95"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--camera", "nowhere.mp4"], "no camera or video file nowhere.mp4"),
        (["--virtual-camera"], "headcast[virtual-camera]"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(words, message, astronaut_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    assert main(["live", "-s", str(astronaut_path), *words]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1

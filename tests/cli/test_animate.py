import json
from pathlib import Path

import numpy as np
import pytest

from headcast.cli.animate import output_file
from headcast.media.video import open_video
from headcast.provenance.verify import read_marks


def test_a_photo_follows_a_video(headcast, tmp_path, astronaut_path, checkpoint, write_still_video):
    from headcast.cli.demo import PHOTOS

    driving, output = tmp_path / "hopper.mp4", tmp_path / "out.mp4"
    write_still_video(driving, PHOTOS["hopper"](), num_frames=5)
    ended = headcast(
        *("animate", "--source_image", astronaut_path, "--driving_video", driving, "--result_video", output),
        *("--checkpoint", checkpoint, "--cpu", "--no-smooth", "--json"),
    )
    assert ended.code == 0, ended.err
    assert ended.out.count("\n") == 1
    answer = json.loads(ended.out)
    assert (answer["ok"], answer["output"], answer["num_frames"]) == (True, str(output), 5)
    assert answer["settings"]["smooth"] is False
    assert answer["settings"]["device"] == "cpu"
    with open_video(output) as video:
        assert video.rate == 24
        assert len([*video]) == 5
    assert read_marks(output).kind == "talking head"


@pytest.mark.parametrize("name", ["source", "driving", "checkpoint"])
@pytest.mark.parametrize("kind", ["missing", "empty", "text", "pickle"])
def test_a_wrong_file_ends_in_one_line_and_leaves_nothing(headcast, tmp_path, astronaut_path, checkpoint, name, kind):
    wrong = tmp_path / {"source": "s.png", "driving": "d.mp4", "checkpoint": "c.safetensors"}[name]
    content = {"missing": None, "empty": b"", "text": b"not what it says", "pickle": b"\x80\x04\x8c\x05posix."}[kind]
    if content is not None:
        wrong.write_bytes(content)
    files = {
        "source": astronaut_path,
        "driving": astronaut_path,
        "checkpoint": checkpoint,
        "output": tmp_path / "out.mp4",
        name: wrong,
    }
    before = {path.name for path in tmp_path.iterdir()}
    ended = headcast("animate", *(word for key, path in files.items() for word in (f"--{key}", path)))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("headcast: error: ")
    assert ended.err.count("\n") == 1
    assert wrong.name in ended.err
    assert {path.name for path in tmp_path.iterdir()} - {"cache"} == before - {"cache"}


def test_an_output_of_another_kind_ends_in_one_line(headcast, tmp_path, astronaut_path, checkpoint):
    output = tmp_path / "out.gif"
    ended = headcast("animate", "-s", astronaut_path, "-d", astronaut_path, "-o", output, "--checkpoint", checkpoint)
    assert ended.code == 2
    assert f"cannot write {output}: expected a name that ends in .mp4" in ended.err
    assert not output.exists()


def test_a_photo_without_a_face_ends_in_one_line(headcast, tmp_path, astronaut_path, checkpoint):
    from headcast.media.images import write_image

    grey, output = tmp_path / "grey.png", tmp_path / "out.mp4"
    write_image(grey, np.full((256, 256, 3), 127, np.uint8), {})
    ended = headcast("animate", "-s", grey, "-d", astronaut_path, "-o", output, "--checkpoint", checkpoint)
    assert ended.code == 2
    assert ended.err.startswith(f"headcast: error: no face in {grey}")
    assert ended.err.count("\n") == 1
    assert not output.exists()


def test_an_existing_folder_as_output_gets_a_file_named_after_photo_and_driver(tmp_path):
    assert output_file(tmp_path, Path("a/alice.jpg"), Path("b/speech.mov")) == tmp_path / "alice--speech.mp4"
    assert output_file(tmp_path, Path("a/alice.jpg"), "talk") == tmp_path / "alice--talk.mp4"
    assert output_file(tmp_path / "x.mkv", Path("a/alice.jpg"), "talk") == tmp_path / "x.mkv"


def test_an_input_is_never_overwritten(headcast, tmp_path, astronaut_path):
    driving = tmp_path / "d.mp4"
    driving.write_bytes(b"precious")
    ended = headcast("animate", "-s", astronaut_path, "-d", driving, "-o", tmp_path / "." / "d.mp4")
    assert ended.code == 2
    assert ended.err.endswith("d.mp4 would be overwritten while it is read; give another --output\n")
    assert driving.read_bytes() == b"precious"

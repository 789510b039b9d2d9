from fractions import Fraction

import numpy as np
import pytest

from headcast.errors import MediaError
from headcast.media.images import write_image
from headcast.media.writer import VideoWriter
from headcast.provenance.marks import Marks
from headcast.provenance.verify import read_marks

IMAGE = np.full((48, 64, 3), 90, np.uint8)
SUFFIXES = ["png", "jpg", "webp", "mp4", "mov", "mkv"]
MARKS = Marks(
    kind="composite talking head",
    model="lite",
    model_sha256="0123abcd" * 8,
    source_sha256=tuple(f"{number:064x}" for number in range(32)),
    driving_sha256="f" * 64,
    seed=2**63,
    consent='my own face; "ü" <&> 漢字 = yes',
    version="1.2",
    created="2026-01-31T23:59:59Z",
)


def write(path, metadata) -> None:
    if path.suffix in (".mp4", ".mov", ".mkv"):
        with VideoWriter(path, (64, 48), Fraction(25), metadata=metadata) as writer:
            writer.write(IMAGE)
    else:
        write_image(path, IMAGE, metadata)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_was_marked_is_read_again(tmp_path, suffix):
    path = tmp_path / f"marked.{suffix}"
    write(path, MARKS.to_metadata())
    assert read_marks(path) == MARKS


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_of_somebody_else_carries_no_marks(tmp_path, suffix):
    path = tmp_path / f"plain.{suffix}"
    write(path, {"comment": "holiday"})
    assert read_marks(path) is None


@pytest.mark.parametrize("suffix", ["png", "mp4"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"headcast_created": "yesterday"}, "created is 'yesterday', expected a time"),
        ({"headcast_seed": "1e9"}, "seed is '1e9', expected a whole number"),
        ({"headcast_seed": "9" * 5000}, "seed is '9999"),
        ({"headcast_model_sha256": "no digest"}, "model_sha256 is 'no digest'"),
        ({"headcast_kind": None}, "kind is missing"),
        ({"headcast_consent": "x" * 20_000}, "consent is 'xxx"),
    ],
)
def test_changed_marks_are_told_in_one_line(tmp_path, suffix, change, message):
    path = tmp_path / f"changed.{suffix}"
    write(path, {key: value for key, value in (MARKS.to_metadata() | change).items() if value is not None})
    with pytest.raises(MediaError, match=f"changed after they were written: {message}") as caught:
        read_marks(path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_strangers_text_cannot_take_over_the_terminal(tmp_path, suffix):
    path = tmp_path / f"evil.{suffix}"
    write(path, MARKS.to_metadata() | {"headcast_model": "lite\x1b]0;title\x07\x1b[2J\r\u202egnp.exe"})
    marks = read_marks(path)
    assert marks is not None and marks.model == "lite\\x1b]0;title\\x07\\x1b[2J\\r\\u202egnp.exe"


def test_a_file_that_cannot_be_read_is_no_proof_of_anything(tmp_path):
    (tmp_path / "text.mp4").write_text("just words " * 100)
    with pytest.raises(MediaError, match="is not a video or sound file"):
        read_marks(tmp_path / "text.mp4")
    (tmp_path / "text.png").write_text("just words " * 100)
    with pytest.raises(MediaError, match="is not a picture that can be read"):
        read_marks(tmp_path / "text.png")
    with pytest.raises(MediaError, match="gone.mp4 does not exist"):
        read_marks(tmp_path / "gone.mp4")
    with pytest.raises(MediaError, match=r"notes.txt: expected a name that ends in \.png, .*\.mkv"):
        read_marks(tmp_path / "notes.txt")

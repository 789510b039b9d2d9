"""Motion files: what goes in comes out, and whatever else lies in a file ends in one line."""

import json
import pickle
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from headcast.errors import HeadcastError, MotionError
from headcast.geometry.motion import load_motion, save_motion
from headcast.types import Motion

NUM_FRAMES = 4
TIMES = tuple(Fraction(1001 * i, 30000) for i in range(NUM_FRAMES))


def make_motion(**changes: object) -> Motion:
    landmarks = np.random.default_rng(0).normal(200, 50, (NUM_FRAMES, 478, 3)).astype(np.float32)
    found = np.array([True, False, True, True])
    values: dict[str, object] = {"landmarks": landmarks, "times": TIMES, "image_size": (1280, 720), "found": found}
    return Motion(**{**values, **changes})  # type: ignore[arg-type]


def test_a_motion_survives_its_file_exactly(tmp_path: Path) -> None:
    motion = make_motion(times=(Fraction(0), Fraction(1, 30), Fraction(1, 24), Fraction(7, 5)))
    save_motion(tmp_path / "a.motion", motion)
    loaded = load_motion(tmp_path / "a.motion")
    np.testing.assert_array_equal(loaded.landmarks, motion.landmarks)
    np.testing.assert_array_equal(loaded.found, motion.found)
    assert (loaded.times, loaded.image_size) == (motion.times, motion.image_size)
    assert [path.name for path in tmp_path.iterdir()] == ["a.motion"]  # no temporary file stays


WRONG: list[tuple[dict[str, object], str]] = [
    ({"landmarks": np.full((NUM_FRAMES, 478, 3), np.nan, np.float32)}, "not finite numbers"),
    ({"landmarks": np.full((NUM_FRAMES, 478, 3), np.inf, np.float32)}, "not finite numbers"),
    ({"landmarks": np.zeros((NUM_FRAMES, 68, 3), np.float32)}, "do not fit 4 times"),
    ({"found": np.ones(3, bool)}, "do not fit 4 times"),
    ({"times": TIMES[::-1]}, "do not increase"),
    ({"image_size": (0, 720)}, "image size"),
    ({"times": ()}, "it has 0 frames"),
    ({"times": (*TIMES[:-1], TIMES[-1] + Fraction(1, 10**19 + 9))}, "no common time base"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_contradictory_motion_is_not_saved(changes: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        save_motion(tmp_path / "a.motion", make_motion(**changes))
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(HeadcastError, match="the folder .* does not exist"):
        save_motion(tmp_path / "none" / "a.motion", make_motion())


def tensors(num_frames: int = NUM_FRAMES) -> dict[str, np.ndarray]:
    return {
        "landmarks": np.random.default_rng(0).uniform(8, 56, (num_frames, 478, 3)).astype(np.float32),
        "found": np.ones(num_frames, bool),
        "ticks": np.arange(num_frames, dtype=np.int64),
    }


METADATA = {"format": "headcast-motion", "version": "1", "time_base": "1/30", "image_size": "64x64"}


def file_with(changes: dict[str, np.ndarray | None], **metadata: str) -> Callable[[Path], None]:
    content = {name: value for name, value in {**tensors(), **changes}.items() if value is not None}
    return lambda path: save_file(content, path, {**METADATA, **metadata})


def write_giant_header(path: Path) -> None:
    path.write_bytes(struct.pack("<Q", 1 << 40) + b"{}")


def write_long_header(path: Path) -> None:
    header = json.dumps({"__metadata__": {"format": "x" * 100_000}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)


def write_truncated(path: Path) -> None:
    file_with({})(path)
    path.write_bytes(path.read_bytes()[:-100])


def write_claim_of_many_frames(path: Path) -> None:
    """A small file whose header promises a million frames."""
    num = 1_000_000
    header = json.dumps(
        {
            "__metadata__": METADATA,
            "landmarks": {"dtype": "F32", "shape": [num, 478, 3], "data_offsets": [0, num * 478 * 12]},
            "found": {"dtype": "BOOL", "shape": [num], "data_offsets": [num * 478 * 12, num * 478 * 12 + num]},
        }
    ).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)


HOSTILE: list[tuple[str, Callable[[Path], object], str]] = [
    (
        "pickle",
        lambda path: path.write_bytes(pickle.dumps({"landmarks": [1, 2]})),
        "is not a motion file of headcast, or is cut short",
    ),
    ("short", lambda path: path.write_bytes(b"abc"), "is not a motion file of headcast, or is cut short"),
    (
        "text",
        lambda path: path.write_text("a motion, honestly\n" * 9),
        "is not a motion file of headcast, or is cut short",
    ),
    ("giant header", write_giant_header, "is not a motion file of headcast, or is cut short"),
    ("long header", write_long_header, "is not a motion file of headcast, or is cut short"),
    ("truncated", write_truncated, "not fully covered"),
    ("promises", write_claim_of_many_frames, "not fully covered"),
    ("other format", file_with({}, format="headcast"), "is not a motion file of headcast; expected one written by"),
    ("other version", file_with({}, version="2"), "has format version '2', this program reads 1"),
    ("missing tensor", file_with({"found": None}), "expected the tensors landmarks, found, ticks"),
    ("extra tensor", file_with({"more": np.zeros(1)}), "expected the tensors"),
    ("68 points", file_with({"landmarks": np.zeros((4, 68, 3), np.float32)}), r"landmarks is F32 \[4, 68, 3\]"),
    ("float64", file_with({"landmarks": np.zeros((4, 478, 3))}), "landmarks is F64"),
    ("scalar", file_with({"landmarks": np.array(1, np.float32)}), r"landmarks is F32 \[\]"),
    ("other length", file_with({"found": np.ones(5, bool)}), r"found is BOOL \[5\]"),
    ("no frames", file_with(dict(tensors(0))), "it has 0 frames"),
    ("NaN", file_with({"landmarks": np.full((4, 478, 3), np.nan, np.float32)}), "not finite numbers"),
    ("times back", file_with({"ticks": np.array([0, 2, 1, 3])}), "do not increase"),
    ("times before 0", file_with({"ticks": np.array([-1, 0, 1, 2])}), "do not lie from 0"),
    ("all zero", file_with({"landmarks": np.zeros((4, 478, 3), np.float32)}), "all lie in one place"),
    ("huge times", file_with({"ticks": np.array([0, 1, 2, 2**62])}), "do not lie from 0 to 86400 seconds"),
    ("a pause of 18 hours", file_with({"ticks": np.array([0, 1, 2, 30 * 64800])}), "pauses for more than 3600"),
    ("time base", file_with({}, time_base="1/0"), "its time base or image size"),
    ("image size", file_with({}, image_size="64"), "its time base or image size"),
    ("huge image", file_with({}, image_size="999999x64"), "is not within"),
]


@pytest.mark.parametrize(("write", "message"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_a_hostile_file_ends_in_one_line(write: Callable[[Path], object], message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.motion"
    write(path)
    with pytest.raises(MotionError, match=message) as caught:
        load_motion(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 250


@pytest.mark.parametrize("make", [lambda path: path.touch(), lambda path: path.mkdir(), lambda path: None])
def test_no_file_is_one_line(make: Callable[[Path], object], tmp_path: Path) -> None:
    make(tmp_path / "a.motion")
    with pytest.raises(HeadcastError, match="give the path of a file|is empty"):
        load_motion(tmp_path / "a.motion")

"""One source at a time: what is kept of it, and why it is not."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from headcast.data.cut import FRAME_SIZE, clip_box
from headcast.data.encode import LeftOut, encode_source
from headcast.data.files import Location
from headcast.data.sources import SourceClip, find_sources
from headcast.data.tar import EncodedClip, decode_frame
from headcast.media.portraits import PORTRAITS, read_portrait
from headcast.media.writer import VideoWriter
from headcast.tracking.crop import crop_image
from headcast.tracking.track import find_face
from headcast.types import Image

VIDEO = "21Uxsk56VDQ"
ANNOTATIONS = {"id00012": (0, 360, range(4, 10)), "id00013": (360, 760, range(12, 16))}


@pytest.fixture(scope="module")
def picture() -> Image:
    """Two people side by side, nothing quite black."""
    left = read_portrait("astronaut")[:360, 40:400]
    right = np.asarray(Picture.open(PORTRAITS["hopper"]).resize((400, 473)))[:360]
    return np.maximum(np.hstack([left, right]), 20)


@pytest.fixture(scope="module")
def source(picture: Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An original video, darker frame by frame, and which of the two people speaks when."""
    folder = tmp_path_factory.mktemp("voxceleb")
    with VideoWriter(folder / f"{VIDEO}.mp4", (760, 360), Fraction(25)) as writer:
        for number in range(18):
            writer.write(picture - np.uint8(number))
    for identity, (low, high, numbers) in ANNOTATIONS.items():
        path = folder / "txt" / identity / VIDEO / "00001.txt"
        path.parent.mkdir(parents=True)
        rows = [f"{number:06}\t{low / 760:.3f}\t0.0\t{(high - low) / 760:.3f}\t1.0" for number in numbers]
        path.write_text("\n".join([f"Identity  : \t{identity}", "", "FRAME \tX \tY \tW \tH ", *rows]))
    return folder


def test_annotations_say_when_and_who_in_an_original_video(source: Path, picture: Image) -> None:
    clips = [encode_source(clip, Fraction(13)) for clip in find_sources(source)]
    assert all(isinstance(clip, EncodedClip) for clip in clips)
    assert [(clip.notes.identity, clip.notes.num_frames, clip.notes.rate) for clip in clips] == [
        ("id00012", 3, "25/2"),
        ("id00013", 2, "25/2"),
    ]
    for clip, (low, high, numbers) in zip(clips, ANNOTATIONS.values(), strict=True):
        face = find_face(np.ascontiguousarray(picture[:, low:high])) + np.array([low, 0, 0], np.float32)
        expected = crop_image(picture, clip_box(face[None], (760, 360)), FRAME_SIZE).astype(int)
        for number, frame in zip(numbers[::2], clip.frames, strict=True):
            darker = expected - decode_frame(frame)
            assert darker.mean() == pytest.approx(number, abs=1.5)
            assert np.abs(darker - number).mean() < 20  # the other one would differ by far more


def test_a_broken_annotation_leaves_its_clip_out(source: Path, tmp_path: Path) -> None:
    (tmp_path / "00001.txt").write_text("Identity : id00012")
    clip = SourceClip(
        "a.mp4", Location(source / f"{VIDEO}.mp4"), "id00012", "a", annotation=Location(tmp_path / "00001.txt")
    )
    left_out = encode_source(clip, Fraction(13))
    assert isinstance(left_out, LeftOut)
    assert (left_out.name, left_out.reason) == ("a.mp4", "broken annotation")
    assert "a.mp4 is no annotation" in left_out.found


def test_a_small_face_leaves_its_photo_out(tmp_path: Path) -> None:
    Picture.fromarray(read_portrait("astronaut")).resize((256, 256)).save(tmp_path / "small.png")
    left_out = encode_source(SourceClip("small.png", Location(tmp_path / "small.png"), "small", "small"), Fraction(13))
    assert isinstance(left_out, LeftOut)
    assert left_out.reason == "small face"
    assert left_out.found.startswith("face_size 5")

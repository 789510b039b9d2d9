"""The formats of training data and of motions: a sound file of each, and how it is read and used."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import numpy as np

from headcast.data.clips import find_clips
from headcast.data.encode import LeftOut
from headcast.data.manifest import Manifest, Shard, read_manifest, write_manifest
from headcast.data.quality import QUALITY
from headcast.data.sources import find_sources
from headcast.data.tar import (  # fmt: skip
    ClipNotes,
    EncodedClip,
    decode_frame,
    decode_matte,
    encode_frame,
    encode_matte,
    read_clips,
    write_clips,
)
from headcast.data.unit import Part, PrepareSettings, Unit
from headcast.data.voxceleb import read_annotation
from headcast.errors import HeadcastError
from headcast.geometry.motion import load_motion, save_motion
from headcast.reenact.driving import MotionDriving
from headcast.types import Image, Motion


def landmarks(count: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(8, 56, (count, 478, 3)).astype(np.float32)


def picture(side: int = 64) -> Image:
    return np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)


def make_motion(folder: Path) -> Path:
    path = folder / "a.motion"
    times = tuple(Fraction(number, 30) for number in range(4))
    save_motion(path, Motion(landmarks(4), times, (64, 64), np.ones(4, bool)))
    return path


def use_motion(path: Path) -> None:
    driving = MotionDriving(load_motion(path))
    assert driving.rate > 0
    assert all(np.isfinite(frame.landmarks).all() for frame in driving.frames(with_images=False))


def make_clip(name: str) -> EncodedClip:
    frame = picture(8).repeat(32, 0).repeat(32, 1)
    notes = ClipNotes("ann", f"ann/{name}", f"{name}.mp4", "25/2", 2, "train", "", dict.fromkeys(QUALITY, 1.0))
    frames, mattes = (encode_frame(frame),) * 2, (encode_matte(frame[:, :, 0].copy()),) * 2
    return EncodedClip(name, notes, landmarks(2), frames, mattes)


def make_shard(folder: Path) -> Path:
    path = folder / "train-000000.tar"
    write_clips(path, [make_clip("ann_1"), make_clip("ann_2")])
    return path


def use_shard(path: Path) -> None:
    for clip in read_clips(path):
        for frame, matte in zip(clip.frames, clip.mattes, strict=True):
            with contextlib.suppress(ValueError):  # which `data check` and training report by the clip's name
                assert decode_frame(frame).shape[:2] == decode_matte(matte).shape


def make_manifest(folder: Path) -> Path:
    shard = Shard("train-000000.tar", "train", 9, "0" * 64, 2, 4)
    return write_manifest(
        folder, Manifest((shard,), {"train": ("ann",)}, {"train": ("a", "b")}, {"no face": 1}, {}, {"s": 1.5})
    )


def use_manifest(path: Path) -> None:
    manifest = read_manifest(path.parent)
    json.dumps([manifest.num_clips, manifest.num_frames, manifest.num_bytes, asdict(manifest)])
    manifest.shards_of("train")


def unit(folder: Path) -> Unit:
    return Unit(folder, "train-000000", "plan", (), PrepareSettings())


def make_part(folder: Path) -> Path:
    path = unit(folder).part_path
    path.parent.mkdir()
    shard = Shard("train-000000.tar", "train", 9, "0" * 64, 2, 4)
    path.write_text(
        json.dumps(asdict(Part("plan", 3, shard, ("ann",), ("a",), (LeftOut("b", "no face", "x"),), 1.0, 2.0)))
    )
    return path


def make_list(folder: Path) -> Path:
    for name in ("a.mp4", "b.mp4"):
        (folder / name).touch()
    (folder / "list.csv").write_text("file,identity,split,tier\na.mp4,ann,train,x\nb.mp4,ben,val,\n")
    return folder / "list.csv"


def use_list(path: Path) -> None:
    all_of(lambda: find_clips(path.parent, path, "train"), lambda: find_sources(path.parent, path))


def all_of(*readers: Callable[[], object]) -> None:
    """Every reader sees the file, whatever the others say; an error that is none of ours counts most."""
    errors = []
    for read in readers:
        try:
            read()
        except Exception as error:
            errors.append(error)
    for error in sorted(errors, key=lambda error: isinstance(error, HeadcastError)):
        raise error


def make_annotation(folder: Path) -> Path:
    rows = "".join(f"{number:06} \t0.1 \t0.2 \t0.3 \t0.4 \n" for number in range(1, 4))
    (folder / "a.txt").write_text(f"Identity : \tid00017\n\nFRAME \tX \tY \tW \tH \n{rows}")
    return folder / "a.txt"


def use_annotation(path: Path) -> None:
    annotation = read_annotation(path.read_bytes().decode("ascii", errors="replace"), "a.txt")
    assert annotation.start <= annotation.end
    assert np.isfinite(annotation.box(Fraction(1, 25), picture())).all()

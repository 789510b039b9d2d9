"""One clip of a moving person, made of the astronaut (NASA, public domain), the same clip tracked; shards of noise."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from headcast.data.clips import Clip, ClipFile, load_clip
from headcast.data.manifest import Manifest, Shard, write_manifest
from headcast.data.quality import QUALITY
from headcast.data.tar import ClipNotes, EncodedClip, encode_frame, encode_matte, write_clips
from headcast.geometry.builtin import builtin_motion
from headcast.geometry.retarget import Retargeter, find_reference
from headcast.media.portraits import read_portrait
from headcast.media.writer import VideoWriter
from headcast.reenact.sitter import make_sitter
from headcast.warping.warp import Warper

CLIP_RATE = Fraction(12)
NUM_FRAMES = 30


@pytest.fixture(scope="session")
def clip_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two and a half seconds in which she speaks, blinks and moves her head."""
    path = tmp_path_factory.mktemp("clips") / "eileen_1.mp4"
    sitter = make_sitter(np.asarray(read_portrait("astronaut")))
    motion = builtin_motion("talk", NUM_FRAMES / CLIP_RATE, CLIP_RATE)
    reference = find_reference(list(motion.landmarks), sitter.shot.landmarks, relative=True)
    retarget, warp = Retargeter(sitter.shot.landmarks, reference), Warper(sitter.shot)
    with VideoWriter(path, (288, 272), CLIP_RATE) as writer:
        for landmarks in motion.landmarks:
            frame = warp(retarget(landmarks)).conditioning.warped
            writer.write(np.pad(frame, ((8, 8), (16, 16), (0, 0)), mode="edge"))
    return path


@pytest.fixture(scope="session")
def clip(clip_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return load_clip(ClipFile(clip_path, "eileen"), tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def encode_clip() -> Callable[..., EncodedClip]:
    """Makes clips as shards hold them, of coloured noise: fast, and each different."""

    def encode(name: str, num_frames: int = 2, split: str = "train") -> EncodedClip:
        random = np.random.default_rng(list(name.encode()))
        frames = random.integers(0, 256, (num_frames, 8, 8, 3), np.uint8).repeat(32, 1).repeat(32, 2)
        mattes = frames[:, :, ::-1, 0]
        identity = name.split("_")[0]
        quality = dict.fromkeys(QUALITY, 1.0)
        return EncodedClip(
            name,
            ClipNotes(identity, f"{identity}/{name}", f"{name}.mp4", "25/2", num_frames, split, "", quality),
            random.uniform(0, 255, (num_frames, 478, 3)).astype(np.float32),
            tuple(map(encode_frame, frames)),
            tuple(map(encode_matte, mattes)),
        )

    return encode


@pytest.fixture
def shards_dir(tmp_path: Path, encode_clip: Callable[..., EncodedClip]) -> Path:
    """Three shards to learn from with five clips of three people, and one to judge by."""
    folder = tmp_path / "shards"
    folder.mkdir()
    content = {
        "train-000000.tar": ["anna_1", "ben_1"],
        "train-000001.tar": ["carl_1", "anna_2"],
        "train-000002.tar": ["ben_2"],
        "val-000000.tar": ["dora_1"],
    }
    shards = []
    for name, keys in content.items():
        split = name.split("-")[0]
        digest = write_clips(folder / name, [encode_clip(key, split=split) for key in keys])
        shards.append(Shard(name, split, (folder / name).stat().st_size, digest, len(keys), 2 * len(keys)))
    identities = {"train": ("anna", "ben", "carl"), "val": ("dora",)}
    videos = {"train": ("anna/anna_1", "anna/anna_2", "ben/ben_1", "ben/ben_2", "carl/carl_1"), "val": ("dora/dora_1",)}
    write_manifest(folder, Manifest(tuple(shards), identities, videos))
    return folder

"""Clips through a tar file, and files from strangers."""

import io
import json
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headcast.data.tar import (
    EncodedClip,
    decode_frame,
    decode_matte,
    encode_frame,
    encode_matte,
    read_clips,
    write_clips,
)
from headcast.errors import DataError

Encode = Callable[..., EncodedClip]
Members = dict[str, bytes]


@pytest.fixture
def members(encode_clip: Encode, tmp_path: Path) -> Members:
    """What the tar file of one clip holds, by name."""
    write_clips(tmp_path / "good.tar", [encode_clip("anna_1")])
    with tarfile.open(tmp_path / "good.tar") as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def _write(path: Path, members: Members) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def _npy(array: np.ndarray, **options: bool) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def test_clips_come_back_as_they_went(encode_clip: Encode, tmp_path: Path) -> None:
    clips = [encode_clip("anna_1", 3), encode_clip("ben_1", 1)]
    write_clips(tmp_path / "a.tar", clips)
    for clip, back in zip(clips, read_clips(tmp_path / "a.tar"), strict=True):
        np.testing.assert_array_equal(back.landmarks, clip.landmarks)
        assert (back.key, back.notes, back.frames, back.mattes) == (clip.key, clip.notes, clip.frames, clip.mattes)


def test_the_same_clips_give_the_same_bytes(encode_clip: Encode, tmp_path: Path) -> None:
    digests = {write_clips(tmp_path / name, [encode_clip("anna_1")]) for name in ("a.tar", "b.tar")}
    assert len(digests) == 1
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_members_follow_the_conventions_of_webdataset(members: Members) -> None:
    """One key up to the first dot, then the kind, which other programs decode by its ending."""
    assert [name.partition(".") for name in members] == [
        ("anna_1", ".", field) for field in ("json", "landmarks.npy", "0000.jpg", "0000.png", "0001.jpg", "0001.png")
    ]
    assert json.loads(members["anna_1.json"])["rate"] == "25/2"
    assert np.load(io.BytesIO(members["anna_1.landmarks.npy"]), allow_pickle=False).shape == (2, 478, 3)
    assert Image.open(io.BytesIO(members["anna_1.0001.jpg"])).size == (256, 256)


def test_frames_lose_little_and_mattes_nothing() -> None:
    random = np.random.default_rng(0)
    frame = random.integers(0, 256, (16, 16, 3), np.uint8).repeat(16, 0).repeat(16, 1)
    matte = random.integers(0, 256, (256, 256), np.uint8)
    assert np.abs(decode_frame(encode_frame(frame)).astype(int) - frame).mean() < 2
    np.testing.assert_array_equal(decode_matte(encode_matte(matte)), matte)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda m: m | {"../../evil.sh": b"rm"}, r"holds '\.\./\.\./evil\.sh'"),
        (lambda m: m | {"anna_1.0002.jpg": b"more"}, "holds 7 members for 2 frames"),
        (lambda m: {name: m[name] for name in m if not name.endswith("0001.png")}, "holds 5 members for 2 frames"),
        (lambda m: m | {"anna_1.json": b"{"}, "is broken"),
        (lambda m: m | {"anna_1.json": _notes(m, num_frames=10**9)}, "num_frames is 1000000000, expected"),
        (lambda m: m | {"anna_1.json": _notes(m, rate="1/0")}, "is broken"),
        (lambda m: m | {"anna_1.json": _notes(m, identity=["anna"])}, "identity is a list, expected a text"),
        (
            lambda m: m | {"anna_1.json": _notes(m, quality={"sharpness": "very"})},
            "sharpness is 'very', expected a number",
        ),
        (
            lambda m: m | {"anna_1.landmarks.npy": _npy(np.zeros((2, 68, 2), np.float32))},
            r"anna_1: its landmarks are no \(2, 478, 3\) array",
        ),
        (lambda m: m | {"anna_1.landmarks.npy": m["anna_1.landmarks.npy"][:-1]}, "is broken"),
        (lambda m: m | {"anna_1.landmarks.npy": _npy(np.array([{}]), allow_pickle=True)}, "landmarks are no"),
        (lambda m: m | {"anna_1.landmarks.npy": pickle.dumps([])}, "is broken"),
    ],
)
def test_what_is_not_as_written_ends_in_one_line(
    members: Members, tmp_path: Path, damage: Callable[[Members], Members], message: str
) -> None:
    path = _write(tmp_path / "bad.tar", damage(members))
    with pytest.raises(DataError, match=message) as caught:
        list(read_clips(path))
    assert "bad.tar is broken" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_link_is_refused(members: Members, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "link.tar", "w") as tar:
        link = tarfile.TarInfo("anna_1.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(DataError, match="holds 'anna_1.json'"):
        list(read_clips(tmp_path / "link.tar"))


def test_a_shard_cut_short_or_compressed_is_refused(members: Members, tmp_path: Path) -> None:
    whole = (tmp_path / "good.tar").read_bytes()
    (tmp_path / "short.tar").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="short.tar is broken"):
        list(read_clips(tmp_path / "short.tar"))
    with tarfile.open(tmp_path / "small.tar", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("anna_1.json"))
    with pytest.raises(DataError, match="small.tar is broken"):
        list(read_clips(tmp_path / "small.tar"))


def test_a_huge_picture_is_not_decoded() -> None:
    file = io.BytesIO()
    Image.new("L", (9000, 9000)).save(file, "PNG")
    with pytest.raises(ValueError, match=r"a frame is \(9000, 9000\) L, expected 256 px"):
        decode_matte(file.getvalue())
    with pytest.raises(ValueError, match="a frame is no JPEG picture"):
        decode_frame(file.getvalue())


def _notes(members: Members, **changes: object) -> bytes:
    return json.dumps(json.loads(members["anna_1.json"]) | changes).encode()

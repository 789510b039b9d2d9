"""Folders and lists of clips, and the cache against the clip it came from."""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from headcast.data.clips import Clip, ClipFile, find_clips, load_clip, load_clips
from headcast.data.cut import FRAME_SIZE, clip_box
from headcast.errors import DataError, FaceError, HeadcastError, MediaError
from headcast.media.video import open_video
from headcast.media.writer import VideoWriter
from headcast.tracking.crop import crop_image, crop_landmarks
from headcast.tracking.track import find_face
from headcast.types import Box

LIST_HEADER = "file,identity,split\n"


def test_an_identity_is_the_start_of_the_name_or_the_folder(tmp_path: Path) -> None:
    for name in ("anna_1.mp4", "anna_2.MOV", "ben.webm", "carl/take_1.mkv", "carl/deep/2.avi", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = {str(clip.path.relative_to(tmp_path)): clip.identity for clip in find_clips(tmp_path)}
    assert found == {
        "anna_1.mp4": "anna",
        "anna_2.MOV": "anna",
        "ben.webm": "ben",
        "carl/take_1.mkv": "carl",
        "carl/deep/2.avi": "carl",
    }


def test_a_list_names_the_identities_and_the_split(tmp_path: Path) -> None:
    for name in ("1.mp4", "2.mp4", "3.mp4"):
        (tmp_path / name).touch()
    list_path = tmp_path / "list.csv"
    list_path.write_text(LIST_HEADER + "1.mp4,anna,train\n2.mp4,ben,val\n3.mp4,anna,train\n", encoding="utf-8")
    assert find_clips(tmp_path, list_path, "train") == [
        ClipFile(tmp_path / "1.mp4", "anna"),
        ClipFile(tmp_path / "3.mp4", "anna"),
    ]
    assert len(find_clips(tmp_path, list_path)) == 3


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (None, DataError, r"cannot read the list .*list\.csv"),
        (b"\xff\xfe\x00\x01", DataError, "cannot read the list"),
        (b"", DataError, "lacks the columns file, identity, split; add them"),
        (b"file,split\na.mp4,train\n", DataError, "lacks the columns"),
        (
            b"file,identity,split\nnone.mp4,anna,train\n",
            MediaError,
            r"none\.mp4 is listed in .* fix the list",
        ),
        (b"file,identity,split\na.mp4,anna,val\n", DataError, "no clips in"),
    ],
)
def test_a_wrong_list_ends_in_one_line(
    tmp_path: Path, content: bytes | None, kind: type[HeadcastError], message: str
) -> None:
    list_path = tmp_path / "list.csv"
    if content is not None:
        list_path.write_bytes(content)
    with pytest.raises(kind, match=message) as caught:
        find_clips(tmp_path, list_path, "train")
    assert "\n" not in str(caught.value)


def test_a_folder_without_clips_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no clips in .*; expected files ending in .mp4"):
        find_clips(tmp_path)
    with pytest.raises(DataError, match="no folder .*nowhere; give a folder of video clips"):
        find_clips(tmp_path / "nowhere")


def test_a_tracked_clip_holds_its_frames_with_landmarks_and_matte(clip: Clip, clip_path: Path) -> None:
    assert (len(clip), clip.rate, clip.identity, clip.name) == (30, Fraction(12), "eileen", "eileen_1")
    assert clip.frames.shape == (30, FRAME_SIZE, FRAME_SIZE, 3)
    shot = clip.shot(17)
    np.testing.assert_array_equal(shot.image, clip.frames[17])
    assert np.linalg.norm((shot.landmarks - find_face(shot.image))[:, :2], axis=1).mean() < 1.5
    x, y = shot.landmarks[4, :2].round().astype(int)
    assert shot.matte[y, x] == 1  # the nose is the person's
    assert shot.matte[10, 10] == 0


def test_the_square_stands_still_while_the_head_moves(clip: Clip, clip_path: Path) -> None:
    """One box for all frames: then the background does not move either."""
    with open_video(clip_path) as video:
        images = [frame.image for frame in video]
    background = np.s_[:, 4:20, 4:20]
    assert np.abs(np.diff(clip.frames[background].astype(int), axis=0)).mean() < 2
    assert np.ptp(clip.landmarks[:, 4, 0]) > 5  # while the nose does
    face = find_face(images[9])
    box = clip_box(face[None], (288, 272))
    assert 0 <= box.left <= 288 - box.width
    assert 0 <= box.top <= 272 - box.height
    again = crop_landmarks(face, box, FRAME_SIZE)
    assert np.linalg.norm((again - find_face(crop_image(images[9], box, FRAME_SIZE)))[:, :2], axis=1).mean() < 2


def test_a_box_larger_than_the_image_is_shrunk_into_it() -> None:
    face = np.random.default_rng(0).normal(0, 40, (5, 478, 3)).astype(np.float32) + np.array([60, 50, 0], np.float32)
    assert clip_box(face, (120, 100)) == Box(pytest.approx(10, abs=10), 0, 100, 100)


def test_the_second_time_the_cache_is_used_until_the_file_changes(
    clip_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, status = tmp_path / "eileen_2.mp4", clip_path.stat()
    with open_video(clip_path) as video, VideoWriter(path, video.size, video.rate) as writer:
        for frame, _ in zip(video, range(4), strict=False):
            writer.write(frame.image)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))  # the default place
    (first,) = load_clips([ClipFile(path, "eileen")])
    assert first.cache_path.is_relative_to(tmp_path / "xdg" / "headcast")
    status = path.stat()
    path.write_bytes(b"x" * status.st_size)  # nothing that could be decoded
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    again = load_clip(ClipFile(path, "eileen"))
    np.testing.assert_array_equal(again.landmarks, first.landmarks)
    path.write_bytes(b"y")
    with pytest.raises(MediaError, match="eileen_2"):
        load_clip(ClipFile(path, "eileen"))


def test_a_clip_without_a_face_is_one_line_and_leaves_no_cache(tmp_path: Path) -> None:
    path = tmp_path / "wall.mp4"
    with VideoWriter(path, (128, 128), Fraction(10)) as writer:
        for _ in range(3):
            writer.write(np.full((128, 128, 3), 130, np.uint8))
    with pytest.raises(FaceError, match=r"a face is seen in less than half of .*wall\.mp4; leave this clip out"):
        load_clip(ClipFile(path, "wall"), tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def _other(path: Path) -> None:
    save_file({"landmarks": np.zeros((4, 478, 3), np.float32)}, path, {"rate": "1", "box": "[]"})


@pytest.mark.parametrize("damage", [_empty, _cut, _other])
def test_a_damaged_cache_is_made_again(clip_path: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / ("eileen_" + "x" * 240 + ".mp4")  # as long as a name may be
    with open_video(clip_path) as video, VideoWriter(path, video.size, video.rate) as writer:
        for frame, _ in zip(video, range(4), strict=False):
            writer.write(frame.image)
    first = load_clip(ClipFile(path, "eileen"), tmp_path / "cache")
    frames = first.frames
    damage(first.cache_path)
    again = load_clip(ClipFile(path, "eileen"), tmp_path / "cache")
    np.testing.assert_array_equal(again.landmarks, first.landmarks)
    np.testing.assert_array_equal(again.frames, frames)
    assert [each.name for each in (tmp_path / "cache").iterdir()] == [first.cache_path.name]

"""Judges at a clip's own size: faults are planted into true frames, and each has to be seen by the judge of its own."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from headcast.avatars.avatar import make_avatar
from headcast.avatars.from_torch import weights_of
from headcast.data.episodes import resize_landmarks
from headcast.errors import DataError
from headcast.evaluation.methods.baselines import OURS, WARP, Rivals
from headcast.evaluation.methods.painter import Painter
from headcast.evaluation.metrics.judges import Judges, load_judges
from headcast.evaluation.metrics.openings import floor_frame
from headcast.evaluation.metrics.regions import eye_boxes, mouth_box
from headcast.evaluation.native import NativeClip, at_native_size
from headcast.evaluation.protocol import split_clip
from headcast.evaluation.records import Record
from headcast.evaluation.self_reenactment import TEETH, judge_clip
from headcast.geometry.contact import set_openings
from headcast.geometry.pose import apply_pose, fit_pose, remove_pose
from headcast.geometry.topology import INNER_LIPS
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.reenact.sitter import make_sitter
from headcast.tracking.crop import crop_image
from headcast.types import Box, Image, Shot

NUM_FRAMES = 10
GAPS = (0.02, *[0.21] * (NUM_FRAMES - 1))
WEIGHTS = weights_of(build_model(PRESETS["lite"], seed=0))


@pytest.fixture(scope="module")
def clip(before_a_wall: Callable[[str], Image]) -> NativeClip:
    """A woman with an open mouth who sways a little, at about 400 pixels, her landmarks known."""
    photo = before_a_wall("hopper")
    sitter = make_sitter(photo)
    side = sitter.patch_size
    full = Shot(
        crop_image(photo, sitter.box, side), resize_landmarks(sitter.shot.landmarks, 256, side), sitter.shot.matte
    )
    painter = Painter(make_avatar(WEIGHTS, [sitter.shot]), [full], native=True)
    pose = fit_pose(sitter.shot.landmarks)
    face = remove_pose(sitter.shot.landmarks, pose)
    shots = {}
    for number, gap in enumerate(GAPS):
        sway = np.array([2 * np.sin(number), np.cos(number), 0])
        moved = replace(pose, translation=pose.translation + sway)
        small = apply_pose(set_openings(face, np.array([gap, 0.11, 0.11])), moved)
        landmarks = resize_landmarks(small, 256, side)
        image = painter.paint_warp(painter.condition(landmarks))
        shots[number] = Shot(image, landmarks, np.asarray(cv2.resize(sitter.shot.matte, (side, side)), np.float32))
    known = np.stack([shot.landmarks for shot in shots.values()])
    return NativeClip("grace_1", "grace", Path("grace_1.safetensors"), known, Fraction(4), shots)


def inside_box(image: Image, box: Box, changed: Image) -> Image:
    left, top = round(box.left), round(box.top)
    there = np.s_[top : top + round(box.height), left : left + round(box.width)]
    image = image.copy()
    image[there] = changed[there]
    return image


def blurred_mouth(shot: Shot, number: int) -> Image:
    soft = np.asarray(cv2.GaussianBlur(shot.image, (0, 0), 4), np.uint8)
    return inside_box(shot.image, mouth_box(shot.landmarks), soft)


def flickering_teeth(shot: Shot, number: int) -> Image:
    inside = np.zeros(shot.image.shape[:2], np.uint8)
    cv2.fillPoly(inside, [shot.landmarks[list(INNER_LIPS), :2].round().astype(np.int32)], (1,))
    other = np.clip(shot.image * (1.12 if number % 2 else 0.88), 0, 255).astype(np.uint8)
    return np.where(inside[:, :, None] > 0, other, shot.image)


def shifted_eyes(shot: Shot, number: int) -> Image:
    image = shot.image
    for box in eye_boxes(shot.landmarks):
        image = inside_box(image, box, np.roll(shot.image, round(0.2 * box.width), axis=1))
    return image


FAULTS: Mapping[str, Callable[[Shot, int], Image]] = {
    "faithful": lambda shot, number: shot.image,
    "blurred mouth": blurred_mouth,
    "flickering teeth": flickering_teeth,
    "shifted eyes": shifted_eyes,
}


class Planted:
    """Makes the true frames, with a fault in each rival's but one's, all as good as nobody can tell."""

    main = "faithful"
    facts: Mapping[str, Any] = {}

    def __init__(self, clip: NativeClip) -> None:
        self._clip = clip

    def __call__(self, number: int) -> dict[str, Image]:
        return {name: floor_frame(fault(self._clip.shot(number), number)) for name, fault in FAULTS.items()}


def judged(clip: NativeClip, judges: Judges) -> Record:
    return judge_clip(clip, judges, Planted(clip), split_clip(clip, 1, seed=0), "grace_1.T1")


@pytest.fixture(scope="module")
def judges(request: pytest.FixtureRequest) -> Judges:
    """All judges where their networks are, else those that need none."""
    try:
        nets = request.getfixturevalue("nets")
    except pytest.skip.Exception:
        return Judges()
    return load_judges(nets / "squeezenet1_1_imagenet.safetensors", landmarks68_path=nets / "landmarks68.onnx")


@pytest.fixture(scope="module")
def figures(clip: NativeClip, judges: Judges) -> Mapping[str, Mapping[str, float]]:
    return judged(clip, judges).figures


def test_a_blurred_mouth_is_soft_and_nothing_else_is_blamed(figures) -> None:
    good, bad = figures["faithful"], figures["blurred mouth"]
    assert 0.75 < good["sharpness mouth"] < 1.1
    assert bad["sharpness mouth"] < 0.6 * good["sharpness mouth"]
    assert bad["SSIM mouth"] < good["SSIM mouth"] - 0.1
    for name in ("SSIM eyes", "sharpness eyes", TEETH):
        assert bad[name] <= 1.02 * good[name]


def test_flickering_teeth_change_too_much_and_no_single_frame_shows_it(figures) -> None:
    good, bad = figures["faithful"], figures["flickering teeth"]
    assert good[TEETH] < 1.5
    assert bad[TEETH] > 2 * good[TEETH]
    assert bad["SSIM head"] > good["SSIM head"] - 0.01
    assert bad["landmark error eyes (MediaPipe)"] < good["landmark error eyes (MediaPipe)"] + 0.01


def test_shifted_eyes_have_their_landmarks_elsewhere(figures) -> None:
    good, bad = figures["faithful"], figures["shifted eyes"]
    name = "landmark error eyes (MediaPipe)"
    assert good[name] < 0.015
    assert bad[name] > good[name] + 0.02
    assert bad["SSIM eyes"] < good["SSIM eyes"] - 0.1
    assert bad["SSIM mouth"] == pytest.approx(good["SSIM mouth"], abs=0.01)
    assert bad[TEETH] == pytest.approx(good[TEETH], abs=0.05)


def test_the_published_distance_and_the_second_finder_see_them_too(figures, nets: Path) -> None:
    good = figures["faithful"]
    assert figures["blurred mouth"]["LPIPS-squeeze mouth"] > 2 * good["LPIPS-squeeze mouth"]
    assert figures["shifted eyes"]["LPIPS-squeeze eyes"] > 2 * good["LPIPS-squeeze eyes"]
    assert figures["blurred mouth"]["LPIPS-squeeze eyes"] < 0.5 * figures["shifted eyes"]["LPIPS-squeeze eyes"]
    name = "landmark error eyes (68 points)"
    assert figures["shifted eyes"][name] > good[name] + 0.02


def fine_detail(image: Image) -> float:
    """How much of the face's middle 256 pixels cannot hold."""
    small = cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA)
    lost = image.astype(float) - cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return float(np.abs(lost)[100:-100, 100:-100].mean())


def test_rivals_are_as_fine_as_the_large_shot(clip: NativeClip) -> None:
    """A square of 256 pixels, enlarged, has lost what the shot shows; frames of this size have not."""
    shot, target = clip.shot(1), clip.shot(2)
    native, enlarged = (Rivals([shot], WEIGHTS, native=native)(target.landmarks) for native in (True, False))
    true, fine, coarse = (fine_detail(image) for image in (target.image, native[WARP], enlarged[WARP]))
    assert fine > 0.5 * true
    assert coarse < 0.7 * fine
    assert native[OURS].shape == enlarged[OURS].shape == target.image.shape


def test_what_is_no_video_any_more_has_no_other_size(clip: NativeClip) -> None:
    with pytest.raises(DataError, match="grace_1 is kept at 256 pixels; --size native needs the clips, not shards"):
        at_native_size(clip, [0])

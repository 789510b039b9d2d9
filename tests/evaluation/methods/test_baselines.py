import numpy as np
import torch

from headcast.avatars.from_torch import weights_of
from headcast.evaluation.methods.baselines import NEAREST, OURS, PHOTO, WARP, ZEROED, Rivals, nearest_face, without_warp
from headcast.geometry.pose import Pose, apply_pose, face_model
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.networks.tensors import conditioning_to_tensor
from headcast.training.conditions import erase_warp
from headcast.types import Image, Landmarks, Shot
from headcast.warping.warp import Warper


def test_rivals_answer_the_same_landmarks(portrait: Image, face: Landmarks) -> None:
    size = PRESETS["tiny"].image_size
    scale = size / 256
    image = np.ascontiguousarray(portrait[:: round(1 / scale), :: round(1 / scale)])
    shot = Shot(image, (face * scale).astype(np.float32), np.ones((size, size), np.float32))
    rivals = Rivals([shot], weights_of(build_model(PRESETS["tiny"], seed=0)), precision="f32")

    still = rivals(shot.landmarks)
    assert np.abs(still[WARP].astype(float) - image).mean() < 6  # the warp onto its own landmarks is the photo
    moved = rivals(shot.landmarks + np.float32([3, 0, 0]))
    assert (moved[PHOTO] == image).all()
    middle = np.s_[size // 4 : size // 2, size // 3 : 2 * size // 3]
    shifted = np.roll(image, 3, axis=1).astype(float)[middle]
    assert np.abs(moved[WARP][middle] - shifted).mean() < np.abs(image[middle] - shifted).mean() / 2
    # untrained, ours still has the shot's size and changes with the landmarks
    assert moved[OURS].shape == image.shape and (moved[OURS] != still[OURS]).any()
    assert NEAREST not in moved  # one shot leaves no choice
    # the warp is read: without it ours is another picture
    assert (moved[ZEROED] != moved[OURS]).any()


def test_frames_have_the_shots_size_whatever_the_models(portrait: Image, face: Landmarks) -> None:
    shot = Shot(portrait, face, np.ones((256, 256), np.float32))
    aside = Shot(portrait[:, ::-1].copy(), turned(face, 0.3), shot.matte)
    weights = weights_of(build_model(PRESETS["tiny"], seed=0))
    frames = Rivals([shot, aside], weights, precision="f32")(turned(face, 0.28))
    assert {frame.shape for frame in frames.values()} == {(256, 256, 3)}
    assert (frames[NEAREST] == aside.image).all()
    assert (frames[PHOTO] == shot.image).all()


def test_nearest_is_by_pose_and_by_expression_not_by_place(face: Landmarks) -> None:
    asked = turned(face, 0.2) + np.float32([9, 9, 0])
    assert nearest_face([turned(face, -0.2), turned(face, 0.0), turned(face, 0.25)], asked) == 2
    open_mouth = face.copy()
    open_mouth[[14, 87, 317], 1] += 15
    assert nearest_face([face, open_mouth], open_mouth + np.float32([5, 0, 0])) == 1


def test_without_warp_is_what_training_takes_away(portrait: Image, face: Landmarks) -> None:
    conditioning = Warper(Shot(portrait, face, np.ones((256, 256), np.float32)))(face).conditioning
    expected = erase_warp(conditioning_to_tensor(conditioning, 13), torch.ones(1, 1, 1, dtype=torch.bool))
    assert torch.equal(conditioning_to_tensor(without_warp(conditioning), 13), expected)


def turned(face: Landmarks, yaw: float) -> Landmarks:
    """The mean face where `face` lies, turned by `yaw` radians."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    rotation = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    return apply_pose(face_model().mean, Pose(rotation, 40.0, np.array([124.5, 101.0, 0.0])))

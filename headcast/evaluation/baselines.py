"""Shots and a model in, what each rival makes of the same landmarks out: what costs nothing, and ours."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from headcast.data.episodes import resize_landmarks, resize_shot
from headcast.face.pose import fit_pose, measure_controls, remove_pose
from headcast.face.retarget import CONTROL_SPREAD, ROTATION_SPREAD, rotation_vector
from headcast.networks.model import Model
from headcast.reenact.driver import Driver, avatar_of
from headcast.reenact.sitter import Sitter
from headcast.types import CONDITIONING_MAPS, Box, Conditioning, Image, Landmarks, Shot

PHOTO: Final = "photo unmoved"
NEAREST: Final = "nearest shot"
WARP: Final = "warped shot alone"
ZEROED: Final = "warp zeroed"
OURS: Final = "ours"
RIVALS: Final = (PHOTO, NEAREST, WARP, ZEROED, OURS)


class Rivals:
    """Everyone who makes a frame from the shots; ours reads the very warp that stands beside it.

    The first shot is the one that is warped. With one shot there is no nearest to choose, and a model that reads no
    warp has none to lose: those two rivals are left out then. All frames have the shots' size, whatever the model's.
    `runtime_name` says what ours runs on.
    """

    def __init__(self, shots: Sequence[Shot], model: Model, *, precision: str = "auto") -> None:
        self._shots = shots
        self._frame_size, self._model_size = shots[0].image.shape[0], model.config.image_size
        self._reads_warp = model.config.reads_warped_shot
        small = [resize_shot(shot, self._model_size) for shot in shots]
        sitter = Sitter(small[0].image, Box(0.0, 0.0, self._model_size, self._model_size), small[0], (False,) * 4)
        self._driver = Driver(sitter, avatar_of(model, small), paste_back=False, precision=precision)
        self.runtime_name = self._driver.runtime_name

    def __call__(self, landmarks: Landmarks) -> dict[str, Image]:
        """Return each rival's frame for the sitter's own landmarks (478, 3) in pixels of the shots."""
        warped = self._driver.condition(resize_landmarks(landmarks, self._frame_size, self._model_size))
        frames = {PHOTO: self._shots[0].image}
        if len(self._shots) > 1:
            frames[NEAREST] = self._shots[nearest_face([shot.landmarks for shot in self._shots], landmarks)].image
        frames[WARP] = self._full_size(warped.conditioning.warped)
        if self._reads_warp:
            blind = replace(warped, conditioning=without_warp(warped.conditioning))
            frames[ZEROED] = self._full_size(self._driver.finish(self._driver.generate(blind), blind))
        frames[OURS] = self._full_size(self._driver.finish(self._driver.generate(warped), warped))
        return frames

    def ours(self, landmarks: Landmarks) -> Image:
        """Return our frame alone, for those who measure its time."""
        warped = self._driver.condition(resize_landmarks(landmarks, self._frame_size, self._model_size))
        return self._full_size(self._driver.finish(self._driver.generate(warped), warped))

    def measure_from(self, driving: Sequence[Landmarks]) -> None:
        """Choose what another person's motion is measured from; needed before `retarget`."""
        self._driver.measure_from(driving)

    def retarget(self, driving: Landmarks) -> Landmarks:
        """Return the sitter's landmarks, in pixels of the shots, for another person's in that person's pixels."""
        return resize_landmarks(self._driver.retarget(driving), self._model_size, self._frame_size)

    def _full_size(self, frame: Image) -> Image:
        if frame.shape[0] == self._frame_size:
            return frame
        size = (self._frame_size, self._frame_size)
        return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def without_warp(conditioning: Conditioning) -> Conditioning:
    """Take the warped shot and its validity away, as training does: the paper's pure form."""
    maps = conditioning.maps.copy()
    maps[:, :, CONDITIONING_MAPS.index("validity")] = 0
    return replace(conditioning, warped=np.zeros_like(conditioning.warped), maps=maps)


def nearest_face(faces: Sequence[Landmarks], wanted: Landmarks) -> int:
    """Return which face is nearest to the wanted one in pose and expression, each in its usual spread."""
    pose = fit_pose(wanted)
    controls = measure_controls(remove_pose(wanted, pose))

    def distance(face: Landmarks) -> float:
        own = fit_pose(face)
        change = (measure_controls(remove_pose(face, own)) - controls) / CONTROL_SPREAD
        turn = rotation_vector(own.rotation @ pose.rotation.T) / ROTATION_SPREAD
        return float(np.linalg.norm(change) + np.linalg.norm(turn))

    return int(np.argmin([distance(face) for face in faces]))

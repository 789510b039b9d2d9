"""One shot and a model in, what each rival makes of the same landmarks out: photo unmoved, warped shot alone, ours."""

from typing import Final

import torch

from headcast.face.draw import draw_landmark_image
from headcast.face.warp import Warper
from headcast.networks.model import Model
from headcast.networks.tensors import conditioning_to_tensor, image_to_tensor, tensor_to_image
from headcast.types import Conditioning, Image, Landmarks, Shot

PHOTO: Final = "photo unmoved"
WARP: Final = "warped shot alone"
OURS: Final = "ours"
RIVALS: Final = (PHOTO, WARP, OURS)


class Rivals:
    """Everyone who makes a frame from one shot; all read the same conditioning."""

    def __init__(self, shot: Shot, model: Model) -> None:
        self._shot = shot
        self._warper = Warper(shot)
        self._model = model
        self._adain_parameters = project_shot(model, shot)

    def __call__(self, landmarks: Landmarks) -> dict[str, Image]:
        """Return each rival's frame for landmarks (478, 3) in pixels of the shot."""
        conditioning = self._warper(landmarks).conditioning
        ours = reenact_frame(self._model, self._adain_parameters, conditioning)
        return {PHOTO: self._shot.image, WARP: conditioning.warped, OURS: ours}


@torch.inference_mode()
def project_shot(model: Model, shot: Shot) -> torch.Tensor:
    """Return the AdaIN parameters (1, P) of the person in one shot."""
    landmark_image = draw_landmark_image(shot.landmarks, shot.image.shape[0])
    embedding = model.embedder(image_to_tensor(shot.image), image_to_tensor(landmark_image))
    parameters: torch.Tensor = model.generator.project(embedding)
    return parameters


@torch.inference_mode()
def reenact_frame(model: Model, adain_parameters: torch.Tensor, conditioning: Conditioning) -> Image:
    """Return the generator's frame for one conditioning, in full precision."""
    tensor = conditioning_to_tensor(conditioning, model.generator.conditioning_channels)
    return tensor_to_image(model.generator(tensor, adain_parameters).image)

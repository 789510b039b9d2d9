"""A model and a few shots of one person in, an avatar out: a generator bound to that person."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from headcast.networks.model import Generator, Model
from headcast.networks.tensors import images_to_tensor
from headcast.types import Image, Shot


@dataclass(frozen=True)
class Avatar:
    """A generator with one person's AdaIN parameters (1, P), and the shots whose pixels are warped.

    `image_size` is the side of the frames in pixels.
    """

    generator: Generator
    adain_parameters: Tensor
    shots: tuple[Shot, ...]
    image_size: int


@torch.inference_mode()
def make_avatar(model: Model, shots: Sequence[Shot], landmark_images: Sequence[Image]) -> Avatar:
    """Bind the generator to a person feed-forward: psi_hat = P e_hat, with e_hat the mean embedding of the shots."""
    if not shots or len(shots) != len(landmark_images):
        raise ValueError(f"{len(shots)} shots with {len(landmark_images)} landmark images; one each is expected")
    model.embedder.eval()
    frames = images_to_tensor([shot.image for shot in shots])
    embedding = model.embedder(frames, images_to_tensor(landmark_images)).mean(0, keepdim=True)  # e_hat (eq. 1)
    parameters = model.generator.project(embedding)
    return Avatar(model.generator, parameters.clone(), tuple(shots), model.config.image_size)

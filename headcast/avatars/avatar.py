"""Weights and a few shots of one person in, an avatar out: a generator bound to that person."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headcast.avatars.graph import Arrays
from headcast.avatars.graphs import find_graph
from headcast.avatars.inference import Network
from headcast.avatars.weights import Weights
from headcast.networks.arrays import images_to_array
from headcast.networks.presets import ModelConfig
from headcast.types import Shot
from headcast.warping.draw import draw_landmark_image


@dataclass(frozen=True)
class Avatar:
    """A generator with one person's AdaIN parameters (1, P), and the shots whose pixels are warped.

    `weights` are the generator's, plain arrays without spectral norm; `config` says so too.
    """

    config: ModelConfig
    weights: Arrays
    adain_parameters: NDArray[np.float32]
    shots: tuple[Shot, ...]

    @property
    def image_size(self) -> int:
        """The side of the frames in pixels."""
        return self.config.image_size


def make_avatar(weights: Weights, shots: Sequence[Shot]) -> Avatar:
    """Bind the generator to a person feed-forward: psi_hat = P e_hat, with e_hat the mean embedding of the shots."""
    if not shots:
        raise ValueError("an avatar needs at least one shot")
    embedder = Network(find_graph(weights.config, "embedder"), weights.embedder)
    embedding = np.mean([_embed(embedder, shot) for shot in shots], axis=0)  # e_hat (eq. 1)
    parameters = embedding @ weights.generator["projection.weight"].T + weights.generator["projection.bias"]
    return Avatar(weights.config, weights.generator, parameters.astype(np.float32), tuple(shots))


def _embed(embedder: Network, shot: Shot) -> NDArray[np.float32]:
    landmark_image = draw_landmark_image(shot.landmarks, shot.image.shape[0])
    return np.array(embedder(images_to_array([shot.image]), images_to_array([landmark_image]))[0])

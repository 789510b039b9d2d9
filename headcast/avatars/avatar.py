"""Weights and a few shots of one person in, an avatar out: a generator bound to that person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from headcast.avatars.graph import Arrays
from headcast.avatars.graphs import find_graph
from headcast.avatars.inference import Network
from headcast.avatars.weights import Weights
from headcast.networks.arrays import images_to_array
from headcast.networks.presets import ModelConfig
from headcast.types import Image, Shot
from headcast.warping.draw import draw_landmark_image


@dataclass(frozen=True)
class Avatar:
    """A generator with one person's AdaIN parameters (1, P), and the shots whose pixels are warped.

    `weights` are the generator's, plain arrays without spectral norm; `config` says so too. `close_ups` paint
    parts of the face at the photo's own size; those that were tuned to the person have AdaIN parameters (1, P) in
    `close_up_parameters`, the others are bound to the shots where they are used.
    """

    config: ModelConfig
    weights: Arrays
    adain_parameters: NDArray[np.float32]
    shots: tuple[Shot, ...]
    close_ups: Mapping[str, Weights] = field(default_factory=dict)
    close_up_parameters: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    @property
    def image_size(self) -> int:
        """The side of the frames in pixels."""
        return self.config.image_size


def make_avatar(weights: Weights, shots: Sequence[Shot]) -> Avatar:
    """Bind the generator to a person feed-forward: psi_hat = P e_hat, with e_hat the mean embedding of the shots."""
    if not shots:
        raise ValueError("an avatar needs at least one shot")
    drawn = [draw_landmark_image(shot.landmarks, shot.image.shape[0]) for shot in shots]
    parameters = bind(weights, [(shot.image, lines) for shot, lines in zip(shots, drawn, strict=True)])
    return Avatar(weights.config, weights.generator, parameters, tuple(shots), weights.close_ups)


def bind(weights: Weights, pictures: Sequence[tuple[Image, Image]]) -> NDArray[np.float32]:
    """Return the AdaIN parameters (1, P) of a person shown in pictures, each with its landmark image."""
    embedder = Network(find_graph(weights.config, "embedder"), weights.embedder)
    embeddings = [np.array(embedder(*(images_to_array([part]) for part in picture))[0]) for picture in pictures]
    embedding = np.mean(embeddings, axis=0)  # e_hat (eq. 1)
    parameters = embedding @ weights.generator["projection.weight"].T + weights.generator["projection.bias"]
    return np.asarray(parameters, np.float32)

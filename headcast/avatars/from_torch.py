"""Networks of torch in, as training leaves them, avatars and weights of plain arrays out."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from headcast.avatars.avatar import Avatar, make_avatar
from headcast.avatars.weights import Weights
from headcast.networks.embedder import Embedder
from headcast.networks.model import Generator, Model, plain_copy
from headcast.networks.presets import ModelConfig
from headcast.types import Shot


def avatar_of(model: Model, shots: Sequence[Shot]) -> Avatar:
    """Bind a model to the person in the shots, feed-forward."""
    return make_avatar(weights_of(model), shots)


def weights_of(model: Model) -> Weights:
    """The embedder and the generator of a model, for use."""
    return Weights(replace(model.config, spectral_norm=False), arrays_of(model.embedder), arrays_of(model.generator))


def tuned_avatar(config: ModelConfig, generator: Generator, parameters: Tensor, shots: Sequence[Shot]) -> Avatar:
    """The avatar of a generator and AdaIN parameters (1, P) that were tuned to the person in the shots."""
    plain = replace(config, spectral_norm=False)
    return Avatar(plain, arrays_of(generator), parameters.detach().float().cpu().numpy().copy(), tuple(shots))


def arrays_of(network: Embedder | Generator) -> dict[str, NDArray[np.float32]]:
    """The weights of a network, without spectral norm."""
    values = plain_copy(network).state_dict()
    return {name: np.ascontiguousarray(value.float().cpu().numpy()) for name, value in values.items()}

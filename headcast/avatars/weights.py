"""A checkpoint in, the weights of its embedder and generator out, as plain arrays; a stranger's file is checked first.

No torch: what spectral normalisation stood for while training is worked out here, as torch would.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from headcast.avatars.graph import Arrays
from headcast.avatars.graphs import NETWORKS, find_graph
from headcast.errors import CheckpointError
from headcast.header import Header, TensorSpec, check_drawing_style, check_tensors, read_header, read_metadata
from headcast.limits import MAX_WEIGHT
from headcast.networks.notes import CHECKPOINT, WEIGHT_DTYPES, default_checkpoint_path, of_close_up, read_config
from headcast.networks.presets import PRESETS, ModelConfig
from headcast.printable import brief

Shapes = Mapping[str, tuple[int, ...]]

NOT_READ: Final = "discriminator."  # what only training needs
_WEIGHT: Final = "weight"
_NORMED: Final = "parametrizations.weight."  # torch's names of a normalised weight's parts


@dataclass(frozen=True)
class Weights:
    """Embedder and generator of one model, for use: float32, without spectral norm, as `config` says too."""

    config: ModelConfig
    embedder: Arrays
    generator: Arrays
    close_ups: "Mapping[str, Weights]" = field(default_factory=dict)  # by part of the face: those that the file has


def load_weights(path: str | Path) -> Weights:
    """Read what animating needs of a checkpoint; CheckpointError for anything but a checkpoint of ours."""
    path = Path(path)
    header = read_header(path, CHECKPOINT)
    metadata = read_metadata(path, header, CHECKPOINT)
    check_drawing_style(path, metadata)
    config = read_config(path, metadata)
    header = {name: entry for name, entry in header.items() if not name.startswith(NOT_READ)}
    shapes = _shapes(config)
    if config.spectral_norm:
        shapes = _with_spectral_norm(shapes)
    parts = sorted({part for name in header if (part := of_close_up(name))})
    for part in parts:
        shapes = {**shapes, **{f"{part}.{name}": shape for name, shape in _shapes(PRESETS[part]).items()}}
    check_tensors(path, header, {name: TensorSpec(shape, WEIGHT_DTYPES) for name, shape in shapes.items()})
    arrays = read_arrays(path, header)
    weights = {name: to_weight(path, name, value) for name, value in arrays.items()}
    if config.spectral_norm:
        with np.errstate(all="ignore"):
            weights = {name: to_weight(path, name, value) for name, value in _without_spectral_norm(weights).items()}
    close_ups = {part: Weights(PRESETS[part], *_parts(_part(weights, f"{part}."))) for part in parts}
    return Weights(replace(config, spectral_norm=False), *_parts(weights), close_ups)


@cache
def shipped_close_ups() -> Mapping[str, Weights]:
    """The close-ups of the weights that come with the package, for avatars, whose files have none."""
    return load_weights(default_checkpoint_path()).close_ups


def _shapes(config: ModelConfig) -> Shapes:
    return {f"{n}.{name}": shape for n in NETWORKS for name, shape in find_graph(config, n).shapes.items()}


def _parts(weights: Arrays) -> tuple[Arrays, Arrays]:
    embedder, generator = (_part(weights, f"{network}.") for network in NETWORKS)
    return embedder, generator


def read_arrays(path: Path, header: Header) -> dict[str, NDArray[Any]]:
    """All arrays that a checked header names."""
    try:
        with safe_open(path, "numpy") as file:
            return {name: file.get_tensor(name) for name in header if name != "__metadata__"}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is damaged ({brief(error)}); fetch it again") from error


def to_weight(path: Path, name: str, value: NDArray[Any]) -> NDArray[np.float32]:
    """The array in float32; CheckpointError unless all of it is finite, and no larger than what training ends at."""
    weight = value.astype(np.float32)
    if weight.size and not max(-weight.min(), weight.max()) <= MAX_WEIGHT:  # false for NaN, too
        raise CheckpointError(f"{path} is damaged ({name} holds numbers that are not finite or huge); fetch it again")
    return weight


def _part(weights: Arrays, prefix: str) -> Arrays:
    return {name[len(prefix) :]: value for name, value in weights.items() if name.startswith(prefix)}


def _with_spectral_norm(shapes: Shapes) -> Shapes:
    """The parts that torch keeps of each normalised weight: the weight before, and two vectors."""
    parts: dict[str, tuple[int, ...]] = {}
    for name, shape in shapes.items():
        stem, _, last = name.rpartition(".")
        if last != _WEIGHT or len(shape) < 2:  # of instance norms, which are not normalised
            parts[name] = shape
            continue
        parts[f"{stem}.{_NORMED}original"] = shape
        parts[f"{stem}.{_NORMED}0._u"] = shape[:1]
        parts[f"{stem}.{_NORMED}0._v"] = (int(np.prod(shape[1:])),)
    return parts


def _without_spectral_norm(weights: Arrays) -> dict[str, NDArray[np.float32]]:
    """Each weight divided by its largest singular value, u W v with the vectors that training kept."""
    plain: dict[str, NDArray[np.float32]] = {}
    for name, value in weights.items():
        stem, normed, last = name.partition(_NORMED)
        if not normed:
            plain[name] = value
        elif last == "original":
            left, right = weights[f"{stem}{_NORMED}0._u"], weights[f"{stem}{_NORMED}0._v"]
            plain[stem + _WEIGHT] = np.asarray(value / (left @ value.reshape(len(left), -1) @ right), np.float32)
    return plain

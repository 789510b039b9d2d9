"""An avatar in, one `.avatar` file out, and back; a stranger's file is checked before it is used.

Tensors: `generator.*`, the whole tuned generator; `adain_parameters` (1, P); `shot_images`, `shot_landmarks` and
`shot_mattes`, the first shot being the one that is warped; `photo`, the full picture of that shot; `box` (4,), the
place of the shot in it. Metadata: format, version, the sizes of the networks, how it was made, and its marks.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from headcast.errors import CheckpointError
from headcast.files import write_file
from headcast.header import (
    AVATAR,
    AVATAR_SUFFIX,
    Header,
    TensorSpec,
    check_drawing_style,
    check_tensors,
    found_shape,
    read_header,
    read_metadata,
    read_table,
)
from headcast.networks.avatar import Avatar
from headcast.networks.checkpoint import WEIGHT_DTYPES, load_tensors, read_config
from headcast.networks.model import Generator, build_model, plain_copy
from headcast.networks.presets import ModelConfig
from headcast.types import DRAWING_STYLE, NUM_LANDMARKS, Box, Image, Shot

MAX_SHOTS: Final = 32
MAX_PHOTO_SIDE: Final = 4096
MAX_PLACE: Final = 4.0 * MAX_PHOTO_SIDE  # pixels; landmarks and boxes may reach outside of the picture, not further


@dataclass(frozen=True)
class AvatarContent:
    """All that an avatar file holds.

    `photo` is the full picture whose part inside `box` is the avatar's first shot. `settings` say how the avatar was
    made (plain values); `marks` are the texts that say what it was made from, and the consent, if there is a note.
    """

    avatar: Avatar
    config: ModelConfig
    photo: Image
    box: Box
    settings: Mapping[str, Any] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AvatarNotes:
    """What an avatar says about itself: see `AvatarContent`."""

    num_shots: int
    photo_size: tuple[int, int]  # width, height
    settings: Mapping[str, Any]
    marks: Mapping[str, str]


def save_avatar(path: Path, content: AvatarContent) -> None:
    """Write an avatar, its weights in half precision; the file appears whole or not at all."""
    if path.suffix != AVATAR_SUFFIX:
        raise CheckpointError(f"cannot write {path}: expected a name that ends in {AVATAR_SUFFIX}")
    generator, shots = plain_copy(content.avatar.generator), content.avatar.shots
    box = content.box
    tensors = {f"generator.{name}": value.half().contiguous() for name, value in generator.state_dict().items()}
    tensors |= {
        "adain_parameters": content.avatar.adain_parameters.detach().float().cpu().clone(),
        "shot_images": torch.from_numpy(np.stack([shot.image for shot in shots])),
        "shot_landmarks": torch.from_numpy(np.stack([shot.landmarks for shot in shots])),
        "shot_mattes": torch.from_numpy(np.stack([np.uint8(shot.matte * 255 + 0.5) for shot in shots])),
        "photo": torch.from_numpy(np.ascontiguousarray(content.photo)),
        "box": torch.tensor([box.left, box.top, box.width, box.height], dtype=torch.float64),
    }
    # The weights are written as those that the spectral norm stood for.
    config = replace(content.config, spectral_norm=False)
    metadata = {
        "format": AVATAR.format,
        "version": str(AVATAR.version),
        "config": json.dumps(config.to_dict()),
        "drawing_style": str(DRAWING_STYLE),
        "settings": json.dumps(dict(content.settings)),
        "marks": json.dumps(dict(content.marks)),
    }
    write_file(path, lambda content: save_file(tensors, content, metadata))


def load_avatar(path: Path) -> AvatarContent:
    """Rebuild an avatar, its generator in float32 and evaluation mode; CheckpointError for anything but one of ours."""
    header = read_header(path, AVATAR)
    metadata = read_metadata(path, header, AVATAR)
    check_drawing_style(path, {"drawing_style": "1"} | metadata)  # the first avatars do not name theirs
    config = read_config(path, metadata)
    notes = _notes(path, header)
    with torch.device("meta"):
        generator = build_model(config, seed=0).generator
    check_tensors(path, header, _expected(generator, config, notes))
    tensors = load_tensors(path)
    _check_values(path, tensors)
    prefix = "generator."
    weights = {name[len(prefix) :]: value.float() for name, value in tensors.items() if name.startswith(prefix)}
    generator.load_state_dict(weights, assign=True)
    images, landmarks, mattes = (tensors[f"shot_{name}"].numpy() for name in ("images", "landmarks", "mattes"))
    shots = tuple(
        Shot(image, places, np.asarray(matte / 255, np.float32))
        for image, places, matte in zip(images, landmarks, mattes, strict=True)
    )
    avatar = Avatar(generator.eval(), tensors["adain_parameters"], shots, config.image_size)
    box = Box(*tensors["box"].tolist())
    return AvatarContent(avatar, config, tensors["photo"].numpy(), box, notes.settings, notes.marks)


def read_avatar_notes(path: Path) -> AvatarNotes:
    """What an avatar says about itself, without loading it."""
    return _notes(path, read_header(path, AVATAR))


def _notes(path: Path, header: Header) -> AvatarNotes:
    metadata = read_metadata(path, header, AVATAR)
    settings, marks = read_table(path, metadata, "settings"), read_table(path, metadata, "marks")
    if any(not isinstance(text, str) for text in marks.values()):
        raise CheckpointError(f"{path} has broken marks (not all are texts); fetch it again")
    num_shots = (found_shape(header, "shot_images") or (0,))[0]
    if not 1 <= num_shots <= MAX_SHOTS:
        raise CheckpointError(f"{path} holds {num_shots} shots, expected 1 to {MAX_SHOTS}; fetch it again")
    photo_shape = found_shape(header, "photo")
    if len(photo_shape) != 3 or not all(1 <= side <= MAX_PHOTO_SIDE for side in photo_shape):
        raise CheckpointError(f"{path} holds no photo of at most {MAX_PHOTO_SIDE} pixels a side; fetch it again")
    return AvatarNotes(num_shots, (photo_shape[1], photo_shape[0]), settings, marks)


def _expected(generator: Generator, config: ModelConfig, notes: AvatarNotes) -> dict[str, TensorSpec]:
    """Every tensor of a file whose numbers of shots and pixels are known and bounded."""
    size, count = config.image_size, notes.num_shots
    weights = {f"generator.{name}": tuple(value.shape) for name, value in generator.state_dict().items()}
    return {
        **{name: TensorSpec(shape, WEIGHT_DTYPES) for name, shape in weights.items()},
        "adain_parameters": TensorSpec((1, 2 * sum(generator.adaptive_widths)), ("F32",)),
        "shot_images": TensorSpec((count, size, size, 3), ("U8",)),
        "shot_landmarks": TensorSpec((count, NUM_LANDMARKS, 3), ("F32",)),
        "shot_mattes": TensorSpec((count, size, size), ("U8",)),
        "photo": TensorSpec((notes.photo_size[1], notes.photo_size[0], 3), ("U8",)),
        "box": TensorSpec((4,), ("F64",)),
    }


def _check_values(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Places that a header cannot vouch for: finite, near the picture, and a box with an inside."""
    for name in ("shot_landmarks", "box"):
        if not bool((tensors[name].abs() <= MAX_PLACE).all()):  # false for NaN too
            raise CheckpointError(f"{path} is damaged ({name} lie outside of any picture); fetch it again")
    if not bool((tensors["box"][2:] >= 1.0).all()):
        raise CheckpointError(f"{path} is damaged (its box is empty); fetch it again")

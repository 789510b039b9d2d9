"""An avatar in, one `.avatar` file out, and back; a stranger's file is checked before it is used.

Tensors: `generator.*`, the whole tuned generator without spectral norm; `adain_parameters` (1, P); `shot_images`,
`shot_landmarks` and `shot_mattes`, the first shot being the one that is warped; `photo`, the full picture of that
shot; `box` (4,), the place of the shot in it; since version 2 `shot_full.1` and so on, further shots at their photos'
own sizes, where they are larger; since version 3 `mouth.generator.*` and `mouth.adain_parameters`, and the same of the
`eyes`, where these close-ups were tuned to the person, too. Metadata: format, version, the sizes of the networks, how
it was made, and its marks.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from headcast.avatars.avatar import Avatar
from headcast.avatars.graph import Arrays
from headcast.avatars.graphs import find_graph
from headcast.avatars.weights import Shapes, Weights, read_arrays, to_weight
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
from headcast.limits import MAX_PHOTO_SIDE, MAX_SHOT_PIXELS, MAX_SHOT_SIDE, MAX_SHOTS
from headcast.networks.notes import WEIGHT_DTYPES, of_close_up, read_config
from headcast.networks.presets import PRESETS
from headcast.strict import check_landmarks
from headcast.types import DRAWING_STYLE, NUM_LANDMARKS, Box, Image, Shot

MAX_PLACE: Final = 4.0 * MAX_PHOTO_SIDE  # pixels; landmarks may reach outside of the picture, not further
MAX_BOX: Final = 4.0  # of the photo's longer side; around a face that fills the photo it takes 2.2


@dataclass(frozen=True)
class AvatarContent:
    """All that an avatar file holds.

    `photo` is the full picture whose part inside `box` is the avatar's first shot. `settings` say how the avatar was
    made (plain values); `marks` are the texts that say what it was made from, and the consent, if there is a note.
    """

    avatar: Avatar
    photo: Image
    box: Box
    settings: Mapping[str, Any] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = field(default=None, compare=False)  # where it was read


@dataclass(frozen=True)
class AvatarNotes:
    """What an avatar says about itself: see `AvatarContent`."""

    num_shots: int
    photo_size: tuple[int, int]  # width, height
    full_sides: Mapping[int, int]  # of further shots that are known at their own size, by their numbers
    settings: Mapping[str, Any]
    marks: Mapping[str, str]


def save_avatar(path: str | Path, content: AvatarContent) -> None:
    """Write an avatar, its weights in half precision; the file appears whole or not at all."""
    path = Path(path)
    if path.suffix != AVATAR_SUFFIX:
        raise CheckpointError(f"cannot write {path}: expected a name that ends in {AVATAR_SUFFIX}")
    avatar, shots, box = content.avatar, content.avatar.shots, content.box
    tensors: dict[str, NDArray[Any]] = {
        f"generator.{name}": value.astype(np.float16) for name, value in avatar.weights.items()
    }
    tensors |= {
        "adain_parameters": avatar.adain_parameters,
        "shot_images": np.stack([shot.image for shot in shots]),
        "shot_landmarks": np.stack([shot.landmarks for shot in shots]),
        "shot_mattes": np.stack([np.uint8(shot.matte * 255 + 0.5) for shot in shots]),
        "photo": np.ascontiguousarray(content.photo),
        "box": np.array([box.left, box.top, box.width, box.height], np.float64),
    }
    further = {number: shot.full for number, shot in enumerate(shots) if number and shot.full is not None}
    tensors |= {_full_name(number): np.ascontiguousarray(full) for number, full in further.items()}
    for part, parameters in avatar.close_up_parameters.items():  # others are the package's
        tuned = avatar.close_ups[part].generator
        tensors |= {f"{part}.generator.{name}": value.astype(np.float16) for name, value in tuned.items()}
        tensors[_parameters_name(part)] = parameters
    metadata = {
        "format": AVATAR.format,
        "version": str(AVATAR.version),
        "config": json.dumps(avatar.config.to_dict()),
        "drawing_style": str(DRAWING_STYLE),
        "settings": json.dumps(dict(content.settings)),
        "marks": json.dumps(dict(content.marks)),
    }
    write_file(path, lambda content: save_file(tensors, content, metadata))


def load_avatar(path: str | Path) -> AvatarContent:
    """Read an avatar, its weights in float32; CheckpointError for anything but one of ours.

    >>> source = headcast.open_source("alice.png")
    >>> content = headcast.AvatarContent(source.avatar, source.sitter.photo, source.sitter.box)
    >>> headcast.save_avatar("feed_forward.avatar", content)
    >>> headcast.open_source(headcast.load_avatar("feed_forward.avatar")).sitter.box == source.sitter.box
    True
    """
    path = Path(path)
    header = read_header(path, AVATAR)
    metadata = read_metadata(path, header, AVATAR)
    check_drawing_style(path, {"drawing_style": "1"} | metadata)  # the first avatars do not name theirs
    config = replace(read_config(path, metadata), spectral_norm=False)
    notes = _notes(path, header)
    shapes = find_graph(config, "generator").shapes
    parts = {part: find_graph(PRESETS[part], "generator").shapes for part in _tuned_parts(header)}
    check_tensors(path, header, _expected(shapes, config.image_size, notes) | _expected_parts(parts))
    arrays = read_arrays(path, header)
    _check_values(path, arrays)
    weights = {name: to_weight(path, f"generator.{name}", arrays[f"generator.{name}"]) for name in shapes}
    named = zip(*(arrays[f"shot_{name}"] for name in ("images", "landmarks", "mattes")), strict=True)
    shots = tuple(
        Shot(image, places, np.asarray(matte / 255, np.float32), arrays.get(_full_name(number)))
        for number, (image, places, matte) in enumerate(named)
    )
    close_ups = {part: Weights(PRESETS[part], {}, _of_part(path, arrays, part, parts[part])) for part in parts}
    parameters = {name: to_weight(path, name, arrays[name]) for name in map(_parameters_name, parts)}
    avatar = Avatar(
        config,
        weights,
        to_weight(path, "adain_parameters", arrays["adain_parameters"]),
        shots,
        close_ups,
        {part: parameters[_parameters_name(part)] for part in parts},
    )
    return AvatarContent(avatar, arrays["photo"], Box(*arrays["box"].tolist()), notes.settings, notes.marks, path)


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
    sides = _full_sides(path, header, num_shots)
    return AvatarNotes(num_shots, (photo_shape[1], photo_shape[0]), sides, settings, marks)


def _full_name(number: int) -> str:
    return f"shot_full.{number}"


def _parameters_name(part: str) -> str:
    return f"{part}.adain_parameters"


def _tuned_parts(header: Header) -> list[str]:
    """Return the parts of the face whose close-ups a file has."""
    return sorted({part for name in header if (part := of_close_up(name))})


def _of_part(path: Path, arrays: Mapping[str, NDArray[Any]], part: str, shapes: Shapes) -> Arrays:
    """Return the weights of a close-up's generator."""
    named = {name: f"{part}.generator.{name}" for name in shapes}
    return {name: to_weight(path, full, arrays[full]) for name, full in named.items()}


def _full_sides(path: Path, header: Header, num_shots: int) -> dict[int, int]:
    """Return the sides of the shots that a header promises at their own sizes, by number, bounded."""
    found = {number: found_shape(header, _full_name(number)) for number in range(1, num_shots)}
    sides = {number: shape[0] for number, shape in found.items() if shape}
    if not all(1 <= side <= MAX_SHOT_SIDE for side in sides.values()):
        raise CheckpointError(f"{path} holds a shot of more than {MAX_SHOT_SIDE} pixels a side; fetch it again")
    if sum(side * side for side in sides.values()) > MAX_SHOT_PIXELS:
        raise CheckpointError(f"{path} holds further shots of more than {MAX_SHOT_PIXELS} pixels; fetch it again")
    return sides


def _expected(shapes: Shapes, size: int, notes: AvatarNotes) -> dict[str, TensorSpec]:
    """Every tensor of a file whose numbers of shots and pixels are known and bounded."""
    count = notes.num_shots
    return {
        **{f"generator.{name}": TensorSpec(shape, WEIGHT_DTYPES) for name, shape in shapes.items()},
        "adain_parameters": TensorSpec((1, *shapes["projection.bias"]), ("F32",)),
        "shot_images": TensorSpec((count, size, size, 3), ("U8",)),
        "shot_landmarks": TensorSpec((count, NUM_LANDMARKS, 3), ("F32",)),
        "shot_mattes": TensorSpec((count, size, size), ("U8",)),
        "photo": TensorSpec((notes.photo_size[1], notes.photo_size[0], 3), ("U8",)),
        "box": TensorSpec((4,), ("F64",)),
        **{_full_name(number): TensorSpec((side, side, 3), ("U8",)) for number, side in notes.full_sides.items()},
    }


def _expected_parts(parts: Mapping[str, Shapes]) -> dict[str, TensorSpec]:
    """Every tensor of tuned close-ups."""
    expected: dict[str, TensorSpec] = {}
    for part, shapes in parts.items():
        expected |= {f"{part}.generator.{name}": TensorSpec(shape, WEIGHT_DTYPES) for name, shape in shapes.items()}
        expected[_parameters_name(part)] = TensorSpec((1, *shapes["projection.bias"]), ("F32",))
    return expected


def _check_values(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Places that a header cannot vouch for: faces near the picture, and a square that shows part of the photo."""
    landmarks = arrays["shot_landmarks"]
    try:
        check_landmarks(landmarks)
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged ({error}); fetch it again") from error
    if np.abs(landmarks).max() > MAX_PLACE:
        raise CheckpointError(f"{path} is damaged (its landmarks lie outside of any picture); fetch it again")
    height, width = arrays["photo"].shape[:2]
    box = Box(*arrays["box"].tolist())
    is_square = abs(box.width - box.height) <= 1.0 <= box.width <= MAX_BOX * max(width, height)
    shows_photo = -box.width < box.left < width and -box.height < box.top < height
    if not (is_square and shows_photo):  # false for NaN, too
        raise CheckpointError(f"{path} is damaged (its box does not show the photo); fetch it again")

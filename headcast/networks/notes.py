"""A checkpoint's header in, what it says about itself out; no torch, so that using a model needs none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Final

from headcast.errors import CheckpointError
from headcast.header import FileKind, read_header, read_metadata
from headcast.limits import MAX_SEED
from headcast.networks.presets import ModelConfig
from headcast.printable import brief
from headcast.strict import parse_table, parse_whole, text
from headcast.types import DRAWING_STYLE

CHECKPOINT: Final = FileKind("checkpoint", format="headcast", version=1, writer="headcast train")
CLOSE_UPS: Final = ("mouth", "eyes")
"""The presets of close-ups; in the file of the model that one belongs to its tensors' names begin with its own."""

WEIGHT_DTYPES: Final = ("F16", "F32")


@dataclass(frozen=True)
class CheckpointNotes:
    """What a checkpoint says about itself beside its weights."""

    preset: str
    step: int = 0
    drawing_style: int = DRAWING_STYLE  # of the landmark images it was trained on
    training: Mapping[str, Any] = field(default_factory=dict)  # settings and figures of its training run


def read_notes(path: Path) -> CheckpointNotes:
    """What a checkpoint says about itself, without loading it."""
    metadata = read_metadata(path, read_header(path, CHECKPOINT), CHECKPOINT)
    try:
        step, style = (parse_whole(metadata[name], 0, MAX_SEED, name) for name in ("step", "drawing_style"))
        training = parse_table(metadata.get("training", "{}"))
        return CheckpointNotes(text(metadata.get("preset", ""), "preset"), step, style, training)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CheckpointError(f"{path} has broken notes ({brief(error)}); fetch it again") from error


def read_config(path: Path, metadata: Mapping[str, str]) -> ModelConfig:
    """The sizes of the networks that a file's metadata names."""
    try:
        return ModelConfig.from_dict(parse_table(metadata["config"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{path} has a broken configuration ({brief(error)}); fetch it again") from error


def of_close_up(name: str) -> str | None:
    """The close-up to which a tensor of this name belongs, if any."""
    first, _, _ = name.partition(".")
    return first if first in CLOSE_UPS else None


def default_checkpoint_path() -> Path:
    """The weights that come with the package."""
    path = Path(str(resources.files("headcast"))) / "assets" / "lite.safetensors"
    if not path.is_file():
        raise CheckpointError(f"the package's weights are missing: {path}; give a checkpoint of your own")
    return path

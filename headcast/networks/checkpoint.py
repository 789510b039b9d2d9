"""A model in, one safetensors file that rebuilds it out, and back; a stranger's file is checked before it is used."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from headcast.errors import CheckpointError
from headcast.networks.model import Model, build_model
from headcast.networks.presets import ModelConfig

FORMAT_VERSION: Final = 1
MAX_HEADER_BYTES: Final = 4 << 20
_DTYPES: Final = ("F16", "F32")


@dataclass(frozen=True)
class CheckpointNotes:
    """What a checkpoint says about itself beside its weights."""

    preset: str
    step: int = 0
    drawing_style: int = 0  # version of the landmark drawing it was trained on
    training: Mapping[str, Any] = field(default_factory=dict)  # settings and figures of its training run


def save_checkpoint(path: Path, model: Model, notes: CheckpointNotes, *, half: bool = True) -> None:
    """Write embedder, generator and discriminator; in half precision the file is half as large."""
    dtype = torch.float16 if half else torch.float32
    tensors = {name: value.detach().to("cpu", dtype).contiguous().clone() for name, value in _tensors(model).items()}
    metadata = {
        "format": "headcast",
        "version": str(FORMAT_VERSION),
        "config": json.dumps(model.config.to_dict()),
        "preset": notes.preset,
        "step": str(notes.step),
        "drawing_style": str(notes.drawing_style),
        "training": json.dumps(dict(notes.training)),
    }
    temporary = path.with_name(path.name + ".part")
    save_file(tensors, temporary, metadata)
    temporary.replace(path)


def load_checkpoint(path: Path) -> Model:
    """Rebuild a model, in float32 and evaluation mode; CheckpointError for anything but a checkpoint of ours."""
    header = _read_header(path)
    config = _read_config(path, header)
    with torch.device("meta"):
        model = build_model(config, seed=0)
    _check_tensors(path, header, _tensors(model))
    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise CheckpointError(f"{path} is damaged ({error}); fetch it again") from error
    for prefix, network in _networks(model).items():
        own = {name[len(prefix) + 1 :]: value.float() for name, value in tensors.items() if name.startswith(prefix)}
        network.load_state_dict(own, assign=True)
        network.eval()
    return model


def read_notes(path: Path) -> CheckpointNotes:
    """What a checkpoint says about itself, without loading it."""
    metadata = _metadata(path, _read_header(path))
    try:
        training = json.loads(metadata.get("training", "{}"))
        return CheckpointNotes(
            metadata.get("preset", ""), int(metadata["step"]), int(metadata["drawing_style"]), training
        )
    except (KeyError, ValueError) as error:
        raise CheckpointError(f"{path} has broken notes ({error}); fetch it again") from error


def default_checkpoint_path() -> Path:
    """The weights that come with the package."""
    path = Path(str(resources.files("headcast"))) / "assets" / "lite.safetensors"
    if not path.is_file():
        raise CheckpointError(f"the package's weights are missing: {path}; give a checkpoint of your own")
    return path


def _networks(model: Model) -> dict[str, nn.Module]:
    return {"embedder": model.embedder, "generator": model.generator, "discriminator": model.discriminator}


def _tensors(model: Model) -> dict[str, Tensor]:
    return {
        f"{prefix}.{name}": value
        for prefix, network in _networks(model).items()
        for name, value in network.state_dict().items()
    }


def _read_header(path: Path) -> dict[str, Any]:
    """The JSON at the start of a safetensors file: 8 bytes of length, then the text."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > MAX_HEADER_BYTES or length + 8 > size:
                raise CheckpointError(f"{path} is not a checkpoint of headcast, or is cut short; fetch it again")
            header = json.loads(file.read(length))
    except FileNotFoundError:
        raise CheckpointError(f"no such checkpoint: {path}") from None
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not a checkpoint of headcast: its header is not JSON") from error
    if not isinstance(header, dict):
        raise CheckpointError(f"{path} is not a checkpoint of headcast: its header is not a table")
    return header


def _metadata(path: Path, header: dict[str, Any]) -> dict[str, str]:
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or metadata.get("format") != "headcast":
        raise CheckpointError(f"{path} is not a checkpoint of headcast; expected one written by `headcast train`")
    if metadata.get("version") != str(FORMAT_VERSION):
        raise CheckpointError(
            f"{path} has format version {metadata.get('version')!r}, this program reads {FORMAT_VERSION}; "
            "update headcast"
        )
    return metadata


def _read_config(path: Path, header: dict[str, Any]) -> ModelConfig:
    try:
        values = json.loads(_metadata(path, header)["config"])
        return ModelConfig.from_dict(values)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{path} has a broken configuration ({error}); fetch it again") from error


def _check_tensors(path: Path, header: dict[str, Any], expected: dict[str, Tensor]) -> None:
    """Names, shapes and types must be those of the configuration, before anything large is read."""
    found = {name: entry for name, entry in header.items() if name != "__metadata__"}
    if odd := sorted(set(found) ^ set(expected)):
        raise CheckpointError(f"{path} does not fit its configuration: tensor {odd[0]!r} is missing or unknown")
    for name, tensor in expected.items():
        entry = found[name]
        known = isinstance(entry, dict) and entry.get("dtype") in _DTYPES
        if not known or entry.get("shape") != list(tensor.shape):
            raise CheckpointError(
                f"{path} does not fit its configuration: {name} should be {tuple(tensor.shape)} in F16 or F32"
            )

"""A model in, one safetensors file that rebuilds it out, and back; a stranger's file is checked before it is used."""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from headcast.errors import CheckpointError
from headcast.files import write_file
from headcast.header import TensorSpec, check_drawing_style, check_tensors, read_header, read_metadata
from headcast.limits import MAX_WEIGHT
from headcast.networks.model import Model, build_model
from headcast.networks.notes import CHECKPOINT, WEIGHT_DTYPES, CheckpointNotes, of_close_up, read_config
from headcast.printable import brief


def save_checkpoint(path: Path, model: Model, notes: CheckpointNotes, *, half: bool = True) -> None:
    """Write embedder, generator and discriminator; in half precision the file is half as large."""
    dtype = torch.float16 if half else torch.float32
    tensors = {name: value.detach().to("cpu", dtype).contiguous().clone() for name, value in _tensors(model).items()}
    metadata = {
        "format": CHECKPOINT.format,
        "version": str(CHECKPOINT.version),
        "config": json.dumps(model.config.to_dict()),
        "preset": notes.preset,
        "step": str(notes.step),
        "drawing_style": str(notes.drawing_style),
        "training": json.dumps(dict(notes.training)),
    }
    write_file(path, lambda content: save_file(tensors, content, metadata))


def load_checkpoint(path: str | Path) -> Model:
    """Rebuild a model, in float32 and evaluation mode; CheckpointError for anything but a checkpoint of ours.

    Close-ups in the file are left alone.

    >>> headcast.load_checkpoint("tiny.safetensors").config.image_size
    64
    """
    path = Path(path)
    header = read_header(path, CHECKPOINT)
    metadata = read_metadata(path, header, CHECKPOINT)
    header = {name: entry for name, entry in header.items() if not of_close_up(name)}
    check_drawing_style(path, metadata)
    config = read_config(path, metadata)
    with torch.device("meta"):
        model = build_model(config, seed=0)
    check_tensors(
        path, header, {name: TensorSpec(tuple(value.shape), WEIGHT_DTYPES) for name, value in _tensors(model).items()}
    )
    tensors = load_tensors(path)
    for prefix, network in _networks(model).items():
        own = {name[len(prefix) + 1 :]: value.float() for name, value in tensors.items() if name.startswith(prefix)}
        network.load_state_dict(own, assign=True)
        network.eval()
    return model


def load_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a file whose header was checked; CheckpointError where a number is not finite, or huge."""
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys() if not of_close_up(name)}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} is damaged ({brief(error)}); fetch it again") from error
    for name, values in tensors.items():
        if values.numel() and not float(values.abs().max()) <= MAX_WEIGHT:  # false for NaN, too
            raise CheckpointError(
                f"{path} is damaged ({name} holds numbers that are not finite or huge); fetch it again"
            )
    return tensors


def _networks(model: Model) -> dict[str, nn.Module]:
    return {"embedder": model.embedder, "generator": model.generator, "discriminator": model.discriminator}


def _tensors(model: Model) -> dict[str, Tensor]:
    return {
        f"{prefix}.{name}": value
        for prefix, network in _networks(model).items()
        for name, value in network.state_dict().items()
    }

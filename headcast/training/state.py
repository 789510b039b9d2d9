"""What a run needs to resume: a learner in, a folder of two safetensors files out, and back.

RUN/state/00000500/ holds networks.safetensors (networks, running averages, optimisers, random state) and
videos.safetensors (the video embeddings with their optimiser: a row for each training video, which outgrow all else).
The folder appears whole or not at all, so both files are always of the same step.
"""

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from headcast.errors import CheckpointError
from headcast.files import new_folder, sweep, write_file
from headcast.training.meta import MetaLearner

NETWORKS, VIDEOS = "networks.safetensors", "videos.safetensors"


def save_state(run_dir: Path, learner: MetaLearner, progress: dict[str, float]) -> None:
    """Write the state of this step, and remove that of earlier ones; `progress` is kept beside it."""
    folder = run_dir / "state"
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)  # what a killed run left, as large as a whole state
    metadata = {"progress": json.dumps(progress), "step": str(learner.step_count)}
    networks = {"mean_embedding": learner.mean_embedding, "random": learner.random.get_state()}
    for name, module in _modules(learner).items():
        networks |= _prefixed(name, module.state_dict())
    for name, optimizer in learner.optimizers.items():
        if name != "videos":
            networks |= _prefixed(f"optimizer.{name}", _flat(optimizer))
    videos = learner.video_embeddings.state_dict() | _prefixed("optimizer", _flat(learner.optimizers["videos"]))
    final = folder / f"{learner.step_count:08d}"
    with new_folder(final) as unfinished:
        for file, tensors in ((NETWORKS, networks), (VIDEOS, videos)):
            plain = {name: _plain(tensor) for name, tensor in tensors.items()}
            write_file(unfinished / file, partial(save_file, plain, metadata=metadata))
        shutil.rmtree(final, ignore_errors=True)  # left by a run that stopped at once when it was resumed
    for earlier in _saved(run_dir)[:-1]:
        shutil.rmtree(earlier)


def load_state(run_dir: Path, learner: MetaLearner) -> dict[str, float]:
    """Put the last saved state into a learner of the same configuration; the progress that was saved with it."""
    saved = _saved(run_dir)
    if not saved:
        raise CheckpointError(f"no run to resume: {run_dir} holds no state; start without --resume")
    folder = saved[-1]
    try:
        networks, metadata = _read(folder / NETWORKS)
        videos, _ = _read(folder / VIDEOS)
        for name, module in _modules(learner).items():
            module.load_state_dict(_under(networks, f"{name}."))
        for name, optimizer in learner.optimizers.items():
            if name != "videos":
                _load_optimizer(optimizer, _under(networks, f"optimizer.{name}."))
        _load_optimizer(learner.optimizers["videos"], _under(videos, "optimizer."))
        learner.video_embeddings.load_state_dict(
            {name: tensor for name, tensor in videos.items() if not name.startswith("optimizer.")}
        )
        learner.mean_embedding.copy_(networks["mean_embedding"])
        learner.random.set_state(networks["random"])
        learner.step_count = int(metadata["step"])
        progress: dict[str, float] = json.loads(metadata["progress"])
    except (OSError, SafetensorError, RuntimeError, KeyError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(
            f"{folder} does not fit this run ({reason}); resume with the settings of its run"
        ) from error
    return progress


def has_state(run_dir: Path) -> bool:
    """Whether a run has saved something in this folder."""
    return bool(_saved(run_dir))


def _saved(run_dir: Path) -> list[Path]:
    """The folders of saved steps, the last one last."""
    return sorted(path for path in (run_dir / "state").glob("*") if path.name.isdecimal())


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118 - not a dict


def _modules(learner: MetaLearner) -> dict[str, nn.Module]:
    return {
        "embedder": learner.model.embedder,
        "generator": learner.model.generator,
        "discriminator": learner.model.discriminator,
        "averaged_embedder": learner.averaged.embedder,
        "averaged_generator": learner.averaged.generator,
    }


def _flat(optimizer: Optimizer) -> dict[str, Tensor]:
    """An optimiser's state as tensors named "parameter.entry"."""
    state = optimizer.state_dict()["state"]
    return {f"{index}.{key}": torch.as_tensor(value) for index, entry in state.items() for key, value in entry.items()}


def _load_optimizer(optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        index, key = name.split(".", 1)
        # SparseAdam counts its steps in a plain number, Adam in a tensor
        sparse = type(optimizer) is torch.optim.SparseAdam and key == "step"
        state.setdefault(int(index), {})[key] = int(tensor) if sparse else tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _plain(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().contiguous().clone()

"""What a run needs to go on: a learner in, one safetensors file out, and back."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from headcast.errors import CheckpointError
from headcast.training.meta import MetaLearner


def save_state(path: Path, learner: MetaLearner, progress: dict[str, float]) -> None:
    """Write networks, running averages, optimisers and random state; `progress` is kept beside them."""
    tensors = {
        f"{name}.{key}": value
        for name, module in _modules(learner).items()
        for key, value in module.state_dict().items()
    }
    for name, optimizer in learner.optimizers.items():
        for index, entries in optimizer.state_dict()["state"].items():
            for key, value in entries.items():
                tensors[f"optimizer.{name}.{index}.{key}"] = torch.as_tensor(value)
    tensors["mean_embedding"] = learner.mean_embedding
    tensors["random"] = learner.random.get_state()
    temporary = path.with_name(path.name + ".part")
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    save_file(plain, temporary, {"progress": json.dumps(progress), "step": str(learner.step_count)})
    temporary.replace(path)


def load_state(path: Path, learner: MetaLearner) -> dict[str, float]:
    """Put a saved state into a learner of the same configuration; the progress that was saved with it."""
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            metadata: dict[str, Any] = file.metadata() or {}
        for name, module in _modules(learner).items():
            module.load_state_dict(_under(tensors, f"{name}."))
        for name, optimizer in learner.optimizers.items():
            _load_optimizer(optimizer, _under(tensors, f"optimizer.{name}."))
        learner.mean_embedding.copy_(tensors["mean_embedding"])
        learner.random.set_state(tensors["random"])
        learner.step_count = int(metadata["step"])
        progress: dict[str, float] = json.loads(metadata["progress"])
    except FileNotFoundError:
        raise CheckpointError(f"no run to resume: {path} does not exist; start without --resume") from None
    except (SafetensorError, RuntimeError, KeyError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(
            f"{path} does not fit this run ({reason}); resume with the settings of its run"
        ) from error
    return progress


def _modules(learner: MetaLearner) -> dict[str, nn.Module]:
    return {
        "embedder": learner.model.embedder,
        "generator": learner.model.generator,
        "discriminator": learner.model.discriminator,
        "averaged_embedder": learner.averaged.embedder,
        "averaged_generator": learner.averaged.generator,
        "videos": learner.video_embeddings,
    }


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _load_optimizer(optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        index, key = name.split(".", 1)
        # SparseAdam counts its steps in a plain number, Adam in a tensor
        sparse = type(optimizer) is torch.optim.SparseAdam and key == "step"
        state.setdefault(int(index), {})[key] = int(tensor) if sparse else tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})

"""A run's settings in; run.json, which says how to do it again, out."""

import json
import platform
import subprocess
from pathlib import Path

import torch

from headcast.files import write_text
from headcast.training.config import TrainingConfig
from headcast.training.content import FeatureNetworks
from headcast.training.distributed import Ranks


def write_settings(
    path: Path, config: TrainingConfig, features: FeatureNetworks, ranks: Ranks, start: Path | None
) -> str:
    """Write settings, versions, machine and commit; what the content loss is, in words."""
    content = "VGG19" if features.vgg19 else "offline: Charbonnier distance on a Laplacian pyramid"
    content += " and VGGFace" if features.vggface else ""
    settings = {
        "settings": config.to_dict(),
        "start": str(start) if start else "random weights",
        "content_loss": content,
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "processes": ranks.count,
        "device": torch.cuda.get_device_name() if ranks.device.type == "cuda" else "cpu",
        "commit": _commit(),
    }
    write_text(path, json.dumps(settings, indent=2) + "\n")
    return content


def _commit() -> str:
    """The commit of the code, or "unknown" outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"

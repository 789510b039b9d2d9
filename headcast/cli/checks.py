"""The machine in, one `Finding` per thing that Headcast needs out."""

import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from headcast.config import cache_dir
from headcast.errors import HeadcastError

_INSTALL = "install Headcast again: pip install --constraint constraints.txt --editable ."
_OPENCV_HELP = "pip uninstall every opencv package, then pip install opencv-python-headless: they overwrite each other"
_GIGABYTE = 1e9


class State(str, Enum):
    """How a check ended: fine, works but slowly or tightly, must be fixed."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """What one check found; `cure` says what to do and is empty where all is well."""

    state: State
    detail: str
    cure: str = ""


def run_check(check: Callable[[], Finding]) -> Finding:
    """Run one check; a package that cannot be imported is a finding too."""
    try:
        return check()
    except ImportError as error:
        return Finding(State.FAIL, f"cannot be imported ({error})", _INSTALL)


def check_python() -> Finding:
    """The versions that Headcast was tried with."""
    version = platform.python_version()
    if not (3, 10) <= sys.version_info[:2] <= (3, 14):
        return Finding(State.WARN, f"{version}, tried with 3.10 to 3.14", "make PYTHON=/path/to/python3.12 demo")
    return Finding(State.OK, f"{version} on {platform.system()} {platform.machine()}")


def check_processor() -> Finding:
    """Cores this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores < 2:
        return Finding(State.WARN, "1 core", "two or more are much faster")
    return Finding(State.OK, f"{cores} cores")


def check_memory() -> Finding:
    """Memory of the machine, where the system tells."""
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return Finding(State.WARN, "unknown on this system", "have 4 GB or more")
    size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / _GIGABYTE
    if size < 3.5:
        return Finding(State.WARN, f"{size:.1f} GB", "have 4 GB or more")
    return Finding(State.OK, f"{size:.1f} GB")


def check_disk() -> Finding:
    """Free space where videos are written."""
    free = shutil.disk_usage(Path.cwd()).free / _GIGABYTE
    if free < 1:
        return Finding(State.WARN, f"{free:.2f} GB free in {Path.cwd()}", "make room: long videos need some 100 MB")
    return Finding(State.OK, f"{free:.1f} GB free in {Path.cwd()}")


def check_torch() -> Finding:
    """PyTorch, for those who train or tune, and what it would run on."""
    try:
        import torch
    except ImportError:
        return Finding(State.WARN, "not installed", "pip install 'headcast[train]' to train, to tune or to use a GPU")
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU {_capability()}"
    return Finding(State.OK, f"{torch.__version__} on {device}")


def check_openvino() -> Finding:
    """The runtime of the generator on the CPU; bf16 makes it several times faster."""
    from headcast.openvino_loader import load_openvino

    capabilities = load_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if "BF16" not in capabilities:
        return Finding(State.WARN, f"{_version('openvino')} without bf16 on this CPU", "it works, more slowly")
    return Finding(State.OK, f"{_version('openvino')} with bf16")


def check_opencv() -> Finding:
    """OpenCV; where two of its packages were installed, either one's removal takes parts of the other."""
    try:
        from cv2 import __version__
    except ImportError as error:
        return Finding(State.FAIL, str(error), _OPENCV_HELP)
    return Finding(State.OK, __version__)


def check_networks() -> Finding:
    """The networks that find faces and persons, and that fill backgrounds: those that come with the package."""
    from headcast.hashes import damaged_files
    from headcast.inpainting import network
    from headcast.tracking import models

    damaged = [*damaged_files(models.HASHES), *damaged_files(network.HASHES)]
    if damaged:
        return Finding(State.FAIL, f"missing or damaged: {', '.join(damaged)}", "install Headcast again")
    return Finding(State.OK, "the networks are whole")


def check_video() -> Finding:
    """The encoders that PyAV's wheel carries."""
    import av

    missing = [name for name in ("libx264", "aac") if name not in av.codecs_available]
    if missing:
        return Finding(State.FAIL, f"PyAV lacks {', '.join(missing)}", "pip install --force-reinstall av")
    return Finding(State.OK, f"PyAV {_version('av')} with H.264 and AAC")


def check_weights() -> Finding:
    """The weights of the package, read and checked like any checkpoint."""
    from headcast.avatars.weights import load_weights
    from headcast.networks.notes import default_checkpoint_path

    try:
        path = default_checkpoint_path()
        load_weights(path)
    except HeadcastError as error:
        return Finding(State.FAIL, str(error), _INSTALL)
    return Finding(State.OK, f"{path.name}, {path.stat().st_size / 1e6:.1f} MB")


def check_cache() -> Finding:
    """The folder that keeps compiled networks, so that later starts are quicker."""
    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Finding(State.WARN, f"{folder} cannot be written ({error.strerror})", "set XDG_CACHE_HOME to another")
    return Finding(State.OK, str(folder))


CHECKS: Final[Mapping[str, Callable[[], Finding]]] = MappingProxyType(
    {
        "python": check_python,
        "processor": check_processor,
        "memory": check_memory,
        "disk": check_disk,
        "torch": check_torch,
        "openvino": check_openvino,
        "opencv": check_opencv,
        "networks": check_networks,
        "video": check_video,
        "weights": check_weights,
        "cache": check_cache,
    }
)


def _capability() -> str:
    import torch

    return str(torch.backends.cpu.get_cpu_capability())


def _version(package: str) -> str:
    return importlib.metadata.version(package)

"""Nothing in, the hardware and the versions that a figure depends on out."""

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

PACKAGES: Final = ("headcast", "torch", "openvino", "numpy", "opencv-python-headless", "av", "torchmetrics")
CPU_INFO: Final = Path("/proc/cpuinfo")


def describe_machine() -> dict[str, str]:
    """Name the processor, cores and bf16 units, memory, system, package versions, the code's commit, the command."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": f"{_cpu_line('model name') or platform.processor()}, {cores} cores",
        "bf16": ", ".join(flag for flag in _cpu_line("flags").split() if "bf16" in flag) or "none",
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{package} {_version(package)}" for package in PACKAGES),
        "commit": _commit(),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
    }


def _memory() -> str:
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return "unknown"
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def _cpu_line(name: str) -> str:
    """Return the value of the first line of that name, where the system tells (Linux)."""
    lines = CPU_INFO.read_text(encoding="utf-8").splitlines() if CPU_INFO.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), "")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _commit() -> str:
    """Return the commit of this checkout, with a mark where files differ from it."""
    question = ["git", "describe", "--always", "--dirty"]
    try:
        answer = subprocess.run(question, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    except OSError:  # no git on this machine
        return "unknown"
    return answer.stdout.strip() or "unknown"

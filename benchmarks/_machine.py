"""Nothing in, the hardware and the versions that a figure depends on out."""

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("headcast", "torch", "openvino", "mediapipe", "numpy", "opencv-contrib-python", "av", "torchmetrics")
CPU_INFO = Path("/proc/cpuinfo")


def describe_machine() -> dict[str, str]:
    """Name the processor, its cores and bf16 units, memory, system, package versions and the code's commit."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": f"{_cpu_line('model name') or platform.processor()}, {cores} cores",
        "bf16": ", ".join(flag for flag in _cpu_line("flags").split() if "bf16" in flag) or "none",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{package} {version(package)}" for package in PACKAGES),
        "commit": _commit(),
        "command": " ".join(["python", *sys.argv]),
    }


def print_machine() -> None:
    """Print one line for each fact of `describe_machine`."""
    for name, value in describe_machine().items():
        print(f"{name:>10}: {value}")


def _cpu_line(name: str) -> str:
    """Return the value of the first line of that name, where the system tells (Linux)."""
    lines = CPU_INFO.read_text(encoding="utf-8").splitlines() if CPU_INFO.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), "")


def _commit() -> str:
    """Return the commit of this checkout, with a mark where files differ from it."""
    folder = Path(__file__).parent
    answer = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=folder, capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or "unknown"

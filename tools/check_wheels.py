"""pyproject.toml and constraints.txt in, for which Pythons and platforms every package has a wheel out.

pip install uv && python tools/check_wheels.py             # resolves only: nothing is installed or built
python tools/check_wheels.py --write-constraints           # makes constraints.txt anew first, keeping what it pins

Each of Python 3.10 to 3.14 on each platform is resolved for the light set and for `dev`, which holds `train`,
`evaluate`, `studio` and `cluster`, from wheels alone. The exit code is 1 where one of them cannot be.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
CONSTRAINTS: Final = ROOT / "constraints.txt"
PYTHONS: Final = ("3.10", "3.11", "3.12", "3.13", "3.14")
PLATFORMS: Final = {
    "Linux x86-64": "x86_64-manylinux_2_28",
    "Linux arm64": "aarch64-manylinux_2_35",  # as OpenVINO's wheel: Debian 12, Ubuntu 22.04 and newer
    "macOS arm64": "aarch64-apple-darwin",
    "Windows x86-64": "x86_64-pc-windows-msvc",
}
EXTRAS: Final = {"light": (), "dev": ("--extra", "dev")}
MACOS: Final = "14.0"  # as PyAV's wheel
SECONDS: Final = 300.0  # for one resolution: a registry may take a request and never answer it
OF_A_GPU: Final = re.compile(r"^(cuda|nvidia|triton)")  # torch pins these itself, and only where it was built for one
HEADER: Final = """\
# Every package that an installation of Headcast brings, pinned, so that set-ups a month apart are equal.
# Used by the Makefile: pip install --constraint constraints.txt. Some newer releases left older Pythons behind.
# Made by tools/check_wheels.py --write-constraints.

"""


def main() -> int:
    """Print a table of what resolves; say why where something does not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write-constraints", action="store_true")
    if parser.parse_args().write_constraints:
        write_constraints()
    failures = []
    print(f"{'':16}" + "".join(f"{python:>16}" for python in PYTHONS))
    for platform, target in PLATFORMS.items():
        cells = []
        for python in PYTHONS:
            counts = []
            for name, extra in EXTRAS.items():
                words = ["--python-version", python, "--python-platform", target, "--constraint", str(CONSTRAINTS)]
                ended = compile_requirements([*words, *extra])
                counts.append(str(len(ended.stdout.splitlines())) if ended.returncode == 0 else "-")
                if ended.returncode:
                    failures.append(f"{platform}, Python {python}, {name}: {reason(ended.stderr)}")
            cells.append("/".join(counts))
        print(f"{platform:16}" + "".join(f"{cell:>16}" for cell in cells), flush=True)
    print("\n".join(failures) or "Packages of the light set and of dev; every one has a wheel.")
    return 1 if failures else 0


def write_constraints() -> None:
    """Resolve for all Pythons and platforms at once; what the file pins already stays where it can."""
    ended = compile_requirements(
        ["--universal", "--python-version", PYTHONS[0], *EXTRAS["dev"], "--output-file", str(CONSTRAINTS)]
    )
    if ended.returncode:
        raise SystemExit(ended.stderr)
    lines = [line.replace("python_full_version", "python_version") for line in ended.stdout.splitlines()]
    kept = [line.replace("== '3.11.*'", "== '3.11'") for line in lines if not OF_A_GPU.match(line)]
    CONSTRAINTS.write_text(HEADER + "\n".join(kept) + "\n", encoding="utf-8")


def reason(message: str) -> str:
    """Return what uv says after its warnings, as one line."""
    return " ".join(message[max(message.find("error:"), 0) :].split())


def compile_requirements(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Resolve the project's requirements with uv, from wheels alone."""
    command = [sys.executable, "-m", "uv", "pip", "compile", str(ROOT / "pyproject.toml")]
    command += [
        "--only-binary",
        ":all:",
        "--no-annotate",
        "--no-header",
        "--no-config",
        "--no-python-downloads",
        *words,
    ]
    variables = {"UV_HTTP_TIMEOUT": "20", **os.environ, "MACOSX_DEPLOYMENT_TARGET": MACOS}
    try:
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"error: no answer from the registry in {SECONDS:g} s")


if __name__ == "__main__":
    raise SystemExit(main())

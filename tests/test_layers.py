import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def contracts():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def test_every_folder_has_its_place_in_the_layers(contracts):
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    placed = {module.strip() for layer in layers for module in layer.split("|")}
    folders = {
        f"headcast.{folder.name}" for folder in (ROOT / "headcast").iterdir() if (folder / "__init__.py").exists()
    }
    assert folders <= placed


def test_the_code_keeps_to_the_layers():
    code = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout

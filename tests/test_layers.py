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


def test_every_folder_has_a_line_in_the_table_of_layers(contracts):
    folders = {
        f"headcast.{folder.name}" for folder in (ROOT / "headcast").iterdir() if (folder / "__init__.py").exists()
    }
    ruled = {module for contract in contracts for module in contract["source_modules"]}
    assert folders - {"headcast.cli"} <= ruled


def test_nobody_imports_the_command_line(contracts):
    assert all("headcast.cli" in contract["forbidden_modules"] for contract in contracts)


def test_the_code_keeps_to_the_layers():
    code = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout

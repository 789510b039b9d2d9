import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES = 300


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


def test_no_module_imports_itself_by_a_detour():
    graph = grimp.build_graph("headcast", cache_dir=None)
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    list(TopologicalSorter(imported).static_order())  # CycleError names a circle


def test_no_file_is_long():
    checked = [
        path for folder in ("headcast", "tests", "benchmarks", "tools") for path in (ROOT / folder).rglob("*.py")
    ]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in checked}
    assert {path: length for path, length in lengths.items() if length > MOST_LINES} == {}

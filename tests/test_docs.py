import re
import shlex
from pathlib import Path

import pytest

from headcast.cli.arguments import canonical
from headcast.cli.main import build_parser

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def commands():
    """Every `headcast ...` line of a shell block in the documents."""
    blocks = [block for page in PAGES for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)]
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return sorted({line for line in lines if line.startswith("headcast ")})


@pytest.mark.parametrize("line", commands())
def test_every_command_in_the_documents_is_understood(line):
    build_parser().parse_args(canonical(shlex.split(line)[1:]))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page):
    targets = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text())
    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_in_the_documents_uses_public_names_only(page):
    import headcast

    for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        compile(block, str(page), "exec")
        assert set(re.findall(r"\bheadcast\.(\w+)", block)) <= set(headcast.__all__)

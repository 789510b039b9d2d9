from collections.abc import Callable
from dataclasses import dataclass

import pytest

from headcast.cli.main import main


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str


@pytest.fixture
def headcast(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Runs the command line as a user would, in this process."""

    def run(*words: object) -> Ended:
        capfd.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as end:  # argparse's own way out
            code = end.code
        captured = capfd.readouterr()
        return Ended(code, captured.out, captured.err)

    return run

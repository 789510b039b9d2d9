import os
import subprocess
import sys
from pathlib import Path

import pytest

from headcast import config

_SHOW = "from headcast.config import writable_cache_dir as w; p = w('clips'); (p / 'a').touch(); print(p)"


def test_the_cache_is_where_the_convention_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert config.writable_cache_dir("clips") == tmp_path / "headcast" / "clips"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config.cache_dir() == tmp_path / ".cache" / "headcast"


@pytest.mark.parametrize("fault", ["a file in the way", "no home", "a full device"])
def test_without_a_cache_a_passing_one_does(tmp_path: Path, fault: str):
    """What cannot be kept is done without, and leaves nothing."""
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    (tmp_path / "tmp").mkdir()
    program = _SHOW
    if fault == "a file in the way":
        (tmp_path / "cache").touch()
    elif fault == "no home":
        environment = {name: environment[name] for name in ("PATH", "TMPDIR", "PYTHONPATH") if name in environment}
        program = "import pwd; pwd.getpwuid = lambda number: (_ for _ in ()).throw(KeyError(number))\n" + _SHOW
    else:
        (tmp_path / "cache").symlink_to("/dev/full")
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert Path(ended.stdout.strip()).is_relative_to(tmp_path / "tmp")
    assert list((tmp_path / "tmp").iterdir()) == []

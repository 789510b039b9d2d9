import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from headcast.errors import MediaError
from headcast.files import check_output, new_folder, replaced_on_success, sweep, write_file, write_text

_HOLDING = """
import sys
from pathlib import Path
from headcast.files import replaced_on_success
with replaced_on_success(sys.argv[1]) as content:
    content.write_text("half")
    print("ready", flush=True)
    sys.stdin.read()
"""


def _litter(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if ".part" in str(path)]


def _hold(path: Path) -> "subprocess.Popen[str]":
    """Another process that is in the middle of writing a file."""
    command = [sys.executable, "-c", _HOLDING, str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def test_a_file_appears_when_it_is_whole_and_replaces_the_old_one(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replaced_on_success(path) as content:
        content.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and _litter(tmp_path) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_what_goes_wrong_leaves_nothing(tmp_path: Path, error: type[BaseException]):
    with pytest.raises(error), replaced_on_success(tmp_path / "a.txt") as content:
        content.write_text("half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_the_users_umask_is_kept_whatever_the_library_does(tmp_path: Path):
    def private(content: Path) -> None:
        content.write_text("x")
        content.chmod(0o600)  # as safetensors leaves its files

    for umask, mode in ((0o022, 0o644), (0o077, 0o600), (0o002, 0o664)):
        before = os.umask(umask)
        try:
            write_file(tmp_path / "a", private)
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


def test_writers_of_one_name_never_share_a_file(tmp_path: Path):
    """As in two containers, where both are process 1: nothing in the name depends on who writes."""
    path = tmp_path / "o.mp4"
    both_write = threading.Barrier(2)

    def write(letter: str) -> None:
        with replaced_on_success(path) as content, content.open("x") as file:  # refuses a file that is there
            file.write(letter * 1000)
            both_write.wait(10)
            file.write(letter * 1000)

    threads = [threading.Thread(target=write, args=letter) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in ("a" * 2000, "b" * 2000) and _litter(tmp_path) == []


def test_leftovers_of_a_killed_writer_are_swept_and_a_living_one_is_left_alone(tmp_path: Path):
    living, killed = _hold(tmp_path / "living.txt"), _hold(tmp_path / "killed.txt")
    killed.kill()
    killed.communicate()
    assert len(list(tmp_path.iterdir())) == 2
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    living.communicate()
    assert [path.name for path in tmp_path.iterdir()] == ["living.txt"]


def test_the_next_writer_sweeps_before_it_writes(tmp_path: Path):
    killed = _hold(tmp_path / "a.txt")
    killed.kill()
    killed.communicate()
    write_text(tmp_path / "b.txt", "b")
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]


def test_sweeping_follows_no_links(tmp_path: Path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "content.part").write_text("x")
    (tmp_path / ".headcast-0000.part").symlink_to(tmp_path / "precious")
    (tmp_path / ".headcast-0001.part").mkdir()
    (tmp_path / ".headcast-0001.part" / "lock.part").symlink_to(tmp_path / "made")
    sweep(tmp_path)
    assert (tmp_path / "precious" / "content.part").is_file() and not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", ["x" * 252 + ".mp4", "x" * 255])
def test_a_name_may_take_all_that_the_file_system_allows(tmp_path: Path, name: str):
    if len(name) <= 255:
        write_text(tmp_path / name, "x")
        assert (tmp_path / name).read_text() == "x"
    else:
        with pytest.raises(MediaError, match="longer than 255 bytes"):
            write_text(tmp_path / name, "x")


def test_names_need_not_be_text(tmp_path: Path):
    path = tmp_path / os.fsdecode(b"\xff\xfe.txt")
    write_text(path, "x")
    assert path.read_text() == "x"


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path):
    with new_folder(tmp_path / "study") as unfinished:
        (unfinished / "a").write_text("a")
        assert not (tmp_path / "study").exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["study", "a"]
    with pytest.raises(MediaError, match="not empty"), new_folder(tmp_path / "study"):
        pass
    with pytest.raises(ValueError), new_folder(tmp_path / "other"):
        raise ValueError
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path):
    def write(content: Path) -> None:
        content.symlink_to("/dev/full")
        content.write_text("x")

    with pytest.raises(MediaError, match=r"cannot write .*a.txt: No space left on device"):
        write_file(tmp_path / "a.txt", write)
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written_are_refused_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(MediaError, match="does not exist; make it first"):
        check_output(tmp_path / "no" / "a.txt")
    with pytest.raises(MediaError, match="it is a folder"):
        check_output(tmp_path)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # as root, no folder refuses
    with pytest.raises(MediaError, match="is read-only; give another folder"):
        check_output(tmp_path / "a.txt")

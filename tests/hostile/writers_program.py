"""python writers_program.py: every writer is stopped at each of its steps, in another process than the next writer.

A step is what the audit hooks of Python see of a file system: a file opened to be written, a folder made, a rename, a
removal. At each one the writer is killed, or told that the disk is full, read-only or not its own; libraries that write
by themselves meet a limit of file size instead. Afterwards the target is what it was or what it should become, nothing
else is left, and the next writer clears away what a killed one left.
"""

import errno
import os
import resource
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
from data_formats import make_clip, make_manifest, make_motion
from formats import MARKS, make_avatar_file, make_record

from headcast import files
from headcast.data.tar import write_clips
from headcast.errors import HeadcastError
from headcast.files import new_folder, write_text
from headcast.media.images import write_image
from headcast.media.video import open_video
from headcast.media.writer import VideoWriter

SHARED_MEMORY = "/dev/shm"  # a thousand files need not reach the disk
STEPS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.truncate")
FAULTS = {"no space": errno.ENOSPC, "read-only": errno.EROFS, "no rights": errno.EACCES, "input or output": errno.EIO}


def write_video(folder: Path, name: str) -> Path:
    with VideoWriter(folder / name, (64, 48), Fraction(25), metadata=MARKS) as writer:
        for number in range(5):
            writer.write(np.full((48, 64, 3), 40 * number, np.uint8))
    return folder / name


def write_picture(folder: Path, name: str) -> Path:
    write_image(folder / name, np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), MARKS)
    return folder / name


def write_shard(folder: Path) -> Path:
    path = folder / "train-000000.tar"
    files.write_file(path, lambda content: write_clips(content, [make_clip("ann_1")]))
    return path


def write_study(folder: Path) -> Path:
    shutil.rmtree(folder / "study", ignore_errors=True)  # a study never replaces another
    with new_folder(folder / "study") as unfinished:
        write_text(unfinished / "key.json", "{}")
        write_picture(unfinished, "a.png")
    return folder / "study"


def write_lines(folder: Path) -> Path:
    write_text(folder / "a.json", "{}\n" * 5000)
    return folder / "a.json"


WRITERS: dict[str, Callable[[Path], Path]] = {
    "mp4": lambda folder: write_video(folder, "a.mp4"),
    "mkv": lambda folder: write_video(folder, "a.mkv"),
    "png": lambda folder: write_picture(folder, "a.png"),
    "jpeg": lambda folder: write_picture(folder, "a.jpg"),
    "webp": lambda folder: write_picture(folder, "a.webp"),
    "motion": make_motion,
    "avatar": make_avatar_file,
    "shard": write_shard,
    "manifest": make_manifest,
    "record": make_record,
    "study": write_study,
    "text": write_lines,
}


def main() -> None:
    for name, write in WRITERS.items():
        with tempfile.TemporaryDirectory(dir=SHARED_MEMORY if Path(SHARED_MEMORY).is_dir() else None) as folder:
            sound = _content(write(_made(Path(folder), "sound")))
            num_steps = _count(write, _made(Path(folder), "counted"))
            assert num_steps >= 4, f"{name}: only {num_steps} steps are seen"
            for step in range(num_steps):
                killed = _made(Path(folder), f"killed at {step}")
                _try(name, write, sound, {killed: lambda step=step: _hook(step, None)})
                told = {
                    _made(Path(folder), f"{fault} at {step}"): lambda step=step, number=number: _hook(step, number)
                    for fault, number in FAULTS.items()
                }
                _try(name, write, sound, told)
            full = {
                _made(Path(folder), f"full at {size} bytes"): lambda size=size: _limit(size)
                for size in (5000, 100, 1, 0)  # a limit is never raised again
            }
            _try(name, write, sound, full)
        print(f"{name}: {num_steps} steps", flush=True)


def _try(name: str, write: Callable[[Path], Path], sound: object, arms: dict[Path, Callable[[], None]]) -> None:
    """Stop a writer in each folder, one after another in a process of their own; look at what each leaves."""
    child = os.fork()
    if child == 0:
        _end(write, arms)
    status = os.waitpid(child, 0)[1]
    was_killed = os.WIFSIGNALED(status)
    assert was_killed or os.WEXITSTATUS(status) == 0, f"{name}: an error that is not ours, see above"
    assert len(arms) == 1 or not was_killed, f"{name}: ended by signal {os.WTERMSIG(status)}"
    for folder in arms:
        _look(name, write, sound, folder, was_killed)


def _look(name: str, write: Callable[[Path], Path], sound: object, folder: Path, was_killed: bool) -> None:
    """Nothing unfinished has a name, and the next writer makes what it should and clears away what was left."""
    what = f"{name}, {folder.name}"
    left = [path for path in folder.iterdir() if not path.name.startswith(".headcast-")]
    for path in left:
        assert not any(".part" in inner.name for inner in path.rglob("*")), (
            f"{what}: {path.name} holds what is unfinished"
        )
    litter = [path for path in folder.rglob("*") if ".part" in path.name]
    assert was_killed or not litter, f"{what}: left {litter}"
    target = write(folder)  # as the next command would
    assert _content(target) == sound, f"{what}: the next one wrote something else"
    litter = [path for path in folder.rglob("*") if ".part" in path.name]
    assert not litter, f"{what}: the next one left {litter}"


def _end(write: Callable[[Path], Path], arms: dict[Path, Callable[[], None]]) -> None:
    """In the child: write into each folder; end with 0 where that worked or was refused by an error of ours."""
    code = 1
    try:
        for folder, arm in arms.items():
            arm()
            try:
                write(folder)
            except HeadcastError as error:
                assert "\n" not in str(error), f"{folder.name}: not one line"
        code = 0
    except BaseException:
        print(folder.name)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _count(write: Callable[[Path], Path], folder: Path) -> int:
    """How many steps a writer takes, counted in a child: hooks cannot be removed."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        seen = []
        sys.addaudithook(lambda event, given: seen.append(event) if _is_step(event, given) else None)
        write(folder)
        os.write(writing, str(len(seen)).encode())
        os._exit(0)
    os.wait()
    return int(os.read(reading, 20))


def _hook(step: int, number: int | None) -> None:
    """Die, or fail with an error number, at one step."""
    seen = 0

    def act(event: str, given: tuple[object, ...]) -> None:
        nonlocal seen
        if _is_step(event, given):
            seen += 1
            if seen == step + 1:
                if number is None:
                    os.kill(os.getpid(), signal.SIGKILL)
                if event not in ("os.remove", "os.rmdir"):  # no disk is too full to remove something
                    raise OSError(number, os.strerror(number))

    sys.addaudithook(act)


def _limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _is_step(event: str, given: tuple[object, ...]) -> bool:
    if event not in STEPS or not given or ".headcast-" not in str(given[:2]):
        return False
    return event != "open" or bool(int(given[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))  # type: ignore[call-overload]


def _made(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def _content(path: Path) -> object:
    if path.is_dir():
        return sorted(
            (str(inner.relative_to(path)), inner.read_bytes()) for inner in path.rglob("*") if inner.is_file()
        )
    if path.suffix in (".mp4", ".mkv"):  # x264's bytes differ once in many hundred times on a busy machine
        with open_video(path) as video:
            return [round(float(frame.image.mean()) / 4) for frame in video]
    content = path.read_bytes()
    shuffled = np.bincount(np.frombuffer(content, np.uint8), minlength=256).tolist()  # as safetensors does its notes
    return content if path.suffix == ".png" else shuffled


if __name__ == "__main__":
    main()

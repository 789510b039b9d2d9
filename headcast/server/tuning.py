"""Photos of one person in, an avatar tuned to that person out, in a process of its own: torch goes when it is done."""

import json
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from headcast.errors import HeadcastError
from headcast.reenact.source import open_source
from headcast.server.gallery import Gallery, Person
from headcast.server.jobs import Tell, Work
from headcast.server.models import TuneAsked
from headcast.server.uploads import Upload

SECONDS_TO_NOTICE: Final = 0.3  # that the job was cancelled


def tune_work(gallery: Gallery, uploads: list[Upload], asked: TuneAsked) -> Work:
    """The job of tuning; its result names the avatar, tuned, and the photo as it would be without tuning."""
    return partial(_tune, gallery, uploads, asked)


def _tune(gallery: Gallery, uploads: list[Upload], asked: TuneAsked, folder: Path, tell: Tell) -> dict[str, Any]:
    output = folder / "result.avatar"
    files = [str(upload.path) for upload in uploads]
    words = {"files": files, "output": str(output), "steps": asked.steps, "consent": asked.consent}
    command = [sys.executable, "-m", "headcast.server.tuning_process", json.dumps(words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
        try:
            said = _listen(process, tell)
        except BaseException:
            process.terminate()
            raise
    if "error" in said:
        raise HeadcastError(_with_names(said["error"], uploads))
    if process.returncode or "result" not in said:
        raise HeadcastError(f"tuning ended unexpectedly (exit code {process.returncode}); try again")
    result = said["result"]
    name = asked.name or "Tuned avatar"
    person = gallery.add(Person(name, "avatar", source=open_source(output), file=output))
    result["dropped"] = [_with_names(line, uploads) for line in result["dropped"]]
    return {"avatar": person.id, "name": name, **result}


def _listen(process: "subprocess.Popen[str]", tell: Tell) -> dict[str, Any]:
    """Pass on how far the process is; return the last thing that it says."""
    lines: queue.Queue[str | None] = queue.Queue()
    reading = threading.Thread(target=_read, args=(process, lines), daemon=True)
    reading.start()
    done = 0
    said: dict[str, Any] = {}
    while True:
        with suppress(queue.Empty):
            line = lines.get(timeout=SECONDS_TO_NOTICE)
            if line is None:
                return said
            said = json.loads(line)
            done = said.get("done", done)
        tell(done, 100)


def _read(process: "subprocess.Popen[str]", lines: "queue.Queue[str | None]") -> None:
    for line in process.stdout or ():
        lines.put(line)
    lines.put(None)


def _with_names(line: str, uploads: list[Upload]) -> str:
    for upload in uploads:
        line = line.replace(str(upload.path), upload.name)
    return line

"""Every format that we read from strangers: a sound file of it, how it is damaged, and how it is read and used."""

import contextlib
import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from call_formats import make_call, use_call
from data_formats import (
    all_of,
    landmarks,
    make_annotation,
    make_list,
    make_manifest,
    make_motion,
    make_part,
    make_shard,
    picture,
    unit,
    use_annotation,
    use_list,
    use_manifest,
    use_motion,
    use_shard,
)
from mutations import Strategy, damaged, twisted_json, twisted_safetensors, twisted_tar
from PIL import Image as Pillow

from headcast.avatars.avatar import Avatar
from headcast.avatars.avatar_file import AvatarContent, read_avatar_notes, save_avatar
from headcast.avatars.weights import load_weights
from headcast.data.files import list_files
from headcast.data.unit import finished_part
from headcast.errors import DataError
from headcast.evaluation.records import Record, Records
from headcast.media.images import read_image, write_image
from headcast.media.xmp import from_xmp, to_xmp
from headcast.networks.notes import CheckpointNotes, default_checkpoint_path, read_notes
from headcast.networks.presets import PRESETS
from headcast.provenance.marks import Marks
from headcast.provenance.verify import read_marks
from headcast.reenact.source import open_source
from headcast.server.run import Server
from headcast.server.settings import ServerSettings
from headcast.server.study import make_study_app
from headcast.study.answers import ANSWERS_NAME, Answers, asked_of, read_answers
from headcast.study.elsewhere import count_singles, enter_sheets
from headcast.study.study import KEY_NAME, load_study
from headcast.tracking.crop import Window, crop_image, paste_mask
from headcast.types import Box, Shot

MARKS = Marks(
    "test", "tiny.safetensors", "0" * 64, ("1" * 64,), created="2026-01-01T00:00:00Z", version="1"
).to_metadata()


@dataclass(frozen=True)
class Format:
    """`make` writes a sound file and returns its path; `use` reads one there, and uses it as a command would."""

    make: Callable[[Path], Path]
    strategy: Strategy
    use: Callable[[Path], object]


def make_key(folder: Path) -> Path:
    pictures = [f"{place:016x}" for place in range(3)]
    entry = {"name": "f" * 16, "identity": "ann", "pictures": pictures, "generated": pictures[0]}
    key = {"format": "headcast-study", "version": 1, "seed": 5, "triplets": [entry]}
    (folder / KEY_NAME).write_text(json.dumps(key))
    return folder / KEY_NAME


def use_key(path: Path) -> None:
    study = load_study(path.parent)
    assert len(asked_of(study, "0" * 32)) == len(study.questions)


def make_answers(folder: Path) -> Path:
    study = load_study(make_key(folder).parent)
    answers = Answers(study)
    participant = answers.start()
    question = next(iter(study.questions.values()))
    answers.choose(participant, question.name, question.pictures[1])
    answers.start()
    return folder / "answers.jsonl"


def make_request(folder: Path) -> Path:
    make_key(folder)
    body = b'{"triplet": "ffffffffffffffff", "picture": "0000000000000001"}'
    lines = (f"POST /participants/{'0' * 32} HTTP/1.1", "Host: localhost:80", "Content-Type: application/json")
    head = "\r\n".join((*lines, f"Content-Length: {len(body)}", "", ""))
    (folder / "request").write_bytes(head.encode() + body)
    return folder / "request"


def make_sheet_answers(folder: Path) -> Path:
    key = json.loads(make_key(folder).read_text())
    row = {"row": 1, "sheet": 1, "triplet": "f" * 16, "pictures": key["triplets"][0]["pictures"]}
    singles = [{"picture": f"{number:02}.png", "made": number == 1} for number in (1, 2)]
    (folder / KEY_NAME).write_text(json.dumps({**key, "sheet_rows": [row], "singles": singles}))
    (folder / "rater.csv").write_text("row,place,picture,answer\n1,2,1,made\n")
    return folder / "rater.csv"


def use_sheet_answers(path: Path) -> None:
    (path.parent / ANSWERS_NAME).unlink(missing_ok=True)
    all_of(lambda: enter_sheets(path.parent, [path]), lambda: _counted(path))


def _counted(path: Path) -> None:
    """One picture answered is too few to count; that is said, too."""
    with contextlib.suppress(DataError):
        count_singles(path.parent, [path])


def make_sheet_key(folder: Path) -> Path:
    make_sheet_answers(folder)
    return folder / KEY_NAME


class _Recorder:
    """An application that keeps what went wrong in it."""

    def __init__(self, app: Any) -> None:
        self._app, self.fault = app, None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            self.fault = error
            raise


def use_request(path: Path) -> None:
    """Send what the file holds, as one client, and take the answer."""
    server, recorder = _server(path.parent)
    recorder.fault = None
    request = path.read_bytes().replace(b"localhost:80", f"localhost:{server.port}".encode())
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=4) as connection,
        contextlib.suppress(ConnectionError),
    ):
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        all(iter(lambda: connection.recv(1 << 16), b""))
    if recorder.fault is not None:
        raise recorder.fault


_servers: dict[Path, tuple[Server, _Recorder]] = {}


def _server(folder: Path) -> tuple[Server, _Recorder]:
    if folder not in _servers:
        study, settings, started = load_study(folder), ServerSettings(port=0), threading.Event()
        recorder = _Recorder(make_study_app(study, Answers(study), settings))
        _servers[folder] = Server(recorder, settings, lambda _: started.set()), recorder
        threading.Thread(target=_servers[folder][0].serve, daemon=True).start()
        started.wait(30)
    return _servers[folder]


def picture_maker(suffix: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / f"a{suffix}"
        if suffix in (".png", ".jpg", ".webp"):
            write_image(path, picture(), MARKS)
        else:
            Pillow.fromarray(picture()).save(path)
        return path

    return make


def use_picture(path: Path) -> None:
    image = read_image(path)
    assert image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3
    if path.suffix in (".png", ".jpg", ".webp"):
        read_marks(path)


def make_xmp(folder: Path) -> Path:
    (folder / "a.xmp").write_bytes(to_xmp(MARKS))
    return folder / "a.xmp"


def use_xmp(path: Path) -> None:
    found = from_xmp(path.read_bytes())
    assert all(isinstance(value, str) for value in found.values())


def _records(folder: Path) -> Records:
    return Records(folder, {"model": "x"}, lambda path, image: write_image(path, image, {}))


def make_record(folder: Path) -> Path:
    rows = {"net": {"ours": np.zeros((2, 4), np.float32)}}
    _records(folder).keep(
        "a.T1", lambda: Record("a.T1", "ann", {"shown": {"ours": "a.T1"}}, {"ours": {"SSIM": 0.5}}, rows)
    )
    return folder / "a.T1.json"


def use_record(path: Path) -> None:
    record = _records(path.parent).keep("a.T1", lambda: Record("a.T1", "ann", {}, {}))
    assert all(isinstance(value, float) for figures in record.figures.values() for value in figures.values())


def make_avatar_file(folder: Path) -> Path:
    save_avatar(folder / "a.avatar", _avatar_content())
    return folder / "a.avatar"


@cache
def _avatar_content() -> AvatarContent:
    weights = load_weights(default_checkpoint_path())
    size = weights.config.image_size
    shots = tuple(Shot(picture(size), landmarks(1)[0], np.ones((size, size), np.float32)) for _ in range(2))
    parameters, tuned = (one.generator["projection.bias"][None] for one in (weights, weights.close_ups["eyes"]))
    avatar = Avatar(weights.config, weights.generator, parameters, shots, weights.close_ups, {"eyes": tuned})
    return AvatarContent(avatar, picture(90), Box(3.5, 7.25, 80.0, 80.0), {"num_steps": 5}, MARKS)


def use_avatar(path: Path) -> None:
    """Read its notes and marks, load it, and prepare to put its shot back into its photo."""
    all_of(lambda: read_avatar_notes(path), lambda: read_marks(path), lambda: _paste(path))


def _paste(path: Path) -> None:
    source = open_source(path)
    photo, box = source.sitter.photo, source.sitter.box
    Window(photo, box)
    assert crop_image(photo, box, 256).shape[:2] == paste_mask(box, photo.shape[1::-1], 256).shape
    tuned = source.avatar.close_ups["eyes"].generator.values()
    assert all(np.isfinite(weight).all() for weight in (*source.avatar.weights.values(), *tuned))


def make_checkpoint(folder: Path) -> Path:
    """The package's own, read without torch."""
    return Path(shutil.copy(default_checkpoint_path(), folder))


def use_checkpoint(path: Path) -> None:
    all_of(lambda: read_notes(path), lambda: load_weights(path))


def make_small_checkpoint(folder: Path) -> Path:
    """One that torch reads, as training does."""
    from headcast.networks.checkpoint import save_checkpoint
    from headcast.networks.model import build_model

    path = folder / "tiny.safetensors"
    save_checkpoint(
        path, build_model(PRESETS["tiny"], seed=0), CheckpointNotes("tiny", training={"settings": {"seed": 1}})
    )
    return path


def use_small_checkpoint(path: Path) -> None:
    from headcast.networks.checkpoint import load_checkpoint

    load_checkpoint(path)


def images_of(kinds: tuple[str, ...]) -> Iterator[tuple[str, Format]]:
    for suffix in kinds:
        yield f"picture{suffix}", Format(picture_maker(suffix), damaged, use_picture)


FORMATS: dict[str, Format] = {
    "motion": Format(make_motion, twisted_safetensors, use_motion),
    "shard": Format(make_shard, twisted_tar, use_shard),
    "tar of clips": Format(make_shard, twisted_tar, lambda path: list_files(path, (".jpg", ".json"))),
    "manifest": Format(make_manifest, twisted_json, use_manifest),
    "part": Format(make_part, twisted_json, lambda path: finished_part(unit(path.parents[1]))),
    "list": Format(make_list, damaged, use_list),
    "annotation": Format(make_annotation, damaged, use_annotation),
    "study key": Format(make_key, twisted_json, use_key),
    "study answers": Format(make_answers, damaged, lambda path: read_answers(load_study(path.parent))),
    "sheet answers": Format(make_sheet_answers, damaged, use_sheet_answers),
    "sheet key": Format(make_sheet_key, twisted_json, lambda path: use_sheet_answers(path.parent / "rater.csv")),
    "study request": Format(make_request, damaged, use_request),
    "call packets": Format(make_call, damaged, use_call),
    "marks": Format(make_xmp, damaged, use_xmp),
    "record": Format(make_record, twisted_json, use_record),
    **dict(images_of((".png", ".jpg", ".webp", ".gif", ".tif", ".bmp", ".ppm"))),
    "avatar": Format(make_avatar_file, twisted_safetensors, use_avatar),
    "checkpoint": Format(make_checkpoint, twisted_safetensors, use_checkpoint),
    "checkpoint for torch": Format(make_small_checkpoint, twisted_safetensors, use_small_checkpoint),
}

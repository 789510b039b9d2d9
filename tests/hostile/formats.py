"""Every format that we read from strangers: a sound file of it, how it is damaged, and how it is read and used."""

import contextlib
import json
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
from mutations import Strategy, damaged, twisted_json, twisted_safetensors, twisted_tar
from PIL import Image as Pillow

from headcast.avatars.avatar import Avatar
from headcast.avatars.avatar_file import AvatarContent, read_avatar_notes, save_avatar
from headcast.avatars.weights import load_weights
from headcast.data.clips import find_clips
from headcast.data.encode import LeftOut
from headcast.data.files import list_files
from headcast.data.manifest import Manifest, Shard, read_manifest, write_manifest
from headcast.data.quality import QUALITY
from headcast.data.sources import find_sources
from headcast.data.tar import (  # fmt: skip
    ClipNotes,
    EncodedClip,
    decode_frame,
    decode_matte,
    encode_frame,
    encode_matte,
    read_clips,
    write_clips,
)
from headcast.data.unit import Part, PrepareSettings, Unit, finished_part
from headcast.data.voxceleb import read_annotation
from headcast.errors import HeadcastError
from headcast.evaluation.records import Record, Records
from headcast.geometry.motion import load_motion, save_motion
from headcast.media.images import read_image, write_image
from headcast.media.xmp import from_xmp, to_xmp
from headcast.networks.notes import CheckpointNotes, default_checkpoint_path, read_notes
from headcast.networks.presets import PRESETS
from headcast.provenance.marks import Marks
from headcast.provenance.verify import read_marks
from headcast.reenact.driving import MotionDriving
from headcast.reenact.source import open_source
from headcast.study.answers import Answers, asked_of, read_answers
from headcast.study.serve import StudyServer
from headcast.study.study import KEY_NAME, load_study
from headcast.tracking.crop import Window, crop_image, paste_mask
from headcast.types import Box, Image, Motion, Shot

MARKS = Marks(
    "test", "tiny.safetensors", "0" * 64, ("1" * 64,), created="2026-01-01T00:00:00Z", version="1"
).to_metadata()


@dataclass(frozen=True)
class Format:
    """`make` writes a sound file and returns its path; `use` reads one there, and uses it as a command would."""

    make: Callable[[Path], Path]
    strategy: Strategy
    use: Callable[[Path], object]


def _landmarks(count: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(8, 56, (count, 478, 3)).astype(np.float32)


def _picture(side: int = 64) -> Image:
    return np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)


def make_motion(folder: Path) -> Path:
    path = folder / "a.motion"
    times = tuple(Fraction(number, 30) for number in range(4))
    save_motion(path, Motion(_landmarks(4), times, (64, 64), np.ones(4, bool)))
    return path


def use_motion(path: Path) -> None:
    driving = MotionDriving(load_motion(path))
    assert driving.rate > 0
    assert all(np.isfinite(frame.landmarks).all() for frame in driving.frames(with_images=False))


def make_clip(name: str) -> EncodedClip:
    frame = _picture(8).repeat(32, 0).repeat(32, 1)
    notes = ClipNotes("ann", f"ann/{name}", f"{name}.mp4", "25/2", 2, "train", "", dict.fromkeys(QUALITY, 1.0))
    frames, mattes = (encode_frame(frame),) * 2, (encode_matte(frame[:, :, 0].copy()),) * 2
    return EncodedClip(name, notes, _landmarks(2), frames, mattes)


def make_shard(folder: Path) -> Path:
    path = folder / "train-000000.tar"
    write_clips(path, [make_clip("ann_1"), make_clip("ann_2")])
    return path


def use_shard(path: Path) -> None:
    for clip in read_clips(path):
        for frame, matte in zip(clip.frames, clip.mattes, strict=True):
            with contextlib.suppress(ValueError):  # which `data check` and training report by the clip's name
                assert decode_frame(frame).shape[:2] == decode_matte(matte).shape


def make_manifest(folder: Path) -> Path:
    shard = Shard("train-000000.tar", "train", 9, "0" * 64, 2, 4)
    return write_manifest(
        folder, Manifest((shard,), {"train": ("ann",)}, {"train": ("a", "b")}, {"no face": 1}, {}, {"s": 1.5})
    )


def use_manifest(path: Path) -> None:
    manifest = read_manifest(path.parent)
    json.dumps([manifest.num_clips, manifest.num_frames, manifest.num_bytes, asdict(manifest)])
    manifest.shards_of("train")


def _unit(folder: Path) -> Unit:
    return Unit(folder, "train-000000", "plan", (), PrepareSettings())


def make_part(folder: Path) -> Path:
    path = _unit(folder).part_path
    path.parent.mkdir()
    shard = Shard("train-000000.tar", "train", 9, "0" * 64, 2, 4)
    path.write_text(
        json.dumps(asdict(Part("plan", 3, shard, ("ann",), ("a",), (LeftOut("b", "no face", "x"),), 1.0, 2.0)))
    )
    return path


def make_list(folder: Path) -> Path:
    for name in ("a.mp4", "b.mp4"):
        (folder / name).touch()
    (folder / "list.csv").write_text("file,identity,split,tier\na.mp4,ann,train,x\nb.mp4,ben,val,\n")
    return folder / "list.csv"


def use_list(path: Path) -> None:
    _all_of(lambda: find_clips(path.parent, path, "train"), lambda: find_sources(path.parent, path))


def _all_of(*readers: Callable[[], object]) -> None:
    """Every reader sees the file, whatever the others say; an error that is none of ours counts most."""
    errors = []
    for read in readers:
        try:
            read()
        except Exception as error:
            errors.append(error)
    for error in sorted(errors, key=lambda error: isinstance(error, HeadcastError)):
        raise error


def make_annotation(folder: Path) -> Path:
    rows = "".join(f"{number:06} \t0.1 \t0.2 \t0.3 \t0.4 \n" for number in range(1, 4))
    (folder / "a.txt").write_text(f"Identity : \tid00017\n\nFRAME \tX \tY \tW \tH \n{rows}")
    return folder / "a.txt"


def use_annotation(path: Path) -> None:
    annotation = read_annotation(path.read_bytes().decode("ascii", errors="replace"), "a.txt")
    assert annotation.start <= annotation.end
    assert np.isfinite(annotation.box(Fraction(1, 25), _picture())).all()


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


class _Server(StudyServer):
    """Keeps what went wrong."""

    def handle_error(self, request: object, client_address: object) -> None:
        self.fault = sys.exc_info()[1]


def use_request(path: Path) -> None:
    """Send what the file holds, as one client, and take the answer."""
    server = _server(path.parent)
    server.fault = None
    request = path.read_bytes().replace(b"localhost:80", f"localhost:{server.server_port}".encode())
    with (
        socket.create_connection(("127.0.0.1", server.server_port), timeout=4) as connection,
        contextlib.suppress(ConnectionError),
    ):
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 16):
            pass
    if server.fault is not None and not isinstance(server.fault, ConnectionError):
        raise server.fault


_servers: dict[Path, _Server] = {}


def _server(folder: Path) -> _Server:
    if folder not in _servers:
        study = load_study(folder)
        _servers[folder] = _Server(study, Answers(study), 0)
        threading.Thread(target=_servers[folder].serve_forever, daemon=True).start()
    return _servers[folder]


def picture_maker(suffix: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / f"a{suffix}"
        if suffix in (".png", ".jpg", ".webp"):
            write_image(path, _picture(), MARKS)
        else:
            Pillow.fromarray(_picture()).save(path)
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
    shots = tuple(Shot(_picture(size), _landmarks(1)[0], np.ones((size, size), np.float32)) for _ in range(2))
    parameters = np.zeros((1, *weights.generator["projection.bias"].shape), np.float32)
    avatar = Avatar(weights.config, weights.generator, parameters, shots)
    return AvatarContent(avatar, _picture(90), Box(3.5, 7.25, 80.0, 80.0), {"num_steps": 5}, MARKS)


def use_avatar(path: Path) -> None:
    """Read its notes and marks, load it, and prepare to put its shot back into its photo."""
    _all_of(lambda: read_avatar_notes(path), lambda: read_marks(path), lambda: _paste(path))


def _paste(path: Path) -> None:
    source = open_source(path)
    Window(source.sitter.photo, source.sitter.box)
    height, width = source.sitter.photo.shape[:2]
    mask = paste_mask(source.sitter.box, (width, height), 256)
    assert crop_image(source.sitter.photo, source.sitter.box, 256).shape[:2] == mask.shape
    assert all(np.isfinite(weight).all() for weight in source.avatar.weights.values())


def make_checkpoint(folder: Path) -> Path:
    """The package's own, read without torch."""
    return Path(shutil.copy(default_checkpoint_path(), folder))


def use_checkpoint(path: Path) -> None:
    _all_of(lambda: read_notes(path), lambda: load_weights(path))


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
    "part": Format(make_part, twisted_json, lambda path: finished_part(_unit(path.parents[1]))),
    "list": Format(make_list, damaged, use_list),
    "annotation": Format(make_annotation, damaged, use_annotation),
    "study key": Format(make_key, twisted_json, use_key),
    "study answers": Format(make_answers, damaged, lambda path: read_answers(load_study(path.parent))),
    "study request": Format(make_request, damaged, use_request),
    "marks": Format(make_xmp, damaged, use_xmp),
    "record": Format(make_record, twisted_json, use_record),
    **dict(images_of((".png", ".jpg", ".webp", ".gif", ".tif", ".bmp", ".ppm"))),
    "avatar": Format(make_avatar_file, twisted_safetensors, use_avatar),
    "checkpoint": Format(make_checkpoint, twisted_safetensors, use_checkpoint),
    "checkpoint for torch": Format(make_small_checkpoint, twisted_safetensors, use_small_checkpoint),
}

"""What a network is made of in, the network compiled for this processor out: from this process, from disk, or anew.

Compiling takes up to half a second a network, reading what was compiled a fifth of that. On disk the name of a file is
the digest of all that it depends on, so nothing there ever grows old; a folder that is missing, full, read-only or
damaged costs time, never a frame.
"""

import contextlib
import os
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from headcast.config import cache_dir
from headcast.errors import HeadcastError
from headcast.files import write_file
from headcast.openvino_loader import load_openvino

FOLDER: Final = "networks"
MAX_FILES: Final = 24  # on disk, those used last: every avatar has a generator of its own, of 13 MB
MAX_KEPT: Final = 16  # in this process without a user; those in use stay anyway
FORMAT: Final = b"1"  # of the files: the SHA-256 of the rest, then what OpenVINO exported

Bytes = bytes | memoryview

_networks: "OrderedDict[str, Any]" = OrderedDict()
_guard = threading.Lock()
_turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)  # a network is compiled by one thread


def compiled_network(build: Callable[[], Any], content: Iterable[Bytes], settings: Mapping[str, Any]) -> Any:
    """Return the openvino.CompiledModel of the openvino.Model that `build` makes, with OpenVINO's `settings`.

    `content` is all that `build` depends on: files, weights, source code. Threads and users share what is returned;
    each takes a request of its own.
    """
    core = load_openvino().Core()
    key = _digest(core, content, settings)
    with _guard:
        turn = _turns[key]
    with turn:
        network = _networks.get(key)
        if network is None:
            network = _load(core, key, settings) or _make(core, key, build, settings)
    with _guard:
        _networks[key] = network
        _networks.move_to_end(key)
        while len(_networks) > MAX_KEPT:
            _turns.pop(_networks.popitem(last=False)[0], None)
    return network


def _digest(core: Any, content: Iterable[Bytes], settings: Mapping[str, Any]) -> str:
    machine = core.get_property("CPU", "FULL_DEVICE_NAME"), core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    digest = sha256(FORMAT)
    for piece in (repr((load_openvino().__version__, machine, sorted(settings.items()))).encode(), *content):
        digest.update(len(piece).to_bytes(8, "little"))
        digest.update(piece)
    return digest.hexdigest()


def _make(core: Any, key: str, build: Callable[[], Any], settings: Mapping[str, Any]) -> Any:
    """Compile a network and keep it on disk, if that is possible."""
    try:
        network = core.compile_model(build(), "CPU", dict(settings))
    except RuntimeError as error:  # OpenVINO's, of many lines
        what = "a network that comes with Headcast cannot be read or compiled"
        raise HeadcastError(f"{what}; headcast doctor says which is damaged: install Headcast again") from error
    with contextlib.suppress(HeadcastError, OSError, RuntimeError):
        exported = bytes(network.export_model().getbuffer())
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_file(folder / key, lambda path: path.write_bytes(sha256(exported).digest() + exported))
        for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)[:-MAX_FILES]:
            old.unlink()
    return network


def _load(core: Any, key: str, settings: Mapping[str, Any]) -> Any:
    """Return what was compiled before; None where it is not on disk, or no longer what was written."""
    path = _folder() / key
    try:
        stored = path.read_bytes()
        if sha256(stored[32:]).digest() != stored[:32]:
            return None
        network = core.import_model(stored[32:], "CPU", dict(settings))
    except (OSError, RuntimeError):  # RuntimeError: OpenVINO's, for what it cannot read after all
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return network


def _folder() -> Path:
    return cache_dir() / FOLDER

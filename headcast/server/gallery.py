"""Photos, an avatar file or a built-in portrait in, people who are ready to be animated out."""

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from headcast.avatars.avatar import make_avatar
from headcast.avatars.weights import load_weights
from headcast.errors import MediaError
from headcast.limits import MAX_AVATARS
from headcast.media.images import read_image
from headcast.media.portraits import PORTRAITS
from headcast.networks.notes import default_checkpoint_path
from headcast.provenance.marks import fingerprint
from headcast.reenact.sitter import DEFAULT_MAX_SIDE, Sitter, avatar_shots, load_sitter, sitter_of
from headcast.reenact.source import Source, open_source
from headcast.types import Landmarks

TITLES: Final = {"astronaut": "Eileen Collins", "hopper": "Grace Hopper"}


@dataclass
class Person:
    """One person: the source is made when it is first needed; `file` is the avatar file, where there is one."""

    name: str
    kind: str  # example, photo or avatar
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    path: Path | None = None  # from which the source is opened
    source: Source | None = None
    file: Path | None = None
    photos: tuple[str, ...] = ()  # ids of the files that it was made from
    scale: float = 1.0  # of the square around the head
    lock: threading.Lock = field(default_factory=threading.Lock)

    def opened(self) -> Source:
        """The source; whoever asks first waits for it to be made."""
        with self.lock:
            if self.source is None:
                assert self.path is not None
                self.source = open_source(self.path)
            return self.source


class Gallery:
    """The people of one server; the built-in portraits are always among them."""

    def __init__(self) -> None:
        self._people = {name: Person(TITLES.get(name, name), "example", name, path) for name, path in PORTRAITS.items()}

    def find(self, name: str) -> Person:
        """The person with an id; MediaError where there is none."""
        person = self._people.get(name)
        if person is None:
            raise MediaError("no such avatar here; it was deleted, or the server was restarted: make it again")
        return person

    def all(self) -> list[Person]:
        """All people, the oldest first."""
        return list(self._people.values())

    def add(self, person: Person) -> Person:
        """Keep one more person; MediaError where there are too many."""
        self.check_room()
        self._people[person.id] = person
        return person

    def check_room(self) -> None:
        """MediaError where no further person can be kept."""
        if len(self._people) >= MAX_AVATARS:
            raise MediaError(f"{MAX_AVATARS} avatars are kept here already; delete some")

    def delete(self, name: str) -> None:
        """Forget a person; the examples stay."""
        if self.find(name).kind == "example":
            raise MediaError("the examples stay")
        del self._people[name]


def source_of(paths: Sequence[Path], scale: float, landmarks: Landmarks | None) -> Source:
    """Make a source of one or more photos of one person, untuned; the first is the one that moves.

    `landmarks` (478, 3), in pixels of the first photo as the server shows it, stand in for those that are found.
    """
    path = default_checkpoint_path()
    weights = load_weights(path)
    size = weights.config.image_size
    first = (
        load_sitter(paths[0], size=size, scale=scale)
        if landmarks is None
        else _placed(paths[0], landmarks, size, scale)
    )
    sitters = [first, *(load_sitter(other, size=size, scale=scale) for other in paths[1:])]
    avatar = make_avatar(weights, avatar_shots(sitters))
    return Source(first, avatar, path.name, fingerprint(path), tuple(fingerprint(one) for one in paths))


def _placed(path: Path, landmarks: Landmarks, size: int, scale: float) -> Sitter:
    return sitter_of(read_image(path, DEFAULT_MAX_SIDE), landmarks, size=size, scale=scale)

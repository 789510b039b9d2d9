"""A photo or an avatar, in a file or in memory, in; all that a session needs to animate it out."""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np

from headcast.avatars.avatar import Avatar, make_avatar
from headcast.avatars.avatar_file import AvatarContent, load_avatar
from headcast.avatars.weights import load_weights, shipped_close_ups
from headcast.errors import CheckpointError
from headcast.header import AVATAR_SUFFIX
from headcast.networks.notes import default_checkpoint_path
from headcast.provenance.marks import Marks, fingerprint
from headcast.provenance.verify import marks_from
from headcast.reenact.sitter import Sitter, load_sitter, reduced_sitter
from headcast.types import Image

USUAL_SCALE: Final = 1.0


@dataclass(frozen=True)
class Source:
    """Whom to animate: the sitter, the avatar, and for the marks the weights, the pictures and the consent."""

    sitter: Sitter
    avatar: Avatar
    model: str
    model_sha256: str
    source_sha256: tuple[str, ...]
    consent: str | None = None

    def marks(self, kind: str, driving_sha256: str | None = None) -> Marks:
        """What the files that are made of it say of themselves."""
        return Marks(kind, self.model, self.model_sha256, self.source_sha256, driving_sha256, consent=self.consent)


SourceLike = Source | AvatarContent | Image | str | Path
"""A source, or what `open_source` makes one of."""


def open_source(source: SourceLike, *, checkpoint: str | Path | None = None, scale: float = USUAL_SCALE) -> Source:
    """Prepare a photo (H, W, 3) or its file, or an avatar or its file, to be animated.

    In a photo the largest face is found, and the model of `checkpoint` bound to it, feed-forward; `scale` is of the
    square around the head. An avatar has weights and square of its own: CheckpointError for others.

    >>> source = headcast.open_source(headcast.read_image("alice.png"))
    >>> source
    Source(sitter=Sitter(...), avatar=Avatar(...), model='lite.safetensors', ...)
    >>> headcast.open_source("alice.png").sitter.box == source.sitter.box
    True
    """
    if isinstance(source, Source):
        return source
    if isinstance(source, str | Path) and Path(source).suffix.lower() == AVATAR_SUFFIX:
        source = load_avatar(source)
    if isinstance(source, AvatarContent):
        if checkpoint is not None or scale != USUAL_SCALE:
            name = source.path or "an avatar"
            raise CheckpointError(f"{name} has its own weights and head square; leave --checkpoint and --scale out")
        return _from_avatar(source)
    path = Path(checkpoint) if checkpoint is not None else default_checkpoint_path()
    weights = load_weights(path)
    size = weights.config.image_size
    if isinstance(source, np.ndarray):
        sitter, digest = (
            reduced_sitter(source, size=size, scale=scale),
            sha256(source.tobytes()).hexdigest(),
        )
    else:
        sitter, digest = load_sitter(source, size=size, scale=scale), fingerprint(source)
    return Source(sitter, make_avatar(weights, [sitter.shot]), path.name, fingerprint(path), (digest,))


def _from_avatar(content: AvatarContent) -> Source:
    sitter = Sitter(content.photo, content.box, content.avatar.shots[0])
    marks = marks_from(content.marks, content.path or "the avatar")
    return Source(
        sitter,
        # those that were not tuned were learned once for all, and are not in the file
        replace(content.avatar, close_ups={**shipped_close_ups(), **content.avatar.close_ups}),
        content.path.name if content.path else "avatar",
        fingerprint(content.path) if content.path else sha256(content.avatar.adain_parameters.tobytes()).hexdigest(),
        marks.source_sha256 if marks else (),
        marks.consent if marks else None,
    )

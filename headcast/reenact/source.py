"""A photo or an avatar file in, all that a driver needs to animate it out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from headcast.avatars.avatar import Avatar, make_avatar
from headcast.avatars.avatar_file import AvatarContent, load_avatar
from headcast.avatars.weights import load_weights
from headcast.errors import CheckpointError
from headcast.header import AVATAR_SUFFIX
from headcast.networks.notes import default_checkpoint_path
from headcast.provenance.marks import fingerprint
from headcast.provenance.verify import read_marks
from headcast.reenact.sitter import Sitter, load_sitter, pinned_sides

USUAL_SCALE: Final = 1.0


@dataclass(frozen=True)
class Source:
    """Whom to animate: the sitter, the avatar, and for the marks the weights, the pictures and the consent."""

    sitter: Sitter
    avatar: Avatar
    model_path: Path
    source_sha256: tuple[str, ...]
    consent: str | None = None


def open_source(path: str | Path, *, checkpoint: Path | None = None, scale: float = USUAL_SCALE) -> Source:
    """Load an `.avatar` file, or find the face in a photo and bind the model of `checkpoint` to it, feed-forward.

    `scale` is of the square around the head. An avatar has weights and square of its own: CheckpointError for others.
    """
    path = Path(path)
    if path.suffix.lower() != AVATAR_SUFFIX:
        checkpoint = checkpoint or default_checkpoint_path()
        weights = load_weights(checkpoint)
        sitter = load_sitter(path, size=weights.config.image_size, scale=scale)
        return Source(sitter, make_avatar(weights, [sitter.shot]), checkpoint, (fingerprint(path),))
    if checkpoint is not None or scale != USUAL_SCALE:
        raise CheckpointError(f"{path} has its own weights and head square; leave --checkpoint and --scale out")
    content = load_avatar(path)
    marks = read_marks(path)
    return Source(
        _sitter_of(content),
        content.avatar,
        path,
        marks.source_sha256 if marks else (),
        marks.consent if marks else None,
    )


def _sitter_of(content: AvatarContent) -> Sitter:
    height, width = content.photo.shape[:2]
    return Sitter(content.photo, content.box, content.avatar.shots[0], pinned_sides(content.box, width, height))

"""One photo and a driving video in, a realistic talking head out.

Importing this does nothing: each name is fetched from its module when it is first used.

>>> import headcast
>>> headcast.animate_file("alice.png", "speech.mp4", "alice.mp4")
AnimateResult(output=...'alice.mp4'), num_frames=6, ...)
>>> headcast.animate_file("alice.png", "nod.motion", "eyes.mp4", headcast.AnimateOptions(region="eyes")).num_frames
6
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from headcast.version import __version__ as __version__

if TYPE_CHECKING:
    from headcast.avatars.avatar_file import AvatarContent, load_avatar, save_avatar
    from headcast.errors import HeadcastError
    from headcast.geometry.builtin import builtin_motion, builtin_motion_names
    from headcast.geometry.motion import load_motion, save_motion
    from headcast.media.images import read_image, write_image
    from headcast.networks.checkpoint import load_checkpoint
    from headcast.personalization.personalize import PersonalizeOptions, PersonalizeResult, personalize
    from headcast.provenance.marks import Marks
    from headcast.provenance.verify import read_marks
    from headcast.reenact.animate import AnimateResult, animate_file
    from headcast.reenact.driving import extract_motion
    from headcast.reenact.options import AnimateOptions, SessionOptions
    from headcast.reenact.session import Session
    from headcast.reenact.source import Source, open_source
    from headcast.tracking.follow import FaceFollower
    from headcast.types import Frame, Motion

__all__ = [
    "AnimateOptions",
    "AnimateResult",
    "AvatarContent",
    "FaceFollower",
    "Frame",
    "HeadcastError",
    "Marks",
    "Motion",
    "PersonalizeOptions",
    "PersonalizeResult",
    "Session",
    "SessionOptions",
    "Source",
    "animate_file",
    "builtin_motion",
    "builtin_motion_names",
    "extract_motion",
    "load_avatar",
    "load_checkpoint",
    "load_motion",
    "open_source",
    "personalize",
    "read_image",
    "read_marks",
    "save_avatar",
    "save_motion",
    "write_image",
]

_HOMES = {
    "AnimateOptions": "reenact.options",
    "AnimateResult": "reenact.animate",
    "AvatarContent": "avatars.avatar_file",
    "FaceFollower": "tracking.follow",
    "Frame": "types",
    "HeadcastError": "errors",
    "Marks": "provenance.marks",
    "Motion": "types",
    "PersonalizeOptions": "personalization.personalize",
    "PersonalizeResult": "personalization.personalize",
    "Session": "reenact.session",
    "SessionOptions": "reenact.options",
    "Source": "reenact.source",
    "animate_file": "reenact.animate",
    "builtin_motion": "geometry.builtin",
    "builtin_motion_names": "geometry.builtin",
    "extract_motion": "reenact.driving",
    "load_avatar": "avatars.avatar_file",
    "load_checkpoint": "networks.checkpoint",
    "load_motion": "geometry.motion",
    "open_source": "reenact.source",
    "personalize": "personalization.personalize",
    "read_image": "media.images",
    "read_marks": "provenance.verify",
    "save_avatar": "avatars.avatar_file",
    "save_motion": "geometry.motion",
    "write_image": "media.images",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'headcast' has no attribute {name!r}")
    return getattr(import_module(f"headcast.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

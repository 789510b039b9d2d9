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

if TYPE_CHECKING:
    from headcast.errors import HeadcastError
    from headcast.geometry.builtin import builtin_motion, builtin_motion_names
    from headcast.geometry.motion import load_motion, save_motion
    from headcast.networks.checkpoint import load_checkpoint
    from headcast.personalization.personalize import PersonalizeOptions, PersonalizeResult, personalize
    from headcast.provenance.marks import Marks
    from headcast.provenance.verify import read_marks
    from headcast.reenact.animate import AnimateOptions, AnimateResult, animate_file
    from headcast.types import Motion

__version__ = "0.1.0"

__all__ = [
    "AnimateOptions",
    "AnimateResult",
    "HeadcastError",
    "Marks",
    "Motion",
    "PersonalizeOptions",
    "PersonalizeResult",
    "animate_file",
    "builtin_motion",
    "builtin_motion_names",
    "load_checkpoint",
    "load_motion",
    "personalize",
    "read_marks",
    "save_motion",
]

_HOMES = {
    "AnimateOptions": "reenact.animate",
    "AnimateResult": "reenact.animate",
    "HeadcastError": "errors",
    "Marks": "provenance.marks",
    "Motion": "types",
    "PersonalizeOptions": "personalization.personalize",
    "PersonalizeResult": "personalization.personalize",
    "animate_file": "reenact.animate",
    "builtin_motion": "geometry.builtin",
    "builtin_motion_names": "geometry.builtin",
    "load_checkpoint": "networks.checkpoint",
    "load_motion": "geometry.motion",
    "personalize": "personalization.personalize",
    "read_marks": "provenance.verify",
    "save_motion": "geometry.motion",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'headcast' has no attribute {name!r}")
    return getattr(import_module(f"headcast.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

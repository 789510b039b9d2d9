"""What a user can ask of an animation in, checked settings out; importing this costs nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REGIONS: Final = ("all", "expression", "pose", "lips", "eyes")
POLICIES: Final = ("file", "live")
AUDIO: Final = ("driving", "none")
DEVICES: Final = ("auto", "cpu", "cuda")
PRECISIONS: Final = ("auto", "bf16", "f32")
STRENGTHS: Final = (0.0, 3.0)
SCALES: Final = (0.5, 2.0)


@dataclass(frozen=True)
class SessionOptions:
    """How to animate; the defaults suit a portrait photo and a talking driver. ValueError for what is not so."""

    relative: bool = True  # add the driver's movement to the photo's own expression, or take the driver's as it is
    strength: float = 1.0  # of the movement, 0 to 3
    region: str = "all"  # what moves: all, expression, pose, lips or eyes
    smooth: bool = True  # take the tracker's jitter out of a video
    paste_back: bool = True  # the whole photo, or the square around the head only
    policy: str = "file"  # file: look ahead, lose nothing; live: never wait, drop old frames
    device: str = "auto"  # auto, cpu or cuda
    precision: str = "auto"  # auto, bf16 or f32

    def __post_init__(self) -> None:
        check_choice("region", self.region, REGIONS)
        check_choice("policy", self.policy, POLICIES)
        check_choice("device", self.device, DEVICES)
        check_choice("precision", self.precision, PRECISIONS)
        _check_range("strength", self.strength, STRENGTHS)


@dataclass(frozen=True)
class AnimateOptions(SessionOptions):
    """How to animate a file: what a session can do, and what only files have."""

    audio: str = "driving"  # whose sound: driving or none
    compare: bool = False  # driver, photo and result side by side
    scale: float = 1.0  # of the square around the head, 0.5 to 2
    checkpoint: str | Path | None = None  # other weights than those of the package
    show_progress: bool = False  # a bar with the time left, on standard error
    progress: Callable[[int, int], None] | None = None  # called with frames done and expected; may raise to cancel

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("audio", self.audio, AUDIO)
        _check_range("scale", self.scale, SCALES)
        if self.policy != "file":
            raise ValueError("a file is animated by the policy 'file'; for 'live' push frames into a Session")


def check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    """ValueError unless the value is one of the known ones."""
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")


def _check_range(name: str, value: float, limits: tuple[float, float]) -> None:
    low, high = limits
    if not low <= value <= high:  # false for NaN too
        raise ValueError(f"{name} must be from {low:g} to {high:g}, not {value!r}")

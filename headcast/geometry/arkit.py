"""ARKit's 52 blendshapes in, our controls out: what telephones and tracking programs send.

The names are those of Apple's `ARFaceAnchor.BlendShapeLocation`; each is 0 to 1, and 0 is a face at rest. Left and
right are the person's own. Of cheeks, nose, tongue and lips rolled in or out our controls know nothing.
"""

from collections.abc import Mapping
from typing import Any, Final

from headcast.geometry.face_controls import LIMITS, FaceControls
from headcast.strict import finite, table

_EYES: Final = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
_MOUTH_SIDES: Final = ("Dimple", "Frown", "LowerDown", "Press", "Smile", "Stretch", "UpperUp")
_SIDES: Final = ("Left", "Right")
ARKIT: Final = frozenset(
    (
        *(f"eye{name}{side}" for name in _EYES for side in _SIDES),
        *(f"mouth{name}{side}" for name in _MOUTH_SIDES for side in _SIDES),
        *(f"mouth{name}" for name in ("Close", "Funnel", "Left", "Pucker", "Right")),
        *(f"mouth{name}{lip}" for name in ("Roll", "Shrug") for lip in ("Lower", "Upper")),
        *("jawForward", "jawLeft", "jawOpen", "jawRight", "tongueOut", "cheekPuff"),
        *("browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
        *("cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight"),
    )
)
"""All 52 names."""

_JAW: Final = 1.3  # people seldom open their jaw beyond three quarters of what ARKit calls open
_HEAD: Final = ("turn", "nod", "tilt")


def parse_arkit(shapes: object, head: object = None) -> FaceControls:
    """Controls for a table of blendshapes, and of `turn`, `nod` and `tilt` in degrees; ValueError for what is not so.

    >>> parse_arkit({"jawOpen": 0.5, "eyeBlinkLeft": 1}, {"turn": 10}).left_lid
    -1.0
    """
    given = _numbers(shapes, "arkit", ARKIT, dict.fromkeys(ARKIT, (0.0, 1.0)))
    turned = _numbers(head if head is not None else {}, "head", _HEAD, {n: (-LIMITS[n], LIMITS[n]) for n in _HEAD})

    def shape(name: str) -> float:
        return given.get(name, 0.0)

    def both(name: str) -> float:
        return (shape(f"{name}Left") + shape(f"{name}Right")) / 2

    def lid(side: str) -> float:
        return shape(f"eyeWide{side}") - shape(f"eyeBlink{side}") - 0.3 * shape(f"eyeSquint{side}")

    # The person's left is the picture's right.
    to_left = shape("eyeLookOutRight") + shape("eyeLookInLeft")
    to_right = shape("eyeLookInRight") + shape("eyeLookOutLeft")
    pursed = max(shape("mouthPucker"), shape("mouthFunnel"))
    lips = _JAW * max(shape("jawOpen") - shape("mouthClose"), 0.0) + 0.15 * (
        both("mouthLowerDown") + both("mouthUpperUp")
    )
    raised = (2 * shape("browInnerUp") + shape("browOuterUpLeft") + shape("browOuterUpRight")) / 3
    return FaceControls(
        **turned,
        mouth=_bounded(lips),
        width=_bounded(both("mouthStretch") + both("mouthDimple") - pursed),
        smile=_bounded(both("mouthSmile") - both("mouthFrown")),
        brows=_bounded(raised - both("browDown")),
        right_lid=_bounded(lid("Right")),
        left_lid=_bounded(lid("Left")),
        gaze_x=_bounded((to_right - to_left) / 2),
        gaze_y=_bounded(both("eyeLookDown") - both("eyeLookUp")),
    )


def _numbers(value: object, name: str, known: Any, limits: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    given = table(value, name)
    if unknown := set(given) - set(known):
        raise ValueError(f"{name} has {min(unknown)!r:.40}, which is none of its {len(known)} names")
    return {key: finite(number, *limits[key], key) for key, number in given.items()}


def _bounded(amount: float) -> float:
    return min(max(amount, -1.0), 1.0)

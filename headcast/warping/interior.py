"""What lies behind lips and lids: a shot in, patches of mouth and eye interior for moved landmarks out.

The inside of a mouth belongs to the skull (upper teeth) and the jaw (lower teeth, tongue), not to the lips. It is
carried rigidly from the shot where the shot shows it, and drawn in the shot's own brightness where it does not:
a prior that the generator refines. The eyeball likewise stays behind the lids and turns with the gaze.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.geometry.pose import Face, Pose, apply_pose, neutral_face
from headcast.geometry.topology import (
    INNER_LIPS,
    LEFT_EYE,
    LEFT_IRIS,
    MID_INNER_LIP_LOWER,
    MID_INNER_LIPS,
    RIGHT_EYE,
    RIGHT_IRIS,
)
from headcast.pixels.mixing import mixed, weighed
from headcast.pixels.sampling import sample
from headcast.types import Image, Landmarks, Mask
from headcast.warping.patch import Patch, box_around, polygon_mask

Real = TypeVar("Real", np.float32, np.float64)

Affine = NDArray[np.float64]

TEETH_DEPTH = 0.1  # canonical distance of the front teeth behind the lips
PLANE = np.array([(-0.3, 0.0, 0.0), (0.3, 0.0, 0.0), (0.0, -0.3, 0.0), (0.0, 0.3, 0.0)])  # canonical, around the teeth
TEXTURE_SCALE = 96  # drawn pixels per eye distance
TEXTURE_SIZE = (116, 116)
TEXTURE_ORIGIN = (-0.6, -0.4)  # canonical place of the drawing's corner, from the middle of the closed lips
MIN_SHOWN = 0.03  # lip gap in eye distances above which a shot shows the inside of its mouth
SHOWN_SHARE = 0.2  # of a blend of mouths, from which on what it shows needs no drawing
ALIKE = (0.7, 1.2)  # logarithm of one opening over another: mouths are alike below, and not at all above
LEAST_OPENING = 0.01  # eye distances: less is noise
COLOURFUL = 0.25  # spread of a skin's channels over their mean in a colour photo


class Mouth:
    """The inside of one shot's mouth."""

    def __init__(self, image: Image, landmarks: Landmarks, face: Face, pose: Pose, skin: NDArray[np.float64]) -> None:
        self._image = image
        neutral = neutral_face(face)
        self.contact = neutral[list(MID_INNER_LIPS)].mean(0)
        # Teeth stand in a plane; lips, which follow one line, would leave open how it is sheared when the head turns.
        self._anchor = self.contact + PLANE + (0, 0, TEETH_DEPTH)
        self._source = apply_pose(self._anchor, pose)[:, :2].astype(np.float64)
        self._upper, self._lower = draw_teeth(skin), draw_tongue(skin)
        upper, lower = face[list(MID_INNER_LIPS), 1]
        self._opening, ring = float(lower - upper), landmarks[list(INNER_LIPS), :2]
        self._window = _feathered_window(ring, image.shape[:2]) if self._opening > MIN_SHOWN else None

    def alike(self, opening: float) -> float:
        """Return in 0..1 how much like this mouth is one with such an `opening`, in eye distances."""
        ratio = max(opening, LEAST_OPENING) / max(self._opening, LEAST_OPENING)
        return float(1 - smoothstep(np.abs(np.log(ratio)), *ALIKE))

    def draw(self, landmarks: Landmarks, face: Face, pose: Pose) -> Patch:
        """Return a drawn mouth for a face at `landmarks`; `face` is the same without its `pose`."""
        lips = landmarks[list(INNER_LIPS), :2]
        box = box_around(lips, self._image.shape[:2])
        jaw = max(0.0, float(face[list(MID_INNER_LIP_LOWER), 1].mean() - self.contact[1]))
        nothing = np.zeros(box[:1:-1], np.float32)
        return Patch(box[0], box[1], self._draw(pose, jaw, box), polygon_mask(lips, *box), nothing)

    def show(self, pose: Pose, drawn: Patch) -> tuple[NDArray[np.float32], Mask] | None:
        """Return what the shot shows at a `drawn` mouth's place, (h, w, 3), and where; None if its lips are closed."""
        if self._window is None:
            return None
        height, width = drawn.inside.shape
        moved = apply_pose(self._anchor, pose)[:, :2].astype(np.float64)
        carry = fit_affine(moved, self._source) @ shift(drawn.left, drawn.top)
        return sample_affine(self._image, carry, width, height), sample_affine(self._window, carry, width, height)

    def _draw(self, pose: Pose, jaw: float, box: tuple[int, int, int, int]) -> NDArray[np.float32]:
        left, top, width, height = box
        colours = []
        for texture, drop in ((self._upper, 0.0), (self._lower, jaw)):
            corner = self.contact + np.array([TEXTURE_ORIGIN[0], TEXTURE_ORIGIN[1] + drop, TEETH_DEPTH])
            to_texture = cv2.invertAffineTransform(plane_to_frame(pose, corner, 1 / TEXTURE_SCALE))
            colours.append(sample_affine(texture, to_texture @ shift(left, top), width, height))
        upper, lower = (np.ascontiguousarray(colour[:, :, :3]) for colour in colours)
        return mixed(lower, upper, np.ascontiguousarray(colours[0][:, :, 3]))


def mouth_patch(
    mouths: Sequence[Mouth], weights: Sequence[float], drawn: Patch, pose: Pose, alike: Sequence[float] | None = None
) -> Patch:
    """Return the blended mouth of a face with the rigid `pose`: what is `drawn` where none shows its inside.

    What a mouth shows counts as far as it is `alike`, (N,) in 0..1: teeth that other lips cut off look torn. There its
    edge, which may lie within the opening, is as soft as that of one mouth alone.
    """
    photos = [mouth.show(pose, drawn) if weight else None for mouth, weight in zip(mouths, weights, strict=True)]
    if not any(photos):
        return drawn
    seen, shares, plainest = (np.zeros_like(drawn.shown) for _ in range(3))
    colour = np.zeros_like(drawn.colour)
    for photo, weight, how_far in zip(photos, weights, alike or [1.0] * len(mouths), strict=True):
        if photo is not None:
            seen += np.float32(weight) * photo[1]
            plainest = np.maximum(plainest, photo[1])
            share = np.float32(weight * how_far) * photo[1]
            shares += share
            colour += weighed(photo[0], share)
    # What a fifth of the blend shows is shown as if all did; below that it fades to the drawing.
    shown = seen
    if len(mouths) > 1:
        whole = np.minimum(seen / SHOWN_SHARE, plainest if alike else 1)
        shown = np.asarray(whole * shares / np.maximum(seen, np.float32(1e-6)), np.float32)
    photo_colour = weighed(colour, 1 / np.maximum(shares, np.float32(1e-6)))
    return replace(drawn, colour=mixed(drawn.colour, photo_colour, shown), shown=shown)


class Eye:
    """The eyeball of one shot, right or left."""

    def __init__(self, image: Image, landmarks: Landmarks, face: Face, pose: Pose, *, left: bool) -> None:
        self._image = image
        self._ring, self._iris = (LEFT_EYE, LEFT_IRIS[0]) if left else (RIGHT_EYE, RIGHT_IRIS[0])
        self._corners = [self._ring[0], self._ring[8]]
        self._anchor = face[list(self._ring)]
        self._source = apply_pose(self._anchor, pose)[:, :2].astype(np.float64)
        self._source_iris = landmarks[self._iris, :2].astype(np.float64)
        self._window = _feathered_window(landmarks[list(self._ring), :2], image.shape[:2])

    def patch(self, landmarks: Landmarks, pose: Pose, frame: tuple[int, ...] | None = None) -> Patch:
        """Return the eye between the lids of a face at `landmarks` with the rigid `pose`.

        It lies in a `frame` (height, width, ...), by default of the shot's shape.
        """
        lids = landmarks[list(self._ring), :2]
        left, top, width, height = box_around(lids, frame or self._image.shape)
        moved = apply_pose(self._anchor, pose)[:, :2].astype(np.float64)
        moved += landmarks[self._corners, :2].mean(0) - moved[[0, 8]].mean(0)
        carry = fit_affine(moved, self._source)
        x, y = np.arange(left, left + width), np.arange(top, top + height)
        iris = landmarks[self._iris, :2].astype(np.float64)
        gaze = self._source_iris - carry @ np.append(iris, 1)
        spread = 0.32 * np.linalg.norm(landmarks[self._corners[0], :2] - landmarks[self._corners[1], :2]) + 1e-6
        near_x, near_y = (np.exp(-np.square((line - at) / spread) / 2) for line, at in zip((x, y), iris, strict=True))
        places = np.empty((height, width, 2), np.float32)
        for axis, (across, along, offset) in enumerate(carry):
            turned = np.multiply.outer(near_y, gaze[axis] * near_x)
            places[:, :, axis] = np.add.outer(along * y + offset, across * x) + turned
        colour = sample(self._image, places, cv2.BORDER_REPLICATE)
        shown = sample(self._window, places)
        inside = polygon_mask(lids, left, top, width, height)
        return Patch(left, top, colour.astype(np.float32), inside, shown)


def draw_teeth(skin: NDArray[np.float64]) -> NDArray[np.float32]:
    """Draw the upper teeth as (H, W, 4) float32, colour 0..255 and coverage, lit like the `skin` colour (3,)."""
    x, y = _texture_axes()
    light = float(np.clip(skin.mean() / 185, 0.25, 1.15))
    enamel = light * np.array([238.0, 229.0, 212.0]) * (0.65 + 0.35 * skin / max(float(skin.mean()), 1.0))
    edge = 0.042 - 0.16 * x**2 + 0.006 * np.cos(x * 2 * np.pi / 0.135)
    gum = -0.16 - 0.05 * x**2
    coverage = _soft(edge - y) * _soft(y - gum + 0.08) * _soft(0.43 - np.abs(x))
    shade = np.clip(1.0 - 1.5 * np.abs(x) ** 1.6, 0.25, 1) * np.clip(0.78 + 1.6 * (y + 0.16), 0.68, 1)
    borders = np.cumsum([0.0, 0.135, 0.105, 0.115, 0.1])
    for border in borders:
        shade = shade * (1 - 0.18 * np.exp(-(((np.abs(x) - border) / 0.011) ** 2)))
    gums = _soft(gum - y)
    colour = enamel * shade[:, :, None]
    colour += gums[:, :, None] * (light * np.array([150.0, 82.0, 80.0]) - colour)
    return np.dstack([as_colourful_as(skin, colour), coverage]).astype(np.float32)


def draw_tongue(skin: NDArray[np.float64]) -> NDArray[np.float32]:
    """Draw throat, tongue and lower teeth as (H, W, 4) float32, colour 0..255 and coverage 1."""
    x, y = _texture_axes()
    light = float(np.clip(skin.mean() / 185, 0.25, 1.15))
    throat = light * np.array([48.0, 20.0, 18.0]) * np.ones((*x.shape, 1))
    tongue = np.exp(-(((x / 0.3) ** 2 + ((y + 0.03) / 0.13) ** 2) ** 2))
    colour = throat + 0.5 * tongue[:, :, None] * (light * np.array([148.0, 74.0, 70.0]) - throat)
    teeth = _soft(y + 0.075 - 0.2 * x**2) * _soft(0.3 - np.abs(x)) * np.clip(1 - 4 * x**2, 0, 1)
    colour += 0.5 * teeth[:, :, None] * (light * np.array([170.0, 158.0, 144.0]) - colour)
    return np.dstack([as_colourful_as(skin, colour), np.ones_like(x)]).astype(np.float32)


def as_colourful_as(skin: NDArray[np.float64], colour: NDArray[Real]) -> NDArray[Real]:
    """Take the colour (H, W, 3) out where the skin has none: in a grey photo the mouth is grey."""
    share = float(np.ptp(skin)) / max(float(skin.mean()), 1.0) / COLOURFUL
    if share >= 1:
        return np.asarray(np.clip(colour, 0, 255), colour.dtype)
    grey = ((colour[:, :, 0] + colour[:, :, 1] + colour[:, :, 2]) / 3)[:, :, None]  # a tenth of the time of mean()
    coloured = colour - grey
    coloured *= share
    coloured += grey
    return np.asarray(np.clip(coloured, 0, 255), colour.dtype)


def _texture_axes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows, columns = np.indices((TEXTURE_SIZE[1], TEXTURE_SIZE[0]), dtype=np.float64)
    return columns / TEXTURE_SCALE + TEXTURE_ORIGIN[0], rows / TEXTURE_SCALE + TEXTURE_ORIGIN[1]


def _soft(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the coverage of a soft edge: 0 a hundredth of an eye distance outside, 1 as far inside."""
    return np.asarray(np.clip(0.5 + distance / 0.02, 0, 1))


def _feathered_window(points: NDArray[np.float32], shape: tuple[int, ...]) -> Mask:
    """Return where (H, W) the shot shows the inside of a ring of points (N, 2), fading within the edge."""
    mask = polygon_mask(points, 0, 0, shape[1], shape[0])
    radius = max(3, round(float(np.ptp(points[:, 0])) * 0.06) | 1)
    return np.clip(cv2.blur(mask, (radius, radius)) * 2 - 1, 0, 1)


def fit_affine(start: NDArray[np.float64], end: NDArray[np.float64]) -> Affine:
    """Fit the affine map (2, 3) that carries points (N, 2) onto points (N, 2), by least squares."""
    middle, target = start.mean(0), end.mean(0)
    centred = start - middle
    (xx, xy), (_, yy) = (centred.T @ centred).tolist()
    # A touch of ridge keeps the map sane where the points lie on a line.
    ridge = 1e-6 * (xx + yy) + 1e-9
    xx, yy = xx + ridge, yy + ridge
    inverse = np.array([[yy, -xy], [-xy, xx]]) / (xx * yy - xy * xy)
    linear = (end - target).T @ centred @ inverse
    return np.concatenate([linear, (target - linear @ middle)[:, None]], axis=1)


def plane_to_frame(pose: Pose, corner: NDArray[np.float64], step: float) -> Affine:
    """Return the map (2, 3) from a picture's pixels to a frame's, of one that stands upright in the face.

    Its first pixel is at the canonical `corner` (3,), the next ones a `step` to the right and down.
    """
    scaled = pose.scale * pose.rotation[:2]
    return np.column_stack([step * scaled[:, :2], scaled @ corner + pose.translation[:2]])


def shift(left: int, top: int) -> NDArray[np.float64]:
    """Return the matrix (3, 3) that carries a box's pixels into its image."""
    return np.array([[1.0, 0.0, left], [0.0, 1.0, top], [0.0, 0.0, 1.0]])


def sample_affine(
    image: NDArray[np.float32] | Image | Mask, to_image: Affine, width: int, height: int
) -> NDArray[np.float32]:
    """Read an image through the affine map from a patch's pixels into the image."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    taken = cv2.warpAffine(image, to_image, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(taken, np.float32)

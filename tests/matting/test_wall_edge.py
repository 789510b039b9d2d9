"""What lies behind a straight edge of an even wall: a door frame beside the hair is no hair."""

import cv2
import numpy as np
import pytest

from headcast.matting.loose import find_loose_hair
from headcast.matting.traces import hidden_by
from headcast.matting.wall_edge import behind_wall_edge
from headcast.types import Image, Mask

SIZE = 256
HAIR, FRAME = (70, 50, 40), (95, 80, 70)


def head_before_wall() -> tuple[Image, Mask]:
    """A wall, grainy, and a dark round head that the picture's upper end cuts off."""
    wall = np.random.default_rng(0).normal((190, 185, 175), 1.5, (SIZE, SIZE, 3))
    image = np.clip(wall, 0, 255).astype(np.uint8)
    matte = np.zeros((SIZE, SIZE), np.float32)
    cv2.ellipse(matte, (150, 180), (60, 200), 0, 0, 360, (1,), -1)
    image[matte > 0] = HAIR
    return image, matte


def with_frame(slant: float) -> tuple[Image, Mask, np.ndarray]:
    """A door frame goes behind the head: how far it is seen (SIZE, SIZE), too."""
    image, matte = head_before_wall()
    rows, columns = np.indices((SIZE, SIZE))
    frame = (np.abs(columns - 104 - slant * rows) < 5) & (matte == 0) & (rows < 120)
    image[frame] = FRAME
    return image, matte, frame


@pytest.mark.parametrize("slant", [0.0, 0.05, -0.06])
@pytest.mark.parametrize("way", [slice(None), slice(None, None, -1)])
def test_a_door_frame_beside_the_hair_is_not_hair(slant: float, way: slice) -> None:
    """It neither moves with the head nor is it taken for a trace, and the wall before it is none either."""
    image, matte, frame = (np.ascontiguousarray(each[:, way]) for each in with_frame(slant))
    behind = behind_wall_edge(image, matte)
    seen = frame & (cv2.dilate(matte, np.ones((9, 9))) == 0) & (np.arange(SIZE)[:, None] < 40)
    assert behind[seen].mean() > 0.95
    assert not behind[matte > 0.5].any()
    assert not find_loose_hair(image, matte)[seen].any()
    assert not hidden_by(image, matte)[seen].any()


def test_a_curl_beside_the_head_is_no_edge() -> None:
    """It comes from the picture's upper end, too, and is as long, but not straight."""
    image, matte = head_before_wall()
    rows = np.arange(110)
    curl = np.stack([96 + 14 * np.sin(rows / 18), rows], 1)
    cv2.polylines(image, [np.round(curl).astype(np.int32)[:, None]], False, HAIR, 5)
    assert not behind_wall_edge(image, matte).any()


def test_stripes_have_no_wall_beside_them() -> None:
    """Where what is before the edge is no even wall, nothing is told."""
    image, matte, _ = with_frame(0)
    stripes = 60 * (np.arange(SIZE) // 6 % 2)
    image[matte == 0] = np.clip(image.astype(int) - stripes[None, :, None], 0, 255)[matte == 0]
    assert not behind_wall_edge(image, matte).any()


@pytest.mark.parametrize("shape", [(4, 4), (40, 40), (256, 8)])
def test_small_pictures_and_nobody(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 90, np.uint8)
    for share in (0.0, 1.0):
        assert not behind_wall_edge(image, np.full(shape, share, np.float32)).any()

import numpy as np
import pytest

from headcast.evaluation.metrics.landmarks68 import points_68
from headcast.evaluation.metrics.regions import box_mask, eye_boxes, head_matte, judged_regions, mouth_box, skin_mask
from headcast.types import Box, Landmarks


def inside(box: Box, points: np.ndarray) -> np.ndarray:
    x, y = points.T
    return (x > box.left) & (x < box.left + box.width) & (y > box.top) & (y < box.top + box.height)


def test_mouth_box_holds_the_mouth_and_nothing_of_the_eyes(face: Landmarks) -> None:
    points = points_68(face)
    box = mouth_box(face)
    assert inside(box, points[48:68]).all()
    assert not inside(box, points[36:48]).any() and not inside(box, points[4:12]).any()
    assert box.width == pytest.approx(1.6 * np.ptp(points[48:60, 0]), rel=1e-4)


def test_mouth_box_grows_with_a_wide_open_mouth(face: Landmarks) -> None:
    lower = [17, 84, 91, 181, 314, 321, 405, 146, 375, 14, 87, 178, 317, 402]
    opened = face.copy()
    opened[lower, 1] += 40
    assert inside(mouth_box(opened), points_68(opened)[48:68]).all()


def test_eye_boxes_hold_one_eye_each_and_do_not_blink(face: Landmarks) -> None:
    points = points_68(face)
    right, left = eye_boxes(face)
    assert inside(right, points[36:42]).all() and inside(left, points[42:48]).all()
    assert right.left + right.width < left.left
    shut = face.copy()
    shut[[160, 158, 385, 387], 1] = shut[[144, 153, 380, 373], 1]
    assert eye_boxes(shut)[0].height == right.height


def test_box_mask_has_the_boxs_area() -> None:
    mask = box_mask(Box(2.0, 3.0, 4.0, 5.0), (20, 30))
    assert mask.sum() == 20 and mask[3:8, 2:6].all()
    assert box_mask(Box(-5.0, -5.0, 8.0, 8.0), (20, 30)).sum() == 9  # outside the picture nothing counts


def test_head_holds_face_and_hair_but_not_the_torso(face: Landmarks) -> None:
    matte = np.full((256, 256), 0.5, np.float32)
    head = head_matte(face, matte)
    chin, hairline = face[152, :2], face[10, :2]
    columns, rows = points_68(face).T.round().astype(int)
    assert (head[rows, columns] == 0.5).all()  # soft mattes stay soft
    face_height = chin[1] - hairline[1]
    assert head[round(hairline[1] - 0.3 * face_height), round(hairline[0])] == 0.5
    assert head[round(chin[1] + 0.15 * face_height) :].sum() == 0
    assert head_matte(face, np.zeros((256, 256), np.float32)).sum() == 0


def test_head_turns_with_the_face(face: Landmarks) -> None:
    middle = face[[10, 152], :2].mean(0)
    turned = face.copy()
    turned[:, :2] = (face[:, :2] - middle) @ np.array([[0, 1], [-1, 0]], np.float32) + middle
    matte = np.ones((256, 256), np.float32)
    assert head_matte(turned, matte).sum() == pytest.approx(head_matte(face, matte).sum(), rel=0.02)
    rows, columns = np.nonzero(head_matte(turned, matte))
    assert np.ptp(columns) > np.ptp(rows)


def test_skin_leaves_out_the_features(face: Landmarks) -> None:
    skin = skin_mask(face, (256, 256))
    columns, rows = points_68(face).T.round().astype(int)
    assert not skin[rows, columns][[*range(17), *range(17, 27), *range(36, 68)]].any()
    cheek = face[[50, 280], :2].round().astype(int)
    assert skin[cheek[:, 1], cheek[:, 0]].all()


def test_judged_regions_are_named_and_sized(face: Landmarks) -> None:
    regions = judged_regions(face, np.ones((256, 256), np.float32))
    assert list(regions) == ["head", "mouth", "eyes", "ring", "below chin", "full"]
    assert regions["full"].all() and regions["eyes"].sum() == pytest.approx(
        sum(box.width * box.height for box in eye_boxes(face)), rel=0.1
    )

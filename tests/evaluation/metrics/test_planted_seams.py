"""What shows where a picture was put together is planted into a true frame; each judge has to see its own fault."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from headcast.evaluation.metrics.background import background_motion, camera_stands, still_background
from headcast.evaluation.metrics.judges import BACKGROUND, EDGES, STREAKS, Judges, judge_frame
from headcast.evaluation.metrics.openings import floor_frame
from headcast.evaluation.metrics.outline import edge_roughness
from headcast.evaluation.metrics.pixels import region_mean, ssim_map
from headcast.evaluation.metrics.regions import below_chin_mask, judged_regions, ring_mask
from headcast.evaluation.metrics.streaks import streak_mask, streak_share
from headcast.geometry.topology import FACE_OVAL
from headcast.media.portraits import read_portrait
from headcast.tracking.crop import crop_image, crop_landmarks, head_crop
from headcast.tracking.matte import person_matte
from headcast.tracking.track import find_face
from headcast.types import Image, Shot


@pytest.fixture(scope="module")
def target() -> Shot:
    """The square that the judges were frozen on: it cuts a little of her hair."""
    photo = read_portrait("astronaut")
    face = find_face(photo)
    box = head_crop(face, photo.shape[1::-1])
    image = crop_image(photo, box, 256)
    return Shot(image, crop_landmarks(face, box, 256), person_matte(image))


@pytest.fixture(scope="module")
def textured(target: Shot) -> Shot:
    """The same before a wall that has something to see: hers is plain."""
    noise = np.random.default_rng(0).normal(0, 1, (256, 256, 1)).astype(np.float32)
    waves = 150 * cv2.GaussianBlur(noise, (0, 0), 2)[..., None]
    wall = np.clip(target.image + waves, 0, 255).astype(np.uint8)
    return replace(target, image=np.where(target.matte[..., None] > 0.01, target.image, wall))


def outline(target: Shot) -> np.ndarray:
    return target.landmarks[list(FACE_OVAL), :2]


def dotted(target: Shot) -> Image:
    """A dotted line along cheek and jaw, a fifth of the outline."""
    image = target.image.copy()
    for first, second in zip(outline(target)[9:17], outline(target)[10:18], strict=True):
        for share in (0.0, 0.33, 0.67):
            x, y = (first + share * (second - first)).round().astype(int)
            image[y : y + 2, x : x + 2] = 30
    return image


def cut_out(target: Shot) -> Image:
    """A face laid on in steps of three pixels, a little darker than the rest."""
    mask = np.zeros((256, 256), np.uint8)
    cv2.fillPoly(mask, [outline(target).round().astype(np.int32)], (1,))
    coarse = cv2.resize(mask, (85, 85), interpolation=cv2.INTER_NEAREST)
    steps = cv2.resize(coarse, (256, 256), interpolation=cv2.INTER_NEAREST)[..., None]
    return np.where(steps > 0, target.image // 2, target.image)


def bent(image: Image, amount: float) -> Image:
    """The whole picture swims sideways by up to `amount` pixels, in waves."""
    rows, columns = np.mgrid[:256, :256].astype(np.float32)
    return cv2.remap(image, columns + np.float32(amount) * np.sin(rows / 12), rows, cv2.INTER_LINEAR)


@pytest.mark.parametrize("fault", [dotted, cut_out])
def test_a_cut_outline_is_rough(target, fault):
    assert edge_roughness(fault(target), target) > 1.3


def test_an_outline_nobody_can_tell_from_the_true_one_is_not_rough(target):
    assert edge_roughness(target.image, target) == 1
    for harmless in (floor_frame(target.image), cv2.GaussianBlur(target.image, (0, 0), 1), target.image // 2 + 40):
        assert edge_roughness(harmless, target) < 1.1


def test_roughness_away_from_the_outline_is_not_the_outlines(target):
    image = target.image.copy()
    random = np.random.default_rng(0)
    image[:40, :40] = random.integers(0, 255, (40, 40, 3))
    assert edge_roughness(image, target) == 1


def test_what_was_drawn_out_beyond_the_photos_border_is_streaks(target):
    pulled = target.image.copy()
    pulled[226:] = pulled[226]
    blurred = floor_frame(pulled)
    area = 30 * 256
    for image in (pulled, blurred):
        seen = streak_mask(image, target.image)
        assert seen[226:].sum() > 0.2 * area and seen[:200].mean() < 0.005
    aside = np.ascontiguousarray(pulled.transpose(1, 0, 2))
    assert streak_share(aside, np.ascontiguousarray(target.image.transpose(1, 0, 2))) == pytest.approx(
        streak_share(pulled, target.image)
    )


def test_straight_things_that_were_there_are_no_streaks(target):
    assert streak_share(floor_frame(target.image), target.image) < 0.005
    fence = target.image.copy()
    fence[:, 200:248] = np.repeat(np.arange(48) % 6 < 3, 3).reshape(1, 48, 3) * np.uint8(200)
    assert streak_share(fence, target.image) > 0.1
    assert streak_share(fence, fence) == 0
    assert streak_share(fence, target.image, shot=fence) == 0  # a still background is carried from the shot


def test_a_background_that_swims_is_seen_to_move(textured):
    assert background_motion(textured.image, textured, textured) < 0.01
    assert background_motion(floor_frame(textured.image), textured, textured) < 1  # it moved by 0.7 pixels
    # a sine of amplitude 3 moves by 1.9 pixels on average
    assert background_motion(bent(textured.image, 3), textured, textured) == pytest.approx(1.9, rel=0.3)
    person = textured.matte[..., None] > 0.01
    only_the_person = np.where(person, bent(textured.image, 3), textured.image)
    assert background_motion(only_the_person, textured, textured) < 0.6  # flow smears over borders


def test_before_a_moving_camera_no_background_is_still(target):
    moved = np.roll(target.image, 6, axis=1)
    assert still_background(target, Shot(moved, target.landmarks, target.matte)).mean() < 0.01
    plain = Shot(np.full_like(target.image, 90), target.landmarks, target.matte)
    assert np.isnan(background_motion(target.image, plain, plain))


def test_the_ring_of_a_moving_camera_is_told_apart(target):
    assert camera_stands(target, Shot(floor_frame(target.image), target.landmarks, target.matte))
    person = target.matte[..., None] > 0.01
    moved_person = Shot(np.where(person, 90, target.image).astype(np.uint8), target.landmarks, target.matte)
    panned = Shot(np.roll(target.image, 60, axis=1), target.landmarks, target.matte)
    assert camera_stands(target, moved_person) and not camera_stands(target, panned)
    assert "SSIM ring (still camera)" in judge_frame(Judges(), target.image, target, moved_person)
    assert "SSIM ring (still camera)" not in judge_frame(Judges(), target.image, target, panned)


def test_a_halo_of_the_old_background_lies_in_the_ring_alone(target):
    ring = ring_mask(target.landmarks, target.matte)
    halo = np.where(ring[..., None] > 0.5, np.uint8(128), target.image)
    similar, regions = ssim_map(halo, target.image), judged_regions(target.landmarks, target.matte)
    assert region_mean(similar, regions["ring"]) < 0.8
    assert region_mean(similar, regions["mouth"]) > 0.98
    assert (ring[target.matte > 0.99] < 0.01).all()


def test_the_ring_reaches_half_a_head_far(target):
    landmarks, matte = target.landmarks / 4 + 96, np.zeros((256, 256), np.float32)
    matte[96:160, 96:160] = cv2.resize(target.matte, (64, 64), interpolation=cv2.INTER_AREA)
    ring = ring_mask(landmarks, matte)
    columns = np.flatnonzero(ring[round(float(landmarks[10, 1]))])
    left, right = landmarks[:, 0].min(), landmarks[:, 0].max()
    assert 0 < left - columns[0] < (right - left) and 0 < columns[-1] - right < (right - left)
    assert ring[0].max() == ring[:, 0].max() == 0


def test_a_seam_in_the_collar_lies_below_the_chin(target):
    below = below_chin_mask(target.landmarks, (256, 256))
    chin, brow = target.landmarks[152, :2].round().astype(int), target.landmarks[10, :2].round().astype(int)
    assert below[chin[1] + 8, chin[0]] == 1 and below[brow[1], brow[0]] == 0 and below[chin[1] - 8, chin[0]] == 0
    seam = target.image.copy()
    seam[chin[1] + 12 :] = np.roll(seam[chin[1] + 12 :], 15, axis=1)
    similar, regions = ssim_map(seam, target.image), judged_regions(target.landmarks, target.matte)
    assert region_mean(similar, regions["below chin"]) < 0.85
    assert region_mean(similar, regions["eyes"]) > 0.999


def test_every_figure_has_its_name(textured):
    figures = judge_frame(Judges(), bent(dotted(textured), 3), textured, textured)
    assert {"SSIM ring", "SSIM below chin", EDGES, STREAKS, BACKGROUND} <= set(figures)
    assert figures[EDGES] > 1.2 and figures[BACKGROUND] > 1
    assert BACKGROUND not in judge_frame(Judges(), textured.image, textured)

"""The mean of several looks at a face is nearer to the truth, wherever the face stands, and follows it."""

import cv2
import numpy as np
import pytest

from headcast.geometry.measures import eye_distance
from headcast.geometry.topology import MIRROR
from headcast.tracking.follow import MESH_SIZE, FaceFollower, FaceMesh
from headcast.tracking.looks import SteadyLooks
from headcast.tracking.region import Region, region_around
from headcast.tracking.track import FaceTracker, find_face
from headcast.types import Image, Landmarks


def flipped_back(landmarks: Landmarks, width: int = 512) -> Landmarks:
    """The landmarks of a flipped picture, in the picture."""
    return landmarks[MIRROR] * np.array([-1, 1, 1], np.float32) + np.array([width - 1, 0, 0], np.float32)


def apart(a: Landmarks, b: Landmarks) -> float:
    return float(np.linalg.norm((a - b)[:, :2], axis=1).mean())


def test_a_look_into_the_mirror_is_a_look_at_the_flipped_picture(astronaut: Image, face: Landmarks) -> None:
    edge = np.array([0.5, 0.5, 0], np.float32)
    scale = MESH_SIZE / region_around(face + edge).side  # pixels are read as they are: their corners lie like middles
    size = round(512 * scale)
    small = np.asarray(cv2.resize(astronaut, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
    mesh, place = FaceMesh(), (face + edge) * np.float32(size / 512)
    region = Region(float(place[1, 0]), float(place[1, 1]), MESH_SIZE)
    other = Region(size - region.x, region.y, region.side)
    seen, alone = mesh(small, region, True), mesh(np.ascontiguousarray(small[:, ::-1]), other)
    assert seen is not None
    assert alone is not None
    np.testing.assert_allclose(seen, flipped_back(alone, size), atol=0.05)


def test_a_photo_and_its_mirror_image_disagree_less_by_several_looks_than_by_one(astronaut: Image) -> None:
    flipped = np.ascontiguousarray(astronaut[:, ::-1])
    once = apart(FaceFollower()(astronaut)[0].landmarks, flipped_back(FaceFollower()(flipped)[0].landmarks))
    assert apart(find_face(astronaut), flipped_back(find_face(flipped))) < 0.5 * once


def test_a_face_is_seen_at_the_same_place_in_a_larger_picture(astronaut: Image, face: Landmarks) -> None:
    """By MediaPipe's own way of reading it would lie 0.4 pixels further to the right and down."""
    enlarged = np.asarray(cv2.resize(astronaut, (2048, 2048), interpolation=cv2.INTER_CUBIC), np.uint8)
    seen = (find_face(enlarged)[:, :2] + 0.5) / 4 - 0.5
    np.testing.assert_allclose((seen - face[:, :2]).mean(axis=0), 0, atol=0.25)


@pytest.mark.parametrize("degrees", [0, 90])
def test_a_face_that_moves_and_turns_is_seen_where_it_went(astronaut: Image, face: Landmarks, degrees: int) -> None:
    """What the looks at former pictures differed by turns and grows with the face."""
    follower, tracker = FaceFollower(max_faces=1, far=False), FaceTracker()
    wrong: dict[str, list[float]] = {"once": [], "steady": []}
    for step in range(12):
        matrix = cv2.getRotationMatrix2D((224.0, 110.0), degrees + 3.0 * step, 1 + 0.02 * step)
        matrix[:, 2] += 2 * step
        moved = np.asarray(cv2.warpAffine(astronaut, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE), np.uint8)
        true = face[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        steady = tracker.track(moved)
        assert steady is not None
        for name, seen in (("once", follower(moved)[0].landmarks), ("steady", steady)):
            wrong[name].append(float(np.linalg.norm(seen[:, :2] - true, axis=1).mean()))
    assert np.mean(wrong["steady"]) < 0.8 * np.mean(wrong["once"])
    assert max(wrong["steady"][1:]) < 0.03 * 1.22 * eye_distance(face[:, :2].astype(np.float64))


def test_all_but_the_first_pictures_cost_one_look_more(astronaut: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    look, num_looks = FaceMesh.__call__, [0]

    def counted(mesh: FaceMesh, image: Image, region: Region, mirrored: bool = False) -> Landmarks | None:
        num_looks[-1] += 1
        return look(mesh, image, region, mirrored)

    monkeypatch.setattr(FaceMesh, "__call__", counted)
    tracker = FaceTracker()
    for _ in range(9):
        tracker.track(astronaut)
        num_looks.append(0)
    assert num_looks[4:9] == [2] * 5


def test_another_face_does_not_get_what_was_seen_of_the_last(astronaut: Image, face: Landmarks) -> None:
    fresh, used = SteadyLooks(), SteadyLooks()
    used(np.ascontiguousarray(astronaut[:, ::-1]), flipped_back(face))
    used.reset()
    np.testing.assert_array_equal(used(astronaut, face), fresh(astronaut, face))

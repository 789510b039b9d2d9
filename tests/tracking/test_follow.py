"""Several faces keep their numbers while they move, leave and come back."""

import cv2
import numpy as np
import pytest

from headcast.cli.demo import PHOTOS
from headcast.geometry.measures import face_size
from headcast.tracking.follow import FaceFollower
from headcast.types import Image


@pytest.fixture(scope="module")
def hopper() -> Image:
    return PHOTOS["hopper"]()[:512, :512]


def stage(*people: tuple[Image, int]) -> Image:
    """People side by side, each moved down by some pixels; a gap of grey for nobody."""
    columns = []
    for image, step in people:
        matrix = np.array([[1, 0, 0], [0, 1, step]], np.float32)
        columns.append(cv2.warpAffine(image, matrix, (512, 560), borderMode=cv2.BORDER_REPLICATE))
    return np.asarray(np.hstack(columns), np.uint8)


def test_each_of_two_faces_keeps_its_number(astronaut: Image, hopper: Image) -> None:
    follower = FaceFollower()
    sides = []
    for step in range(0, 40, 5):
        faces = follower(stage((astronaut, step), (hopper, step)))
        sides.append({face.identity: "left" if face.landmarks[:, 0].mean() < 512 else "right" for face in faces})
    assert len(sides[0]) == 2
    assert all(seen == sides[0] for seen in sides)


def test_a_face_that_joins_gets_a_new_number_and_one_that_returns_its_old_one(astronaut: Image, hopper: Image) -> None:
    follower, nobody = FaceFollower(), np.full_like(astronaut, 128)
    (first,) = follower(stage((astronaut, 0), (nobody, 0)))
    for _ in range(6):
        both = follower(stage((astronaut, 0), (hopper, 0)))
    assert {face.identity for face in both} == {first.identity, first.identity + 1}
    for _ in range(3):
        (left,) = follower(stage((nobody, 0), (hopper, 0)))
        assert left.identity == first.identity + 1
    for _ in range(6):
        both = follower(stage((astronaut, 0), (hopper, 0)))
    assert {face.identity for face in both} == {first.identity, first.identity + 1}


def test_no_more_faces_than_were_asked_for(astronaut: Image, hopper: Image) -> None:
    follower = FaceFollower(max_faces=1)
    assert [len(follower(stage((astronaut, 0), (hopper, 0)))) for _ in range(7)] == [1] * 7


def test_a_face_goes_on_being_followed_while_it_turns_upside_down(astronaut: Image) -> None:
    follower = FaceFollower(max_faces=1)
    for degrees in range(0, 181, 12):
        matrix = cv2.getRotationMatrix2D((224.0, 110.0), -degrees, 1.0)
        turned = cv2.warpAffine(astronaut, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)
        (face,) = follower(np.asarray(turned, np.uint8))
    eyes = face.landmarks[473, :2] - face.landmarks[468, :2]  # from the right to the left pupil
    assert eyes[0] < -0.9 * np.linalg.norm(eyes)
    assert face_size(face.landmarks) > 90


def test_what_was_seen_before_a_reset_plays_no_part(astronaut: Image, hopper: Image) -> None:
    fresh, used = FaceFollower(), FaceFollower()
    used(hopper)
    used.reset()
    np.testing.assert_array_equal(fresh(astronaut)[0].landmarks, used(astronaut)[0].landmarks)

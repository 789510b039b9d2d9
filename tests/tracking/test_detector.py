"""Boxes and key points lie on the face, in turned parts of the picture too."""

import numpy as np
import pytest

from headcast.hashes import damaged_files
from headcast.tracking.detector import Detector
from headcast.tracking.models import HASHES
from headcast.tracking.region import Region, whole_picture
from headcast.types import Image, Landmarks


@pytest.mark.parametrize("far", [False, True])
@pytest.mark.parametrize("turns", range(4))
def test_the_eyes_are_found_however_the_picture_is_turned(
    astronaut: Image, face: Landmarks, far: bool, turns: int
) -> None:
    picture = np.ascontiguousarray(np.rot90(astronaut, turns))
    found = Detector(far)(picture, whole_picture(picture, -turns * np.pi / 2), 0.5)
    assert len(found) == 1
    eyes = face[[468, 473], :2] + 0.5
    for _ in range(turns):
        eyes = np.stack([eyes[:, 1], 512 - eyes[:, 0]], axis=1)
    np.testing.assert_allclose(found[0].keypoints[:2], eyes, atol=8)


def test_a_part_without_a_face_has_none(astronaut: Image) -> None:
    assert Detector()(astronaut, Region(80, 430, 150), 0.5) == []


def test_the_models_are_those_that_were_made() -> None:
    assert damaged_files(HASHES) == []

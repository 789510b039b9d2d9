"""A real face for the tests of this folder: the astronaut (NASA, public domain), cropped with landmarks."""

import numpy as np
import pytest
import skimage.data

from headcast.face.crop import crop_image, crop_landmarks, head_crop
from headcast.face.track import find_face
from headcast.types import Image, Landmarks


@pytest.fixture(scope="session")
def astronaut() -> Image:
    return np.asarray(skimage.data.astronaut())


@pytest.fixture(scope="session")
def face(astronaut: Image) -> Landmarks:
    """Landmarks in pixels of the whole photo."""
    return find_face(astronaut)


@pytest.fixture(scope="session")
def head(astronaut: Image, face: Landmarks) -> tuple[Image, Landmarks]:
    """The 256 px head crop and the landmarks in it."""
    box = head_crop(face)
    return crop_image(astronaut, box, 256), crop_landmarks(face, box, 256)

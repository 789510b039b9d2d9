"""A real face for the tests of this folder: the astronaut (NASA, public domain), cropped with landmarks."""

import numpy as np
import pytest
import skimage.data

from headcast.face.crop import crop_image, crop_landmarks, head_crop
from headcast.face.matte import person_matte
from headcast.face.track import find_face
from headcast.types import Image, Landmarks, Shot


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


@pytest.fixture(scope="session")
def shot(head: tuple[Image, Landmarks]) -> Shot:
    """The head crop with the person's matte."""
    image, landmarks = head
    return Shot(image, landmarks, person_matte(image))

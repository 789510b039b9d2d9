"""The two photos that come with the package in, docs/images/layers.webp out: what the layers of a photo are.

python tools/draw_layers.py
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.close_ups.crop import scaled
from headcast.geometry.builtin import builtin_motion
from headcast.inpainting.fill import fill_hidden
from headcast.matting.layers import split_layers
from headcast.media.images import write_image
from headcast.networks.notes import default_checkpoint_path
from headcast.provenance.marks import Marks, fingerprint
from headcast.reenact.driver import Driver
from headcast.reenact.sitter import Sitter
from headcast.reenact.source import open_source
from headcast.tracking.crop import crop_image
from headcast.tracking.matte import person_matte
from headcast.types import Image

ASSETS = Path(__file__).parents[1] / "headcast" / "assets"
PHOTOS = (ASSETS / "astronaut.webp", ASSETS / "grace_hopper.jpg")
OUTPUT = Path(__file__).parents[1] / "docs" / "images" / "layers.webp"
MOMENTS = (("turn", 0.25), ("talk", 0.4))  # built-in motion, and when in it
SIDE = 300
PLAIN = (96, 160, 128)  # behind the person who is cut out


def main() -> None:
    """Draw one row for each photo: photo, matte, person, background, two frames."""
    rows = [np.hstack(draw_row(path)) for path in PHOTOS]
    weights = default_checkpoint_path()
    hashes = tuple(fingerprint(path) for path in PHOTOS)
    marks = Marks("figure of the documentation", weights.name, fingerprint(weights), hashes)
    write_image(OUTPUT, np.vstack(rows), marks.to_metadata())


def draw_row(path: Path) -> list[Image]:
    """Return the pictures (SIDE, SIDE, 3) of one photo."""
    source = open_source(path)
    sitter = source.sitter
    crop = crop_image(sitter.photo, sitter.box, 2 * SIDE)
    landmarks = scaled(sitter.shot.landmarks, len(crop) / len(sitter.shot.image))
    layers = split_layers(crop, person_matte(crop), fill_hidden, landmarks)
    alone = np.array(PLAIN) + layers.matte[:, :, None] * (layers.person - PLAIN)
    pictures = [crop, np.dstack([255 * layers.matte] * 3), alone, layers.background]
    driver = Driver(sitter, source.avatar)
    for name, share in MOMENTS:
        motion = builtin_motion(name)
        driver.measure_from(motion.landmarks[:1])
        pictures.append(crop_of(sitter, driver(motion.landmarks[round(share * (len(motion) - 1))])))
    return [in_figure(picture) for picture in pictures]


def in_figure(picture: NDArray[np.floating | np.uint8]) -> Image:
    """Return a picture at the figure's size."""
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def crop_of(sitter: Sitter, frame: Image) -> Image:
    """Return the head's square of a whole frame."""
    return crop_image(frame, sitter.box, 2 * SIDE)


if __name__ == "__main__":
    main()

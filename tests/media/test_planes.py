"""Colours worked out by hand from the standards; parts of a frame against the whole of it, which swscale made."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from headcast.media.images import read_image
from headcast.media.planes import Planes, to_planes, views, whole
from headcast.media.video import open_video
from headcast.tracking.region import Region, read_region

from .conftest import quadrants

MATRICES = [(Colorspace.ITU709, 1), (Colorspace.ITU601, 6)]
RANGES = [ColorRange.MPEG, ColorRange.JPEG]


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ((255, 255, 255), (235, 128, 128)),
        ((0, 0, 0), (16, 128, 128)),
        ((255, 0, 0), (16 + 219 * 0.2126, 128 - 112 * 0.2126 / 0.9278, 240)),
        ((0, 0, 255), (16 + 219 * 0.0722, 240, 128 - 112 * 0.0722 / 0.7874)),
    ],
)
def test_an_image_is_stored_by_the_standard(colour, expected):
    planes = views(to_planes(np.full((6, 10, 3), colour, np.uint8)))
    assert [plane.shape for plane in planes] == [(6, 10), (3, 5), (3, 5)]
    for plane, level in zip(planes, expected, strict=True):
        assert np.ptp(plane) == 0 and abs(plane.mean() - level) <= 1


def test_an_image_is_stored_without_a_tint():
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    red, green, blue = noise.reshape(-1, 3).mean(0) / 255
    brightness = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    expected = (
        16 + 219 * brightness,
        128 + 112 * (blue - brightness) / 0.9278,
        128 + 112 * (red - brightness) / 0.7874,
    )
    np.testing.assert_allclose([plane.mean() for plane in views(to_planes(noise))], expected, atol=0.06)


@pytest.mark.parametrize(("standard", "tag"), MATRICES)
@pytest.mark.parametrize("color_range", RANGES)
@pytest.mark.parametrize("border", [cv2.BORDER_REPLICATE, cv2.BORDER_CONSTANT])
def test_a_part_of_a_frame_is_as_it_is_in_the_whole(tmp_path, astronaut_path, standard, tag, color_range, border):
    path = _stored(tmp_path, cv2.resize(read_image(astronaut_path), (256, 192)), standard, tag, color_range)
    with open_video(path) as video:
        ((picture, time),) = video.pictures()
    assert isinstance(picture, Planes) and time == 0
    image = whole(picture)
    assert picture.shape == image.shape == (192, 256, 3)
    for region in (Region(128, 80, 90, 0.3), Region(20, 180, 120, -1.0)):  # the second one reaches beyond the picture
        part, expected = (read_region(each, region, 96, border).astype(int) for each in (picture, image))
        assert np.abs(part - expected).mean() < 0.8
        assert np.abs((part - expected).mean((0, 1))).max() < 0.3


def test_a_frame_that_is_not_stored_as_it_is_shown_is_an_image(tmp_path, make_video):
    turned = make_video("t.mp4", range(2), Fraction(1, 25), setup=lambda stream: stream.set_display_rotation(90))
    with open_video(turned) as video:
        assert all(isinstance(picture, np.ndarray) for picture, _ in video.pictures())
    with av.open(str(tmp_path / "444.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv444p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(quadrants(64, 48)).reformat(format="yuv444p")))
        container.mux(stream.encode(None))
    with open_video(tmp_path / "444.mkv") as video:
        assert all(isinstance(picture, np.ndarray) for picture, _ in video.pictures())


def _stored(tmp_path, image, standard, tag, color_range):
    """Write a video of one image with these tags."""
    path = tmp_path / "tagged.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.height, stream.width = image.shape[:2]
        stream.codec_context.colorspace, stream.codec_context.color_range = tag, color_range
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        yuv = frame.reformat(format="yuv420p", dst_colorspace=standard, dst_color_range=color_range)
        container.mux(stream.encode(yuv))
        container.mux(stream.encode(None))
    return path

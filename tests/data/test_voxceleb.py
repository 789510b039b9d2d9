"""Annotations as released, and the speaker among others."""

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from headcast.data.voxceleb import read_annotation, track_annotated, utterance_of
from headcast.errors import DataError
from headcast.media.portraits import PORTRAITS, read_portrait
from headcast.types import Frame

HEADER = (
    "Identity  : \tid00012\nReference : \t21Uxsk56VDQ\nOffset    : \t-4\n"
    "FV Conf   : \t19.187\t(1)\nASD Conf  : \t5.105\n\n"
)
COLUMNS = "FRAME \tX \tY \tW \tH \n"


def test_boxes_of_both_data_sets_in_pixels() -> None:
    picture = np.zeros((720, 1280, 3), np.uint8)
    second = read_annotation(
        HEADER + COLUMNS + "000246 \t0.25 \t0.1 \t0.2 \t0.5 \n000247 \t0.5 \t0.1 \t0.2 \t0.5 \n", ""
    )
    assert (second.start, second.end, second.in_pixels) == (Fraction(246, 25), Fraction(247, 25), False)
    np.testing.assert_allclose(second.box(Fraction(246, 25), picture), [320, 72, 256, 360])
    np.testing.assert_allclose(second.box(Fraction(100), picture), [640, 72, 256, 360])  # the nearest row
    first = read_annotation(HEADER + COLUMNS + "002215\t172\t112\t150\t150\n", "")
    assert first.in_pixels
    np.testing.assert_allclose(first.box(Fraction(0), picture), [344, 224, 300, 300])  # given for 360 lines


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEADER,
        HEADER + COLUMNS,
        HEADER + COLUMNS + "1\t2\t3\n",
        HEADER + COLUMNS + "1\t2\t3\tfour\t5\n",
        HEADER + COLUMNS + "2\t.1\t.1\t.1\t.1\n1\t.1\t.1\t.1\t.1\n",
        HEADER + COLUMNS + "1\tnan\t.1\t.1\t.1\n",
    ],
)
def test_what_is_no_annotation_is_one_line(text: str) -> None:
    with pytest.raises(DataError, match=r"00001\.txt is no annotation of VoxCeleb; expected rows of FRAME, X, Y, W, H"):
        read_annotation(text, "00001.txt")


def test_names_of_files() -> None:
    found = utterance_of("dev/mp4/id00012/21Uxsk56VDQ/00001.mp4")
    assert found is not None
    assert (found.identity, found.video, found.clip) == ("id00012", "21Uxsk56VDQ", "00001")
    assert utterance_of("id00012_0.mp4") is None


def test_the_box_picks_the_face() -> None:
    """Two people side by side; without a box the larger one would be followed."""
    left = read_portrait("astronaut")[:360, 40:400]
    right = np.asarray(Image.open(PORTRAITS["hopper"]).resize((400, 473)))[:360]
    picture = np.ascontiguousarray(np.hstack([left, right]))
    frames = [Frame(picture, Fraction(number, 25)) for number in range(3)]
    width = picture.shape[1]
    for low, high in ((0, 360), (360, 760)):
        rows = "".join(f"{number}\t{low / width}\t0\t{(high - low) / width}\t1\n" for number in range(100, 103))
        annotation = read_annotation(HEADER + COLUMNS + rows, "")
        tracked = [face for _, face in track_annotated(frames, annotation, annotation.start)]
        assert len(tracked) == 3
        for face in tracked:
            assert face is not None
            assert low < face[:, 0].min()
            assert face[:, 0].max() < high


def test_a_face_outside_its_box_is_not_the_speaker() -> None:
    picture = np.ascontiguousarray(read_portrait("astronaut")[:300])
    annotation = read_annotation(HEADER + COLUMNS + "0\t0.7\t0.5\t0.1\t0.2\n", "")
    ((frame, face),) = track_annotated([Frame(picture, Fraction(0))], annotation, Fraction(0))
    assert frame.image is picture
    assert face is None


def test_boxes_do_not_belong_to_released_crops() -> None:
    annotation = read_annotation(HEADER + COLUMNS + "0\t0.7\t0.5\t0.1\t0.2\n", "")
    ((_, face),) = track_annotated([Frame(read_portrait("astronaut"), Fraction(0))], annotation, Fraction(0))
    assert face is not None
    assert list(track_annotated([], annotation, Fraction(0))) == []

"""Looks made by hand show each rule alone; a folder of real and of moved pictures shows all of them together."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from headcast.cli.demo import PHOTOS
from headcast.data.stills import close
from headcast.errors import FaceError, MediaError
from headcast.geometry.builtin import builtin_motion
from headcast.geometry.retarget import Retargeter, find_reference
from headcast.media.images import read_image, write_image
from headcast.media.portraits import read_portrait
from headcast.personalization.check import FolderCheck, check_photos
from headcast.personalization.coach import HELPS, HELPS_LITTLE, LEAVE_OUT, advise, missing
from headcast.personalization.photo_features import (
    CLOSED_EYES,
    LEFT_TURN,
    OPEN_MOUTH,
    RIGHT_TURN,
    PhotoFeatures,
    measure_photo,
)
from headcast.personalization.pictures import load_pictures
from headcast.reenact.sitter import make_sitter
from headcast.types import Image
from headcast.warping.warp import Warper

HARMFUL = {
    "stranger.png": "another person",
    "blurred.png": "blurred",
    "copy.jpg": "the same picture",
    "wall.png": "no face",
}


def made_photo(number: int, angle: float = 0.0) -> PhotoFeatures:
    """A photo unlike any other one's, `angle` radians away from the person of the others."""
    pixels = np.zeros(64 * 64)
    pixels[number] = 1.0
    vector = np.zeros(64)
    vector[:2] = np.cos(angle), np.sin(angle)
    controls = np.zeros(8)
    controls[0] = number
    return PhotoFeatures(200.0, 100.0, vector, pixels, np.full((478, 2), float(number)), np.eye(3), controls, ())


def verdicts(photos: list[PhotoFeatures]) -> list[str]:
    return [its.verdict for its in advise(photos, [f"{number}.jpg" for number in range(len(photos))])]


def test_pictures_without_fault_help() -> None:
    assert verdicts([made_photo(number, 0.3 * (-1) ** number) for number in range(6)]) == [HELPS] * 6


def test_the_person_is_whom_most_pictures_show() -> None:
    photos = [made_photo(number, 1.5 if number < 2 else 0.05 * number) for number in range(6)]
    assert verdicts(photos) == [LEAVE_OUT] * 2 + [HELPS] * 4
    assert verdicts([made_photo(0), made_photo(1, 1.5)]) == [HELPS, LEAVE_OUT]
    half = [made_photo(number, 1.5 * (number % 2)) for number in range(10)]
    assert verdicts(half).count(LEAVE_OUT) == 5


def test_blurred_and_small_faces_are_measured_by_the_others() -> None:
    soft, small = replace(made_photo(3), detail=45.0), replace(made_photo(4), detail=45.0, size=45.0)
    advice = advise([made_photo(0), made_photo(1), made_photo(2), soft, small], list("abcde"))
    assert [its.verdict for its in advice] == [HELPS] * 3 + [LEAVE_OUT] * 2
    assert advice[3].reason == "blurred: it shows 45 pixels of detail across the face, the others 100"
    assert advice[4].reason == "face too small: 45 pixels across, the others show 100"
    assert verdicts([soft]) == [HELPS]
    enough = replace(made_photo(3), detail=70.0)
    assert verdicts([*(replace(made_photo(number), detail=300.0) for number in range(3)), enough]) == [HELPS] * 4


def test_of_equal_pictures_the_one_with_more_detail_stays() -> None:
    advice = advise([replace(made_photo(1), detail=90.0), made_photo(2), made_photo(1)], ["a", "b", "c"])
    assert [its.verdict for its in advice] == [LEAVE_OUT, HELPS, HELPS]
    assert advice[0].reason == "the same picture as c"


def test_the_same_pose_again_helps_little() -> None:
    again = replace(made_photo(1), pixels=made_photo(2).pixels)
    advice = advise([made_photo(1), again], ["a", "b"])
    assert [its.verdict for its in advice] == [HELPS, HELPS_LITTLE]
    assert advice[1].reason == "the pose and expression of a again"


def test_a_nearly_black_picture_does_not_help() -> None:
    photos = [made_photo(0), replace(made_photo(1), light=12.0)]
    assert [(each.verdict, each.reason[:8]) for each in advise(photos, "ab")][1] == (LEAVE_OUT, "too dark")
    assert [each.verdict for each in advise(photos[1:], "b")] == [HELPS_LITTLE]  # one is never left out


def test_what_no_picture_shows_is_missing() -> None:
    assert missing([]) == (OPEN_MOUTH, LEFT_TURN, RIGHT_TURN, CLOSED_EYES)
    assert missing([replace(made_photo(0), shows=(RIGHT_TURN,)), replace(made_photo(1), shows=(CLOSED_EYES,))]) == (
        OPEN_MOUTH,
        LEFT_TURN,
    )
    assert advise([], []) == ()


@pytest.fixture(scope="module")
def good_pictures() -> list[Image]:
    """The astronaut turning to her right and her left, talking and blinking; in the ninth her eyes are closed."""
    sitter = make_sitter(np.asarray(read_portrait("astronaut")))
    own = sitter.shot.landmarks
    warper = Warper(sitter.shot)
    places = []
    for name, moments in (
        ("turn", (0.0, 0.25, 0.75)),
        ("talk", (0.2, 0.5, 0.8)),
        ("tilt", (0.25,)),
        ("surprise", (0.5,)),
    ):
        driving = builtin_motion(name).landmarks
        retarget = Retargeter(own, find_reference(list(driving), own, relative=True))
        places += [retarget(driving[int(moment * len(driving))]) for moment in moments]
    places += [close(own, lips=False, lids=True), close(places[2], lips=False, lids=True)]
    return [warper(place).conditioning.warped for place in places]


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory, good_pictures: list[Image]) -> Path:
    """Ten good pictures, a stranger, a blurred one, a copy and one without a face."""
    folder = tmp_path_factory.mktemp("album")
    for number, picture in enumerate(good_pictures):
        write_image(folder / f"good{number}.png", picture, {})
    write_image(folder / "stranger.png", PHOTOS["hopper"](), {})
    write_image(
        folder / "blurred.png", np.asarray(cv2.GaussianBlur(read_portrait("astronaut"), (0, 0), 4.0), np.uint8), {}
    )
    smaller = cv2.resize(good_pictures[4][4:, :-6], None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)
    write_image(folder / "copy.jpg", np.asarray(smaller, np.uint8), {})
    write_image(folder / "wall.png", np.full((200, 300, 3), 90, np.uint8), {})
    return folder


@pytest.fixture(scope="module")
def checked(album: Path) -> FolderCheck:
    return check_photos(album, album.parent / "sheet.png")


def test_all_four_harmful_pictures_are_named_and_no_good_one(checked: FolderCheck) -> None:
    left_out = {photo.file.name: photo.reason for photo in checked.photos if photo.verdict == LEAVE_OUT}
    assert set(left_out) == set(HARMFUL)
    assert all(reason in left_out[name] for name, reason in HARMFUL.items())
    assert left_out["copy.jpg"] == "the same picture as good4.png"


def test_what_pictures_show_is_said(checked: FolderCheck, good_pictures: list[Image]) -> None:
    straight, right, left, closed = (measure_photo(make_sitter(good_pictures[number])).shows for number in (0, 1, 2, 8))
    assert straight == ()
    assert RIGHT_TURN in right and LEFT_TURN not in right  # her nose points to the left side of the picture
    assert left == (LEFT_TURN,)
    assert CLOSED_EYES in closed
    assert checked.missing == ()


def test_the_contact_sheet_frames_harmful_pictures(album: Path, checked: FolderCheck) -> None:
    sheet = read_image(album.parent / "sheet.png")
    rows = -(-len(checked.photos) // 5)
    assert sheet.shape[1] == 5 * (192 + 24)
    frames = [
        tuple(sheet[number // 5 * (sheet.shape[0] // rows) + 8, number % 5 * 216 + 100])
        for number in range(len(checked.photos))
    ]
    harmful = [photo.verdict == LEAVE_OUT for photo in checked.photos]
    assert [frame == (213, 94, 0) for frame in frames] == harmful


def test_an_avatar_leaves_out_what_the_coach_names(album: Path) -> None:
    pictures = load_pictures([album], 64)
    assert len(pictures.sitters) == 10
    assert len(pictures.dropped) == 4
    for name, reason in HARMFUL.items():
        assert any(name in line and reason in line for line in pictures.dropped)


def test_a_folder_that_cannot_be_checked_ends_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="is no folder; give a folder of photos"):
        check_photos(tmp_path / "none")
    with pytest.raises(MediaError, match="no photo in"):
        check_photos(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(FaceError, match="none of the 1 photos in .* can be used; the first: [^ ]+ is not a picture"):
        check_photos(tmp_path)

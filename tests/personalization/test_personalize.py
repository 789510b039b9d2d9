from pathlib import Path

import numpy as np
import pytest

from headcast.avatars.avatar_file import load_avatar
from headcast.errors import CheckpointError, HeadcastError
from headcast.geometry.builtin import builtin_motion
from headcast.geometry.motion import save_motion
from headcast.media.images import read_image
from headcast.personalization.expression import measure_openings
from headcast.personalization.personalize import PersonalizeOptions, personalize
from headcast.provenance.marks import fingerprint
from headcast.provenance.verify import read_marks
from headcast.reenact.animate import animate_file
from headcast.reenact.options import AnimateOptions
from headcast.reenact.source import open_source


@pytest.fixture(scope="module")
def avatar(tmp_path_factory: pytest.TempPathFactory, hopper_path: Path, checkpoint: Path) -> Path:
    path = tmp_path_factory.mktemp("avatars") / "grace.avatar"
    options = PersonalizeOptions(steps=4, consent="US Navy, public domain", checkpoint=checkpoint, seed=7)
    result = personalize(hopper_path, path, options)
    assert (result.output, result.num_shots, result.num_held_out, result.num_steps) == (path, 1, 0, 4)
    assert result.reason.startswith("kept ") and not result.interrupted and not result.dropped
    return path


def test_an_avatar_holds_the_photo_and_says_what_it_was_made_of(
    avatar: Path, hopper_path: Path, checkpoint: Path
) -> None:
    content, marks = load_avatar(avatar), read_marks(avatar)
    np.testing.assert_array_equal(content.photo, read_image(hopper_path))
    assert content.settings["num_shots"] == 1 and content.settings["candidates"][0]["share"] == 0.0
    assert marks is not None
    assert (marks.kind, marks.consent, marks.seed) == ("avatar", "US Navy, public domain", 7)
    assert (marks.source_sha256, marks.model_sha256) == ((fingerprint(hopper_path),), fingerprint(checkpoint))


def test_an_avatar_moves_like_a_photo_and_hands_its_consent_on(avatar: Path, tmp_path: Path) -> None:
    photo, driving, output = load_avatar(avatar).photo, tmp_path / "short.motion", tmp_path / "out.mp4"
    save_motion(driving, builtin_motion("nod", seconds=0.2))
    result = animate_file(avatar, driving, output, AnimateOptions(device="cpu"))
    marks = read_marks(output)
    assert (result.num_frames, result.size) == (6, photo.shape[1::-1])
    assert marks is not None
    assert (marks.consent, marks.model, marks.model_sha256) == (
        "US Navy, public domain",
        "grace.avatar",
        fingerprint(avatar),
    )


def test_an_avatar_is_the_same_sitter_as_its_photo(avatar: Path, hopper_path: Path, checkpoint: Path) -> None:
    from_file, from_photo = open_source(avatar).sitter, open_source(hopper_path, checkpoint=checkpoint).sitter
    assert (from_file.box, from_file.edges) == (from_photo.box, from_photo.edges)
    np.testing.assert_array_equal(from_file.shot.image, from_photo.shot.image)
    np.testing.assert_array_equal(from_file.shot.landmarks, from_photo.shot.landmarks)


def test_other_weights_for_an_avatar_are_refused(avatar: Path, checkpoint: Path) -> None:
    with pytest.raises(CheckpointError, match="leave --checkpoint and --scale out"):
        open_source(avatar, checkpoint=checkpoint)
    with pytest.raises(CheckpointError, match="leave --checkpoint and --scale out"):
        open_source(avatar, scale=1.2)


@pytest.mark.parametrize(("name", "message"), [("a.mp4", "ends in .avatar"), ("none/a.avatar", "does not exist")])
def test_a_place_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(HeadcastError, match=message):
        personalize("there is no such photo.png", tmp_path / name)


def test_openings_are_those_of_the_face_and_nan_without_one(astronaut_path: Path, hopper_path: Path) -> None:
    smiling, resting, nobody = measure_openings(
        [read_image(astronaut_path), read_image(hopper_path), np.full((64, 64, 3), 127, np.uint8)]
    )
    assert resting[0] < 0.03 < smiling[0]
    assert smiling[1] > 0.05
    assert np.isnan(nobody).all()

"""A real photo is told to speak, blink and turn; then the video is watched by the tracker: did it?

Once with the weights that ship, once with fresh ones, which show how far the geometry alone goes.
"""

from fractions import Fraction

import numpy as np
import pytest

from headcast.errors import CheckpointError
from headcast.geometry.builtin import builtin_motion
from headcast.geometry.motion import save_motion
from headcast.geometry.pose import CONTROLS, fit_pose, measure_controls, remove_pose, rotation_vector
from headcast.media.images import write_image
from headcast.media.portraits import read_portrait
from headcast.media.video import open_video
from headcast.networks.checkpoint import save_checkpoint
from headcast.networks.model import build_model
from headcast.networks.notes import CheckpointNotes, default_checkpoint_path
from headcast.networks.presets import PRESETS
from headcast.provenance.verify import read_marks
from headcast.reenact.animate import AnimateResult, animate_file
from headcast.reenact.options import AnimateOptions
from headcast.tracking.track import track_video
from headcast.types import Landmarks, Motion

RATE = Fraction(12)
PARTS = (("surprise", 1.5), ("blink", 1.25), ("turn", 3.0))
SPEAKING, BLINKING, TURNING = (slice(0, 18), slice(18, 33), slice(33, 69))


class Watched:
    """What a tracker sees in each frame: controls by name (N,), turns (N, 3) in radians."""

    def __init__(self, frames: list[Landmarks]) -> None:
        poses = [fit_pose(landmarks) for landmarks in frames]
        faces = [remove_pose(landmarks, pose) for landmarks, pose in zip(frames, poses, strict=True)]
        self.turns = np.array([rotation_vector(pose.rotation) for pose in poses])
        self.controls = dict(zip(CONTROLS, np.array([measure_controls(face) for face in faces]).T, strict=True))


@pytest.fixture(scope="module")
def told() -> Motion:
    """The mouth opens wide and closes, the eyes close and open, the head turns to both sides."""
    parts = [builtin_motion(name, seconds, RATE) for name, seconds in PARTS]
    landmarks = np.concatenate([part.landmarks for part in parts])
    times = tuple(number / RATE for number in range(len(landmarks)))
    return Motion(landmarks, times, parts[0].image_size, np.ones(len(times), np.bool_))


@pytest.fixture(scope="module", params=["shipped", pytest.param("fresh", marks=pytest.mark.slow)])
def made(request: pytest.FixtureRequest, told: Motion, tmp_path_factory: pytest.TempPathFactory) -> AnimateResult:
    folder = tmp_path_factory.mktemp("end_to_end")
    checkpoint = folder / "fresh.safetensors"
    if request.param == "fresh":
        save_checkpoint(checkpoint, build_model(PRESETS["lite"], seed=0), CheckpointNotes("lite"))
    else:
        try:
            checkpoint = default_checkpoint_path()
        except CheckpointError:
            pytest.skip("no weights ship yet")
    write_image(folder / "eileen.png", np.ascontiguousarray(read_portrait("astronaut")[:320, 65:385]), {})
    save_motion(folder / "told.motion", told)
    options = AnimateOptions(checkpoint=checkpoint)
    return animate_file(folder / "eileen.png", folder / "told.motion", folder / "out.mp4", options)


@pytest.fixture(scope="module")
def watched(made: AnimateResult) -> Watched:
    tracked = [landmarks for _, landmarks in track_video(made.output)]
    assert all(landmarks is not None for landmarks in tracked)  # a face in every frame
    return Watched([landmarks for landmarks in tracked if landmarks is not None])


def test_every_frame_is_there_at_the_exact_rate_and_size(made: AnimateResult, told: Motion) -> None:
    with open_video(made.output) as video:
        assert (video.rate, video.size) == (RATE, (320, 320))
        assert len(list(video)) == len(told) == 69


def test_it_says_that_it_is_synthetic(made: AnimateResult) -> None:
    marks = read_marks(made.output)
    assert marks is not None
    assert marks.kind == "talking head"


def test_the_mouth_opened_as_wide_as_told_and_closed(watched: Watched, told: Motion) -> None:
    asked, seen = (each.controls["lip_gap"] for each in (Watched(list(told.landmarks)), watched))
    assert np.corrcoef(asked[SPEAKING], seen[SPEAKING])[0, 1] > 0.95
    assert seen[SPEAKING].max() > 0.5 * asked[SPEAKING].max()  # the tracker takes a tongue for a lip
    shut = asked < 0.002
    assert np.median(seen[shut]) < 0.03
    assert seen[shut].max() < 0.08


def test_both_eyes_blinked(watched: Watched, told: Motion) -> None:
    for side in ("right_eye_opening", "left_eye_opening"):
        asked, seen = (each.controls[side][BLINKING] for each in (Watched(list(told.landmarks)), watched))
        assert seen[asked < 0.005].min() < 0.5 * np.median(seen[asked > 0.12])


def test_the_head_turned_to_the_told_sides(watched: Watched, told: Motion) -> None:
    asked, seen = (each.turns[TURNING] for each in (Watched(list(told.landmarks)), watched))
    assert np.corrcoef(asked[:, 1], seen[:, 1])[0, 1] > 0.95
    assert np.ptp(seen[:, 1]) > 0.6 * np.ptp(asked[:, 1])
    assert np.sign(seen[np.abs(asked[:, 1]).argmax(), 1]) == np.sign(asked[np.abs(asked[:, 1]).argmax(), 1])


def test_the_background_keeps_still(made: AnimateResult) -> None:
    with open_video(made.output) as video:
        frames = [frame.image.astype(float) for frame in video]
    corners = (np.s_[:30, :30], np.s_[:30, -30:])
    for corner in corners:
        assert np.abs(np.diff([frame[corner] for frame in frames], axis=0)).mean() < 0.5


def test_the_person_stays_herself(made: AnimateResult, watched: Watched) -> None:
    """At rest, before anything moves, the video shows the photo."""
    photo = read_portrait("astronaut")[:320, 65:385].astype(float)
    with open_video(made.output) as video:
        first = next(iter(video)).image.astype(float)
    assert np.abs(first - photo).mean() < 6

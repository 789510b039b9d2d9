import numpy as np
import pytest

from headcast.avatars.from_torch import weights_of
from headcast.data.clips import Clip
from headcast.evaluation.methods.baselines import OURS, PHOTO, WARP, ZEROED, Rivals
from headcast.evaluation.metrics.judges import Judges
from headcast.evaluation.metrics.landmarks68 import eye_distance, points_68
from headcast.evaluation.metrics.lpips import TrunkFeatures, perceptual_distance
from headcast.evaluation.metrics.trunks import squeezenet
from headcast.evaluation.protocol import split_clip
from headcast.evaluation.records import REAL, Record
from headcast.evaluation.self_reenactment import MOTION, SHIMMER, SKIN, FromLandmarks, judge_clip
from headcast.media.portraits import read_portrait
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS

WEIGHTS = weights_of(build_model(PRESETS["tiny"], seed=0))


def judged(clip: Clip, judges: Judges, num_targets: int) -> Record:
    split = split_clip(clip, 1, seed=0, num_targets=num_targets)
    maker = FromLandmarks(Rivals([clip.shot(split.shots[0])], WEIGHTS), clip, split.targets)
    return judge_clip(clip, judges, maker, split, f"{clip.name}.T1")


@pytest.fixture(scope="module")
def clip(make_clip):
    return make_clip("anna_1", read_portrait("astronaut"))


@pytest.fixture(scope="module")
def record(clip):
    trunk = squeezenet()
    trunk.layers.requires_grad_(False)
    return judged(clip, Judges((perceptual_distance(trunk),), feature_sets=(TrunkFeatures(trunk),)), num_targets=3)


def test_the_photo_unmoved_errs_by_what_it_did_not_move(clip, record) -> None:
    photo, warp = record.figures[PHOTO], record.figures[WARP]
    # targets are frames 7, 9 and 11, moved by 9, 12 and 12 pixels
    expected = 11 / eye_distance(points_68(clip.landmarks[0]))
    assert photo["landmark error all (MediaPipe)"] == pytest.approx(expected, rel=0.05)
    assert warp["landmark error all (MediaPipe)"] < 0.25 * expected
    assert record.facts["changes"]["pose"] == pytest.approx([0, 0, 0], abs=1e-3)  # sideways is no turn
    assert photo["SSIM head"] < warp["SSIM head"]
    assert photo["LPIPS-squeeze head"] > warp["LPIPS-squeeze head"]
    assert photo[SKIN] > 0 and photo["one face found"] == 1


def test_motion_is_none_for_the_photo_and_whole_for_the_warp(record) -> None:
    assert record.figures[PHOTO][MOTION] == 0 and record.figures[PHOTO][SHIMMER] == 0
    assert record.figures[WARP][MOTION] == pytest.approx(0.8, abs=0.2)  # smoothed: the clip moves in jerks


def test_a_record_says_what_was_judged_and_shows_it(clip, record) -> None:
    assert record.name == "anna_1.T1"
    assert record.identity == "anna"
    assert (record.facts["num_targets"], record.facts["num_shots"]) == (3, 1)
    assert list(record.figures) == [PHOTO, WARP, ZEROED, OURS]
    assert [len(rows) for rows in record.rows.values()] == [3, 3, 3, 3]
    assert record.rows[OURS][0]["LPIPS-squeeze ring"] > 0 and "PSNR head" not in record.rows[OURS][0]
    assert {strip.shape for strip in record.strips.values()} == {(256, 1024, 3)}
    assert {rows.shape for rows in record.vectors["SqueezeNet 1.1"].values()} == {(3, 512)}
    assert (record.strips["best"][:, :256] == clip.shot(0).image).all()


def test_a_still_clip_is_done_by_the_photo(make_clip) -> None:
    still = make_clip("still_1", read_portrait("astronaut"), shifts=[0] * 6)
    first, second = (judged(still, Judges(), num_targets=2) for _ in range(2))
    assert first.figures == second.figures  # same inputs, same figures
    assert first.figures[PHOTO]["SSIM full"] == pytest.approx(1)
    assert first.figures[PHOTO]["landmark error all (MediaPipe)"] == 0
    assert "PSNR full" not in first.figures[PHOTO]  # infinite
    assert MOTION not in first.figures[OURS]  # nothing moved
    assert first.vectors == {} and REAL not in first.figures
    assert not np.isnan([figure for rival in first.figures.values() for figure in rival.values()]).any()

import pytest

from headcast.avatars.from_torch import weights_of
from headcast.evaluation.cross_reenactment import HEAD_MOTION, SourcePortrait, choose_drivers, judge_pair
from headcast.evaluation.methods.baselines import PHOTO, WARP, Rivals
from headcast.evaluation.metrics.faces import FACE_FOUND
from headcast.evaluation.metrics.identity import IdentityJudge
from headcast.evaluation.metrics.judges import Judges
from headcast.evaluation.run import shared_out
from headcast.evaluation.self_reenactment import SKIN
from headcast.media.portraits import read_portrait
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS


@pytest.fixture(scope="module")
def clips(make_clip):
    from headcast.cli.demo import PHOTOS

    return [
        make_clip("anna_1", read_portrait("astronaut")),
        make_clip("anna_2", read_portrait("astronaut")),
        make_clip("grace_1", PHOTOS["hopper"]()),
    ]


@pytest.fixture(scope="module")
def sources(clips):
    return [SourcePortrait(clip.name, clip.identity, (clip.shot(0),)) for clip in clips]


def rivals(source: SourcePortrait) -> Rivals:
    return Rivals(source.shots, weights_of(build_model(PRESETS["tiny"], seed=0)))


def test_drivers_are_somebody_else_and_the_same_next_time(clips, sources) -> None:
    anna, grace = sources[0], sources[2]
    assert choose_drivers(anna, clips, 1, seed=0) == [clips[2]]
    chosen = {seed: choose_drivers(grace, clips, 1, seed) for seed in range(20)}
    assert {clip.name for (clip,) in chosen.values()} == {"anna_1", "anna_2"}
    assert chosen == {seed: choose_drivers(grace, clips, 1, seed) for seed in range(20)}
    assert choose_drivers(anna, clips[:2], 1, seed=0) == []


def test_more_drivers_include_fewer_and_none_comes_twice(clips, sources) -> None:
    both = choose_drivers(sources[2], clips, 9, seed=3)
    assert {clip.name for clip in both} == {"anna_1", "anna_2"} and len(both) == 2
    assert choose_drivers(sources[2], clips, 1, seed=3) == both[:1]
    assert choose_drivers(sources[2], clips, 0, seed=3) == []


@pytest.mark.parametrize(("total", "among", "counts"), [(None, 3, {1}), (200, 28, {7, 8}), (2, 5, {0, 1}), (0, 4, {0})])
def test_pairs_are_shared_out_evenly(total, among, counts) -> None:
    shares = shared_out(total, among)
    assert sum(shares) == (among if total is None else total)
    assert len(shares) == among and set(shares) == counts


def test_checks_know_a_frozen_photo_from_a_moving_one(clips, sources) -> None:
    colour = IdentityJudge(lambda batch: batch.mean((2, 3)), "mean colour")
    judges = Judges(identity=(colour,))
    record = judge_pair(sources[2], clips[0], judges, rivals(sources[2]), (7, 8, 10, 11), "grace--anna")
    assert record.name == "grace--anna" and record.identity == "grace"
    photo, warp = record.figures[PHOTO], record.figures[WARP]
    assert photo[HEAD_MOTION] < 0.1 < 0.7 < warp[HEAD_MOTION] < 1.4
    assert photo[FACE_FOUND] == warp[FACE_FOUND] == 1
    assert warp["landmark error all (MediaPipe)"] < 0.05 < photo["landmark error all (MediaPipe)"]
    assert warp[SKIN] < 4 and warp["CSIM (mean colour) to the source"] > 0.99
    assert record.strips["middle"].shape == (256, 768, 3)


def test_a_colour_cast_is_seen(clips, sources) -> None:
    """An untrained network without the warp paints no skin."""
    figures = judge_pair(sources[2], clips[0], Judges(), rivals(sources[2]), (7, 11), "grace--anna").figures
    assert figures["warp zeroed"][SKIN] > 4 > figures[WARP][SKIN]
    assert figures["warp zeroed"][FACE_FOUND] == 0

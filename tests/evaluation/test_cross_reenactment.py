import pytest
from skimage.data import astronaut

from headcast.evaluation.baselines import PHOTO, WARP, Rivals
from headcast.evaluation.cross_reenactment import HEAD_MOTION, Source, choose_driver, judge_pair
from headcast.evaluation.faces import FACE_FOUND
from headcast.evaluation.identity import IdentityJudge
from headcast.evaluation.judges import Judges
from headcast.evaluation.self_reenactment import SKIN
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS


@pytest.fixture(scope="module")
def clips(make_clip):
    from headcast.cli.demo import PHOTOS

    return [
        make_clip("anna_1", astronaut()),
        make_clip("anna_2", astronaut()),
        make_clip("grace_1", PHOTOS["hopper"]()),
    ]


@pytest.fixture(scope="module")
def sources(clips):
    return [Source(clip.name, clip.identity, clip.shot(0)) for clip in clips]


def rivals(source: Source) -> Rivals:
    return Rivals([source.shot], build_model(PRESETS["tiny"], seed=0))


def test_a_driver_is_somebody_else_and_the_same_next_time(clips, sources) -> None:
    anna, grace = sources[0], sources[2]
    assert choose_driver(anna, clips, seed=0) is clips[2]
    chosen = {seed: choose_driver(grace, clips, seed) for seed in range(20)}
    assert {clip.name for clip in chosen.values()} == {"anna_1", "anna_2"}
    assert chosen == {seed: choose_driver(grace, clips, seed) for seed in range(20)}
    assert choose_driver(anna, clips[:2], seed=0) is None


def test_checks_know_a_frozen_photo_from_a_moving_one(clips, sources, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
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


def test_a_colour_cast_is_seen(clips, sources, tmp_path, monkeypatch) -> None:
    """An untrained network without the warp paints no skin."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    figures = judge_pair(sources[2], clips[0], Judges(), rivals(sources[2]), (7, 11), "grace--anna").figures
    assert figures["warp zeroed"][SKIN] > 4 > figures[WARP][SKIN]
    assert figures["warp zeroed"][FACE_FOUND] == 0

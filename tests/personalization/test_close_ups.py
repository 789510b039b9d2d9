"""Close-ups tuned to one person: nearer to pictures held out or not kept, and shown wherever the avatar is."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from headcast.avatars.avatar import Avatar, make_avatar
from headcast.avatars.avatar_file import AvatarContent, load_avatar, save_avatar
from headcast.avatars.from_torch import weights_of
from headcast.avatars.weights import Weights
from headcast.cli.demo import PHOTOS
from headcast.close_ups.parts import PARTS
from headcast.geometry.builtin import builtin_motion
from headcast.geometry.retarget import Retargeter, find_reference
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.personalization import close_ups
from headcast.personalization.close_up_rows import FEWEST, close_up_rows
from headcast.personalization.close_ups import tune_close_ups, with_tuned
from headcast.reenact.driver import Driver
from headcast.reenact.sitter import Sitter, avatar_shots, make_sitter
from headcast.reenact.source import open_source
from headcast.types import Box, Shot
from headcast.warping.warp import Warper

EACH_PART = pytest.mark.parametrize("part", PARTS)


@pytest.fixture(scope="module")
def sitters() -> list[Sitter]:
    """Four moments of the astronaut (NASA, public domain) speaking, her photo warped."""
    sitter = make_sitter(PHOTOS["astronaut"]())
    driving = builtin_motion("talk", rate=Fraction(2)).landmarks[:FEWEST]
    retarget = Retargeter(sitter.shot.landmarks, find_reference(list(driving), sitter.shot.landmarks, relative=True))
    warp, box = Warper(sitter.shot), Box(0.0, 0.0, 256.0, 256.0)
    shots = [Shot(warp(place).conditioning.warped, place, sitter.shot.matte) for place in map(retarget, driving)]
    return [Sitter(shot.image, box, shot) for shot in shots]


@pytest.fixture(scope="module")
def pale() -> dict[str, Weights]:
    """Close-ups that make what they paint paler than it is: any person's pictures tell them so."""
    found = {}
    for part in PARTS:
        weights = weights_of(build_model(PRESETS[part], seed=0))
        bias = weights.generator["head.bias"].copy()
        colours = len(bias) * 3 // 4
        bias[:colours] += 0.3
        bias[colours:] = -3  # it trusts what was carried as little as what was drawn
        found[part] = replace(weights, generator={**weights.generator, "head.bias": bias})
    return found


@EACH_PART
def test_rows_are_what_others_show_of_a_shot(part: str, sitters: list[Sitter]) -> None:
    rows = close_up_rows([part], sitters, seed=0)[part]
    each = len(PARTS[part].shot_crops(sitters[0].shot.image, sitters[0].shot.landmarks))
    assert len(rows.learned.target) == each * (2 + 6)  # two by the others together, six by one other
    assert rows.learned.together.sum() == each * 2
    assert len(rows.held_out.target) == each
    width, height = PARTS[part].crop_size
    assert rows.learned.conditioning.shape[1:] == (13, height, width)
    shown = rows.learned.conditioning[:, 3:6] * (1 - rows.learned.mask)
    true = rows.learned.target * (1 - rows.learned.mask)
    assert np.abs(shown - true).mean() < 0.05  # the same face, in its place and light


@EACH_PART
def test_tuning_comes_nearer_to_pictures_that_it_never_saw(
    part: str, sitters: list[Sitter], pale: dict[str, Weights], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(close_ups, "RATE", 1e-2)  # fresh networks learn fast
    told: list[float] = []
    tuned = dict(tune_close_ups({part: pale[part]}, sitters, steps=8, report=told.append))[part]
    assert tuned.parameters is not None and told == [1.0]
    assert [candidate.share for candidate in tuned.candidates] == [0.0, 0.25, 0.5, 1.0]
    assert tuned.kept.distance == min(candidate.distance for candidate in tuned.candidates)
    assert tuned.kept.distance < 0.9 * tuned.candidates[0].distance
    assert tuned.reason.startswith("kept ") and "nearer to held-out shots" in tuned.reason


def test_a_close_up_that_gets_worse_is_not_kept(sitters: list[Sitter], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(close_ups, "RATE", 0.1)
    good = weights_of(build_model(PRESETS["eyes"], seed=0))  # shows what was carried
    tuned = dict(tune_close_ups({"eyes": good}, sitters, steps=4))["eyes"]
    assert min(candidate.distance for candidate in tuned.candidates[1:]) > tuned.candidates[0].distance
    assert tuned.parameters is None and tuned.reason.startswith("kept the untuned close-up: ")
    avatar = Avatar(PRESETS["tiny"], {}, np.zeros((1, 1), np.float32), (sitters[0].shot,))
    assert not with_tuned(avatar, {"eyes": tuned}).close_ups


def test_of_few_pictures_none_is_tuned(sitters: list[Sitter], pale: dict[str, Weights]) -> None:
    assert not list(tune_close_ups(pale, sitters[: FEWEST - 1]))
    with pytest.raises(ValueError, match=f"at least {FEWEST} sitters, not 3"):
        close_up_rows(["mouth"], sitters[: FEWEST - 1], seed=0)


def test_a_tuned_avatar_shows_its_own_mouth(sitters: list[Sitter], pale: dict[str, Weights], tmp_path: Path) -> None:
    """From the file, too; the eyes, which were not tuned, are the package's."""
    avatar = make_avatar(weights_of(build_model(PRESETS["lite"], seed=0)), avatar_shots(sitters))
    tuned = replace(
        avatar,
        close_ups={"mouth": pale["mouth"]},
        close_up_parameters={
            "mouth": np.zeros((1, len(pale["mouth"].generator["projection.bias"])), np.float32),
        },
    )
    paths = [tmp_path / "plain.avatar", tmp_path / "tuned.avatar"]
    for path, one in zip(paths, (avatar, tuned), strict=True):
        save_avatar(path, AvatarContent(one, sitters[0].photo, sitters[0].box))
    loaded = load_avatar(paths[1])
    assert set(loaded.avatar.close_ups) == {"mouth"}
    painted = []
    for path in paths:
        source = open_source(path)
        driver = Driver(source.sitter, source.avatar, precision="f32")
        mouth, right, left = driver.generate(driver.condition(sitters[1].shot.landmarks)).close_ups
        painted.append((right, left, mouth))
    for plain, own in zip(*(pair[:2] for pair in painted), strict=True):
        np.testing.assert_array_equal(plain.picture, own.picture)
    mask = painted[0][2].mask > 0.5
    assert np.abs(painted[0][2].picture - painted[1][2].picture)[mask].mean() > 3

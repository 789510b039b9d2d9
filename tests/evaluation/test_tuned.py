import pytest
import torch
from skimage.data import astronaut

from headcast.evaluation.baselines import TUNED, Tuned
from headcast.evaluation.painter import reduced
from headcast.evaluation.tuned import tune_avatar, tune_from_random_weights
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.reenact.driver import avatar_of

STEPS = 4


@pytest.fixture(scope="module")
def shots(make_clip):
    clip = make_clip("anna_1", astronaut())
    return [clip.shot(number) for number in (0, 7)]


@pytest.fixture(scope="module")
def model():
    return build_model(PRESETS["tiny"], seed=3)


def test_tuning_starts_from_the_feed_forward_avatar(model, shots, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    avatar, start = tune_avatar(model, shots, STEPS, seed=0), avatar_of(model, reduced(shots, model))
    changes = [
        float((after - before).detach().abs().max())
        for after, before in zip(avatar.generator.parameters(), start.generator.parameters(), strict=True)
    ]
    assert max(changes) < 0.05  # a few steps at a small rate lead nowhere else
    assert avatar.image_size == 64 and len(avatar.shots) == 2
    again = tune_avatar(model, shots, STEPS, seed=0)
    assert torch.equal(again.adain_parameters, avatar.adain_parameters)
    frames = Tuned(avatar, TUNED, 256)(shots[0].landmarks)
    assert list(frames) == [TUNED] and frames[TUNED].shape == (256, 256, 3)
    assert not (tmp_path / "headcast").exists()  # the user's cache is left alone


def test_random_weights_owe_the_model_nothing(model, shots) -> None:
    """The avatar is the same whatever the model's weights, as long as its judge keeps the same candidate."""
    avatar = tune_from_random_weights(model, shots, STEPS, seed=0)
    fresh, trained = build_model(model.config, 0).generator, model.generator
    weights, start, other = (dict(each.named_parameters()) for each in (avatar.generator, fresh, trained))
    name = next(name for name in weights if weights[name].ndim == 4)
    distance_to = {
        who: float((weights[name] - own[name]).detach().norm()) for who, own in (("fresh", start), ("other", other))
    }
    assert distance_to["fresh"] < 0.1 * distance_to["other"]


def test_half_a_tuning_is_no_figure(model, shots, monkeypatch) -> None:
    def interrupted(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr("headcast.training.finetune._Finetuner.learn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tune_avatar(model, shots, STEPS, seed=0)

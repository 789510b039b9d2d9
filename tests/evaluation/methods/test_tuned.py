import numpy as np
import pytest

from headcast.avatars.from_torch import avatar_of, weights_of
from headcast.evaluation.methods.baselines import TUNED, Tuned
from headcast.evaluation.methods.painter import reduced
from headcast.evaluation.methods.tuned import tune_avatar, tune_from_random_weights
from headcast.media.portraits import read_portrait
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS

STEPS = 4


@pytest.fixture(scope="module")
def shots(make_clip):
    clip = make_clip("anna_1", read_portrait("astronaut"))
    return [clip.shot(number) for number in (0, 7)]


@pytest.fixture(scope="module")
def model():
    return build_model(PRESETS["tiny"], seed=3)


def test_tuning_starts_from_the_feed_forward_avatar(model, shots) -> None:
    avatar, start = tune_avatar(model, {}, shots, STEPS, seed=0), avatar_of(model, reduced(shots, model.config))
    changes = [float(np.abs(avatar.weights[name] - before).max()) for name, before in start.weights.items()]
    assert max(changes) < 0.05  # a few steps at a small rate lead nowhere else
    assert avatar.image_size == 64 and len(avatar.shots) == 2
    again = tune_avatar(model, {}, shots, STEPS, seed=0)
    np.testing.assert_array_equal(again.adain_parameters, avatar.adain_parameters)
    frames = Tuned(avatar, TUNED, shots)(shots[0].landmarks)
    assert list(frames) == [TUNED] and frames[TUNED].shape == (256, 256, 3)


def test_random_weights_owe_the_model_nothing(model, shots) -> None:
    """The avatar is the same whatever the model's weights, as long as its judge keeps the same candidate."""
    avatar = tune_from_random_weights(model, shots, STEPS, seed=0)
    fresh, trained = weights_of(build_model(model.config, 0)).generator, weights_of(model).generator
    weights = avatar.weights
    name = next(name for name in weights if weights[name].ndim == 4)
    distance_to = {
        who: float(np.linalg.norm(weights[name] - own[name])) for who, own in (("fresh", fresh), ("other", trained))
    }
    assert distance_to["fresh"] < 0.1 * distance_to["other"]


def test_half_a_tuning_is_no_figure(model, shots, monkeypatch) -> None:
    def interrupted(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr("headcast.training.finetune._Finetuner.learn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tune_avatar(model, {}, shots, STEPS, seed=0)

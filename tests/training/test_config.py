import json

import pytest

from headcast.training.config import LossWeights, TrainingConfig, training_config


def test_settings_survive_json() -> None:
    config = training_config("lite", minutes=3.0, seed=4, sizes=((0.6, 128), (0.4, 256)))
    assert TrainingConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_paper_defaults_are_those_of_the_papers_second_version() -> None:
    config = training_config("paper", num_samples=10)
    assert config.weights == LossWeights(
        vgg19=0.15, vggface=0.025, adversarial=1.0, feature_matching=10.0, embedding_match=10.0
    )
    assert (config.learning_rate, config.discriminator_learning_rate) == (5e-5, 2e-4)
    assert config.adam_betas == (0.0, 0.999) and config.num_discriminator_steps == 2


def test_each_size_has_its_share_of_the_run() -> None:
    config = training_config("lite", num_samples=10, sizes=((0.6, 128), (0.4, 256)))
    assert [config.size_at(progress, 256) for progress in (0.0, 0.59, 0.61, 1.0)] == [128, 128, 256, 256]
    assert training_config("lite", num_samples=10).size_at(0.5, 96) == 96


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "give either num_samples or minutes"),
        ({"num_samples": 1, "minutes": 1.0}, "give either num_samples or minutes"),
        ({"num_samples": 0}, "must be positive"),
        ({"minutes": 1.0, "drop_warp": 1.5}, r"drop_warp must lie in 0\.\.1, got 1\.5"),
        ({"minutes": 1.0, "sizes": ((0.5, 128),)}, r"the shares of sizes must add up to 1, got \(\(0.5, 128\),\)"),
        ({"minutes": 1.0, "log_steps": 0}, "log_steps must be at least 1"),
        ({"minutes": 1.0, "precision": "fp8"}, "precision must be auto, bf16 or f32, got 'fp8'"),
        ({"minutes": 1.0, "learning_rte": 1.0}, "unknown training setting 'learning_rte'; known: .*learning_rate"),
    ],
)
def test_wrong_settings_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        training_config("lite", **changes)


def test_an_unknown_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown training setting 'lpips'; known: adversarial, crop"):
        TrainingConfig.from_dict({"minutes": 1.0, "weights": {"lpips": 1.0}})


def test_the_small_paper_departs_from_the_paper_only_where_a_short_run_must() -> None:
    small, paper = (training_config(preset, minutes=1.0).to_dict() for preset in ("small_paper", "paper"))
    assert {name for name in paper if small[name] != paper[name]} == {
        "preset",
        "learning_rate",
        "discriminator_learning_rate",
        "warmup_steps",
        "final_rate_share",
        "num_discriminator_steps",
        "adversarial_start",
        "weights",
    }
    assert {**small["weights"], "pyramid": 0.0} == paper["weights"]

from dataclasses import replace

import pytest
import torch

from headcast.networks.model import Model, build_model
from headcast.networks.presets import PRESETS
from headcast.training.alarms import validation_alarms
from headcast.training.config import TrainingConfig, training_config
from headcast.training.content import FeatureNetworks
from headcast.training.episode import EpisodeBatch
from headcast.training.probes import _of_other_videos, validate

CONFIG: TrainingConfig = training_config("tiny", num_samples=1)


@pytest.fixture
def fresh() -> Model:
    model = build_model(PRESETS["tiny"], seed=0)
    torch.nn.init.zeros_(model.generator.head.weight)  # exactly "output = warp", blended with itself
    return model


def test_a_fresh_generator_is_unmasked_as_a_copier(fresh: Model, batch: EpisodeBatch) -> None:
    result = validate(fresh, [batch], CONFIG, FeatureNetworks())
    assert result.loss == pytest.approx(result.warp_loss, rel=1e-4)
    assert result.mouth == pytest.approx(result.warp_mouth, rel=1e-4)
    assert result.other_embedding == pytest.approx(0, abs=1e-6)
    assert result.other_landmarks == pytest.approx(0, abs=1e-6)
    assert result.without_warp > 0.5
    assert validation_alarms(result.to_dict()) == [
        "the embedding is hardly used beside the warped shot: 0.0%, wanted 2%",
        "the embedding is hardly used: 0.0%, wanted 10%",
        "the landmark image hardly moves the mouth: 0.0%, wanted 15%",
    ]


def test_a_perfect_warp_has_no_loss(fresh: Model, perfect_batch: EpisodeBatch) -> None:
    result = validate(fresh, [perfect_batch], CONFIG, FeatureNetworks())
    assert result.warp_loss == 0 and result.warp_mouth == 0
    assert result.loss < 1e-4


def test_a_generator_that_needs_its_inputs_is_recognised(batch: EpisodeBatch) -> None:
    model = build_model(PRESETS["tiny"], seed=0)
    torch.manual_seed(0)
    torch.nn.init.normal_(model.generator.head.weight, std=1.0)
    torch.nn.init.normal_(model.generator.projection.weight, std=5.0)
    # the target is what the generator draws, so every change of its inputs must make it worse
    parameters = model.generator.project(model.embedder.embed_shots(batch.shots, batch.shot_landmark_images))
    with torch.no_grad():
        drawn = replace(batch, target=model.generator(batch.conditioning, parameters).image)
    result = validate(model, [drawn], CONFIG, FeatureNetworks())
    assert result.loss < 1e-5
    assert min(result.other_embedding, result.without_warp, result.other_landmarks_mouth) > 1.0


def test_embeddings_come_from_other_videos(batch: EpisodeBatch) -> None:
    rows = torch.arange(8.0).view(2, 4, 1)
    others = torch.cat(_of_other_videos(list(rows), [batch, batch])).flatten().long()
    videos = batch.video_index.repeat(2)
    assert (videos[others] != videos).all()


def test_a_batch_of_one_has_no_other_landmarks(fresh: Model, batch: EpisodeBatch) -> None:
    alone = replace(batch, video_index=batch.video_index[:1])
    with pytest.raises(ValueError, match="validation needs batches of at least 2 episodes"):
        validate(fresh, [alone], CONFIG, FeatureNetworks())

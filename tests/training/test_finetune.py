import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from headcast.errors import HeadcastError
from headcast.networks.model import Model, build_model
from headcast.networks.presets import PRESETS
from headcast.training.candidates import Candidate, Judge, choose, liveliness, reason
from headcast.training.content import FeatureNetworks
from headcast.training.episode import EpisodeBatch
from headcast.training.finetune import FinetuneConfig, Finetuned, finetune, finetune_config
from headcast.types import Image

NO_NETWORKS = FeatureNetworks()


def no_face(frames: Sequence[Image]) -> NDArray[np.float64]:
    """What is measured on random pictures."""
    return np.full((len(frames), 2), np.nan)


def model_of(preset: str) -> Model:
    model = build_model(PRESETS[preset], seed=1)
    for network in (model.embedder, model.generator, model.discriminator):
        network.eval()
    return model


def indifferent(model: Model) -> Model:
    """The same model with a discriminator that scores every frame alike: nothing reaches its last activation."""
    with torch.no_grad():
        model.discriminator.blocks[-1].conv_out.bias.fill_(-1e4)
    return model


def tune(model: Model, batch: EpisodeBatch, batches: Iterator[EpisodeBatch] | None = None, **changes) -> Finetuned:
    config = finetune_config(model.config, NO_NETWORKS, precision="f32", **changes)
    embedding = torch.rand(1, model.config.embedding_size, generator=torch.Generator().manual_seed(2))
    batches = itertools.repeat(batch) if batches is None else batches
    return finetune(model, embedding, batches, [], judge_of(model, embedding, batch), config, NO_NETWORKS)


def judge_of(model: Model, embedding: torch.Tensor, batch: EpisodeBatch) -> Judge:
    weights = finetune_config(model.config, NO_NETWORKS).weights
    return Judge(model.discriminator, embedding, batch, batch, no_face, NO_NETWORKS, weights, precision="f32")


@pytest.mark.parametrize("preset", ["tiny", "tiny_paper"])
def test_tuning_comes_nearer_to_the_person(preset: str, batch: EpisodeBatch) -> None:
    tuned = tune(indifferent(model_of(preset)), batch, steps=16, learning_rate=2e-3, pull=0.0)
    shares, distances = zip(*((one.share, one.distance) for one in tuned.candidates), strict=True)
    assert shares == (0.0, 0.25, 0.5, 1.0)
    assert distances[-1] < 0.97 * distances[0]
    assert tuned.kept is min(tuned.candidates, key=lambda one: one.distance)
    assert (tuned.num_steps, tuned.interrupted) == (16, False)


def test_the_same_seed_tunes_alike(batch: EpisodeBatch) -> None:
    model = model_of("tiny")
    first, second = (tune(model, batch, steps=4, seed=5) for _ in range(2))
    assert first.candidates == second.candidates
    assert torch.equal(first.adain_parameters, second.adain_parameters)


def test_the_generator_returned_is_the_kept_candidates(batch: EpisodeBatch) -> None:
    model = model_of("tiny")
    tuned = tune(model, batch, steps=8, learning_rate=1.0)  # far too fast: everything later is worse
    assert tuned.kept is tuned.candidates[0]
    for name, value in tuned.generator.state_dict().items():
        torch.testing.assert_close(value, model.generator.state_dict()[name])


def test_holding_on_keeps_moving_frames_near_the_feed_forward_ones(batch: EpisodeBatch) -> None:
    model = indifferent(model_of("tiny"))
    moving = replace(batch, conditioning=batch.conditioning.flip(-1))
    embedding = torch.rand(1, 16)
    with torch.no_grad():
        parameters = model.generator.project(embedding)
        before = model.generator(moving.conditioning, parameters.repeat(4, 1)).image

    def drift(held: list[EpisodeBatch]) -> float:
        config = finetune_config(model.config, NO_NETWORKS, precision="f32", steps=12, learning_rate=5e-3, pull=0.0)
        judge = judge_of(model, embedding, batch)
        tuned = finetune(model, embedding, itertools.repeat(batch), held, judge, config, NO_NETWORKS)
        with torch.no_grad():
            after = tuned.generator(moving.conditioning, tuned.adain_parameters.repeat(4, 1)).image
        return float((after - before).abs().mean())

    assert drift([moving]) < 0.8 * drift([])


def test_ctrl_c_keeps_the_best_so_far(batch: EpisodeBatch) -> None:
    def interrupted() -> Iterator[EpisodeBatch]:
        yield from itertools.repeat(batch, 6)
        raise KeyboardInterrupt

    tuned = tune(model_of("tiny"), batch, interrupted(), steps=8, learning_rate=2e-3)
    assert tuned.interrupted
    assert [one.share for one in tuned.candidates] == [0.0, 0.25, 0.5]
    assert tuned.kept in tuned.candidates


def test_a_budget_of_time_ends(batch: EpisodeBatch) -> None:
    tuned = tune(model_of("tiny"), batch, steps=None, seconds=0.3)
    assert tuned.num_steps >= 1
    assert tuned.candidates[-1].share == 1.0


def test_a_loss_that_is_not_finite_says_what_to_do(batch: EpisodeBatch) -> None:
    broken = replace(batch, target=torch.full_like(batch.target, torch.nan))
    with pytest.raises(
        HeadcastError, match="became nan while tuning: it diverged; try again with another --seed or fewer --steps"
    ):
        tune(model_of("tiny"), batch, itertools.repeat(broken), steps=4)


@pytest.mark.parametrize(
    ("changes", "message"), [({"seconds": 3.0}, "either steps or seconds"), ({"steps": 0}, "must be positive")]
)
def test_a_wrong_budget_is_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FinetuneConfig(**changes)


def test_the_paper_moves_everything_and_lite_its_decoder() -> None:
    paper, lite = (finetune_config(PRESETS[name], NO_NETWORKS) for name in ("paper", "lite"))
    assert (paper.moving, paper.pull, paper.augment_discriminator) == ((), 0.0, False)
    assert (paper.learning_rate, paper.discriminator_learning_rate) == (5e-5, 2e-4)
    assert lite.moving == ("lift", "up", "head")
    small = finetune_config(PRESETS["small_paper"], NO_NETWORKS)
    assert (small.moving, small.learning_rate, small.discriminator_learning_rate) == ((), 1e-4, 2e-4)
    assert paper.weights.pyramid > 0  # the offline content term, where VGG19 is missing


START = Candidate(0.0, distance=2.0, realism=1.0)


@pytest.mark.parametrize(
    ("later", "kept"),
    [
        ([Candidate(0.5, 1.9, 1.0), Candidate(1.0, 1.8, 0.95)], 1.0),  # nearest
        ([Candidate(0.5, 1.9, 1.0), Candidate(1.0, 1.0, 0.0)], 0.5),  # nearest, but looks less real
        ([Candidate(0.5, 1.9, 1.0), Candidate(1.0, 1.0, 1.0, liveliness=0.8)], 0.5),  # nearest, but half asleep
        ([Candidate(0.5, 2.1, 5.0)], 0.0),  # farther, however real
        ([], 0.0),
    ],
)
def test_the_nearest_that_looks_as_real_is_kept(later: list[Candidate], kept: float) -> None:
    assert choose([START, *later], 0.9).share == kept


def test_the_reason_says_what_was_measured() -> None:
    later = Candidate(0.5, 1.9, 1.25)
    assert reason([START, later], later, "2 held-out shots") == (
        "kept 50% of the tuning: 5.0% nearer to 2 held-out shots than the untuned model, realism +1.00 to +1.25, "
        "100% of its expression"
    )
    against = replace(later, liveliness=-0.4)
    assert reason([START, against], against, "x").endswith("+1.25, 0% of its expression")
    assert "no later candidate was nearer to self-made episodes" in reason([START, later], START, "self-made episodes")
    assert reason([START], START, "x") == "kept the untuned model: nothing else was judged before the end"


def test_liveliness_is_the_share_of_the_movement_that_is_left() -> None:
    start = np.array([[0.0, 0.2], [0.1, 0.0], [0.3, 0.1]])
    assert liveliness(start, start) == pytest.approx(1.0)
    assert liveliness(start * (0.8, 1.0) + 0.05, start) == pytest.approx(0.8)  # a shift is no loss
    assert liveliness(start * (1.2, 0.7), start) == pytest.approx(0.7)
    assert liveliness(start * (1.5, 0.9), start) == pytest.approx(1 / 1.5)  # nor may it grow


def test_liveliness_looks_only_at_faces_that_were_found_and_moved() -> None:
    start = np.array([[0.0, 0.1], [0.1, 0.1], [0.3, 0.1]])
    now = np.array([[0.0, 0.0], [0.09, 0.3], [np.nan, np.nan]])
    assert liveliness(now, start) == pytest.approx(0.9)
    assert liveliness(np.full((3, 2), np.nan), start) == 1.0

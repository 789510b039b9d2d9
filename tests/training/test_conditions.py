from dataclasses import replace

import torch

from headcast.networks.lite_generator import VALIDITY, WARPED
from headcast.training.conditions import NOTHING, drop_conditions, inside_boxes, replace_embeddings
from headcast.training.config import TrainingConfig
from headcast.training.episode import EpisodeBatch


def config(**probabilities: float) -> TrainingConfig:
    return TrainingConfig(num_samples=1, **{"drop_warp": 0.0, "drop_mouth_and_eyes": 0.0, **probabilities})


def random() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_without_the_warp_only_landmarks_and_maps_are_left(batch: EpisodeBatch) -> None:
    dropped = drop_conditions(batch, config(drop_warp=1.0), random())
    assert (dropped[:, WARPED] == NOTHING).all() and (dropped[:, VALIDITY] == 0).all()
    others = [channel for channel in range(13) if channel != VALIDITY and not WARPED.start <= channel < WARPED.stop]
    assert torch.equal(dropped[:, others], batch.conditioning[:, others])


def test_mouth_and_eyes_are_erased_inside_their_boxes(batch: EpisodeBatch) -> None:
    dropped = drop_conditions(batch, config(drop_mouth_and_eyes=1.0), random())
    erased = dropped[0, VALIDITY] == 0
    expected = torch.zeros(64, 64, dtype=torch.bool)
    expected[40:56, 20:44] = True  # mouth
    expected[16:28, 16:48] = True  # eyes
    assert torch.equal(erased, expected)
    assert torch.equal((dropped[0, WARPED] == NOTHING).all(0), expected)
    assert torch.equal(dropped[0, WARPED, :16], batch.conditioning[0, WARPED, :16])


def test_nothing_is_dropped_at_probability_zero_and_the_batch_stays_as_it_was(batch: EpisodeBatch) -> None:
    before = batch.conditioning.clone()
    assert torch.equal(drop_conditions(batch, config(), random()), before)
    drop_conditions(batch, config(drop_warp=1.0), random())
    assert torch.equal(batch.conditioning, before)


def test_the_share_of_dropped_rows_is_the_asked_one(batch: EpisodeBatch) -> None:
    source = random()
    drops = sum(
        int((drop_conditions(batch, config(drop_warp=0.25), source)[:, VALIDITY].amax((1, 2)) == 0).sum())
        for _ in range(100)
    )
    assert 70 <= drops <= 130  # of 400


def test_a_landmark_image_alone_has_nothing_to_drop(batch: EpisodeBatch) -> None:
    plain = replace(batch, conditioning=batch.conditioning[:, :3])
    assert drop_conditions(plain, config(drop_warp=1.0), random()) is plain.conditioning


def test_boxes_may_reach_beyond_the_image() -> None:
    inside = inside_boxes(torch.tensor([[-5.0, -5.0, 8.0, 100.0]]), 10, 10)
    assert inside[0].sum(1).tolist() == [3] * 10


def test_embeddings_are_replaced_by_the_mean() -> None:
    embeddings, mean = torch.rand(6, 4), torch.full((4,), 9.0)
    assert torch.equal(replace_embeddings(embeddings, mean, 0.0, random()), embeddings)
    assert (replace_embeddings(embeddings, mean, 1.0, random()) == 9).all()

from dataclasses import replace

import torch

from headcast.networks.lite_generator import VALIDITY, WARPED
from headcast.training.conditions import NOTHING, drop_conditions, inside_boxes, replace_embeddings
from headcast.training.episode import EpisodeBatch

NONE = torch.zeros(4, dtype=torch.bool)
ALL = ~NONE


def test_without_the_warp_only_landmarks_and_maps_are_left(batch: EpisodeBatch) -> None:
    dropped = drop_conditions(batch, ALL, NONE)
    assert (dropped[:, WARPED] == NOTHING).all() and (dropped[:, VALIDITY] == 0).all()
    others = [channel for channel in range(13) if channel != VALIDITY and not WARPED.start <= channel < WARPED.stop]
    assert torch.equal(dropped[:, others], batch.conditioning[:, others])


def test_mouth_and_eyes_are_erased_inside_their_boxes(batch: EpisodeBatch) -> None:
    dropped = drop_conditions(batch, NONE, ALL)
    erased = dropped[0, VALIDITY] == 0
    expected = torch.zeros(64, 64, dtype=torch.bool)
    expected[40:56, 20:44] = True  # mouth
    expected[16:28, 16:48] = True  # eyes
    assert torch.equal(erased, expected)
    assert torch.equal((dropped[0, WARPED] == NOTHING).all(0), expected)
    assert torch.equal(dropped[0, WARPED, :16], batch.conditioning[0, WARPED, :16])


def test_nothing_is_dropped_unasked_and_the_batch_stays_as_it_was(batch: EpisodeBatch) -> None:
    before = batch.conditioning.clone()
    assert torch.equal(drop_conditions(batch, NONE, NONE), before)
    drop_conditions(batch, ALL, NONE)
    assert torch.equal(batch.conditioning, before)


def test_only_the_chosen_rows_lose_something(batch: EpisodeBatch) -> None:
    dropped = drop_conditions(
        batch, torch.tensor([False, True, False, False]), torch.tensor([False, True, True, False])
    )
    assert (dropped[1, VALIDITY] == 0).all() and (dropped[2, VALIDITY] == 0).any() and (dropped[2, VALIDITY] == 1).any()
    assert torch.equal(dropped[[0, 3]], batch.conditioning[[0, 3]])


def test_a_landmark_image_alone_has_nothing_to_drop(batch: EpisodeBatch) -> None:
    plain = replace(batch, conditioning=batch.conditioning[:, :3])
    assert drop_conditions(plain, ALL, NONE) is plain.conditioning


def test_boxes_may_reach_beyond_the_image() -> None:
    inside = inside_boxes(torch.tensor([[-5.0, -5.0, 8.0, 100.0]]), 10, 10)
    assert inside[0].sum(1).tolist() == [3] * 10


def test_embeddings_are_replaced_by_the_mean() -> None:
    embeddings, mean = torch.rand(3, 4), torch.full((4,), 9.0)
    replaced = replace_embeddings(embeddings, mean, torch.tensor([False, True, False]))
    assert torch.equal(replaced[[0, 2]], embeddings[[0, 2]]) and torch.equal(replaced[1], mean)

import torch

from headcast.training.config import TrainingConfig
from headcast.training.random_draws import Draws, draw_step


def draw(count: int, **changes: float) -> Draws:
    config = TrainingConfig(num_samples=1, **changes)  # type: ignore[arg-type]
    return draw_step(count, 64, config, torch.Generator().manual_seed(0))


def test_the_share_of_chosen_rows_is_the_asked_one() -> None:
    draws = draw(400, drop_warp=0.25, drop_mouth_and_eyes=0.0, drop_embedding=1.0)
    assert 70 <= int(draws.without_warp.sum()) <= 130
    assert not draws.without_mouth_and_eyes.any() and draws.without_embedding.all()


def test_the_discriminator_never_looks_twice_through_the_same_augmentation() -> None:
    draws = draw(8, num_discriminator_steps=2)
    first, second, third = (each.brightness for each in draws.augmentations)
    assert not torch.equal(first, second) and not torch.equal(second, third)
    plain = draw(8, augment_discriminator=False)
    assert plain.augmentations == () and plain.augmentation(1) is None


def test_rows_of_a_draw_are_those_of_the_whole_batch() -> None:
    whole = draw(8, drop_warp=0.5)
    part = whole.rows(slice(2, 6))
    assert torch.equal(part.squares, whole.squares[2:6]) and torch.equal(part.without_warp, whole.without_warp[2:6])
    assert torch.equal(part.augmentations[0].contrast, whole.augmentations[0].contrast[2:6])
    assert part.augmentations[0].shift == whole.augmentations[0].shift

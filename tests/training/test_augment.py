import torch

from headcast.training.augment import MAX_SHIFT, draw_augmentation


def test_frames_and_landmark_images_move_together_and_only_frames_change_colour() -> None:
    for seed in range(20):
        augmentation = draw_augmentation(2, 32, torch.Generator().manual_seed(seed))
        frames, landmarks = augmentation.apply(torch.zeros(2, 3, 32, 32), torch.ones(2, 3, 32, 32))
        rows, columns = augmentation.shift
        assert max(abs(rows), abs(columns)) <= MAX_SHIFT * 32
        assert landmarks.sum() == 2 * 3 * (32 - abs(rows)) * (32 - abs(columns))
        shown = landmarks[0, 0] == 1
        assert shown[max(rows, 0), max(columns, 0)]
        torch.testing.assert_close(
            frames[0, 0, shown], augmentation.brightness[0].expand(int(shown.sum()), 1, 1).flatten()
        )


def test_equal_seeds_draw_equal_changes_and_the_gradient_flows() -> None:
    frames = torch.rand(2, 3, 32, 32, requires_grad=True)
    first, second = (draw_augmentation(2, 32, torch.Generator().manual_seed(1)) for _ in range(2))
    changed, _ = first.apply(frames, frames)
    assert torch.equal(changed, second.apply(frames, frames)[0])
    changed.square().sum().backward()
    assert frames.grad is not None and frames.grad.abs().sum() > 0

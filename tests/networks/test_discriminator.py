import torch
from torch.nn import functional

from headcast.networks.discriminator import Discriminator, VideoEmbeddings


def small_discriminator() -> Discriminator:
    torch.manual_seed(0)
    return Discriminator((8, 8, 16), 16, unshuffle=2).eval()


def test_score_is_the_projection_of_the_paper() -> None:
    discriminator, frames, identity = small_discriminator(), torch.rand(2, 3, 64, 64), torch.randn(2, 16)
    score, maps = discriminator(frames, frames, identity)
    assert [tuple(features.shape[1:]) for features in maps] == [(8, 16, 16), (8, 8, 8), (16, 4, 4), (16, 4, 4)]
    pooled = functional.relu(maps[-1]).sum((2, 3))  # V: the sum over 4x4 places
    weight, bias = discriminator.general.weight[0], discriminator.general.bias
    torch.testing.assert_close(score, (pooled * (identity + weight)).sum(1) + bias, atol=1e-4, rtol=1e-4)


def test_score_judges_the_frame_with_its_landmark_image() -> None:
    discriminator, frames, identity = small_discriminator(), torch.rand(2, 3, 64, 64), torch.zeros(2, 16)
    matching, _ = discriminator(frames, frames, identity)
    mismatched, _ = discriminator(frames, frames.flip(0), identity)
    assert not torch.allclose(matching, mismatched)


def test_video_embeddings_learn_only_the_rows_that_were_seen() -> None:
    videos = VideoEmbeddings(5, 3)
    before = videos.vectors.weight.detach().clone()
    assert before.abs().max() <= 0.1
    videos(torch.tensor([1, 3])).sum().backward()
    gradient = videos.vectors.weight.grad
    assert gradient is not None and gradient.is_sparse
    assert sorted(gradient.coalesce().indices()[0].tolist()) == [1, 3]
    videos.follow(torch.tensor([4]), torch.ones(1, 3))
    torch.testing.assert_close(videos.vectors.weight[4], before[4] + 0.1 * (1 - before[4]))
    assert torch.equal(videos.vectors.weight[:4], before[:4])

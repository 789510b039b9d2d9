import torch
from torch.nn import functional

from headcast.networks.embedder import Embedder


def small_embedder(**options: bool) -> Embedder:
    torch.manual_seed(0)
    return Embedder(32, (8, 8, 8, 16), 16, unshuffle=2, spectral_norm=False, **options)


def test_the_embedding_of_many_shots_is_the_mean_of_their_embeddings() -> None:
    embedder, frames, landmarks = small_embedder(), torch.rand(2, 3, 3, 32, 32), torch.rand(2, 3, 3, 32, 32)
    embedding = embedder.embed_shots(frames, landmarks)
    assert embedding.shape == (2, 16)
    for row in range(2):
        torch.testing.assert_close(embedding[row], embedder(frames[row], landmarks[row]).mean(0))
    torch.testing.assert_close(embedding, embedder.embed_shots(frames.flip(1), landmarks.flip(1)))


def test_frame_and_landmark_image_both_count() -> None:
    embedder, frames, landmarks = small_embedder(), torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32)
    assert not torch.allclose(embedder(frames, landmarks), embedder(landmarks, frames))


def test_other_sizes_are_resized_by_area() -> None:
    embedder, frames = small_embedder(), torch.rand(1, 3, 64, 64)
    pooled = functional.avg_pool2d(frames, 2)
    torch.testing.assert_close(embedder(frames, frames), embedder(pooled, pooled))


def test_sum_and_mean_pooling_differ_by_the_number_of_places() -> None:
    frames = torch.rand(1, 3, 32, 32)  # folded to 16x16, four times halved: one place
    embedder, mean = small_embedder(), small_embedder(mean_pooling=True)
    torch.testing.assert_close(embedder(frames, frames), mean(frames, frames))
    for network in (embedder, mean):
        network.image_size = 64  # 2x2 places
    larger = torch.rand(1, 3, 64, 64)
    torch.testing.assert_close(embedder(larger, larger), 4.0 * mean(larger, larger))
    assert (embedder(larger, larger) >= 0).all()  # activation before the sum

"""The discriminator D and its video embeddings W: frames with landmark images in, realism scores and features out."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from headcast.networks.blocks import ResidualBlock, add_spectral_norm
from headcast.networks.embedder import down_blocks


class Discriminator(nn.Module):
    """Projection discriminator: score = V(frame, landmark image)^T (identity + w0) + b (paper, eq. 3).

    `identity` is a video embedding W_i in meta-training and the mean embedding in fine-tuning; `w0` and `b` are the
    weight and bias of `general`. The score is unbounded: no sigmoid, because the losses are hinges.
    """

    def __init__(
        self,
        widths: tuple[int, ...],
        embedding_size: int,
        *,
        unshuffle: int = 1,
        attention_level: int | None = None,
    ) -> None:
        super().__init__()
        self.unshuffle = unshuffle
        self.blocks = down_blocks(6 * unshuffle**2, (*widths[:-1], embedding_size), attention_level)
        self.blocks.append(ResidualBlock(embedding_size))
        self.general = nn.Linear(embedding_size, 1)
        add_spectral_norm(self)

    def forward(self, frames: Tensor, landmark_images: Tensor, identity: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Judge (B, 3, H, W) frames in [-1, 1] of identities (B, N): scores (B,) and each block's feature map."""
        features = functional.pixel_unshuffle(torch.cat([frames, landmark_images], dim=1), self.unshuffle)
        maps: list[Tensor] = []
        for block in self.blocks:
            features = block(features)
            maps.append(features)
        # The sum over the 4x4 places of a full-size frame, written so that other sizes give scores of the same scale.
        pooled = functional.relu(features.float()).mean(dim=(2, 3)) * 16.0
        score = (pooled * identity).sum(dim=1) + self.general(pooled).squeeze(1)
        return score, maps


class VideoEmbeddings(nn.Module):
    """One vector per training video (paper: the columns W_i); sparse, and kept apart, since no avatar needs it."""

    def __init__(self, num_videos: int, embedding_size: int) -> None:
        super().__init__()
        self.vectors = nn.Embedding(num_videos, embedding_size, sparse=True)
        nn.init.uniform_(self.vectors.weight, -0.1, 0.1)

    def forward(self, video_index: Tensor) -> Tensor:
        """Vectors (B, N) of the videos numbered `video_index` (B,)."""
        vectors: Tensor = self.vectors(video_index)
        return vectors

    @torch.no_grad()
    def follow(self, video_index: Tensor, embeddings: Tensor) -> None:
        """Move the vectors of `video_index` (B,) a tenth of the way to `embeddings` (B, N), outside any optimiser."""
        weight = self.vectors.weight
        weight[video_index] = torch.lerp(weight[video_index], embeddings.to(weight.dtype), 0.1)

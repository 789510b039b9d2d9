"""The embedder E: shots (frames with their landmark images) in, the identity's embedding vector out."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from headcast.networks.blocks import DownBlock, SelfAttention, add_spectral_norm


class Embedder(nn.Module):
    """Residual down blocks without normalisation, then a sum over the last map (paper, section 3 and supplement).

    Reads frame and landmark image as 6 channels at `image_size`, folded by `unshuffle` (pixels to channels, which
    makes the first blocks cheap); other sizes are resized by area. `attention_level` counts down blocks before the
    self-attention, or is None. `mean_pooling` keeps embeddings near unit length instead of summing them up.
    """

    def __init__(
        self,
        image_size: int,
        widths: tuple[int, ...],
        embedding_size: int,
        *,
        unshuffle: int = 1,
        mean_pooling: bool = False,
        attention_level: int | None = None,
        spectral_norm: bool = True,
    ) -> None:
        super().__init__()
        self.image_size = image_size
        self.unshuffle = unshuffle
        self.mean_pooling = mean_pooling
        self.blocks = down_blocks(6 * unshuffle**2, (*widths[:-1], embedding_size), attention_level)
        if spectral_norm:
            add_spectral_norm(self)

    def forward(self, frames: Tensor, landmark_images: Tensor) -> Tensor:
        """Embed each shot: (B, 3, H, W) and (B, 3, H, W) in [-1, 1] to (B, N)."""
        features = torch.cat([frames, landmark_images], dim=1)
        if features.shape[-1] != self.image_size:
            features = functional.interpolate(features, size=(self.image_size, self.image_size), mode="area")
        features = functional.pixel_unshuffle(features, self.unshuffle)
        for block in self.blocks:
            features = block(features)
        places = functional.relu(features.float())
        return places.mean(dim=(2, 3)) if self.mean_pooling else places.sum(dim=(2, 3))

    def embed_shots(self, frames: Tensor, landmark_images: Tensor) -> Tensor:
        """Mean embedding over K shots (paper: e_hat_i): (B, K, 3, H, W) twice to (B, N)."""
        embeddings: Tensor = self(frames.flatten(0, 1), landmark_images.flatten(0, 1))
        return embeddings.view(*frames.shape[:2], -1).mean(dim=1)


def down_blocks(num_channels: int, widths: tuple[int, ...], attention_level: int | None) -> nn.ModuleList:
    """The stack that embedder and discriminator share; each block's output is one feature map of feature matching."""
    blocks = nn.ModuleList()
    for level, (in_width, out_width) in enumerate(zip((num_channels, *widths), widths, strict=False)):
        block: nn.Module = DownBlock(in_width, out_width, first=level == 0)
        if attention_level == level + 1:
            block = nn.Sequential(block, SelfAttention(out_width))
        blocks.append(block)
    return blocks

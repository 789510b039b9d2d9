"""The generator G: conditioning and the identity's AdaIN parameters in, a frame out.

Two forms with one contract: `PaperGenerator` here draws the whole frame from the landmark image; `LiteGenerator`
(lite_generator.py) reads the warped shot too. Both answer `project(embedding)`, `forward(conditioning,
adain_parameters)` and `draw`, the part of that which graphs hold, so that whoever drives or fine-tunes them need not
know which one it is.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from headcast.networks.blocks import (
    AdaptiveNorm,
    AdaptiveResidualBlock,
    AdaptiveUpBlock,
    DownBlock,
    SelfAttention,
    ShiftScale,
    adaptive_widths,
    add_spectral_norm,
    split_adain,
)


class GeneratorOutput(NamedTuple):
    """A generated frame and what it was put together from.

    `image` (B, 3, H, W) in [-1, 1] is the frame: warp_weight * warped shot + (1 - warp_weight) * synthesis;
    `synthesis` (B, 3, H, W) in [-1, 1]; `warp_weight` (B, 1, H, W) in [0, 1].
    """

    image: Tensor
    synthesis: Tensor
    warp_weight: Tensor


class PaperGenerator(nn.Module):
    """The paper's generator: landmark image down, AdaIN residual blocks, up to the frame (section 3, supplement).

    `widths` are those of the down blocks; the up blocks mirror them. Self-attention stands where the map is an eighth
    (down) and a quarter (up) of the frame, which is 32x32 and 64x64 at 256 pixels.
    """

    conditioning_channels = 3

    def __init__(
        self,
        widths: tuple[int, ...],
        num_residual_blocks: int,
        embedding_size: int,
        *,
        attention: bool = True,
        spectral_norm: bool = True,
    ) -> None:
        super().__init__()
        levels = range(len(widths))
        in_widths, out_widths = (3, *widths[:-1]), widths[::-1]
        self.down = nn.ModuleList(
            DownBlock(in_widths[level], widths[level], normalise=True, first=level == 0) for level in levels
        )
        self.down_attention = SelfAttention(widths[2]) if attention else nn.Identity()
        self.residual = nn.ModuleList(AdaptiveResidualBlock(widths[-1]) for _ in range(num_residual_blocks))
        up_widths = (widths[-1], *out_widths)
        self.up = nn.ModuleList(AdaptiveUpBlock(up_widths[level], up_widths[level + 1]) for level in levels)
        self.up_attention = SelfAttention(out_widths[-3]) if attention else nn.Identity()
        self.head_norm = AdaptiveNorm(widths[0])
        self.head = nn.Conv2d(widths[0], 3, 3, padding=1)
        self.adaptive_widths = adaptive_widths(self)
        self.projection = nn.Linear(embedding_size, 2 * sum(self.adaptive_widths))  # paper: P
        if spectral_norm:
            add_spectral_norm(self)

    def project(self, embedding: Tensor) -> Tensor:
        """The identity's AdaIN parameters (paper: psi_hat_i = P e_hat_i): (B, N) to (B, P)."""
        parameters: Tensor = self.projection(embedding)
        return parameters.float()

    def forward(self, conditioning: Tensor, adain_parameters: Tensor) -> GeneratorOutput:
        """Draw frames from landmark images (B, 3, H, W) in [-1, 1] and AdaIN parameters (B, P)."""
        image = self.draw(conditioning, adain_parameters)
        return GeneratorOutput(image, image, torch.zeros_like(image[:, :1]))

    def draw(self, seen: Tensor, adain_parameters: Tensor) -> Tensor:
        """Return the frames alone (B, 3, H, W)."""
        adaptive = split_adain(adain_parameters, self.adaptive_widths)
        features = self._encode(seen)
        for block in self.residual:
            features = block(features, adaptive)
        features = self._decode(features, adaptive)
        features = functional.relu(self.head_norm(features, next(adaptive)))
        return torch.tanh(self.head(features).float())

    def _encode(self, features: Tensor) -> Tensor:
        for level, block in enumerate(self.down):
            features = block(features)
            if level == 2:
                features = self.down_attention(features)
        return features

    def _decode(self, features: Tensor, adaptive: Iterator[ShiftScale]) -> Tensor:
        for level, block in enumerate(self.up):
            features = block(features, adaptive)
            if level == len(self.up) - 3:
                features = self.up_attention(features)
        return features

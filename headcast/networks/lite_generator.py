"""The shipped generator: landmark image, warped shot and maps in, the warped shot repaired and completed out."""

import itertools
import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from headcast.networks.blocks import (
    AdaptiveResidualBlock,
    adaptive_widths,
    add_spectral_norm,
    split_adain,
)
from headcast.networks.generator import GeneratorOutput
from headcast.types import CONDITIONING_MAPS

LANDMARK_IMAGE = slice(0, 3)
WARPED = slice(3, 6)
MAPS = slice(6, 6 + len(CONDITIONING_MAPS))
VALIDITY = MAPS.start + CONDITIONING_MAPS.index("validity")
"""Where the parts of the conditioning stand among its channels."""

INITIAL_WARP_WEIGHT = 0.9
"""Share of a valid warped shot before any training: its texture is sharper than what a small network paints. The
synthesis starts as the warped shot too, so this does not change the first frames."""


class LiteGenerator(nn.Module):
    """A small U-Net at half resolution that starts as "output = warped shot" and learns what the warp cannot show.

    `image = w * warped + (1 - w) * synthesis`, with the weight w forced to 0 where the warp is not valid, and
    `synthesis = warped + change`. The size may be any multiple of 2**len(widths). Identity enters as in the paper,
    through AdaIN; the largest maps get scale and shift without normalisation, whose statistics would flicker there.
    With a `reduction`, change and weight are found in a conditioning so many times smaller, and enlarged: the shot
    brings the detail.
    """

    conditioning_channels = MAPS.stop

    def __init__(
        self,
        widths: tuple[int, ...],
        num_residual_blocks: int,
        embedding_size: int,
        *,
        reduction: int = 1,
        spectral_norm: bool = False,
    ) -> None:
        super().__init__()
        self.reduction = reduction
        self.stem = _Stem(4 * self.conditioning_channels, widths[0], stride=1)
        pairs = list(itertools.pairwise(widths))
        self.down = nn.ModuleList(_ConvPair(narrow, wide, stride=2) for narrow, wide in pairs)
        self.residual = nn.ModuleList(AdaptiveResidualBlock(widths[-1]) for _ in range(num_residual_blocks))
        self.lift = nn.ModuleList(nn.Conv2d(wide, narrow, 1) for narrow, wide in reversed(pairs))
        self.up = nn.ModuleList(
            AdaptiveResidualBlock(width, normalise=width != widths[0]) for width in reversed(widths[:-1])
        )
        self.head = nn.Conv2d(widths[0], 4 * 4, 3, padding=1)
        self.adaptive_widths = adaptive_widths(self)
        self.projection = nn.Linear(embedding_size, 2 * sum(self.adaptive_widths))  # paper: P
        if not self.head.weight.is_meta:  # of a shape alone torch would draw numbers for seconds, and keep none
            self._start_as_the_warp()
        if spectral_norm:
            add_spectral_norm(self)

    def project(self, embedding: Tensor) -> Tensor:
        """The identity's AdaIN parameters (paper: psi_hat_i = P e_hat_i): (B, N) to (B, P)."""
        parameters: Tensor = self.projection(embedding)
        return parameters.float()

    def forward(self, conditioning: Tensor, adain_parameters: Tensor) -> GeneratorOutput:
        """Repair warped shots: conditioning (B, 13, H, W), images in [-1, 1] and maps in [0, 1]; parameters (B, P)."""
        if self.reduction == 1:
            return self._compose(conditioning, self.draw(conditioning, adain_parameters))
        drawn = self.draw(functional.avg_pool2d(conditioning, self.reduction), adain_parameters)
        enlarged = functional.interpolate(drawn, scale_factor=float(self.reduction), mode="bilinear")
        return self._compose(conditioning, enlarged)

    def draw(self, seen: Tensor, adain_parameters: Tensor) -> Tensor:
        """Return change and weight (B, 4, h, w) for a reduced conditioning (B, 13, h, w): all that takes a network."""
        adaptive = split_adain(adain_parameters, self.adaptive_widths)
        skips = [self.stem(seen)]
        for down in self.down:
            skips.append(down(skips[-1]))
        features = skips.pop()
        for block in self.residual:
            features = block(features, adaptive)
        for lift, up in zip(self.lift, self.up, strict=True):
            features = functional.interpolate(lift(features), scale_factor=2.0, mode="nearest") + skips.pop()
            features = up(features, adaptive)
        return functional.pixel_shuffle(self.head(functional.relu(features)).float(), 2)

    def _start_as_the_warp(self) -> None:
        """No change to the warped shot, little of it in the blend, AdaIN scales of 1 with a little of the identity."""
        nn.init.normal_(self.head.weight, std=1e-3)
        head_bias = torch.zeros(4, 4)  # (output channel, place inside the 2x2 of the pixel shuffle)
        head_bias[3] = math.log(INITIAL_WARP_WEIGHT / (1.0 - INITIAL_WARP_WEIGHT))
        is_scale = torch.cat([torch.tensor([0.0, 1.0]).repeat_interleave(width) for width in self.adaptive_widths])
        nn.init.normal_(self.projection.weight, std=0.2)
        with torch.no_grad():
            self.head.bias.copy_(head_bias.flatten())  # type: ignore[union-attr]
            self.projection.bias.copy_(is_scale)

    def _compose(self, conditioning: Tensor, drawn: Tensor) -> GeneratorOutput:
        """Put frames together from what was drawn; reenact/generated.py does the same without torch."""
        change, weight_logit = drawn[:, :3], drawn[:, 3:]
        warped, validity = conditioning[:, WARPED].float(), conditioning[:, VALIDITY : VALIDITY + 1].float()
        free = warped + 2.0 * torch.tanh(change)
        synthesis = free.clamp(-1.0, 1.0)
        if self.training:  # the gradient of the identity, so that a pixel outside the range can find its way back
            synthesis = free + (synthesis - free).detach()
        warp_weight = torch.sigmoid(weight_logit) * validity
        return GeneratorOutput(torch.lerp(synthesis, warped, warp_weight), synthesis, warp_weight)


class _ConvPair(nn.Module):
    """Two 3x3 convolutions with activations; the first may halve the size."""

    def __init__(self, in_width: int, out_width: int, *, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(in_width, out_width, 3, stride, padding=1)
        self.second = nn.Conv2d(out_width, out_width, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        return functional.relu(self.second(functional.relu(self.first(features))))


class _Stem(_ConvPair):
    """A pair of convolutions that read 2x2 pixels as one: what pixel_unshuffle before it would do, with its weights.

    As one convolution of 6x6 pixels no time goes into the order of pixels in memory.
    """

    def forward(self, features: Tensor) -> Tensor:
        out_width = self.first.out_channels
        weight = self.first.weight.reshape(out_width, -1, 2, 2, 3, 3).permute(0, 1, 4, 2, 5, 3)
        first = functional.conv2d(features, weight.reshape(out_width, -1, 6, 6), self.first.bias, stride=2, padding=2)
        return functional.relu(self.second(functional.relu(first)))

"""Blocks of the three networks: feature maps (B, C, H, W) in, feature maps out.

The paper takes them from Johnson et al. 2016 and BigGAN (residual blocks), from Huang and Belongie 2017 (AdaIN)
and from SAGAN (self-attention); every one is used with spectral normalisation, added last by `add_spectral_norm`.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations, parametrize
from torch.nn.utils.parametrizations import spectral_norm

NORM_EPSILON = 1e-4
ShiftScale = tuple[Tensor, Tensor]
"""One adaptive layer's shift and scale, each (B, C, 1, 1)."""


class DownBlock(nn.Module):
    """Residual block that halves height and width.

    `normalise` puts an affine instance norm before each activation and leaves out the biases (generator's encoder);
    `first` leaves out the leading activation and norm, because the block reads an image.
    """

    def __init__(self, in_width: int, out_width: int, *, normalise: bool = False, first: bool = False) -> None:
        super().__init__()
        norm_before = normalise and not first
        self.norm_in = nn.InstanceNorm2d(in_width, NORM_EPSILON, affine=True) if norm_before else nn.Identity()
        self.norm_out = nn.InstanceNorm2d(out_width, NORM_EPSILON, affine=True) if normalise else nn.Identity()
        self.conv_in = nn.Conv2d(in_width, out_width, 3, padding=1, bias=not normalise)
        self.conv_out = nn.Conv2d(out_width, out_width, 3, padding=1, bias=not normalise)
        self.skip = nn.Conv2d(in_width, out_width, 1)
        self.first = first

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) to (B, out_width, H/2, W/2)."""
        main = features if self.first else functional.relu(self.norm_in(features))
        main = self.conv_out(functional.relu(self.norm_out(self.conv_in(main))))
        # Pooling is linear, so one pooling of the sum equals two poolings, and the 1x1 skip commutes with it.
        skip: Tensor = self.skip(functional.avg_pool2d(features, 2))
        return functional.avg_pool2d(main, 2) + skip


class ResidualBlock(nn.Module):
    """Residual block of one size without normalisation (the discriminator's last)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(width, width, 3, padding=1)
        self.conv_out = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) to the same."""
        main: Tensor = self.conv_out(functional.relu(self.conv_in(functional.relu(features))))
        return features + main


class AdaptiveNorm(nn.Module):
    """AdaIN: instance norm whose scale and shift come from the embedding; without `normalise`, scale and shift alone.

    Statistics are taken in float32 and the epsilon stands inside the root, so that a flat map has a finite gradient.
    """

    def __init__(self, width: int, *, normalise: bool = True) -> None:
        super().__init__()
        self.width = width
        self.normalise = normalise

    def forward(self, features: Tensor, shift_scale: ShiftScale) -> Tensor:
        """(B, C, H, W) to the same, each channel with the mean `shift` and the deviation `scale`."""
        shift, scale = shift_scale
        if self.normalise:
            variance, mean = torch.var_mean(features.float(), dim=(2, 3), correction=0, keepdim=True)
            scale = scale * torch.rsqrt(variance + NORM_EPSILON)
            shift = shift - mean * scale
        return features * scale.to(features.dtype) + shift.to(features.dtype)


class AdaptiveResidualBlock(nn.Module):
    """Residual block of one size with an adaptive norm before each activation."""

    def __init__(self, width: int, *, normalise: bool = True, bias: bool = False) -> None:
        super().__init__()
        self.norm_in = AdaptiveNorm(width, normalise=normalise)
        self.norm_out = AdaptiveNorm(width, normalise=normalise)
        self.conv_in = nn.Conv2d(width, width, 3, padding=1, bias=bias)
        self.conv_out = nn.Conv2d(width, width, 3, padding=1, bias=bias)

    def forward(self, features: Tensor, adaptive: Iterator[ShiftScale]) -> Tensor:
        """(B, C, H, W) to the same; takes its two layers' shift and scale from `adaptive`."""
        main: Tensor = self.conv_in(functional.relu(self.norm_in(features, next(adaptive))))
        main = self.conv_out(functional.relu(self.norm_out(main, next(adaptive))))
        return features + main


class AdaptiveUpBlock(nn.Module):
    """Residual block with adaptive norms that doubles height and width by nearest neighbours."""

    def __init__(self, in_width: int, out_width: int) -> None:
        super().__init__()
        self.norm_in = AdaptiveNorm(in_width)
        self.norm_out = AdaptiveNorm(out_width)
        self.conv_in = nn.Conv2d(in_width, out_width, 3, padding=1, bias=False)
        self.conv_out = nn.Conv2d(out_width, out_width, 3, padding=1, bias=False)
        self.skip = nn.Conv2d(in_width, out_width, 1)

    def forward(self, features: Tensor, adaptive: Iterator[ShiftScale]) -> Tensor:
        """(B, C, H, W) to (B, out_width, 2H, 2W); takes its two layers' shift and scale from `adaptive`."""
        main: Tensor = functional.relu(self.norm_in(features, next(adaptive)))
        main = self.conv_in(functional.interpolate(main, scale_factor=2.0, mode="nearest"))
        main = self.conv_out(functional.relu(self.norm_out(main, next(adaptive))))
        # A 1x1 convolution commutes with nearest up-sampling and is four times cheaper before it.
        return main + functional.interpolate(self.skip(features), scale_factor=2.0, mode="nearest")


class SelfAttention(nn.Module):
    """Every place looks at every other place (SAGAN); starts as the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Conv2d(width, width // 8, 1)
        self.key = nn.Conv2d(width, width // 8, 1)
        self.value = nn.Conv2d(width, width, 1)
        self.strength = nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) to the same."""
        query, key, value = (layer(features).flatten(2).transpose(1, 2) for layer in (self.query, self.key, self.value))
        attended = functional.scaled_dot_product_attention(query, key, value, scale=1.0)
        return features + self.strength * attended.transpose(1, 2).reshape(features.shape)


def adaptive_widths(module: nn.Module) -> list[int]:
    """The widths of all adaptive norms in `module`, in the order in which its forward pass must use them."""
    return [layer.width for layer in module.modules() if isinstance(layer, AdaptiveNorm)]


def split_adain(parameters: Tensor, widths: list[int]) -> Iterator[ShiftScale]:
    """Cut (B, P) AdaIN parameters into each layer's shift and scale: all of a layer's shifts, then all its scales."""
    pieces = parameters[:, :, None, None].split([width for width in widths for _ in range(2)], dim=1)
    return zip(pieces[::2], pieces[1::2], strict=True)


def add_spectral_norm(module: nn.Module) -> None:
    """Put spectral normalisation on every convolution and linear layer of `module`, in place."""
    for layer in list(module.modules()):
        if isinstance(layer, nn.Conv2d | nn.Linear):
            spectral_norm(layer, eps=NORM_EPSILON) if not layer.weight.is_meta else _shape_spectral_norm(layer)


def _shape_spectral_norm(layer: nn.Conv2d | nn.Linear) -> None:
    """Do it for a weight that is but a shape: torch would draw numbers for it, which takes seconds and gives none."""
    norm = parametrizations._SpectralNorm(torch.ones(1, 1, device="cpu"), eps=NORM_EPSILON)
    rows, columns = layer.weight.flatten(1).shape
    norm._u, norm._v = layer.weight.new_empty(rows), layer.weight.new_empty(columns)
    parametrize.register_parametrization(layer, "weight", norm, unsafe=True)  # that is: without a trial


def remove_spectral_norm(module: nn.Module) -> None:
    """Replace normalised weights by the plain weights they stand for, in place: for inference and fine-tuning."""
    was_training = module.training
    module.eval()  # in training mode, reading a weight would move it by one power iteration
    for layer in list(module.modules()):
        if parametrize.is_parametrized(layer, "weight"):
            # Not torch's own removal, which takes `weight` from the class, and deep copies share the class.
            weight: Tensor = layer.weight.detach().clone()  # type: ignore[operator]
            layer.__class__ = parametrize.type_before_parametrizations(layer)
            del layer.parametrizations
            layer.weight = nn.Parameter(weight)
    module.train(was_training)

"""Sizes of the networks: named presets, and the checked configuration that each of them is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from headcast.types import CONDITIONING_MAPS

MAX_BLOCKS: Final = 16  # each takes a tenth of a second to build with spectral norm; the paper's has 4


@dataclass(frozen=True)
class ModelConfig:
    """Everything that fixes the shapes of the three networks; bounds keep a stranger's file from asking for more."""

    image_size: int = 256  # side of the generated frame, pixels
    embedding_size: int = 512  # length of the identity's embedding
    reads_warped_shot: bool = False  # the lite generator; otherwise the paper's, which reads the landmark image alone
    embedder_image_size: int = 256  # side at which the embedder sees a shot
    embedder_widths: tuple[int, ...] = (64, 128, 256, 512, 512, 512)  # channels after each down block
    embedder_unshuffle: int = 1  # fold this many pixels each way into channels first
    embedder_mean_pooling: bool = False  # mean instead of sum over the last map
    generator_widths: tuple[int, ...] = (64, 128, 256, 512)  # channels of the encoder; the decoder mirrors them
    generator_reduction: int = 1  # the lite generator computes at this fraction of the frame's side
    num_residual_blocks: int = 4  # AdaIN blocks at the generator's smallest size
    discriminator_widths: tuple[int, ...] = (64, 128, 256, 512, 512, 512)  # channels after each down block
    discriminator_unshuffle: int = 1  # fold this many pixels each way into channels first
    attention: bool = True  # self-attention as in the paper (embedder, discriminator, paper generator)
    spectral_norm: bool = True  # on embedder and generator; the discriminator always has it

    def __post_init__(self) -> None:
        for field in fields(self):
            _check_field(field.name, getattr(self, field.name), type(field.default))
        _check_divides("image_size", self.image_size, self.generator_reduction * 2 ** len(self.generator_widths))
        _check_divides(
            "embedder_image_size", self.embedder_image_size, self.embedder_unshuffle * 2 ** len(self.embedder_widths)
        )
        _check_divides(
            "image_size", self.image_size, self.discriminator_unshuffle * 2 ** len(self.discriminator_widths)
        )
        if (
            self.attention
            and min(map(len, (self.embedder_widths, self.generator_widths, self.discriminator_widths))) < 3
        ):
            raise ValueError("attention needs at least 3 widths in each network")

    @property
    def conditioning_channels(self) -> int:
        """How many channels the generator reads: the landmark image, or warped shot and maps too."""
        return 6 + len(CONDITIONING_MAPS) if self.reads_warped_shot else 3

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ModelConfig":
        """Rebuild from plain values; an unknown key or a value out of bounds is a ValueError."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"unknown model setting {unknown[0]!r}; known: {', '.join(sorted(known))}")
        settings: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**settings)


def _check_field(name: str, value: object, expected: type) -> None:
    """Bound one setting: a file from a stranger decides it."""
    if type(value) is not expected:
        raise ValueError(f"{name} must be {expected.__name__}, got {value!r}")
    numbers = value if isinstance(value, tuple) else (value,)
    if isinstance(value, tuple) and not 2 <= len(value) <= 8:
        raise ValueError(f"{name} must hold 2 to 8 numbers, got {len(value)}")
    known = (int,) if isinstance(value, tuple) else (int, bool)
    if any(type(number) not in known or not 0 <= number <= 2048 for number in numbers):
        raise ValueError(f"{name} must hold whole numbers up to 2048, got {value!r}")
    if name == "num_residual_blocks" and numbers[0] > MAX_BLOCKS:
        raise ValueError(f"{name} must be at most {MAX_BLOCKS}, got {value!r}")
    if type(value) is not bool and min(numbers) < 1:
        raise ValueError(f"{name} must be positive, got {value!r}")


def _check_divides(name: str, size: int, divisor: int) -> None:
    if size % divisor:
        raise ValueError(f"{name} must be a multiple of {divisor} for these widths, got {size}")


PRESETS: Final[Mapping[str, ModelConfig]] = {
    "paper": ModelConfig(),
    "lite": ModelConfig(
        embedding_size=256,
        reads_warped_shot=True,
        embedder_image_size=128,
        embedder_widths=(32, 64, 128, 256),
        embedder_unshuffle=2,
        embedder_mean_pooling=True,
        generator_widths=(32, 64, 128, 192),
        generator_reduction=2,
        num_residual_blocks=3,
        discriminator_widths=(32, 64, 128, 256),
        discriminator_unshuffle=4,
        attention=False,
        spectral_norm=False,
    ),
    "mouth": ModelConfig(  # the close-up of a mouth: 192 x 128 pixels, whose maps are mouth_crop.MAPS
        image_size=192,
        embedding_size=64,
        reads_warped_shot=True,
        embedder_image_size=96,
        embedder_widths=(16, 32, 64),
        embedder_unshuffle=2,
        embedder_mean_pooling=True,
        generator_widths=(24, 48, 96),
        num_residual_blocks=2,
        discriminator_widths=(24, 48, 96, 64),
        discriminator_unshuffle=2,
        attention=False,
        spectral_norm=False,
    ),
    "eyes": ModelConfig(  # the close-up of an eye: 96 x 64 pixels, whose maps are eye_crop.MAPS
        image_size=96,
        embedding_size=32,
        reads_warped_shot=True,
        embedder_image_size=48,
        embedder_widths=(16, 32, 48),
        embedder_unshuffle=2,
        embedder_mean_pooling=True,
        generator_widths=(16, 32, 64),
        num_residual_blocks=1,
        discriminator_widths=(16, 32, 64),
        discriminator_unshuffle=2,
        attention=False,
        spectral_norm=False,
    ),
    "small_paper": ModelConfig(  # the paper's form at a quarter of its widths: what a CPU can train
        image_size=96,
        embedding_size=128,
        embedder_image_size=96,
        embedder_widths=(16, 32, 64, 128, 128),
        generator_widths=(16, 32, 64, 128),
        discriminator_widths=(16, 32, 64, 128, 128),
    ),
    "tiny": ModelConfig(
        image_size=64,
        embedding_size=16,
        reads_warped_shot=True,
        embedder_image_size=32,
        embedder_widths=(8, 8, 16),
        embedder_unshuffle=2,
        embedder_mean_pooling=True,
        generator_widths=(8, 8, 16),
        num_residual_blocks=1,
        discriminator_widths=(8, 8, 16),
        discriminator_unshuffle=2,
        attention=False,
        spectral_norm=False,
    ),
    "tiny_paper": ModelConfig(
        image_size=64,
        embedding_size=16,
        embedder_image_size=64,
        embedder_widths=(8, 8, 8, 16),
        generator_widths=(8, 8, 8, 16),
        num_residual_blocks=1,
        discriminator_widths=(8, 8, 8, 16),
    ),
}

"""The bundle of the three networks: a checked configuration and a seed in, freshly initialised networks out."""

import copy
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import nn

from headcast.networks.blocks import remove_spectral_norm
from headcast.networks.discriminator import Discriminator
from headcast.networks.embedder import Embedder
from headcast.networks.generator import PaperGenerator
from headcast.networks.lite_generator import LiteGenerator
from headcast.networks.presets import ModelConfig

Generator = PaperGenerator | LiteGenerator
Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Model:
    """The three networks and the configuration that fixes their shapes."""

    config: ModelConfig
    embedder: Embedder
    generator: Generator
    discriminator: Discriminator


def build_model(config: ModelConfig, seed: int) -> Model:
    """Networks with fresh weights, equal for equal seeds; the caller's random state is left alone."""
    attention_level = 3 if config.attention else None  # 256 pixels, three times halved: 32x32
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        embedder = Embedder(
            config.embedder_image_size,
            config.embedder_widths,
            config.embedding_size,
            unshuffle=config.embedder_unshuffle,
            mean_pooling=config.embedder_mean_pooling,
            attention_level=attention_level,
            spectral_norm=config.spectral_norm,
        )
        discriminator = Discriminator(
            config.discriminator_widths,
            config.embedding_size,
            unshuffle=config.discriminator_unshuffle,
            attention_level=attention_level,
        )
        return Model(config, embedder, _build_generator(config), discriminator)


def plain_copy(network: Network) -> Network:
    """A copy for inference, fine-tuning and files: evaluation mode, no spectral norm, no gradients."""
    plain = copy.deepcopy(network).eval()
    remove_spectral_norm(plain)
    return plain.requires_grad_(False)


def drawing(generator: Generator) -> Generator:
    """Return the same generator, which from now on answers what `draw` does: what a graph holds of it."""
    generator.forward = generator.draw  # type: ignore[method-assign, assignment]
    return generator


def _build_generator(config: ModelConfig) -> Generator:
    widths, num_blocks, embedding_size = config.generator_widths, config.num_residual_blocks, config.embedding_size
    if config.reads_warped_shot:
        return LiteGenerator(
            widths,
            num_blocks,
            embedding_size,
            reduction=config.generator_reduction,
            spectral_norm=config.spectral_norm,
        )
    return PaperGenerator(
        widths, num_blocks, embedding_size, attention=config.attention, spectral_norm=config.spectral_norm
    )

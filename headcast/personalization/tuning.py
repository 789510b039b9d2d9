"""A model and shots of one person in, its generator tuned to that person out; evaluation tunes by it too."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Final

import torch
from torch import Tensor

from headcast.data.episodes import EpisodeSettings
from headcast.data.person import Person
from headcast.media.prefetch import prefetch
from headcast.networks.model import Model
from headcast.networks.presets import ModelConfig
from headcast.networks.tensors import images_to_tensor
from headcast.personalization.budget import default_steps
from headcast.personalization.expression import measure_openings
from headcast.training.candidates import Judge
from headcast.training.content import FeatureNetworks
from headcast.training.episode import EpisodeBatch, batch_from_arrays
from headcast.training.finetune import FinetuneConfig, Finetuned, finetune, finetune_config
from headcast.types import Shot
from headcast.warping.draw import draw_landmark_image

BATCH_SIZE: Final = 4
NUM_HELD_BATCHES: Final = 6  # of built-in motions on which the feed-forward model's frames are kept
NUM_JUDGED: Final = 9  # frames without a held-out shot of their own
JUDGED_STREAM: Final = NUM_HELD_BATCHES  # draws other motions than the batches that are held
LEAST_LIVELINESS, LEAST_LIVELINESS_JUDGED = 0.9, 0.7  # of a movement like the start's: without, with held-out shots


def person_of(shots: Sequence[Shot], sizes: ModelConfig, seed: int) -> Person:
    """The episodes of the person in `shots`, which have the model's image size."""
    settings = EpisodeSettings(BATCH_SIZE, 1, sizes.image_size, sizes.embedder_image_size, disguise=False)
    return Person(shots, settings, seed, reads_warp=sizes.reads_warped_shot)


def tune_config(
    model: Model,
    person: Person,
    num_shots: int,
    features: FeatureNetworks,
    *,
    steps: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
) -> FinetuneConfig:
    """How to tune; without a budget, for as many steps as the number of pictures deserves."""
    if steps is None and seconds is None:
        steps = default_steps(num_shots)
    # Held-out shots show the person's expressions themselves; without any, the start's are all there is to keep to.
    least = LEAST_LIVELINESS_JUDGED if person.num_held_out else LEAST_LIVELINESS
    if not model.config.reads_warped_shot:
        least = -math.inf  # the paper's form, before tuning, may not even draw a face that moves
    return finetune_config(model.config, features, steps=steps, seconds=seconds, seed=seed, least_liveliness=least)


def tune(
    model: Model,
    shots: Sequence[Shot],
    person: Person,
    config: FinetuneConfig,
    features: FeatureNetworks,
    report: Callable[[float], None] = lambda share: None,
) -> Finetuned:
    """Tune the model to the person; see `finetune`. `report` is told the share of the work that is done."""
    embedding = mean_embedding(model, shots)
    # The paper's form has no prior worth keeping: what it draws before tuning is hardly the person.
    streams = range(NUM_HELD_BATCHES if model.config.reads_warped_shot else 0)
    moving = [batch_from_arrays(person.moving(BATCH_SIZE, stream)) for stream in streams]
    judge = make_judge(model, embedding, person, config, features)
    with learned_batches(person) as batches:
        return finetune(model, embedding, batches, moving, judge, config, features, report)


def make_judge(
    model: Model, embedding: Tensor, person: Person, config: FinetuneConfig, features: FeatureNetworks
) -> Judge:
    """What measures candidates on frames that they did not learn from."""
    episodes = batch_from_arrays(person.judging(NUM_JUDGED))
    motions = batch_from_arrays(person.moving(NUM_JUDGED, JUDGED_STREAM))
    return Judge(model.discriminator, embedding, episodes, motions, measure_openings, features, config.weights)


@contextmanager
def learned_batches(person: Person) -> Iterator[Iterator[EpisodeBatch]]:
    """What is learned from, for ever, made in a thread that ends with the block."""
    batches = prefetch(map(batch_from_arrays, person.batches()), depth=2)
    with closing(batches):  # type: ignore[type-var]  # prefetch returns a generator
        yield batches


@torch.no_grad()
def mean_embedding(model: Model, shots: Sequence[Shot]) -> Tensor:
    """e_NEW (1, N): the mean over the shots, one at a time, because the paper's embedder is large."""
    embeddings = [
        model.embedder(
            images_to_tensor([shot.image]),
            images_to_tensor([draw_landmark_image(shot.landmarks, shot.image.shape[0])]),
        )
        for shot in shots
    ]
    return torch.cat(embeddings).mean(0, keepdim=True)

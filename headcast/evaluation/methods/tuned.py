"""A model and a person's shots in, an avatar tuned to that person out: as the product does, or from random weights."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from headcast.avatars.avatar import Avatar
from headcast.avatars.from_torch import tuned_avatar
from headcast.avatars.weights import Weights
from headcast.evaluation.methods.painter import reduced, squares
from headcast.networks.model import Model, build_model
from headcast.personalization.close_ups import STEPS, tune_close_ups, with_tuned
from headcast.personalization.tuning import learned_batches, make_judge, mean_embedding, person_of, tune, tune_config
from headcast.training.config import training_config
from headcast.training.content import FeatureNetworks
from headcast.training.finetune import Finetuned, finetune, finetune_config
from headcast.types import Shot

WITHOUT_NETWORKS: Final = FeatureNetworks()
"""Tuning as it comes with the package: no judge's features, and none that a user would have to fetch."""


def tune_avatar(model: Model, close_ups: Mapping[str, Weights], known: Sequence[Shot], steps: int, seed: int) -> Avatar:
    """Tune the model and its close-ups by the code of `headcast personalize`, for so many steps at most."""
    shots = reduced(known, model.config)
    person = person_of(shots, model.config, seed)
    config = tune_config(model, person, len(shots), WITHOUT_NETWORKS, steps=steps, seed=seed)
    avatar = _avatar(tune(model, shots, person, config, WITHOUT_NETWORKS), shots, model)
    parts = dict(tune_close_ups(close_ups, squares(known, shots), steps=min(steps, STEPS), seed=seed))
    tuned = with_tuned(avatar, parts)
    return replace(tuned, close_ups={**close_ups, **tuned.close_ups})


def tune_from_random_weights(model: Model, shots: Sequence[Shot], steps: int, seed: int) -> Avatar:
    """Tune fresh networks of the model's sizes for as many steps: what meta-learning is worth.

    All of the generator learns, at the rate of meta-training, and nothing ties it to its start, which knows nothing.
    The meta-trained discriminator helps to choose among the candidates, to the baseline's good.
    """
    shots = reduced(shots, model.config)
    fresh = build_model(model.config, seed)
    rate = training_config("lite" if model.config.reads_warped_shot else "paper", num_samples=1).learning_rate
    person = person_of(shots, model.config, seed)
    config = finetune_config(
        model.config, WITHOUT_NETWORKS, steps=steps, seed=seed, moving=(), pull=0.0, learning_rate=rate
    )
    judge = make_judge(model, mean_embedding(model, shots), person, config, WITHOUT_NETWORKS)
    with learned_batches(person) as batches:
        tuned = finetune(fresh, mean_embedding(fresh, shots), batches, [], judge, config, WITHOUT_NETWORKS)
    return _avatar(tuned, shots, model)


def _avatar(tuned: Finetuned, shots: Sequence[Shot], model: Model) -> Avatar:
    if tuned.interrupted:  # half of the tuning is no figure
        raise KeyboardInterrupt
    return tuned_avatar(model.config, tuned.generator, tuned.adain_parameters, shots)

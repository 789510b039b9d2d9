"""Run by torchrun or alone: learn from known batches, rank by rank; the first rank writes what it saw as JSON.

learning_program.py OUT PRESET BATCH_SIZE STEPS
"""

import json
import sys
from pathlib import Path

import torch

from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.training.config import LossWeights, TrainingConfig, training_config
from headcast.training.content import FeatureNetworks
from headcast.training.distributed import ALONE, Ranks, join_ranks
from headcast.training.meta import MetaLearner
from tests.training.conftest import make_batch


def config_of(preset: str) -> TrainingConfig:
    # the discriminator starts on the way, so that both of its phases and all terms are seen
    settings = {"precision": "f32", "adversarial_start": 0.3, "drop_embedding": 0.3, "drop_warp": 0.3}
    if preset == "tiny_paper":
        settings["weights"] = LossWeights(pyramid=10, adversarial=1, feature_matching=10, embedding_match=10)
    return training_config(preset, num_samples=1000, **settings)


def learn(preset: str, batch_size: int, num_steps: int, ranks: Ranks = ALONE) -> dict[str, object]:
    """Losses of every step and the video embeddings at the end, seen from one rank."""
    model = build_model(PRESETS[preset], seed=0)
    learner = MetaLearner(model, 5, config_of(preset), FeatureNetworks(), ranks.device, ranks)
    steps = []
    for step in range(num_steps):
        whole = make_batch(batch_size * ranks.count, seed=step)
        steps.append(learner.step(whole.rows(ranks.rows(batch_size)), progress=step / num_steps))
    return {"steps": steps, "videos": learner.video_embeddings.vectors.weight.detach().tolist()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    out, batch_size, num_steps, presets = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    with join_ranks("cpu") as ranks:
        for preset in presets:
            seen = learn(preset, batch_size, num_steps, ranks)
            (out / f"{preset}_{ranks.rank}.json").write_text(json.dumps(seen))

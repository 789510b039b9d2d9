"""Pictures of a run: held-out episodes in, one PNG grid out, a row for each episode."""

from pathlib import Path

import torch
from PIL import Image as PillowImage
from torch import Tensor
from torch.nn import functional

from headcast.files import write_file
from headcast.networks.lite_generator import VALIDITY, WARPED
from headcast.networks.model import Model
from headcast.networks.tensors import tensor_to_image
from headcast.training.episode import EpisodeBatch

MAX_ROWS = 8


@torch.no_grad()
def write_samples(path: Path, model: Model, batch: EpisodeBatch) -> None:
    """Columns: a shot, landmark image, warped shot, weight of the warp, synthesis, frame, target."""
    embeddings = model.embedder.embed_shots(batch.shots, batch.shot_landmark_images)
    conditioning = batch.conditioning[:, : model.generator.conditioning_channels]
    output = model.generator(conditioning, model.generator.project(embeddings))
    size = batch.target.shape[-1]
    columns = [functional.interpolate(batch.shots[:, 0], size=(size, size)), conditioning[:, :3]]
    if conditioning.shape[1] > VALIDITY:
        columns += [conditioning[:, WARPED], _as_picture(output.warp_weight), output.synthesis]
    columns += [output.image, batch.target]
    rows = torch.cat([column[:MAX_ROWS].float() for column in columns], dim=3)
    picture = PillowImage.fromarray(tensor_to_image(torch.cat(list(rows), dim=1)))
    write_file(path, lambda content: picture.save(content, format="PNG"))


def _as_picture(weight: Tensor) -> Tensor:
    return (2.0 * weight - 1.0).expand(-1, 3, -1, -1)

"""A batch of episodes: numpy arrays in, the tensors that one training step reads out."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

NUM_IMAGE_CHANNELS = 6
"""Landmark image and warped shot stand first in the conditioning; what follows are maps."""


@dataclass(frozen=True)
class EpisodeBatch:
    """B episodes: K shots of a person for the embedder, one frame to reconstruct, and what the generator reads for it.

    Images are float32 in [-1, 1]; the two sizes, of shots and of frames, are independent.
    """

    shots: Tensor  # (B, K, 3, h, h)
    shot_landmark_images: Tensor  # (B, K, 3, h, h)
    conditioning: Tensor  # (B, 13, H, W): landmark image and warped shot in [-1, 1], maps in [0, 1]; or (B, 3, H, W)
    target: Tensor  # (B, 3, H, W)
    region_weights: Tensor  # (B, 1, H, W), how much each pixel of the target matters
    mouth_boxes: Tensor  # (B, 4): left, top, width, height in pixels of the target
    eye_boxes: Tensor  # (B, 4): both eyes in one box
    video_index: Tensor  # (B,) int64, which video embedding

    def __len__(self) -> int:
        return len(self.video_index)

    def rows(self, rows: slice) -> "EpisodeBatch":
        """Some of the episodes."""
        return EpisodeBatch(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def resized(self, size: int) -> "EpisodeBatch":
        """The same episodes with frames of `size` pixels; what the embedder sees stays as it is."""
        old = self.target.shape[-1]
        if size == old:
            return self

        def smaller(images: Tensor) -> Tensor:
            return functional.interpolate(images, size=(size, size), mode="area")

        return replace(
            self,
            conditioning=smaller(self.conditioning),
            target=smaller(self.target),
            region_weights=smaller(self.region_weights),
            mouth_boxes=self.mouth_boxes * (size / old),
            eye_boxes=self.eye_boxes * (size / old),
        )

    def to(self, device: torch.device) -> "EpisodeBatch":
        """The same batch on `device`, frames in the memory order that convolutions like."""
        moved = {field.name: getattr(self, field.name).to(device, non_blocking=True) for field in fields(self)}
        batch = EpisodeBatch(**moved)
        return replace(
            batch,
            conditioning=batch.conditioning.contiguous(memory_format=torch.channels_last),
            target=batch.target.contiguous(memory_format=torch.channels_last),
        )


def batch_from_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> EpisodeBatch:
    """Make a batch of arrays named like the fields; uint8 pictures become [-1, 1], uint8 maps [0, 1], floats stay."""
    return EpisodeBatch(
        shots=_pictures(arrays["shots"]),
        shot_landmark_images=_pictures(arrays["shot_landmark_images"]),
        conditioning=_conditioning(arrays["conditioning"]),
        target=_pictures(arrays["target"]),
        region_weights=_floats(arrays["region_weights"]),
        mouth_boxes=_floats(arrays["mouth_boxes"]),
        eye_boxes=_floats(arrays["eye_boxes"]),
        video_index=torch.from_numpy(np.ascontiguousarray(arrays["video_index"], dtype=np.int64)),
    )


def _floats(array: NDArray[np.generic]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).float()


def _pictures(array: NDArray[np.generic]) -> Tensor:
    values = _floats(array)
    return values / 127.5 - 1.0 if array.dtype == np.uint8 else values


def _conditioning(array: NDArray[np.generic]) -> Tensor:
    values = _floats(array)
    if array.dtype == np.uint8:
        images, maps = values[:, :NUM_IMAGE_CHANNELS], values[:, NUM_IMAGE_CHANNELS:]
        values = torch.cat([images / 127.5 - 1.0, maps / 255.0], dim=1)
    return values

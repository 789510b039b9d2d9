"""Condition dropout: what the generator reads in, the same with parts taken away at random out.

Neighbouring frames make the warped shot look like the target, so a generator that always sees it learns to copy it.
"""

import torch
from torch import Tensor

from headcast.networks.lite_generator import VALIDITY, WARPED
from headcast.training.episode import EpisodeBatch

NOTHING = -1.0
"""What the warped shot shows where it shows nothing: black."""


def drop_conditions(batch: EpisodeBatch, without_warp: Tensor, without_mouth_and_eyes: Tensor) -> Tensor:
    """The batch's conditioning (B, 13, H, W) without the warped shot, or without its mouth and eyes, in some rows (B,).

    A conditioning that holds the landmark image alone (B, 3, H, W) is returned as it is.
    """
    conditioning = batch.conditioning
    if conditioning.shape[1] <= VALIDITY:
        return conditioning
    whole, parts = without_warp.to(conditioning.device), without_mouth_and_eyes.to(conditioning.device)
    height, width = conditioning.shape[-2:]
    mouth_and_eyes = inside_boxes(batch.mouth_boxes, height, width) | inside_boxes(batch.eye_boxes, height, width)
    return erase_warp(conditioning, whole[:, None, None] | (parts[:, None, None] & mouth_and_eyes))


def erase_warp(conditioning: Tensor, erased: Tensor) -> Tensor:
    """Take the warped shot and its validity away where `erased` (B, H, W) or (B, 1, 1) is true."""
    changed = conditioning.clone()
    changed[:, WARPED] = changed[:, WARPED].masked_fill(erased[:, None], NOTHING)
    changed[:, VALIDITY] = changed[:, VALIDITY].masked_fill(erased, 0.0)
    return changed


def inside_boxes(boxes: Tensor, height: int, width: int) -> Tensor:
    """(B, H, W): true inside each row's box (left, top, width, height in pixels)."""
    left, top, box_width, box_height = (boxes[:, index, None] for index in range(4))
    columns, rows = torch.arange(width, device=boxes.device), torch.arange(height, device=boxes.device)
    in_columns = (columns >= left) & (columns < left + box_width)
    in_rows = (rows >= top) & (rows < top + box_height)
    return in_rows[:, :, None] & in_columns[:, None, :]


def replace_embeddings(embeddings: Tensor, mean: Tensor, replaced: Tensor) -> Tensor:
    """Put the mean embedding (N,) in the place of rows (B,) of (B, N), so that the generator can do without one."""
    return torch.where(replaced.to(embeddings.device)[:, None], mean.expand_as(embeddings), embeddings)

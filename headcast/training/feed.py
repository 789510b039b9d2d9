"""A folder of shards or of clips in, the batches of a run out, from any step on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from headcast.data.clips import ClipFile, find_clips, load_clips
from headcast.data.episodes import Arrays, EpisodeClip, EpisodeSampler, EpisodeSettings
from headcast.data.manifest import is_shards
from headcast.data.shards import ShardClips, load_all, read_manifest
from headcast.errors import DataError
from headcast.media.prefetch import prefetch
from headcast.training.clip_groups import AllClips, ClipGroups
from headcast.training.distributed import Ranks
from headcast.training.episode import EpisodeBatch, batch_from_arrays

HELD_OUT_SHARE: Final = 0.1  # of the people, for validation, where no list says who
NUM_VALIDATION_BATCHES: Final = 4
NUM_VALIDATION_CLIPS: Final = 64
NUM_PREFETCHED: Final = 4


@dataclass(frozen=True)
class FeedSettings:
    """Where episodes come from and how they are made; their batch size counts the rows of one process."""

    folder: Path
    episodes: EpisodeSettings
    list_path: Path | None = None  # for clips: columns file, identity, split
    seed: int = 0
    num_workers: int = 0  # processes that draw episodes; 0 draws them in a thread of this one
    memory: int = 8 << 30  # bytes of shards that a process may hold; of more, some are held at a time


@dataclass(frozen=True)
class Feed:
    """What a run reads."""

    num_videos: int
    episodes: Callable[[int], Iterator[EpisodeBatch]]  # this rank's rows of each step, from that step on
    validation: list[EpisodeBatch]


class EpisodeSource(Protocol):
    """Episodes of one rank."""

    def batches(self, steps: Iterator[int], worker: int, num_workers: int) -> Iterator[Arrays]:
        """The rank's rows of these steps, every `num_workers`-th of the run, as one of so many workers draws them."""


def open_feed(settings: FeedSettings, ranks: Ranks) -> Feed:
    """Find the clips and hold those that fit; DataError where they cannot be trained on."""
    rows = ranks.rows(settings.episodes.batch_size)
    all_rows = replace(settings.episodes, batch_size=ranks.count * settings.episodes.batch_size)
    source: EpisodeSource
    held_out: Sequence[EpisodeClip]
    if is_shards(settings.folder):
        reader = ShardClips(settings.folder, "train", seed=settings.seed)
        num_videos = reader.num_videos
        held_out = [*islice(ShardClips(settings.folder, "val", seed=settings.seed), NUM_VALIDATION_CLIPS)]
        shards = read_manifest(settings.folder).shards_of("train")
        num_bytes = sum(shard.num_bytes for shard in shards)
        if num_bytes > settings.memory:
            share = settings.memory / num_bytes / max(1, settings.num_workers)
            num_held = int(share * sum(shard.num_clips for shard in shards))
            source = ClipGroups(settings.folder, all_rows, settings.seed, rows, ranks, num_held)
        else:
            prepared = load_all(settings.folder, "train")
            videos = [clip.video_index for clip in prepared]
            source = AllClips(EpisodeSampler(prepared, all_rows, settings.seed), videos, rows)
    else:
        learned, held_out = ([*load_clips(files)] for files in split_clips(settings.folder, settings.list_path))
        num_videos = len(learned)
        source = AllClips(EpisodeSampler(learned, all_rows, settings.seed), range(num_videos), rows)
    validation = _validation(held_out, settings) if ranks.is_first else []
    return Feed(num_videos, lambda step: _episodes(source, step, settings.num_workers), validation)


def split_clips(folder: Path, list_path: Path | None) -> tuple[list[ClipFile], list[ClipFile]]:
    """Clips to learn from, and clips of other people to judge by: as the list says, else one person in ten.

    DataError where all clips show one person.
    """
    if list_path:
        return find_clips(folder, list_path, "train"), find_clips(folder, list_path, "val")
    clips = find_clips(folder)
    people = sorted({clip.identity for clip in clips})
    if len(people) < 2:
        raise DataError(
            f"all clips in {folder} show one person, {people[0]}; add clips of another person for validation"
        )
    held_out = people[:: max(2, round(1 / HELD_OUT_SHARE))]
    return [c for c in clips if c.identity not in held_out], [c for c in clips if c.identity in held_out]


def _validation(clips: Sequence[EpisodeClip], settings: FeedSettings) -> list[EpisodeBatch]:
    """The same episodes at each validation; two at least in a batch, for the probes swap them."""
    batch_size = max(2, settings.episodes.batch_size)
    sampler = EpisodeSampler(clips, replace(settings.episodes, batch_size=batch_size, disguise=False), settings.seed)
    return [batch_from_arrays(arrays) for arrays in islice(sampler.batches(), NUM_VALIDATION_BATCHES)]


def _episodes(source: EpisodeSource, first_step: int, num_workers: int) -> Iterator[EpisodeBatch]:
    if num_workers == 0:
        return prefetch(map(batch_from_arrays, source.batches(count(first_step), 0, 1)), NUM_PREFETCHED)
    loader = DataLoader(_Steps(source, first_step), batch_size=None, num_workers=num_workers)
    return prefetch(map(_batch_from_tensors, loader), 2)


class _Steps(IterableDataset[dict[str, Tensor]]):
    """Every worker draws its own steps; the loader asks them in turn, so the steps come in order."""

    def __init__(self, source: EpisodeSource, first_step: int) -> None:
        self.source, self.first_step = source, first_step

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        worker: Any = get_worker_info()
        cv2.setNumThreads(0)  # its threads stayed behind in the parent process
        steps = count(self.first_step + worker.id, worker.num_workers)
        for arrays in self.source.batches(steps, worker.id, worker.num_workers):
            # tensors travel between processes through shared memory, arrays would through a pipe
            yield {name: torch.from_numpy(array) for name, array in arrays.items()}


def _batch_from_tensors(tensors: dict[str, Tensor]) -> EpisodeBatch:
    return batch_from_arrays({name: tensor.numpy() for name, tensor in tensors.items()})

"""Clips in, one rank's rows of the batches of any steps out: of all clips at once, or of a few groups at a time."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from headcast.data.episodes import Arrays, EpisodeSampler, EpisodeSettings
from headcast.data.shards import ShardClips
from headcast.media.prefetch import prefetch
from headcast.training.distributed import Ranks

NUM_GROUPS: Final = 4
STEPS_PER_GROUP: Final = 250
"""How long a group of clips is held is the number of groups times this: a few minutes of a GPU."""


@dataclass(frozen=True)
class AllClips:
    """Clips that are all held in memory."""

    sampler: EpisodeSampler
    videos: Sequence[int]  # of each clip, the row among the video embeddings
    rows: slice

    def batches(self, steps: Iterator[int], worker: int, num_workers: int) -> Iterator[Arrays]:
        """The rows of each step; which worker draws them makes no difference."""
        return (self.draw(step, self.rows) for step in steps)

    def draw(self, step: int, rows: slice) -> Arrays:
        """Some rows of one step."""
        arrays = next(self.sampler.batches(step, rows))
        return {**arrays, "video_index": np.asarray(self.videos)[arrays["video_index"]]}


@dataclass(frozen=True)
class ClipGroups:
    """Shards of which `num_held` clips are held, in groups; the oldest is replaced every `STEPS_PER_GROUP` steps.

    Each reader (a worker of a rank) holds clips of its own. What it draws in a step depends on the step alone, so that
    a resumed run draws what an unbroken one would. Neighbouring rows come from different groups.
    """

    folder: Path
    episodes: EpisodeSettings
    seed: int
    rows: slice
    ranks: Ranks
    num_held: int

    def batches(self, steps: Iterator[int], worker: int, num_workers: int) -> Iterator[Arrays]:
        """The rows of each step, in rising order."""
        held: deque[AllClips] = deque(maxlen=NUM_GROUPS)
        oldest = 0
        groups: Iterator[AllClips] = iter(())
        for step in steps:
            wanted = step // STEPS_PER_GROUP
            if not held:
                groups, oldest = prefetch(self._groups(wanted, worker, num_workers), 1), wanted
                held.extend(islice(groups, NUM_GROUPS))
            for _ in range(wanted - oldest):
                held.append(next(groups))
            oldest = wanted
            rows = range(self.episodes.batch_size)[self.rows]
            episodes = [held[(step + row) % NUM_GROUPS].draw(step, slice(row, row + 1)) for row in rows]
            yield {name: np.concatenate([episode[name] for episode in episodes]) for name in episodes[0]}

    def _groups(self, first: int, worker: int, num_workers: int) -> Iterator[AllClips]:
        """Group after group, from the one numbered `first`."""
        reader, num_readers = self.ranks.rank * num_workers + worker, self.ranks.count * num_workers
        shards = ShardClips(self.folder, "train", seed=self.seed, rank=reader, world_size=num_readers)
        size = max(1, self.num_held // NUM_GROUPS)
        clips = shards.clips_from(first * size)
        while True:
            group = [*islice(clips, size)]
            videos = [clip.video_index for clip in group]
            yield AllClips(EpisodeSampler(group, self.episodes, self.seed), videos, self.rows)

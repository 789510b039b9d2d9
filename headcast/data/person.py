"""A few shots of one person in, the episodes that their avatar is tuned and judged by out.

Several shots: each is the target of the others, warped together as in use (leave one out). One shot would teach to
copy itself, so it is moved by a built-in motion first, with what the move hides gone: the moved picture is the shot,
the true one the target. Self-made episodes go with the others too, because few stills show few movements. The paper's
generator reads no shot: its episodes are the shots themselves, each to be drawn from its own landmarks.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

import numpy as np

from headcast.data.episodes import Arrays, EpisodeSettings, make_episode, pack_episode, stack
from headcast.data.stills import close, draw_place, move_still
from headcast.types import Shot
from headcast.warping.warp import WarpedShot, Warper

SELF_MADE_SHARE: Final = 0.5  # of the episodes, where there are other shots
HELD_OUT: Final = slice(3, None, 4)  # one shot in four judges and is not learned from; of fewer none can be spared
GAIN_LIMITS: Final = (0.7, 1.4)  # between the light of two pictures


class Person:
    """Draws the episodes of one person; the first shot is the one that the avatar will show.

    All shots have the side `settings.frame_size`. The same seed draws the same episodes. `reads_warp` is false for a
    generator that reads the landmark image alone.
    """

    def __init__(self, shots: Sequence[Shot], settings: EpisodeSettings, seed: int, *, reads_warp: bool = True) -> None:
        if not shots:
            raise ValueError("shots must hold at least one shot")
        if any(shot.image.shape[:2] != (settings.frame_size, settings.frame_size) for shot in shots):
            raise ValueError(f"every shot must be {settings.frame_size} pixels square")
        self._settings = settings
        self._seed = seed
        self._reads_warp = reads_warp
        held = range(len(shots))[HELD_OUT]
        self._learned = [_Picture(shot) for number, shot in enumerate(shots) if number not in held]
        self._held_out = [_Picture(shots[number]) for number in held]

    @property
    def num_held_out(self) -> int:
        """How many shots are kept for judging, one in four."""
        return len(self._held_out)

    def batches(self) -> Iterator[Arrays]:
        """Yield batches to learn from, for ever: arrays named like the fields of training's EpisodeBatch."""
        random = np.random.default_rng(self._seed)
        while True:
            yield stack([self._draw(random) for _ in range(self._settings.batch_size)])

    def judging(self, count: int) -> Arrays:
        """Episodes to judge by, never learned from: the held-out shots, else `count` self-made ones."""
        if self._held_out and not self._reads_warp:
            return stack([self._itself(target) for target in self._held_out])
        if self._held_out:
            return stack([self._leave_out(target.shot, self._bank(target.shot.landmarks)) for target in self._held_out])
        random = np.random.default_rng([self._seed, 1])
        return stack([self._self_made(self._learned[0], random) for _ in range(count)])

    def moving(self, count: int, stream: int) -> Arrays:
        """`count` frames of built-in motions without a true target (the shot stands in); streams draw differently.

        Of three frames one has its eyes shut and one its lips closed, which motions show too rarely.
        """
        random = np.random.default_rng([self._seed, 2, stream])
        anchor, episodes = self._learned[0].shot, []
        for number in range(count):
            place = close(draw_place(anchor.landmarks, random), lips=number % 3 == 1, lids=number % 3 == 0)
            episodes.append(self._pack(self._bank(place), Shot(anchor.image, place, anchor.matte)))
        return stack(episodes)

    def _draw(self, random: np.random.Generator) -> Arrays:
        target = int(random.integers(len(self._learned)))
        if not self._reads_warp:
            return self._itself(self._learned[target])
        others = [number for number in range(len(self._learned)) if number != target]
        if not others or random.random() < SELF_MADE_SHARE:
            return self._self_made(self._learned[target], random)
        shot = self._learned[target].shot
        if target:
            return self._leave_out(shot, self._bank(shot.landmarks, without=target))
        return self._leave_out(shot, self._learned[int(random.choice(others))].warper(shot.landmarks))

    def _itself(self, picture: "_Picture") -> Arrays:
        """The picture as the target of its own landmarks."""
        return self._pack(picture.warper(picture.shot.landmarks), picture.shot)

    def _leave_out(self, target: Shot, others: WarpedShot) -> Arrays:
        """`others` warped, `target` to reconstruct: in the light and before the background that they show."""
        episode = self._pack(others, target)
        warped = episode["conditioning"][3:6].astype(np.float32)
        true = episode["target"].astype(np.float32)
        matte = target.matte
        weight = matte / max(float(matte.sum()), 1.0)
        gain = (warped * weight).sum((1, 2)) / np.maximum((true * weight).sum((1, 2)), 1.0)
        lit = np.clip(gain, *GAIN_LIMITS)[:, None, None] * true
        episode["target"] = np.clip(warped + matte * (lit - warped) + 0.5, 0, 255).astype(np.uint8)
        return episode

    def _self_made(self, picture: "_Picture", random: np.random.Generator) -> Arrays:
        """The picture moved and moved back; what was hidden on the way must be made up."""
        moved = move_still(picture.warper, picture.shot.landmarks, random)
        return make_episode(
            [moved.shot], picture.shot.landmarks, picture.shot, [moved.shot], 0, self._settings, moved.shown
        )

    def _pack(self, warped: WarpedShot, target: Shot) -> Arrays:
        return pack_episode(warped.conditioning, target, [target], 0, self._settings)

    @cached_property
    def _bank(self) -> Warper:
        """Carries the shot that the avatar will show, with the faces of all that are learned from."""
        anchor, *others = (picture.shot for picture in self._learned)
        return Warper(anchor, others=others)


class _Picture:
    """One shot, and what is made of it once it is needed."""

    def __init__(self, shot: Shot) -> None:
        self.shot = shot

    @cached_property
    def warper(self) -> Warper:
        """Carries the shot to any landmarks."""
        return Warper(self.shot)

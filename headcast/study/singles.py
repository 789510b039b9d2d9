"""Clips of people and a maker of pictures in, pictures shown alone as "real or made" out.

Half are frames of the clips, half one person's picture driven by somebody else's far moment. Both halves show faces far
from the most frontal one. With more pictures than people they lie in sets, in each of which nobody is seen twice.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from headcast.data.clips import Clip
from headcast.data.native import native_shots
from headcast.errors import DataError
from headcast.evaluation.far import FarFrames
from headcast.evaluation.methods.frame_maker import MakeFrame
from headcast.media.images import write_image
from headcast.study.pictures import as_driven, as_video_shows, origin
from headcast.study.sets import draw_sets, set_name
from headcast.study.study import SUFFIX
from headcast.types import Image

SINGLES_NAME: Final = "singles"
SINGLE_NOTE: Final = {
    "comment": "From a user study made with Headcast: half of the pictures of this folder are synthetic, "
    "the study's key says which."
}


def make_singles(
    folder: Path, people: Sequence[Sequence[Clip]], make_frame: MakeFrame, count: int, seed: int
) -> list[dict[str, Any]]:
    """Write `count` numbered pictures, half of them made, in an order drawn by the seed; return their key.

    DataError where there is only one person: nobody else could drive.
    """
    if not count:
        return []
    if len(people) < 2:
        raise DataError("pictures shown alone are driven by somebody else; give clips of at least 2 people, not 1")
    random = np.random.default_rng([seed, 3])
    order = random.permutation(len(people)).tolist()
    shown = [people[order[number % len(order)]] for number in range(count)]
    made = random.permutation(np.arange(count) < count // 2).tolist()
    key: list[dict[str, Any]] = []
    for set_number, own in enumerate(draw_sets([clips[0].identity for clips in shown], random), start=1):
        home = folder / SINGLES_NAME / set_name(set_number)
        home.mkdir(parents=True)
        for clips in (shown[each] for each in own):
            clip, is_made = clips[int(random.integers(len(clips)))], made[len(key)]
            if is_made:
                others = [each for these in people for each in these if each.identity != clip.identity]
                image, facts = _driven(clip, others[int(random.integers(len(others)))], make_frame, random)
            else:
                target = _lively_moment(clip, random)
                image, facts = as_video_shows(native_shots(clip, [target])[target].image), origin(clip, target)
            name = f"{len(key) + 1:02d}{SUFFIX}"
            write_image(home / name, image, SINGLE_NOTE)
            key.append({"picture": name, "set": home.name, "made": is_made, **facts})
    return key


def _driven(
    clip: Clip, driver: Clip, make_frame: MakeFrame, random: np.random.Generator
) -> tuple[Image, dict[str, Any]]:
    """Return one person's most frontal frame with somebody else's far moment, and what the key says of it."""
    first = FarFrames(clip).frontal
    target = _lively_moment(driver, random)
    shot = native_shots(clip, [first])[first]
    return as_video_shows(make_frame([shot], as_driven(shot, driver, target))), {
        "shot": origin(clip, first),
        "driven_by": origin(driver, target),
    }


def _lively_moment(clip: Clip, random: np.random.Generator) -> int:
    """Draw a moment far from the most frontal one, of a clip too short for that any."""
    far = FarFrames(clip)
    lively = far.far_from(far.frontal)
    return int(random.choice(lively if lively.size else len(clip)))

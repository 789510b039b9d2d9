"""Clips of people and a model in, the folder of a user study out: triplets of one person, one picture generated."""

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from headcast.data.clips import Clip, ClipFile, load_clip
from headcast.errors import DataError, HeadcastError, MediaError
from headcast.evaluation.baselines import Rivals
from headcast.evaluation.protocol import split_clip
from headcast.evaluation.records import write_json
from headcast.media.images import write_image
from headcast.networks.checkpoint import load_checkpoint
from headcast.networks.model import Model
from headcast.provenance.marks import Marks, fingerprint
from headcast.study.study import FORMAT, KEY_NAME, PICTURES_NAME, SUFFIX, VERSION
from headcast.study.triplets import Moment, Triplet, plan_triplets
from headcast.types import Image

MAX_TRIPLETS: Final = 40  # unless more are asked for: about five minutes of a participant's time
NUM_CLIPS: Final = 3  # of one person; more would only take longer to track

PICTURE_NOTE: Final = {
    "comment": "From a user study made with Headcast: one of the three pictures of this person is synthetic, "
    "the study's key says which."
}
"""What every picture of a study says about itself, real or generated, so that the note does not give away which."""

README: Final = """A user study made with Headcast.

pictures/      pictures of people, three to a question: two are frames of videos, ONE IS SYNTHETIC. All carry the
               same note in their metadata, so that it does not give the synthetic one away.
key.json       says which is synthetic and what each was made from. Do not show it to participants.
answers.jsonl  what participants answered, once somebody took part.

These are pictures of real people: the folder is as private as the videos they come from. Delete it after the study.
"""


@dataclass(frozen=True)
class BuildResult:
    """How many questions of how many people were made, and who was left out, and why."""

    num_triplets: int
    num_people: int
    left_out: tuple[str, ...]


def build_study(
    files: Sequence[ClipFile], model_path: Path, folder: Path, *, num_triplets: int | None = None, seed: int = 0
) -> BuildResult:
    """Make a study of the people in the clips; the folder appears whole or not at all, and must not exist before.

    Without `num_triplets` there is one of each person, at most MAX_TRIPLETS. A clip that cannot be used is left out
    and named. Raises DataError when none can, or when the folder is there.
    """
    left_out: list[str] = []
    with _new_folder(folder) as unfinished:
        model = load_checkpoint(model_path)
        people = _people(files, num_triplets or MAX_TRIPLETS, seed, left_out)
        if not people:
            raise DataError(f"none of {len(files)} clips can be used in a study; the first: {left_out[0]}")
        entries = []
        random = np.random.default_rng([seed, 1])
        for clips, plan in tqdm(_plans(people, num_triplets or len(people), seed, left_out), unit="person"):
            entries += [_make_triplet(clips, triplet, model, unfinished, random) for triplet in plan]
        if not entries:
            raise DataError(f"no person's clips hold three moments that lie apart; the first: {left_out[0]}")
        marks = Marks("pictures of a user study", model_path.name, fingerprint(model_path), (), seed=seed)
        key = {"format": FORMAT, "version": VERSION, "seed": seed, "marks": asdict(marks), "triplets": entries}
        write_json(unfinished / KEY_NAME, key)
        (unfinished / "README.txt").write_text(README, encoding="utf-8")
    return BuildResult(len(entries), len({entry["identity"] for entry in entries}), tuple(left_out))


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that takes its name when the block ends well, and is removed when it does not."""
    unfinished = folder.with_name(f".{folder.name}.part")
    if folder.exists():
        raise DataError(f"{folder} exists; its answers would not fit another study: give a new folder")
    try:
        (unfinished / PICTURES_NAME).mkdir(parents=True)
    except OSError as error:
        raise MediaError(f"cannot make the folder {unfinished} ({error.strerror}); give another folder") from error
    try:
        yield unfinished
        unfinished.replace(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _people(files: Sequence[ClipFile], wanted: int, seed: int, left_out: list[str]) -> list[list[Clip]]:
    """Return the clips of up to `wanted` people, drawn by the seed; what cannot be used goes to `left_out`."""
    by_identity: dict[str, list[ClipFile]] = defaultdict(list)
    for file in files:
        by_identity[file.identity].append(file)
    random = np.random.default_rng([seed, 0])
    people = []
    for identity in random.permutation(sorted(by_identity)).tolist():
        clips: list[Clip] = []
        for number in random.permutation(len(by_identity[identity])).tolist():
            try:
                clip = load_clip(by_identity[identity][number])
                split_clip(clip, 1, seed)  # raises where it is too short
            except HeadcastError as error:
                left_out.append(str(error))
                continue
            clips.append(clip)
            if len(clips) == NUM_CLIPS:
                break
        if clips:
            people.append(clips)
        if len(people) == wanted:
            break
    return people


def _plans(
    people: Sequence[list[Clip]], num_triplets: int, seed: int, left_out: list[str]
) -> list[tuple[list[Clip], list[Triplet]]]:
    """Share the triplets out evenly; who gives fewer than their share is named in `left_out`."""
    share, rest = divmod(num_triplets, len(people))
    plans = []
    for place, clips in enumerate(people):
        wanted = share + (place < rest)
        plan = plan_triplets(clips, wanted, seed)
        if len(plan) < wanted:
            left_out.append(f"{clips[0].identity} gives {len(plan)} of {wanted} triplets; add clips, or longer ones")
        plans.append((clips, plan))
    return plans


def _make_triplet(
    clips: Sequence[Clip], triplet: Triplet, model: Model, folder: Path, random: np.random.Generator
) -> Mapping[str, Any]:
    """Write the three pictures in one way, under names that tell nothing; return what the key says about them."""
    made = clips[triplet.generated.clip]
    rivals = Rivals([made.shot(triplet.shot.number)], model)
    images: list[Image] = [rivals.ours(made.landmarks[triplet.generated.number])]
    images += [clips[moment.clip].shot(moment.number).image for moment in triplet.real]
    name, *pictures = (random.bytes(8).hex() for _ in range(4))
    for picture, image in zip(pictures, images, strict=True):
        write_image(folder / PICTURES_NAME / (picture + SUFFIX), image, PICTURE_NOTE)
    moments = dict(zip(pictures, (triplet.generated, *triplet.real), strict=True))
    return {
        "name": name,
        "identity": made.identity,
        "pictures": sorted(pictures),
        "generated": pictures[0],
        "shot": _origin(clips, triplet.shot),
        "moments": {picture: _origin(clips, moment) for picture, moment in moments.items()},
    }


def _origin(clips: Sequence[Clip], moment: Moment) -> dict[str, Any]:
    return {"clip": clips[moment.clip].name, "frame": moment.number}

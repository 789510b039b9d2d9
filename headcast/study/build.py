"""Clips of people and a model in, the folder of a user study out: triplets of one person, one picture generated.

For raters who sit elsewhere the triplets are also laid on sheets, and pictures shown alone as "real or made".
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from headcast.avatars.weights import load_weights
from headcast.data.clips import Clip, ClipFile, load_clip
from headcast.errors import DataError, HeadcastError, MediaError
from headcast.evaluation.methods.frame_maker import FrameMaker, MakeFrame
from headcast.evaluation.protocol import split_clip
from headcast.evaluation.records import write_json
from headcast.files import new_folder, write_text
from headcast.media.images import write_image
from headcast.provenance.marks import Marks, fingerprint
from headcast.study.pictures import as_driven, as_video_shows, load_moments, origin, same_size
from headcast.study.sheets import write_sheets
from headcast.study.singles import make_singles
from headcast.study.study import FORMAT, KEY_NAME, PICTURES_NAME, SUFFIX, VERSION
from headcast.study.triplets import ANY, Triplet, plan_triplets

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
sheets/        the same, a row a question, where sheets were asked for: all that raters elsewhere need, no key.
singles/       pictures shown alone, where they were asked for: half are frames of videos, HALF ARE SYNTHETIC.
key.json       says which is synthetic and what each was made from. Do not show it to participants.
answers.jsonl  what participants answered, once somebody took part.

These are pictures of real people: the folder is as private as the videos they come from. Delete it after the study.
"""


@dataclass(frozen=True)
class Asked:
    """What is to be built.

    Without `num_triplets` there is one of each person, at most MAX_TRIPLETS. `sheet_rows` is how many triplets stand on
    a sheet, 0 for no sheets; `num_singles` pictures are shown alone, half of them driven by somebody else.
    """

    num_triplets: int | None = None
    num_shots: int = 1
    distance: str = ANY
    sheet_rows: int = 0
    num_singles: int = 0
    seed: int = 0


@dataclass(frozen=True)
class BuildResult:
    """How many questions of how many people were made, and who was left out, and why."""

    num_triplets: int
    num_people: int
    left_out: tuple[str, ...]
    num_sheets: int = 0
    num_singles: int = 0


def build_study(files: Sequence[ClipFile], model_path: Path, folder: Path, asked: Asked | None = None) -> BuildResult:
    """Make a study of the people in the clips; the folder appears whole or not at all, and must not exist before.

    A clip that cannot be used is left out and named. Raises DataError when none can, or when the folder is there.
    """
    asked = asked or Asked()
    left_out: list[str] = []
    with _study_folder(folder) as unfinished:
        make_frame = FrameMaker(load_weights(model_path))
        people = _people(files, max(asked.num_triplets or MAX_TRIPLETS, asked.num_singles), asked.seed, left_out)
        if not people:
            raise DataError(f"none of {len(files)} clips can be used in a study; the first: {left_out[0]}")
        entries = []
        random = np.random.default_rng([asked.seed, 1])
        for clips, plan in tqdm(
            _plans(people[: asked.num_triplets or MAX_TRIPLETS], asked, left_out), unit="person", disable=None
        ):
            entries += [_make_triplet(clips, triplet, make_frame, unfinished, random) for triplet in plan]
        if not entries:
            raise DataError(f"no person's clips hold three moments that lie apart; the first: {left_out[0]}")
        rows = write_sheets(unfinished, entries, asked.sheet_rows, asked.seed) if asked.sheet_rows else []
        singles = make_singles(unfinished, people, make_frame, asked.num_singles, asked.seed)
        marks = Marks("pictures of a user study", model_path.name, fingerprint(model_path), (), seed=asked.seed)
        key = {"format": FORMAT, "version": VERSION, "seed": asked.seed, "marks": asdict(marks), "triplets": entries}
        write_json(unfinished / KEY_NAME, {**key, "asked": asdict(asked), "sheet_rows": rows, "singles": singles})
        write_text(unfinished / "README.txt", README)
    num_sheets = len({row["sheet"] for row in rows})
    num_people = len({entry["identity"] for entry in entries})
    return BuildResult(len(entries), num_people, tuple(left_out), num_sheets, len(singles))


@contextmanager
def _study_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that takes its name when the block ends well, and is removed when it does not."""
    if folder.exists():
        raise DataError(f"{folder} exists; its answers would not fit another study: give a new folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(f"cannot make the folder {folder.parent} ({error.strerror}); give another folder") from error
    with new_folder(folder) as unfinished:
        (unfinished / PICTURES_NAME).mkdir()
        yield unfinished


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


def _plans(people: Sequence[list[Clip]], asked: Asked, left_out: list[str]) -> list[tuple[list[Clip], list[Triplet]]]:
    """Share the triplets out evenly; who gives fewer than their share is named in `left_out`."""
    share, rest = divmod(asked.num_triplets or len(people), len(people))
    plans = []
    for place, clips in enumerate(people):
        wanted = share + (place < rest)
        plan = plan_triplets(clips, wanted, asked.seed, num_shots=asked.num_shots, distance=asked.distance)
        if len(plan) < wanted:
            left_out.append(f"{clips[0].identity} gives {len(plan)} of {wanted} triplets; add clips, or longer ones")
        plans.append((clips, plan))
    return plans


def _make_triplet(
    clips: Sequence[Clip], triplet: Triplet, make_frame: MakeFrame, folder: Path, random: np.random.Generator
) -> dict[str, Any]:
    """Write the three pictures in one way, under names that tell nothing; return what the key says about them."""
    shots = load_moments(clips, (*triplet.shots, triplet.generated, *triplet.real))
    own = [shots[moment] for moment in triplet.shots]
    made = make_frame(own, as_driven(own[0], clips[triplet.generated.clip], triplet.generated.number))
    images = same_size([as_video_shows(image) for image in (made, *(shots[moment].image for moment in triplet.real))])
    name, *pictures = (random.bytes(8).hex() for _ in range(4))
    for picture, image in zip(pictures, images, strict=True):
        write_image(folder / PICTURES_NAME / (picture + SUFFIX), image, PICTURE_NOTE)
    moments = dict(zip(pictures, (triplet.generated, *triplet.real), strict=True))
    return {
        "name": name,
        "identity": clips[triplet.generated.clip].identity,
        "pictures": sorted(pictures),
        "generated": pictures[0],
        "shots": [origin(clips[moment.clip], moment.number) for moment in triplet.shots],
        "moments": {picture: origin(clips[moment.clip], moment.number) for picture, moment in moments.items()},
    }

import json
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from headcast.data.clips import find_clips, load_clips
from headcast.errors import DataError, MediaError
from headcast.media.images import read_image, read_image_metadata
from headcast.media.writer import VideoWriter
from headcast.networks.checkpoint import save_checkpoint
from headcast.networks.model import build_model
from headcast.networks.notes import CheckpointNotes
from headcast.networks.presets import PRESETS
from headcast.provenance.marks import fingerprint
from headcast.study.build import Asked, build_study
from headcast.study.pictures import as_video_shows, same_size
from headcast.study.sheets import SHEET_NOTE, lay_rows
from headcast.study.study import load_study
from headcast.tracking.track import find_face


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_checkpoint(path, build_model(PRESETS["tiny"], seed=0), CheckpointNotes("tiny"))
    return path


@pytest.fixture(scope="module")
def clips(tmp_path_factory, before_a_wall):
    """Two people who move a little, one of them in three clips, and a file that is no video."""
    folder = tmp_path_factory.mktemp("clips")
    for name, num_clips in (("astronaut", 3), ("hopper", 1)):
        picture = before_a_wall(name)
        middle = find_face(picture)[:, :2].mean(0).astype(int)
        left, top = np.clip(middle - 128, 16, np.array(picture.shape[1::-1]) - 272)
        for number in range(num_clips):
            with VideoWriter(folder / f"{name}_{number}.mp4", (256, 256), Fraction(25)) as writer:
                for step in range(8):
                    corner = left + step, top + 3 * number
                    cut = picture[corner[1] : corner[1] + 256, corner[0] : corner[0] + 256]
                    writer.write(np.ascontiguousarray(cut))
    (folder / "broken_0.mp4").write_text("no video")
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory, checkpoint, clips):
    folder = tmp_path_factory.mktemp("studies") / "study"
    return folder, build_study(find_clips(clips), checkpoint, folder)


def test_one_triplet_of_each_person_and_the_rest_named(built):
    folder, result = built
    assert (result.num_triplets, result.num_people) == (2, 2)
    assert len(result.left_out) == 1 and "broken_0.mp4" in result.left_out[0]
    study = load_study(folder)
    assert sorted(question.identity for question in study.questions.values()) == ["astronaut", "hopper"]
    assert sorted(path.name for path in folder.iterdir()) == ["README.txt", "key.json", "pictures"]
    assert len(list((folder / "pictures").iterdir())) == 6
    assert not list(folder.parent.glob(".*"))


def test_real_pictures_are_the_frames_in_a_video_and_the_generated_one_is_none_of_them(built, clips):
    folder, _ = built
    loaded = {
        clip.name: clip for clip in load_clips([file for file in find_clips(clips) if "broken" not in file.identity])
    }
    for entry in json.loads((folder / "key.json").read_text())["triplets"]:
        for name in entry["pictures"]:
            moment = entry["moments"][name]
            frame = loaded[moment["clip"]].shot(moment["frame"]).image
            shown = read_image(folder / "pictures" / f"{name}.png")
            assert shown.shape == (256, 256, 3)
            assert np.array_equal(shown, as_video_shows(frame)) == (name != entry["generated"])
        assert (
            len({moment["clip"] for moment in entry["moments"].values()})
            == {"astronaut": 3, "hopper": 1}[entry["identity"]]
        )
        assert entry["shots"][0]["clip"] == entry["moments"][entry["generated"]]["clip"]


def test_no_file_tells_which_is_generated_but_the_key_says_it(built, checkpoint):
    folder, _ = built
    notes = [read_image_metadata(path) for path in (folder / "pictures").iterdir()]
    assert all(
        note == notes[0] and "one of the three pictures of this person is synthetic" in note["comment"]
        for note in notes
    )
    key = json.loads((folder / "key.json").read_text())
    assert key["marks"]["model_sha256"] == fingerprint(checkpoint) and key["marks"]["tool"] == "Headcast"
    assert "key.json       says which is synthetic" in (folder / "README.txt").read_text()


def test_the_seed_decides_every_picture(built, clips, checkpoint, tmp_path):
    files = find_clips(clips)
    build_study(files, checkpoint, tmp_path / "again", Asked(1))
    build_study(files, checkpoint, tmp_path / "other", Asked(1, seed=1))
    folders = (built[0], tmp_path / "again", tmp_path / "other")
    first, again, other = (json.loads((folder / "key.json").read_text())["triplets"][0] for folder in folders)
    assert first == again and first != other
    for name in first["pictures"]:
        one, same = (folder / "pictures" / f"{name}.png" for folder in folders[:2])
        assert one.read_bytes() == same.read_bytes()


def test_more_triplets_than_the_clips_hold(clips, checkpoint, tmp_path):
    files = [file for file in find_clips(clips) if file.identity == "hopper"]
    result = build_study(files, checkpoint, tmp_path / "study", Asked(50))
    assert 1 <= result.num_triplets < 6
    assert result.left_out == (f"hopper gives {result.num_triplets} of 50 triplets; add clips, or longer ones",)


def test_fewer_triplets_than_people(clips, checkpoint, tmp_path):
    result = build_study(find_clips(clips), checkpoint, tmp_path / "study", Asked(1))
    assert (result.num_triplets, result.num_people) == (1, 1)


def test_what_cannot_be_built_leaves_nothing_behind(clips, checkpoint, tmp_path):
    files = [file for file in find_clips(clips) if file.identity == "broken"]
    with pytest.raises(DataError, match=r"none of 1 clips can be used in a study; the first: .*broken_0.mp4"):
        build_study(files, checkpoint, tmp_path / "study")
    assert not list(tmp_path.iterdir())


def test_an_old_study_is_not_overwritten(built, clips, checkpoint):
    with pytest.raises(DataError, match=r"exists; its answers would not fit another study: give a new folder"):
        build_study(find_clips(clips), checkpoint, built[0])


def test_a_folder_that_cannot_be_made(clips, checkpoint, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(MediaError, match=r"cannot make the folder .* give another folder"):
        build_study(find_clips(clips), checkpoint, tmp_path / "file" / "study")


@pytest.fixture(scope="module")
def sheets(tmp_path_factory, checkpoint, clips):
    """A study of the same people with sheets of two rows and pictures shown alone."""
    folder = tmp_path_factory.mktemp("studies") / "study"
    return folder, build_study(find_clips(clips), checkpoint, folder, Asked(4, sheet_rows=2, num_singles=4))


def test_sheets_show_the_pictures_as_they_are_and_only_the_key_knows_the_places(sheets):
    folder, result = sheets
    key = json.loads((folder / "key.json").read_text())
    entries = {entry["name"]: entry for entry in key["triplets"]}
    assert sorted(row["triplet"] for row in key["sheet_rows"]) == sorted(entries)
    assert [row["row"] for row in key["sheet_rows"]] == [1, 2, 3]
    written = sorted(str(path.relative_to(folder / "sheets")) for path in (folder / "sheets").rglob("*.png"))
    assert written == ["set_1/sheet_01.png", "set_2/sheet_01.png"] and result.num_sheets == 2
    for name in written:  # one set has two rows of two people, the other the third row
        rows = [row for row in key["sheet_rows"] if row["sheet"] == name]
        people = [entries[row["triplet"]]["identity"] for row in rows]
        assert len(set(people)) == len(people)
        sheet = read_image(folder / "sheets" / name)
        for top, row in zip((12, 280), rows, strict=False):
            for place, picture in enumerate(row["pictures"]):
                left = 64 + 268 * place
                shown = read_image(folder / "pictures" / f"{picture}.png")
                assert np.array_equal(sheet[top : top + 256, left : left + 256], shown)
            assert row["pictures"][row["generated_place"] - 1] == entries[row["triplet"]]["generated"]
        assert str(read_image_metadata(folder / "sheets" / name)) == str(SHEET_NOTE)


def test_half_of_the_pictures_shown_alone_are_frames_and_half_are_driven_by_somebody_else(sheets, clips):
    folder, result = sheets
    singles = json.loads((folder / "key.json").read_text())["singles"]
    assert result.num_singles == 4 and sorted(single["made"] for single in singles) == [False, False, True, True]
    assert [(single["set"], single["picture"]) for single in singles] == [
        ("set_1", "01.png"), ("set_1", "02.png"), ("set_2", "03.png"), ("set_2", "04.png")
    ]  # fmt: skip
    whose = [(single["clip"] if not single["made"] else single["shot"]["clip"]).split("_")[0] for single in singles]
    assert whose[0] != whose[1] and whose[2] != whose[3]
    loaded = {
        clip.name: clip for clip in load_clips([file for file in find_clips(clips) if "broken" not in file.identity])
    }
    for single in singles:
        shown = read_image(folder / "singles" / single["set"] / single["picture"])
        if single["made"]:
            whose = [single[which]["clip"].split("_")[0] for which in ("shot", "driven_by")]
            assert sorted(whose) == ["astronaut", "hopper"]
        else:
            assert np.array_equal(shown, as_video_shows(loaded[single["clip"]].shot(single["frame"]).image))


def test_pictures_shown_alone_need_two_people(clips, checkpoint, tmp_path):
    files = [file for file in find_clips(clips) if file.identity == "hopper"]
    with pytest.raises(DataError, match="give clips of at least 2 people, not 1"):
        build_study(files, checkpoint, tmp_path / "study", Asked(1, num_singles=2))
    assert not list(tmp_path.iterdir())


def test_rows_of_pictures_of_different_sizes_keep_every_pixel():
    small, large = np.full((20, 20, 3), 10, np.uint8), np.full((30, 30, 3), 250, np.uint8)
    sheet = lay_rows([("1", [small] * 3), ("2", [large] * 3)])
    assert sheet.shape == (12 + 32 + 42, 64 + 3 * 42, 3)
    assert (sheet[44:74, 64:94] == 250).all() and (sheet[12:32, 64:84] == 10).all()


def test_pictures_of_one_question_have_the_smallest_size():
    images = same_size([np.full((side, side, 3), side, np.uint8) for side in (40, 30, 50)])
    assert [image.shape for image in images] == [(30, 30, 3)] * 3
    assert [int(image[0, 0, 0]) for image in images] == [40, 30, 50]


def test_building_takes_no_torch():
    program = "import sys; sys.modules['torch'] = None; import headcast.study.build"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stderr == ""


def test_a_made_picture_has_the_colours_of_a_video_and_keeps_its_odd_size():
    """Brightness stays; colours, stored at half the resolution, run over an edge as they do in real frames."""
    image = np.zeros((65, 65, 3), np.uint8)
    image[:, 32:] = 40, 90, 200
    image[:, :33] = 200, 60, 40
    shown = as_video_shows(image).astype(float)
    grey, colour = (
        (lambda picture: picture @ (0.2126, 0.7152, 0.0722)),
        (lambda picture: picture[..., 0] - picture[..., 2]),
    )
    assert shown.shape == image.shape
    assert np.abs(grey(shown) - grey(image.astype(float)))[:, [0, 20, 50, 64]].max() < 3
    assert np.abs(colour(shown) - colour(image.astype(float)))[:, [0, 20, 50, 64]].max() < 8
    assert np.abs(colour(shown) - colour(image.astype(float)))[:, 31:35].max() > 20

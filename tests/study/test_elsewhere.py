import json

import pytest

from headcast.errors import DataError
from headcast.study.elsewhere import count_singles, enter_sheets
from headcast.study.report import report_study
from headcast.study.study import KEY_NAME


@pytest.fixture
def study(make_study):
    """Four questions on sheets, the generated picture always to the right, and four pictures alone, 1 and 3 made."""
    study = make_study()
    path = study.folder / KEY_NAME
    key = json.loads(path.read_text())
    key["sheet_rows"] = [
        {"row": row, "triplet": entry["name"], "pictures": [*entry["pictures"][1:], entry["generated"]]}
        for row, entry in enumerate(key["triplets"], 1)
    ]
    key["singles"] = [{"picture": f"{number:02d}.png", "made": number % 2 == 1} for number in range(1, 5)]
    path.write_text(json.dumps(key))
    return study.folder


def written(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


def test_answers_from_elsewhere_count_like_the_pages(study, tmp_path):
    anna = written(tmp_path, "anna.csv", "row,place\n1,3\n2,3\n3,1\n4,3\n")
    ben = written(tmp_path, "ben.csv", "\ufeffplace,row,why\n2,4,mouth\n3,1,edge\n")  # as spreadsheets write it
    assert enter_sheets(study, [anna, ben]) == 6
    report = report_study(study)
    assert (report.overall.num_found, report.overall.num_answers) == (4, 6)
    assert (report.num_participants, report.num_complete) == (2, 1)


@pytest.mark.parametrize("lines", ["5,1", "1,4", "1,0", "1,1\n1,2", "x,1", ",", "1,-1"])
def test_a_line_that_does_not_fit_is_named_and_nothing_is_written(study, tmp_path, lines):
    good = written(tmp_path, "good.csv", "row,place\n1,3\n")
    bad = written(tmp_path, "bad.csv", f"row,place\n{lines}\n")
    with pytest.raises(DataError, match=r"line [23] of .*bad.csv does not fit: expected a row of the sheets, 1 to 4"):
        enter_sheets(study, [good, bad])
    assert not (study / "answers.jsonl").exists()


def test_pictures_alone_are_counted_apart(study, tmp_path):
    anna = written(tmp_path, "anna.csv", "picture,answer\n01.png,made\n2,real\n3,real\n4,made\n")
    ben = written(tmp_path, "ben.csv", "picture,answer\n1,made\n2,real\n")
    made, real = count_singles(study, [anna, ben])
    assert (made.num_found, made.num_answers) == (2, 3)
    assert (real.num_found, real.num_answers) == (1, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("picture,answer\n5,made\n", "line 2 of .*bad.csv does not fit: expected a picture, 1 to 4"),
        ("picture,answer\n1,fake\n", "real or made; correct it"),
        ("picture,answer\n1,made\n1,made\n", "line 3 of"),
        ("picture,answer\n1,made\n", "at least one made and one real picture"),
        ("row,place\n1,1\n", "lacks the columns picture, answer; add them"),
        ("", "lacks the columns"),
    ],
)
def test_answers_about_pictures_alone_that_do_not_fit(study, tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        count_singles(study, [written(tmp_path, "bad.csv", text)])


def test_a_study_without_sheets_takes_no_answers_about_them(make_study, tmp_path):
    answers = written(tmp_path, "anna.csv", "row,place\n1,3\n")
    with pytest.raises(DataError, match="was built without --sheets; build one with it"):
        enter_sheets(make_study().folder, [answers])


def test_an_entry_of_the_other_kind_is_a_damaged_key(make_study, tmp_path):
    """Found in 2,000 damaged keys."""
    path = make_study().folder / KEY_NAME
    key = json.loads(path.read_text())
    row = {"row": 1, "sheet": 1, "triplet": key["triplets"][0]["name"], "pictures": key["triplets"][0]["pictures"]}
    path.write_text(json.dumps({**key, "singles": [row]}))
    (tmp_path / "rater.csv").write_text("picture,answer\n1,made\n")
    with pytest.raises(DataError, match="key.json is damaged .*; build the study again"):
        count_singles(path.parent, [tmp_path / "rater.csv"])

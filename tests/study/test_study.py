import json

import pytest

from headcast.errors import DataError
from headcast.study.study import KEY_NAME, load_study


def test_only_pictures_of_the_study_have_a_path(make_study):
    study = make_study()
    assert len(study.questions) == 4
    assert all(study.picture_path(name).is_file() for q in study.questions.values() for name in q.pictures)
    for stranger in ("../key", "", "f" * 16, "../pictures/" + "0" * 16):
        assert study.picture_path(stranger) is None


def test_a_folder_without_a_study(tmp_path):
    with pytest.raises(
        DataError, match=r"no study in .* \(key.json is missing\); make one with `headcast study build`"
    ):
        load_study(tmp_path)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda key: key.update(version=2), "version 1"),
        (lambda key: key.update(triplets=[]), "no triplets"),
        (lambda key: key.update(triplets=key["triplets"] * 2), "two of one name"),
        (lambda key: key.pop("seed"), "seed"),
        (lambda key: key.update(seed=-1), "seed is -1"),
        (lambda key: key.update(seed=float("inf")), "it holds Infinity"),
        (lambda key: key.update(seed=1e300), "seed is 1e\\+300"),
        (lambda key: key["triplets"][0].update(generated="0" * 16 + "x"), "the generated one among them"),
        (lambda key: key["triplets"][0].update(name="../../etc"), "16 hexadecimal digits"),
        (lambda key: key["triplets"][0]["pictures"].pop(), "not enough values"),
        (lambda key: key.update(triplets=3), "not iterable"),
    ],
)
def test_a_damaged_key_is_named(make_study, spoil, reason):
    path = make_study().folder / KEY_NAME
    key = json.loads(path.read_text())
    spoil(key)
    path.write_text(json.dumps(key))
    with pytest.raises(DataError, match=rf"is no key of a study, or damaged \(.*{reason}.*build the study again"):
        load_study(path.parent)


def test_a_key_that_is_no_json(make_study):
    path = make_study().folder / KEY_NAME
    path.write_bytes(b"\xff[[[")
    with pytest.raises(DataError, match="is no key of a study, or damaged"):
        load_study(path.parent)

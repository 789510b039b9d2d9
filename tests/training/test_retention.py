from itertools import pairwise
from pathlib import Path

from headcast.training.retention import numbered, thin


def test_what_stays_lies_evenly_from_the_first_to_the_last(tmp_path: Path) -> None:
    for step in range(10, 1010, 10):  # a run that thins at each checkpoint
        numbered(tmp_path, step, ".safetensors").touch()
        thin(tmp_path, ".safetensors", 8)
    (tmp_path / "notes.safetensors").touch()
    steps = sorted(int(path.stem) for path in tmp_path.glob("0*.safetensors"))
    assert len(steps) == 8 and steps[0] == 10 and steps[-1] == 1000
    gaps = [after - before for before, after in pairwise(steps)]
    assert max(gaps[:-1]) <= 3 * min(gaps[:-1])


def test_few_files_all_stay(tmp_path: Path) -> None:
    for step in (5, 7):
        numbered(tmp_path, step, ".png").touch()
    thin(tmp_path, ".png", 2)
    assert len(list(tmp_path.iterdir())) == 2

import importlib
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest

from headcast.evaluation.baselines import OURS, PHOTO, WARP
from headcast.media.writer import VideoWriter

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(FOLDER))

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    return load


def test_quality_compares_people_not_frames(benchmark, capsys: pytest.CaptureFixture[str]) -> None:
    quality = benchmark("quality")
    warp = [{"LPIPS": 0.1}, {"LPIPS": 0.2}, {"LPIPS": 0.3, "mouth": 0.1}]
    ours = [{name: figure * 0.9 for name, figure in person.items()} for person in warp]
    table = {PHOTO: warp, WARP: warp, OURS: ours}
    comparisons = quality.compare_rivals(table, OURS, WARP, seed=0)
    assert comparisons["LPIPS"].relative == pytest.approx(-0.1)
    assert comparisons["LPIPS"].num_identities == 3
    assert "mouth" not in comparisons  # one person gives no interval
    quality.print_table(table, comparisons)
    assert "-10.0% (-10.0% to -10.0%)        3" in capsys.readouterr().out


def test_memory_repeats_a_driver_to_the_asked_length(benchmark, tmp_path: Path) -> None:
    short, long = tmp_path / "short.mp4", tmp_path / "long.mp4"
    with VideoWriter(short, (64, 64), Fraction(25)) as writer:
        for level in range(30):
            writer.write(np.full((64, 64, 3), 8 * level, np.uint8))
    assert benchmark("memory").loop_video(short, long, seconds=4.0) == 100
    with av.open(str(long)) as container:
        frames = list(container.decode(video=0))
    times = [frame.time for frame in frames]
    assert np.diff(times) == pytest.approx(np.full(99, 0.04), abs=1e-3)
    assert abs(frames[30].to_ndarray(format="rgb24").mean() - frames[0].to_ndarray(format="rgb24").mean()) < 4


def test_speed_fits_any_photo_into_720p(benchmark) -> None:
    speed = benchmark("speed")
    for height, width in ((512, 512), (2000, 900), (300, 3000)):
        fitted = speed.fit_into(np.full((height, width, 3), 77, np.uint8), speed.PHOTO_SIZE)
        assert fitted.shape == (720, 1280, 3) and (fitted == 77).all()

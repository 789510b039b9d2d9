"""The benchmark of the product, on as few frames as say something."""

import os
from collections.abc import Callable

import numpy as np
import pytest

from headcast.evaluation.bench import SIZE, BenchResult, fit_into, matrix_gflops, run_bench
from headcast.types import Image

STAGES = {"decode", "track", "retarget", "warp", "generate", "paste back", "encode"}


@pytest.fixture(scope="module")
def result(before_a_wall: Callable[[str], Image]) -> BenchResult:
    said: list[str] = []
    photo, driver = map(before_a_wall, ("astronaut", "hopper"))
    result = run_bench(photo, driver, num_frames=8, precision="f32", say=said.append)
    assert said
    return result


def test_each_stage_the_start_the_memory_and_the_machine_are_told(result: BenchResult) -> None:
    assert set(result.stages_ms) == STAGES
    assert all(0 < p50 <= p95 for p50, p95 in result.stages_ms.values())
    assert result.runtime == "OpenVINO CPU f32" and result.num_frames == 8
    assert len(result.first_frame_seconds) == 2 and min(result.first_frame_seconds) > 0.1
    assert result.frames_a_second > 0 and result.matrix_gflops > 0.1
    if hasattr(os, "wait4"):
        assert result.peak_memory_mib is not None and 100 < result.peak_memory_mib < 4000
    assert "openvino" in result.machine["versions"]


@pytest.mark.parametrize(("height", "width"), [(512, 512), (2000, 900), (300, 3000)])
def test_any_photo_fits(height: int, width: int) -> None:
    fitted = fit_into(np.full((height, width, 3), 77, np.uint8), SIZE)
    assert fitted.shape == (720, 1280, 3) and (fitted == 77).all()


def test_a_matrix_product_is_counted_right(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(100))
    monkeypatch.setattr("headcast.evaluation.bench.SQUARE", 100)
    monkeypatch.setattr("headcast.evaluation.bench.time.perf_counter", lambda: float(next(ticks)))
    assert matrix_gflops() == pytest.approx(2 * 100**3 / 1e9)  # one second each

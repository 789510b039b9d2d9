import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from headcast.training.distributed import ALONE, Ranks, join_ranks
from tests.training.learning_program import learn

ROOT = Path(__file__).resolve().parents[2]


PRESETS = ("tiny", "tiny_paper")
BATCH_SIZE, NUM_STEPS = 2, 7


@pytest.fixture(scope="module")
def seen_by_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What each of two processes that torchrun started has written down."""
    out = tmp_path_factory.mktemp("ranks")
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    program = [Path(__file__).with_name("learning_program.py"), out, BATCH_SIZE, NUM_STEPS, *PRESETS]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *torchrun, *map(str, program)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return out


@pytest.mark.parametrize("preset", PRESETS)
def test_two_processes_learn_what_one_learns_from_both_their_rows(preset: str, seen_by_two: Path) -> None:
    first, second = (json.loads((seen_by_two / f"{preset}_{rank}.json").read_text()) for rank in (0, 1))
    assert first == second  # not to rounding: the ranks must not drift apart
    alone = json.loads(json.dumps(learn(preset, 2 * BATCH_SIZE, NUM_STEPS)))
    for step, (together, expected) in enumerate(zip(first["steps"], alone["steps"], strict=True)):
        assert together == pytest.approx(expected, rel=1e-4, abs=1e-5), step
    assert {"discriminator", "embedding_match"} <= set(alone["steps"][-1])
    torch.testing.assert_close(torch.tensor(first["videos"]), torch.tensor(alone["videos"]), rtol=1e-4, atol=1e-5)


def test_a_rank_alone_changes_nothing() -> None:
    values = torch.arange(6.0).view(3, 2)
    assert ALONE.mean(values) is values and ALONE.gather(values) is values
    assert ALONE.agree(0.25, stop=True) == (0.25, True)
    assert ALONE.rows(3) == slice(0, 3) and ALONE.is_first


def test_ranks_share_the_rows_of_a_batch_without_gap_or_overlap() -> None:
    rows = [row for rank in range(4) for row in range(12)[Ranks(rank, 4).rows(3)]]
    assert rows == list(range(12))


def test_without_torchrun_there_is_one_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with join_ranks("cpu") as ranks:
        assert (ranks.rank, ranks.count) == (0, 1)

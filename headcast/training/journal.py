"""A run's figures in; stats.jsonl, TensorBoard's files and lines on the screen out."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headcast.files import write_text
from headcast.training.alarms import Figures

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

STATISTICS = "stats.jsonl"


class Journal:
    """The figures of a run, a line each; those after `step`, from which the run resumes, are dropped."""

    def __init__(self, run_dir: Path, step: int, report: Callable[[str], None]) -> None:
        self._path, self._report = run_dir / STATISTICS, report
        kept = [line for line in _read(self._path) if line["step"] <= step]
        write_text(self._path, "".join(json.dumps(line) + "\n" for line in kept))
        trained = [line for line in kept if line["kind"] == "train"]
        self.last_figures: Figures = trained[-1] if trained else {}
        self._board = _open_board(run_dir / "tensorboard", step, report)

    def write(self, kind: str, position: Mapping[str, float], figures: Figures, share: float) -> None:
        """Note figures of a `kind`, train or validation, at `position`: step, num_samples and seconds.

        `share` is how much of the run is over.
        """
        self._append({"kind": kind, **position, **figures})
        shown = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
        self._report(
            f"{kind} {position['num_samples']} samples, {min(share, 1.0):.1%}, {position['seconds']:.0f} s:  {shown}"
        )
        if kind == "train":
            self.last_figures = figures
        if self._board is not None:
            for name, value in figures.items():
                self._board.add_scalar(f"{kind}/{name}", value, int(position["step"]))
            self._board.flush()

    def warn(self, position: Mapping[str, float], alarm: str) -> None:
        """Note an alarm."""
        self._append({"kind": "alarm", **position, "alarm": alarm})
        self._report(f"  alarm: {alarm}")

    def close(self) -> None:
        """Close TensorBoard's file."""
        if self._board is not None:
            self._board.close()

    def _append(self, line: Mapping[str, object]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _read(path: Path) -> list[dict[str, Any]]:
    """The lines that were written before, without a last one that was cut short."""
    lines: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
    return lines


def _open_board(folder: Path, step: int, report: Callable[[str], None]) -> "SummaryWriter | None":
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        report("TensorBoard's files are not written; for them: pip install 'headcast[train]'")
        return None
    return SummaryWriter(str(folder), purge_step=step)

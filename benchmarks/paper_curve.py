"""The `stats.jsonl` of some runs in, their curves on held-out people as an SVG picture out.

Lines are named by the runs' folders.

    python benchmarks/paper_curve.py --run-dir RUN [RUN ...] --output curve.svg
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from headcast.errors import DataError, HeadcastError
from headcast.files import replaced_on_success

PANELS = {
    "loss": "content loss",
    "mouth": "distance in the mouth",
    "other_embedding": "rise: another's embedding",
    "other_landmarks_mouth": "rise: other landmarks, mouth",
}


def main() -> None:
    """Read the statistics and draw them."""
    options = parse_options()
    runs = {run_dir.name: read_validations(run_dir / "stats.jsonl") for run_dir in options.run_dir}
    draw_curves(runs, options.output)


def read_validations(path: Path) -> list[dict[str, Any]]:
    """The lines about validations, in the order of the run."""
    if not path.is_file():
        raise DataError(f"no statistics at {path}; give the folder of a run")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found = [line for line in lines if line["kind"] == "validation"]
    if not found:
        raise DataError(f"{path} holds no validation yet; let the run continue")
    return found


def draw_curves(runs: Mapping[str, Sequence[Mapping[str, Any]]], output: Path) -> None:
    """Draw a panel for each of some figures, with a line for each run over its episodes."""
    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "headcast", "svg.fonttype": "none"})  # equal figures, equal file; text as text
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(PANELS), figsize=(12, 2.8), layout="constrained")
    for axes, (name, title) in zip(panels, PANELS.items(), strict=True):
        for run, lines in runs.items():
            axes.plot([line["num_samples"] for line in lines], [line[name] for line in lines], marker="o", label=run)
        axes.set(xlabel="episodes", title=title)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].legend(frameon=False)
    with replaced_on_success(output) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None})
    pyplot.close(figure)


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run-dir", type=Path, nargs="+", required=True)
    parser.add_argument("--output", type=Path, required=True, help="SVG")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except HeadcastError as error:
        raise SystemExit(f"paper_curve: {error}") from None

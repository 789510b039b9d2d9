"""A run's `stats.jsonl` in, its curves on held-out people as an SVG picture out.

python benchmarks/paper_curve.py --run-dir RUN --output curve.svg
"""

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

from headcast.errors import DataError, HeadcastError
from headcast.media.files import replaced_on_success

LOSSES = {"loss": "content loss", "mouth": "mouth"}
PROBES = {
    "other_embedding": "another person's embedding",
    "other_landmarks": "another frame's landmarks",
    "other_landmarks_mouth": "the same, in the mouth",
}


def main() -> None:
    """Read the statistics and draw them."""
    options = parse_options()
    draw_curves(read_validations(options.run_dir / "stats.jsonl"), options.output)


def read_validations(path: Path) -> list[dict[str, Any]]:
    """The lines about validations, in the order of the run."""
    if not path.is_file():
        raise DataError(f"no statistics at {path}; give the folder of a run")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found = [line for line in lines if line["kind"] == "validation"]
    if not found:
        raise DataError(f"{path} holds no validation yet; let the run go on")
    return found


def draw_curves(validations: list[dict[str, Any]], output: Path) -> None:
    """Left the losses, as shares of the first validation's; right how much worse each probe makes the loss."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "headcast"  # equal figures, equal file
    from matplotlib import pyplot

    samples = [line["num_samples"] for line in validations]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for name, label in LOSSES.items():
        left.plot(samples, [line[name] / validations[0][name] for line in validations], marker="o", label=label)
    for name, label in PROBES.items():
        right.plot(samples, [100.0 * line[name] for line in validations], marker="o", label=label)
    left.set(xlabel="episodes", title="loss on unseen people, of the first validation's")
    right.set(xlabel="episodes", title="rise of the loss under each probe, %", ylim=(0, None))
    for axes in (left, right):
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    with replaced_on_success(output) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None})
    pyplot.close(figure)


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True, help="SVG")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except HeadcastError as error:
        raise SystemExit(f"paper_curve: {error}") from None

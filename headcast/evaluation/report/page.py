"""A summary of an evaluation in, one HTML page that opens offline and the same as JSON out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from headcast.evaluation.methods.baselines import NEAREST, OURS, PHOTO, TUNED, WARP, ZEROED
from headcast.evaluation.metrics.judges import BACKGROUND, EDGES, SHARPNESS, STILL_RING, STREAKS
from headcast.evaluation.records import Record, Records, write_json
from headcast.evaluation.report.curves import curve_figure
from headcast.evaluation.report.html import heading, page, paragraph, pictures, table, titled_list
from headcast.evaluation.report.published import published_section
from headcast.evaluation.report.summary import Summary
from headcast.evaluation.report.tables import head_figure, worst_first
from headcast.evaluation.run import Evaluation
from headcast.evaluation.self_reenactment import TEETH
from headcast.files import write_text

NUM_STRIPS: Final = 3
NUM_PAIRS: Final = 10
FAR_OFF: Final = (PHOTO, NEAREST, ZEROED)
"""Left out of the curves, which they would flatten; the tables have them."""


def write_report(
    evaluation: Evaluation, summary: Summary, facts: Mapping[str, str], missing: Sequence[str], records: Records
) -> Path:
    """Write report.html and report.json into the records' folder; returns the page's path.

    `facts` are shown as they are (model, machine, command); `missing` says which judges were not at hand.
    """
    write_json(records.folder / "report.json", {"facts": facts, "missing": missing, **summary})
    parts = [heading(1, "Headcast: how good is it"), table(["", ""], [[*fact] for fact in facts.items()])]
    parts += titled_list("Not measured", missing) + titled_list("Left out", summary["left_out"])
    parts += _shots_section(summary)
    for num_shots, figures in summary["self_reenactment"].items():
        parts += _self_section(num_shots, figures)
        parts += _strips(evaluation.self_reenactment[int(num_shots)], records)
    if summary["cross_reenactment"]:
        parts += _cross_section(summary["cross_reenactment"])
        parts += _worst_pairs(evaluation.cross_reenactment, records)
    path = records.folder / "report.html"
    note = "the pictures' results are synthetic, made with Headcast"
    write_text(path, page("Headcast evaluation", note, [*parts, published_section()]))
    return path


def text_lines(summary: Summary) -> list[str]:
    """Return a few lines for a terminal: ours beside the warped shot and ours tuned, in what matters most."""
    lines = []
    for num_shots, figures in summary["self_reenactment"].items():
        lines.append(
            f"T = {num_shots}: {figures['num_identities']} people, {figures['num_frames']} frames, "
            f"{figures['milliseconds']:.0f} ms a frame"
        )
        means = figures["means"]
        for name in main_figures(means[OURS]):
            shown = [
                f"{rival} {means[rival][name]:8.4f}" for rival in (OURS, WARP, TUNED) if name in means.get(rival, {})
            ]
            lines.append(f"  {name:36} {'   '.join(shown)}   {_interval(figures['ours_against'][WARP].get(name))}")
    return lines


def main_figures(figures: Mapping[str, float]) -> list[str]:
    """Pick the names of the figures that matter most."""
    starts = ("SSIM head", "CSIM", "mouth opening error", SHARPNESS, TEETH, EDGES, STREAKS, BACKGROUND)
    regions = (" head", " mouth", " eyes", " ring", f" {STILL_RING}", " below chin")
    return [
        name for name in figures if name.startswith(starts) or (name.startswith("LPIPS") and name.endswith(regions))
    ]


def _shots_section(summary: Summary) -> list[str]:
    """Show what more shots bring: curves over T, and each T against the one before it."""
    curves = summary["curves"]
    if len(summary["self_reenactment"]) < 2:
        return []
    drawn = [
        curve_figure(name, {rival: line for rival, line in curves[name].items() if rival not in FAR_OFF})
        for name in main_figures(curves)
    ]
    parts = [
        heading(2, "Over the number of shots"),
        paragraph("Means over people with their 95 % intervals; every T makes the same frames of the same people."),
        f'<div class="curves">{"".join(drawn)}</div>',
    ]
    rows = [
        [f"{name}: {rival}", *(_interval(found.get(name)) for found in steps.values())]
        for rival, steps in summary["over_shots"].items()
        for name in main_figures(curves)
    ]
    steps = next(iter(summary["over_shots"].values()))
    return [*parts, table(["difference, 95 % interval", *(f"T = {step}" for step in steps)], rows)]


def _self_section(num_shots: str, figures: Summary) -> list[str]:
    least, most = figures["num_shots"]
    had = num_shots if least == most else f"{least} to {most}: short clips have fewer to give"
    sides = _range(figures["sides"])
    intro = (
        f"{figures['num_identities']} people, {figures['num_clips']} clips, {figures['num_frames']} held-out frames, "
        f"{figures['num_opening']} of them with a mouth that has to open, {sides} pixels a side; shots had: {had}; "
        f"on {', '.join(figures['runs_on'])}, {figures['milliseconds']:.0f} ms a frame (warp and network)."
    )
    parts = [heading(2, f"Self-reenactment, T = {num_shots}"), paragraph(intro), _figure_table(figures)]
    if figures["feature_sets"]:
        names = list(next(iter(figures["feature_sets"].values())))
        rows = [[rival, *(f"{own[name]:.4g}" for name in names)] for rival, own in figures["feature_sets"].items()]
        parts.append(paragraph(f"The features of all frames against the real ones, n = {figures['num_frames']} each:"))
        parts.append(table(["", *names], rows))
    if figures["by_distance"]:
        parts.append(paragraph("By distance between shot and target, in usual spreads, the frames in thirds:"))
        parts.append(_distance_table(figures["by_distance"]))
    return parts


def _range(limits: Sequence[int]) -> str:
    least, most = limits
    return f"{most}" if least == most else f"{least} to {most}"


def _cross_section(figures: Summary) -> list[str]:
    intro = (
        f"{figures['num_clips']} pairs of {figures['num_identities']} people or paintings and a driver, "
        f"{figures['num_frames']} frames; shots had: {_range(figures['num_shots'])}."
    )
    return [heading(2, "Cross-reenactment"), paragraph(intro), _figure_table(figures)]


def _figure_table(figures: Summary) -> str:
    """Show one row a figure: every rival's mean, then how ours differs from the warp, and ours tuned from ours."""
    means = figures["means"]
    differences = {"ours less warp, 95 % interval": figures["ours_against"][WARP]}
    if TUNED in means:
        differences["tuned less ours, 95 % interval"] = figures["tuned_against"][OURS]
    rows = [
        [
            name,
            *(f"{own[name]:.4f}" if name in own else "" for own in means.values()),
            *(_interval(found.get(name)) for found in differences.values()),
        ]
        for name in means[OURS]
    ]
    return table(["mean over people", *means, *differences], rows)


def _distance_table(thirds: Sequence[Mapping[str, Any]]) -> str:
    names = list(thirds[0]["means"][OURS])
    rows = []
    for third in thirds:
        low, high = third["limits"]
        label = f"{third['by']} {third['third']} ({low:.2f} to {high:.2f}), {third['num_frames']} frames"
        for rival, means in third["means"].items():
            shown = (f"{means[name]:.4f}" if name in means else "" for name in names)
            rows.append([f"{label}: {rival}", *shown])
    return table(["", *names], rows)


def _interval(comparison: Mapping[str, Any] | None) -> str:
    if comparison is None:
        return ""
    low, high = comparison["difference_interval"]
    return f"{comparison['difference']:+.4f} ({low:+.4f} to {high:+.4f}), n = {comparison['num_identities']}"


def _strips(kept: Sequence[Record], records: Records) -> list[str]:
    """Show the best frames of the best clips and the worst of the worst: source, driver, result, error."""
    parts = []
    for rival in (OURS, TUNED):
        own = [record for record in kept if rival in record.figures]
        if not own:
            continue
        name, sign = head_figure(own[0].figures[rival])
        ordered = sorted(own, key=lambda record: sign * record.figures[rival][name])
        for which, chosen in (("best", ordered[:NUM_STRIPS]), ("worst", ordered[: -NUM_STRIPS - 1 : -1])):
            parts.append(heading(3, f"The {which} of {rival}: source, driver, result, error"))
            parts += pictures(
                [(record.name, records.strip_path(record.facts["shown"][rival], which)) for record in chosen]
            )
    return parts


def _worst_pairs(kept: Sequence[Record], records: Records) -> list[str]:
    """Show the middle frames of the pairs that come last in all figures taken together."""
    shown = [
        (f"{record.name}: {rival}", records.strip_path(name, "middle"))
        for record in worst_first(kept, OURS)[:NUM_PAIRS]
        for rival, name in record.facts["shown"].items()
    ]
    title = heading(3, "The worst pairs, by face found, likeness, landmarks and closures: source, driver, result")
    return [title, *pictures(shown)]

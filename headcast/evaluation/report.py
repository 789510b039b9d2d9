"""A summary of an evaluation in, one HTML page that opens offline and the same as JSON out."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from headcast.evaluation.baselines import OURS, RIVALS, WARP
from headcast.evaluation.lpips import LPIPS_NAME
from headcast.evaluation.records import Record, Records, write_json
from headcast.evaluation.run import Evaluation
from headcast.evaluation.summary import Summary
from headcast.media.files import replaced_on_success

NUM_STRIPS: Final = 3
MAIN_FIGURES: Final = (f"{LPIPS_NAME} head", f"{LPIPS_NAME} mouth", "SSIM head", "CSIM", "mouth opening error")
PUBLISHED_FID: Final = (("VoxCeleb1", 43.0, 38.0, 29.5), ("VoxCeleb2", 48.5, 42.2, 30.6))
"""Data set and FID of the paper's fine-tuned model for T = 1, 8, 32 (Zakharov et al. 2019, table 1)."""

STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
th, td { padding: .15rem .7rem; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left }
.aside { background: #f4f4f0; padding: .5rem 1rem }
img { width: 100%; max-width: 64rem; display: block } .scroll { overflow-x: auto }
"""


def write_report(
    evaluation: Evaluation, summary: Summary, facts: Mapping[str, str], missing: Sequence[str], records: Records
) -> Path:
    """Write report.html and report.json into the records' folder; returns the page's path.

    `facts` are shown as they are (model, machine, command); `missing` says which judges were not at hand.
    """
    write_json(records.folder / "report.json", {"facts": facts, "missing": missing, **summary})
    parts = ["<h1>Headcast: how good is it</h1>", _facts(facts)]
    parts += _list("Not measured", missing) + _list("Left out", summary["left_out"])
    for num_shots, table in summary["self_reenactment"].items():
        parts += _self_section(num_shots, table)
        parts += _strips(evaluation.self_reenactment[int(num_shots)], records)
    if summary["cross_reenactment"]:
        parts += _cross_section(summary["cross_reenactment"])
        parts += _pictures([(r.name, records.strip_path(r.name, "middle")) for r in evaluation.cross_reenactment[:6]])
    parts += [_published()]
    path = records.folder / "report.html"
    head = f'<meta charset="utf-8"><title>Headcast evaluation</title><style>{STYLE}</style>'
    note = "<!-- the pictures' results are synthetic, made with Headcast -->"
    with replaced_on_success(path) as temporary:
        page = "\n".join(parts)
        temporary.write_text(f'<!doctype html><html lang="en">{head}{note}<body>\n{page}\n</body></html>', "utf-8")
    return path


def text_lines(summary: Summary) -> list[str]:
    """Return a few lines for a terminal: ours beside the warped shot, in the figures that matter most."""
    lines = []
    for num_shots, table in summary["self_reenactment"].items():
        lines.append(
            f"T = {num_shots}: {table['num_identities']} people, {table['num_frames']} frames, "
            f"{table['milliseconds']:.0f} ms a frame"
        )
        for name, ours in table["means"][OURS].items():
            if name.startswith(MAIN_FIGURES):
                against = _interval(table["ours_against"][WARP].get(name))
                lines.append(
                    f"  {name:36} ours {ours:8.4f}   warp {table['means'][WARP].get(name, float('nan')):8.4f} {against}"
                )
    return lines


def _self_section(num_shots: str, table: Summary) -> list[str]:
    intro = (
        f"{table['num_identities']} people, {table['num_clips']} clips, {table['num_frames']} held-out frames, "
        f"{table['num_opening']} of them with a mouth that has to open; feed-forward on {', '.join(table['runs_on'])}, "
        f"{table['milliseconds']:.0f} ms a frame (warp and network)."
    )
    parts = [f"<h2>Self-reenactment, T = {num_shots}</h2><p>{escape(intro)}</p>", _figure_table(table)]
    if table["crowds"]:
        names = list(next(iter(table["crowds"].values())))
        rows = [[rival, *(f"{figures[name]:.4g}" for name in names)] for rival, figures in table["crowds"].items()]
        parts.append(f"<p>The crowd of all frames against the real ones, n = {table['num_frames']} each:</p>")
        parts.append(_table(["", *names], rows))
    if table["by_motion"]:
        parts.append("<p>By amount of motion (mean distance of a target's landmarks from the shot's):</p>")
        parts.append(_motion_table(table["by_motion"]))
    return parts


def _cross_section(table: Summary) -> list[str]:
    intro = f"{table['num_clips']} people or paintings, each driven by somebody else, {table['num_frames']} frames."
    return [f"<h2>Cross-reenactment</h2><p>{escape(intro)}</p>", _figure_table(table)]


def _figure_table(table: Summary) -> str:
    """Show one row a figure: every rival's mean, then how ours differs from the warped shot alone."""
    rivals = [rival for rival in RIVALS if rival in table["means"]]
    rows = []
    for name in table["means"][OURS]:
        means = [table["means"][rival].get(name) for rival in rivals]
        cells = ["" if mean is None else f"{mean:.4f}" for mean in means]
        rows.append([name, *cells, _interval(table["ours_against"][WARP].get(name))])
    return _table(["mean over people", *rivals, "ours less warp, 95 % interval"], rows)


def _motion_table(halves: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for half in halves:
        low, high = half["motion"]
        for rival, means in half["means"].items():
            shown = ("" if name not in means else f"{means[name]:.4f}" for name in MAIN_FIGURES[:3])
            rows.append([f"{low:.2f} to {high:.2f} eye distances, {half['num_clips']} clips: {rival}", *shown])
    return _table(["", *MAIN_FIGURES[:3]], rows)


def _interval(comparison: Mapping[str, Any] | None) -> str:
    if comparison is None:
        return ""
    low, high = comparison["difference_interval"]
    return f"{comparison['difference']:+.4f} ({low:+.4f} to {high:+.4f}), n = {comparison['num_identities']}"


def _strips(kept: Sequence[Record], records: Records) -> list[str]:
    """Show the best frames of the best clips and the worst of the worst: source, driver, result, error."""
    name = f"{LPIPS_NAME} head"
    key = name if all(name in record.figures[OURS] for record in kept) else "SSIM head"
    ordered = sorted(kept, key=lambda record: record.figures[OURS][key], reverse=key != name)
    parts = []
    for which, chosen in (("best", ordered[:NUM_STRIPS]), ("worst", ordered[: -NUM_STRIPS - 1 : -1])):
        parts.append(f"<h3>The {which}: source, driver, result, error</h3>")
        parts += _pictures([(record.name, records.strip_path(record.name, which)) for record in chosen])
    return parts


def _pictures(named: Iterable[tuple[str, Path]]) -> list[str]:
    """Embed pictures, so that the page is one file."""
    return [
        f'<p>{escape(name)}<img alt="" src="data:image/jpeg;base64,{base64.b64encode(path.read_bytes()).decode()}"></p>'
        for name, path in named
        if path.is_file()
    ]


def _facts(facts: Mapping[str, str]) -> str:
    return _table(["", ""], [[name, value] for name, value in facts.items()])


def _list(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    return [f"<h2>{title}</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"]


def _published() -> str:
    rows = [[data, *(f"{value:.1f}" for value in values)] for data, *values in PUBLISHED_FID]
    return (
        '<div class="aside"><h2>Published, and not comparable</h2>'
        "<p>FID of the paper's fine-tuned model. It was measured with InceptionV3 on 50 clips of VoxCeleb, which we "
        "do not have, cropped and sampled in its own way; FID also falls as frames are added. Only figures of one "
        f"table above compare with each other.</p>{_table(['FID', 'T = 1', 'T = 8', 'T = 32'], rows)}</div>"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    first = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{first}</tr>{body}</table></div>'

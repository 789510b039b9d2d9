"""Points over the number of shots in, a small SVG with a line and its 95 % intervals for each rival out."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

Point = Sequence[float]
"""(T, mean, low, high)."""

COLOURS: Final = ("#8a8a8a", "#c58a00", "#6b4fa0", "#a33", "#0a7d55", "#1762b4", "#d0561e", "#444")
WIDTH, HEIGHT = 450, 240
LEFT, RIGHT, TOP, BOTTOM = 60, 180, 26, 30
LINE_HEIGHT: Final = 15
DODGE: Final = 4
"""Pixels by which the rivals' points stand aside of each other, so that no interval hides another."""


def curve_figure(title: str, lines: Mapping[str, Sequence[Point]]) -> str:
    """Draw one figure over T for each rival; T values stand at equal distances.

    Raises ValueError where there is no point.
    """
    points = [point for line in lines.values() for point in line]
    if not points:
        raise ValueError("a curve needs at least one point")
    counts = sorted({point[0] for point in points})
    low, high = min(point[2] for point in points), max(point[3] for point in points)
    margin = 0.05 * (high - low) or 0.5
    low, high = low - margin, high + margin

    def place_x(count: float, number: int) -> float:
        step = (WIDTH - LEFT - RIGHT) / max(len(counts), 2)
        return LEFT + step * (counts.index(count) + 0.5) + DODGE * (number - (len(lines) - 1) / 2)

    def place_y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    parts = [_text(LEFT, TOP - 10, title, weight="bold")]
    parts += [
        f'<line x1="{LEFT}" y1="{place_y(value):.1f}" x2="{WIDTH - RIGHT}" y2="{place_y(value):.1f}" stroke="#ddd"/>'
        + _text(LEFT - 6, place_y(value) + 4, f"{value:.3g}", anchor="end")
        for value in (low + margin, (low + high) / 2, high - margin)
    ]
    middle = (len(lines) - 1) / 2
    parts += [
        _text(place_x(count, 0) + DODGE * middle, HEIGHT - 10, f"T = {count:g}", anchor="middle") for count in counts
    ]
    for number, (rival, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [(place_x(point[0], number), *map(place_y, point[1:])) for point in line]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in places)
        parts.append(f'<polyline points="{joined}" fill="none" stroke="{colour}"/>')
        parts += [
            f'<line x1="{x:.1f}" y1="{a:.1f}" x2="{x:.1f}" y2="{b:.1f}" stroke="{colour}"/>'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>'
            for x, y, a, b in places
        ]
        parts.append(_text(WIDTH - RIGHT + 10, TOP + LINE_HEIGHT * (number + 1), rival, fill=colour))
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img">{"".join(parts)}</svg>'


def _text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal", fill: str = "#333") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="{fill}"'
    return f"<text {place}>{escape(words)}</text>"

import xml.etree.ElementTree as ElementTree

import pytest

from headcast.evaluation.report.curves import curve_figure

LINES = {"ours": [(1, 0.3, 0.2, 0.4), (8, 0.2, 0.15, 0.25)], "a <b>": [(1, 0.1, 0.1, 0.1)]}


def test_less_is_lower_and_more_shots_are_further_right() -> None:
    figure = ElementTree.fromstring(curve_figure("LPIPS head", LINES))
    points = [(float(c.get("cx")), float(c.get("cy"))) for c in figure.iter("circle")]
    (one_x, one_y), (eight_x, eight_y), (_, other_y) = points
    assert one_x < eight_x and one_y < eight_y < other_y
    assert other_y - eight_y == pytest.approx(eight_y - one_y, abs=0.2)  # a straight scale
    interval = figure.findall("line")[3]
    assert float(interval.get("y1")) > one_y > float(interval.get("y2"))
    words = [text.text for text in figure.iter("text")]
    assert {"LPIPS head", "T = 1", "T = 8", "ours", "a <b>"} <= set(words)


def test_equal_points_are_drawn_too() -> None:
    assert "circle" in curve_figure("SSIM", {"ours": [(1, 1.0, 1.0, 1.0)]})
    with pytest.raises(ValueError, match="at least one point"):
        curve_figure("SSIM", {"ours": []})

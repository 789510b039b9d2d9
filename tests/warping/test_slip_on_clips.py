"""The slip against true frames of people it was not learned from: pixels come nearer."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from headcast.data.clips import Clip, ClipFile, load_clip
from headcast.geometry.pose import head_of
from headcast.pixels.sampling import sample
from headcast.warping.mesh import Mesh

CLIPS = Path(__file__).parents[3] / "shared" / "data" / "clips"
HELD_OUT = ("id006_0", "id056_0", "id086_0", "id105_0")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CLIPS.is_dir(), reason="needs the shared faces beside the repository"),
]


def error(clip: Clip, *, slips: bool) -> float:
    """Mean difference in levels on the person, from the first frame to those that are farthest from it."""
    shot = clip.shot(0)
    moves = np.abs(clip.landmarks - clip.landmarks[0]).mean((1, 2))
    mesh, errors = Mesh(shot.landmarks, 256, slips=slips), []
    for number in np.argsort(moves)[-12::2].tolist():
        target = clip.shot(number)
        grid = mesh.grid(target.landmarks, head_of(target.landmarks))
        warped = sample(shot.image, grid.positions, cv2.BORDER_REPLICATE).astype(float)
        sure = (target.matte * grid.trusted)[:, :, None]
        errors.append((np.abs(warped - target.image) * sure).sum() / (3 * sure.sum()))
    return float(np.mean(errors))


def test_people_it_has_not_seen_slip_alike(tmp_path: Path) -> None:
    ratios = []
    for name in HELD_OUT:
        clip = load_clip(ClipFile(CLIPS / f"{name}.mp4", name), tmp_path)
        ratios.append(error(clip, slips=True) / error(clip, slips=False))
    assert max(ratios) < 1.03 and np.mean(ratios) < 0.99

"""Every shared video drives every shared painting with a face: right length, exact rate, sound in time."""

import csv
from pathlib import Path

import pytest

from headcast.errors import FaceError
from headcast.media.video import open_video
from headcast.reenact.animate import animate_file
from headcast.reenact.options import AnimateOptions

SHARED = Path(__file__).parents[2] / "shared" / "data"
FACELESS = "no face in"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared faces beside the repository"),
]


def _names(folder: str) -> list[str]:
    return sorted(path.name for path in (SHARED / folder).glob("*")) if SHARED.is_dir() else []


@pytest.mark.parametrize("painting", _names("paintings"))
@pytest.mark.parametrize("video", _names("videos"))
def test_each_video_drives_each_painting(video: str, painting: str, tmp_path: Path) -> None:
    import av

    driving, output = SHARED / "videos" / video, tmp_path / "out.mp4"
    with (SHARED / "paintings.csv").open(newline="") as rows:
        listed = {row["file"]: row["face_found"] == "True" for row in csv.DictReader(rows)}
    try:
        animate_file(SHARED / "paintings" / painting, driving, output, AnimateOptions())
    except FaceError as error:
        assert not listed[painting] and FACELESS in str(error) and painting in str(error) and "\n" not in str(error)
        assert not list(tmp_path.iterdir())
        return
    with open_video(driving) as expected, open_video(output) as made:
        assert made.rate == expected.rate
        assert abs(sum(1 for _ in made) - sum(1 for _ in expected)) <= 1
    with av.open(str(output)) as made, av.open(str(driving)) as expected:
        start = [float(c.streams.video[0].start_time * c.streams.video[0].time_base) for c in (made, expected)]
        sound = [float(c.streams.audio[0].start_time * c.streams.audio[0].time_base) for c in (made, expected)]
        # Sound from before the first picture is cut off; later sound starts as late as in the driver.
        assert (sound[0] - start[0]) == pytest.approx(max(sound[1] - start[1], 0), abs=0.03)
        assert float(made.streams.audio[0].duration * made.streams.audio[0].time_base) == pytest.approx(
            float(made.streams.video[0].duration * made.streams.video[0].time_base), abs=0.15
        )

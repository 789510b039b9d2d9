"""Whole runs: the file that is written against the driver that was given."""

import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from headcast.geometry.builtin import builtin_motion
from headcast.geometry.motion import save_motion
from headcast.media.images import write_image
from headcast.media.video import open_video
from headcast.media.writer import VideoWriter
from headcast.provenance.marks import fingerprint
from headcast.provenance.verify import read_marks
from headcast.reenact.animate import AnimateResult, animate_file
from headcast.reenact.options import AnimateOptions
from headcast.types import Image, Motion

RATE = Fraction(12500, 1001)
CLICK_AT = 0.5


@pytest.fixture(scope="module")
def photo(astronaut: Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "eileen.png"
    write_image(path, np.ascontiguousarray(astronaut[:320, 65:385]), {})
    return path


@pytest.fixture(scope="module")
def speaker(astronaut: Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of a face that drifts to the right, at a broken rate, with a click after half a second."""
    folder = tmp_path_factory.mktemp("driver")
    with av.open(str(folder / "click.m4a"), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        stream.codec_context.layout = "mono"
        samples = np.zeros(2 * 44100, np.float32)
        samples[round(CLICK_AT * 44100) :][:882] = np.sin(np.arange(882) * 0.5)
        for start in range(0, len(samples), 1024):
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44100, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with VideoWriter(folder / "d.mp4", (384, 320), RATE, audio_from=folder / "click.m4a") as writer:
        for step in range(12):
            writer.write(np.ascontiguousarray(np.roll(astronaut, 2 * step, axis=1)[:320, 30:414]))
    return folder / "d.mp4"


@pytest.fixture(scope="module")
def compared(photo: Path, speaker: Path, checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> AnimateResult:
    """The speaker drives the photo, shown side by side."""
    options = AnimateOptions(compare=True, checkpoint=checkpoint, device="cpu", precision="f32")
    return animate_file(photo, speaker, tmp_path_factory.mktemp("out") / "out.mp4", options)


def test_frames_rate_and_size_are_exact(compared: AnimateResult) -> None:
    with open_video(compared.output) as video:
        assert (video.rate, video.is_variable, video.size) == (RATE, False, (384 + 320 + 320, 320))
        assert [frame.time for frame in video] == [number / RATE for number in range(12)]
    assert (compared.num_frames, compared.rate, compared.size) == (12, RATE, (1024, 320))
    assert 0 < compared.first_frame_seconds < compared.seconds
    assert {"decode and track", "retarget", "warp", "generate", "paste back", "encode"} <= set(compared.stages)


def test_driver_photo_and_result_stand_side_by_side(compared: AnimateResult, photo: Path, speaker: Path) -> None:
    with open_video(compared.output) as video, open_video(speaker) as driver:
        pairs = [(made.image.astype(int), given.image) for made, given in zip(video, driver, strict=True)]
    with av.open(str(photo)) as picture:
        still = next(picture.decode(video=0)).to_ndarray(format="rgb24")
    for made, given in pairs:
        assert np.abs(made[:, :384] - given).mean() < 3
        assert np.abs(made[:, 384:704] - still).mean() < 3
    first, last = pairs[0][0][:, 704:], pairs[-1][0][:, 704:]
    assert np.abs(last - first).mean() > 2  # she followed


def test_the_drivers_sound_comes_along_in_time(compared: AnimateResult) -> None:
    with av.open(str(compared.output)) as container:
        rate = container.streams.audio[0].rate
        frames = list(container.decode(audio=0))
    sound = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    start = float(frames[0].time)
    assert start + len(sound) / rate == pytest.approx(12 / float(RATE), abs=0.1)
    assert start + np.abs(sound).argmax() / rate == pytest.approx(CLICK_AT, abs=0.03)


def test_the_file_says_what_it_is(compared: AnimateResult, photo: Path, speaker: Path, checkpoint: Path) -> None:
    marks = read_marks(compared.output)
    assert marks is not None
    assert (marks.kind, marks.model) == ("talking head", "fresh.safetensors")
    assert marks.model_sha256 == fingerprint(checkpoint)
    assert marks.source_sha256 == (fingerprint(photo),)
    assert marks.driving_sha256 == fingerprint(speaker)


def test_a_motion_of_uneven_times_keeps_them_and_has_no_sound(photo: Path, checkpoint: Path, tmp_path: Path) -> None:
    whole = builtin_motion("turn", 0.4, Fraction(10))
    times = (Fraction(0), Fraction(1, 10), Fraction(3, 20), Fraction(2, 5))
    save_motion(tmp_path / "m.motion", Motion(whole.landmarks, times, whole.image_size, whole.found))
    seen: list[tuple[int, int]] = []
    options = AnimateOptions(
        checkpoint=checkpoint, device="cpu", precision="f32", paste_back=False, progress=lambda *n: seen.append(n)
    )
    result = animate_file(photo, tmp_path / "m.motion", tmp_path / "out.mkv", options)
    assert result.size == (64, 64)
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    with open_video(tmp_path / "out.mkv") as video:
        np.testing.assert_allclose([float(frame.time) for frame in video], [float(time) for time in times], atol=1e-3)
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert not container.streams.audio


def test_who_stops_it_finds_no_file_and_no_thread(photo: Path, checkpoint: Path, tmp_path: Path) -> None:
    def stop_at_the_third(done: int, expected: int) -> None:
        if done == 3:
            raise RuntimeError(f"stopped at {done} of {expected}")

    options = AnimateOptions(checkpoint=checkpoint, device="cpu", precision="f32", progress=stop_at_the_third)
    with pytest.raises(RuntimeError, match="stopped at 3 of 120"):
        animate_file(photo, "nod", tmp_path / "out.mp4", options)
    assert not list(tmp_path.iterdir())
    assert not [thread for thread in threading.enumerate() if thread.name == "headcast-prefetch"]


def test_wrong_options_are_refused(photo: Path, checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="audio must be one of driving, none, not 'loud'"):
        AnimateOptions(audio="loud")
    with pytest.raises(ValueError, match="region must be one of all, expression, pose, lips, eyes, not 'nose'"):
        animate_file(photo, "nod", tmp_path / "o.mp4", AnimateOptions(checkpoint=checkpoint, region="nose"))
    assert not list(tmp_path.iterdir())

"""The sound of written videos: copied or encoded, in time, no longer than the pictures."""

import subprocess
import sys
import wave
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from headcast.media.container import read_video_metadata
from headcast.media.video import open_video
from headcast.media.writer import VideoWriter

PACKET = 1024 / 44100


def grey(level: int, width: int = 64, height: int = 48) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def sound_of(path) -> tuple[np.ndarray, int, float]:
    """Samples of the first channel, their rate and the time of the first one."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
        rate = frames[0].sample_rate
        samples = np.concatenate([frame.to_ndarray().reshape(-1, frame.samples)[0] for frame in frames])
        return samples.astype(float), rate, float(frames[0].pts * frames[0].time_base)


def click_time(path) -> float:
    """Seconds from the first picture to the loud click in a file's sound."""
    samples, rate, start = sound_of(path)
    loud = np.abs(samples) > 0.3 * np.abs(samples).max()
    with open_video(path) as video:
        return start + int(np.argmax(loud)) / rate - float(video.start)


def copy_video(source, target, **options) -> None:
    with (
        open_video(source) as video,
        VideoWriter(target, video.size, video.rate, tick=video.tick, audio_from=source, **options) as writer,
    ):
        for frame in video:
            writer.write(frame.image, frame.time)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_aac_is_copied_packet_by_packet(tmp_path, make_video, suffix):
    source = make_video("source.mp4", range(50), Fraction(1, 25), sound=("aac", 2.0, 1.2, 0.0))
    copy_video(source, tmp_path / f"out{suffix}")

    def packets(path):
        with av.open(str(path)) as container:
            return [bytes(packet) for packet in container.demux(container.streams.audio[0]) if packet.size]

    assert packets(tmp_path / f"out{suffix}") == packets(source)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize(
    ("source_name", "codec", "written"),
    [
        ("source.mp4", "aac", "aac"),
        ("source.mp4", "libmp3lame", "mp3"),
        ("source.mkv", "mp2", "aac"),
        ("source.mov", "pcm_s16le", "aac"),
        ("source.ts", "aac", "aac"),
    ],
)
@pytest.mark.parametrize("sound_start", [0.0, 0.4, -0.3])
def test_sound_stays_in_time_with_the_pictures(tmp_path, make_video, suffix, source_name, codec, written, sound_start):
    """The click comes at the same moment after the first picture, whichever of the two starts first."""
    begin = 20  # frames, so that the sound can start before the pictures
    start = begin / 25 + sound_start
    source = make_video(source_name, range(begin, begin + 50), Fraction(1, 25), sound=(codec, 2.0, 1.0, start))
    expected = 1.0 + sound_start
    assert click_time(source) == pytest.approx(expected, abs=2 * PACKET)
    target = tmp_path / f"out{suffix}"
    copy_video(source, target)
    with av.open(str(target)) as container:
        assert container.streams.audio[0].codec_context.codec.canonical_name == written
    assert click_time(target) == pytest.approx(click_time(source), abs=0.003)


def test_sound_is_cut_to_the_length_of_the_pictures(tmp_path, make_video):
    source = make_video("source.mp4", range(100), Fraction(1, 25), sound=("aac", 4.0, 0.5, 0.0))
    with VideoWriter(tmp_path / "out.mp4", (64, 48), Fraction(25), audio_from=source) as writer:
        for number in range(30):
            writer.write(grey(number))
    samples, rate, start = sound_of(tmp_path / "out.mp4")
    assert 1.2 <= start + len(samples) / rate < 1.2 + 2 * PACKET


def test_a_source_without_sound_makes_a_silent_video(tmp_path, make_video):
    copy_video(make_video("mute.mp4", range(5), Fraction(1, 25)), tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_sound_may_come_from_a_file_of_sound(tmp_path):
    with wave.open(str(tmp_path / "voice.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22050)
        file.writeframes((8000 * np.sin(np.arange(22050) * 0.2)).astype(np.int16).tobytes())
    with VideoWriter(tmp_path / "out.mp4", (64, 48), Fraction(25), audio_from=tmp_path / "voice.wav") as writer:
        for number in range(25):
            writer.write(grey(number))
    samples, rate, start = sound_of(tmp_path / "out.mp4")
    assert start == pytest.approx(0, abs=1e-6) and len(samples) / rate == pytest.approx(1, abs=2 * PACKET)
    assert np.abs(samples[rate // 4 : rate // 2]).max() == pytest.approx(8000 / 32768, rel=0.1)


def test_a_video_may_replace_the_file_its_sound_comes_from(tmp_path, make_video):
    source = make_video("source.mp4", range(50), Fraction(1, 25), sound=("aac", 2.0, 1.2, 0.0))
    before = click_time(source)
    copy_video(source, source, metadata={"comment": "again"})
    assert read_video_metadata(source)["comment"] == "again"
    assert click_time(source) == pytest.approx(before, abs=0.003)


NAMES = ["expressive_512.mp4", "film_23976fps.mp4", "grid_mpeg1.mpg", "news_2997fps.mp4", "odd_rate_22fps.mp4"]


@pytest.mark.parametrize("name", [*NAMES, "wide_1280x720.mp4"])
def test_videos_that_nobody_here_made_keep_rate_count_and_sound(shared_dir, tmp_path, name):
    source, target = shared_dir / "data" / "videos" / name, tmp_path / "out.mp4"
    small = None
    with open_video(source) as video:
        size = (video.size[0] // 8, video.size[1] // 8)
        with VideoWriter(target, size, video.rate, tick=video.tick, audio_from=source) as writer:
            for frame in video:
                small = frame.image[::8, ::8][: size[1], : size[0]]
                writer.write(small, frame.time)
    with av.open(str(source)) as given, av.open(str(target)) as made:
        assert made.streams.video[0].average_rate == given.streams.video[0].average_rate
        times = [frame.pts for frame in made.decode(video=0)]
    assert len(times) == video.num_frames and all(b > a for a, b in pairwise(times))
    given_samples, rate, given_start = sound_of(source)
    made_samples, made_rate, made_start = sound_of(target)
    expected_end = min(given_start + len(given_samples) / rate - float(video.start), float(video.duration))
    assert made_rate == rate
    assert made_start + len(made_samples) / rate == pytest.approx(expected_end, abs=1.5 * PACKET)
    if np.abs(given_samples).max() == 0:  # two of them carry a track of silence
        assert np.abs(made_samples).max() == 0
    else:
        assert shift_between(given_samples, made_samples, rate) == pytest.approx(float(video.start), abs=0.002)


def shift_between(given: np.ndarray, made: np.ndarray, rate: int) -> float:
    """Seconds by which the made sound comes earlier than the given one, where they are most alike."""
    reach, length = rate // 5, rate // 2
    middle = reach + length + int(np.argmax(np.abs(made[reach + length : -reach - length])))  # somewhere loud
    first = middle - length // 2
    window = made[first : first + length]
    scores = np.correlate(given[first - reach : first + length + reach], window, mode="valid")
    return (int(np.argmax(scores)) - reach) / rate


COPY_AND_PRINT_PEAK_MEMORY = """
import resource, sys
from headcast.media.video import open_video
from headcast.media.writer import VideoWriter

source, target = sys.argv[1:]
with open_video(source) as video, VideoWriter(target, video.size, video.rate, audio_from=source) as writer:
    for frame in video:
        writer.write(frame.image, frame.time)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.parametrize("sound", ["aac", "mp2"])
def test_five_minutes_take_no_more_memory_than_half_a_minute(tmp_path, make_video, sound):
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)

    def peak(seconds: int) -> int:
        source = make_video(
            f"{seconds}.mkv",
            range(25 * seconds),
            Fraction(1, 25),
            images=lambda index: np.roll(noise, index, axis=1),
            sound=(sound, float(seconds), 1.0, 0.0),
        )
        command = [sys.executable, "-c", COPY_AND_PRINT_PEAK_MEMORY, str(source), str(tmp_path / "out.mp4")]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert peak(300) < 1.1 * peak(30)

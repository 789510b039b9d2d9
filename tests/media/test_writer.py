import subprocess
import sys
import wave
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from headcast.errors import MediaError
from headcast.media.container import read_video_metadata
from headcast.media.images import read_image
from headcast.media.video import open_video
from headcast.media.writer import VideoWriter

NTSC = Fraction(30000, 1001)
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


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("rate", [25, NTSC, Fraction(24000, 1001), Fraction(2213, 100), Fraction(15)])
def test_a_constant_rate_is_written_exactly(tmp_path, suffix, rate):
    path = tmp_path / f"out{suffix}"
    with VideoWriter(path, (64, 48), Fraction(rate)) as writer:
        for number in range(37):
            writer.write(grey(number * 5))
    with av.open(str(path)) as oracle:
        stream = oracle.streams.video[0]
        assert stream.average_rate == rate
        decoded = [float(frame.pts * frame.time_base) for frame in oracle.decode(stream)]
    clock = 0.0005 if suffix == ".mkv" else 1e-9  # Matroska counts milliseconds
    np.testing.assert_allclose(decoded, [number / float(rate) for number in range(37)], atol=clock)


def test_frames_come_back_in_order_with_their_own_content(tmp_path):
    with VideoWriter(tmp_path / "out.mp4", (64, 48), NTSC) as writer:
        for number in range(60):
            writer.write(grey(20 + 3 * number))
    with open_video(tmp_path / "out.mp4") as video:
        levels = [frame.image.mean() for frame in video]
    np.testing.assert_allclose(levels, 20 + 3 * np.arange(60), atol=2)


def test_a_variable_rate_keeps_times_and_average(tmp_path):
    tick = Fraction(1, 15360)
    times = [0, 512, 1024, 2048, 2560, 7777]
    rate = 6 / (9000 * tick)
    with VideoWriter(tmp_path / "out.mp4", (64, 48), rate, tick=tick) as writer:
        for number, time in enumerate(times):
            writer.write(grey(number), time * tick)
    with open_video(tmp_path / "out.mp4") as video:
        assert video.is_variable and video.rate == rate and video.duration == 9000 * tick
        assert [frame.time for frame in video] == [time * tick for time in times]


def test_colours_come_back_unbiased_and_tagged(tmp_path, astronaut_path):
    photo = read_image(astronaut_path)
    with VideoWriter(tmp_path / "out.mp4", (512, 512), Fraction(25)) as writer:
        for _ in range(3):
            writer.write(photo)
    with av.open(str(tmp_path / "out.mp4")) as container:
        context = container.streams.video[0].codec_context
        bt709, limited = 1, 1
        assert (context.colorspace, context.color_primaries, context.color_trc) == (bt709, bt709, bt709)
        assert context.color_range == limited and context.pix_fmt == "yuv420p"
    with open_video(tmp_path / "out.mp4") as video:
        error = np.mean([frame.image.astype(float) - photo for frame in video], axis=0)
    assert np.abs(error.mean(axis=(0, 1))).max() < 0.4  # levels of 255: neither darker nor tinted
    assert np.abs(error).mean() < 3


def test_odd_sides_are_made_even_by_repeating_the_border(tmp_path):
    image = np.random.default_rng(0).integers(100, 120, (47, 63, 3), dtype=np.uint8)
    with VideoWriter(tmp_path / "out.mp4", (63, 47), Fraction(25)) as writer:
        writer.write(image)
    with open_video(tmp_path / "out.mp4") as video:
        assert video.size == (64, 48)
        written = next(iter(video)).image
    np.testing.assert_allclose(written[:47, :63].mean(), image.mean(), atol=1)
    np.testing.assert_allclose(written[-1].mean(), image[-1].mean(), atol=4)


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


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_metadata_keys_of_our_own_survive(tmp_path, suffix):
    metadata = {
        "comment": "Synthetic: ü 漢",
        "headcast_kind": "test; with = signs",
        "digital_source_type": "http://a/b",
    }
    with VideoWriter(tmp_path / f"out{suffix}", (64, 48), Fraction(25), metadata=metadata) as writer:
        writer.write(grey(0))
    assert read_video_metadata(tmp_path / f"out{suffix}").items() >= metadata.items()


def test_the_header_of_an_mp4_comes_first(tmp_path):
    with VideoWriter(tmp_path / "out.mp4", (64, 48), Fraction(25)) as writer:
        writer.write(grey(0))
    content = (tmp_path / "out.mp4").read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_same_frames_make_the_same_file(tmp_path, suffix):
    for name in ("one", "two"):
        with VideoWriter(tmp_path / f"{name}{suffix}", (64, 48), NTSC, metadata={"comment": "x"}) as writer:
            for number in range(20):
                writer.write(grey(number * 9))
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


@pytest.mark.parametrize("num_frames", [0, 1, 200])
@pytest.mark.parametrize("error", [RuntimeError("tracker"), FileNotFoundError("other file"), KeyboardInterrupt()])
def test_an_error_in_the_block_leaves_the_old_file_and_nothing_else(tmp_path, num_frames, error):
    path = tmp_path / "out.mp4"
    path.write_text("the old one")
    with pytest.raises(type(error)), VideoWriter(path, (64, 48), Fraction(25)) as writer:
        for number in range(num_frames):
            writer.write(grey(number))
        assert path.read_text() == "the old one"
        raise error
    assert path.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_video_without_frames_is_refused_and_leaves_nothing(tmp_path, make_video):
    source = make_video("source.mp4", range(5), Fraction(1, 25), sound=("aac", 0.2, 0.1, 0.0))
    for audio_from in (None, source):
        with (
            pytest.raises(MediaError, match=r"cannot write .*out.mp4: not one frame was made"),
            VideoWriter(tmp_path / "out.mp4", (64, 48), Fraction(25), audio_from=audio_from),
        ):
            pass
    assert list(tmp_path.iterdir()) == [source]


def test_refuses_what_it_cannot_write(tmp_path):
    with pytest.raises(MediaError, match=r"out.avi: expected a name that ends in \.mp4, \.mov, \.mkv"):
        VideoWriter(tmp_path / "out.avi", (64, 48), Fraction(25))
    with pytest.raises(ValueError, match=r"size is \(0, 48\), expected 1 to 8192"):
        VideoWriter(tmp_path / "out.mp4", (0, 48), Fraction(25))
    with pytest.raises(ValueError, match="rate is 0, expected more than 0"):
        VideoWriter(tmp_path / "out.mp4", (64, 48), Fraction(0))
    with (
        pytest.raises(MediaError, match="the folder .* does not exist; make it first"),
        VideoWriter(tmp_path / "gone" / "out.mp4", (64, 48), Fraction(25)),
    ):
        pass
    with (
        pytest.raises(MediaError, match="voice.mp3 does not exist"),
        VideoWriter(tmp_path / "out.mp4", (64, 48), Fraction(25), audio_from=tmp_path / "voice.mp3"),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_refuses_frames_that_do_not_fit(tmp_path):
    for images, times, message in (
        ([grey(0, 62)], [0], r"frame is uint8 \(48, 62, 3\), expected uint8 \(48, 64, 3\)"),
        ([grey(0).astype(np.float32)], [0], "frame is float32"),
        ([grey(0)], [Fraction(1, 25)], "the first frame is at 1/25 s, expected 0"),
        ([grey(0), grey(0)], [0, 0], "frame 1 is at 0 s, expected later than the frame before"),
    ):
        with (
            pytest.raises(ValueError, match=message),
            VideoWriter(tmp_path / "o.mp4", (64, 48), Fraction(25)) as writer,
        ):
            for image, time in zip(images, times, strict=True):
                writer.write(image, Fraction(time))
    assert list(tmp_path.iterdir()) == []


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

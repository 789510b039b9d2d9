from fractions import Fraction

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


class _Lossy:
    """A container that forgets one packet, as a failing disk might, and says nothing."""

    def __init__(self, container):
        self._container, self._num_packets = container, 0

    def mux(self, packet):
        self._num_packets += 1
        if self._num_packets != 3:
            self._container.mux(packet)

    def __getattr__(self, name):
        return getattr(self._container, name)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_file_that_lost_a_frame_is_not_passed_off_as_whole(tmp_path, suffix):
    with (
        pytest.raises(MediaError, match=r"cannot write .*: 8 frames were written, 7 are in the file"),
        VideoWriter(tmp_path / f"out{suffix}", (64, 48), Fraction(25)) as writer,
    ):
        writer._container = _Lossy(writer._container)
        for number in range(8):
            writer.write(grey(number))
    assert list(tmp_path.iterdir()) == []

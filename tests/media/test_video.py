import struct
import tracemalloc
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from headcast.errors import MediaError
from headcast.media.container import read_video_metadata
from headcast.media.planes import whole as whole_image
from headcast.media.video import open_video

from .conftest import BLUE, GREEN, RED, YELLOW, quadrants

NTSC = Fraction(30000, 1001)
SHARED_VIDEOS = {  # name: rate, variable, (width, height), frames; counted with ffprobe -count_frames
    "expressive_512.mp4": (Fraction(30), False, (512, 512), 354),
    "film_23976fps.mp4": (Fraction(24000, 1001), False, (640, 360), 472),
    "grid_mpeg1.mpg": (Fraction(25), False, (360, 288), 75),
    "news_2997fps.mp4": (NTSC, False, (1280, 720), 150),
    "odd_rate_22fps.mp4": (Fraction(1350, 61), True, (700, 700), 135),
    "wide_1280x720.mp4": (Fraction(30), False, (1280, 720), 282),
}


def corners(image: np.ndarray) -> list[tuple[int, ...]]:
    """The colour in the middle of each quarter: left and right of the top row, then of the bottom row."""
    height, width = image.shape[:2]
    return [tuple(image[y, x]) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]


def assert_colours(image: np.ndarray, expected: list[tuple[int, ...]], tolerance: int = 3) -> None:
    assert np.abs(np.array(corners(image), int) - np.array(expected, int)).max() <= tolerance


@pytest.mark.parametrize("rate", [Fraction(25), NTSC, Fraction(24000, 1001), Fraction(2213, 100), Fraction(120)])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_a_constant_rate_is_exact_in_every_container(make_video, rate, suffix):
    path = make_video(f"constant.{suffix}", range(40), 1 / rate, rate=rate)
    with open_video(path) as video:
        assert (video.rate, video.is_variable, video.num_frames) == (rate, False, 40)
        assert video.duration == 40 / rate
        assert [frame.time for frame in video] == [number / rate for number in range(40)]


@pytest.mark.parametrize("step", [1, 3, 50])
def test_every_so_many_frames_are_those_of_the_whole_video(make_video, step):
    path = make_video("steps.mp4", range(40), 1 / NTSC, rate=NTSC)
    with open_video(path) as video:
        whole = list(video)
    with open_video(path) as video:
        some = [(whole_image(picture), time) for picture, time in video.pictures(step)]
    assert [time for _, time in some] == [frame.time for frame in whole[::step]]
    for (image, _), other in zip(some, whole[::step], strict=True):
        np.testing.assert_array_equal(image, other.image)


def test_a_variable_rate_keeps_each_time_and_the_exact_average(make_video):
    times = [0, 3000, 6000, 12000, 13500, 30000]  # 1/90000 s; the encoder gives the last frame one step of 1/25 s
    path = make_video("variable.mp4", times, Fraction(1, 90000))
    with open_video(path) as video, av.open(str(path)) as oracle:
        assert video.is_variable
        assert video.rate == oracle.streams.video[0].average_rate
        assert [frame.time for frame in video] == [Fraction(time, 90000) for time in times]


def test_a_variable_rate_is_measured_where_the_container_only_guesses(make_video):
    times = [0, 40, 80, 200, 240, 500]  # milliseconds, the only clock of this container
    path = make_video("variable.mkv", times, Fraction(1, 1000))
    with open_video(path) as video:
        assert video.is_variable and video.num_frames == 6
        assert [frame.time for frame in video] == [Fraction(time, 1000) for time in times]
        assert Fraction(500, 1000) < video.duration <= Fraction(650, 1000)


def test_the_first_frame_is_at_zero_whenever_the_file_starts(make_video):
    path = make_video("late.mp4", range(7, 30), Fraction(1, 25))
    with open_video(path) as video:
        assert video.start == Fraction(7, 25)
        assert [frame.time for frame in video] == [Fraction(number, 25) for number in range(23)]


# A display matrix turns counter-clockwise by these degrees; what was top left, top right, ... afterwards:
@pytest.mark.parametrize(
    ("degrees", "mirrored", "size", "expected"),
    [
        (0, False, (64, 48), [RED, GREEN, BLUE, YELLOW]),
        (90, False, (48, 64), [GREEN, YELLOW, RED, BLUE]),
        (180, False, (64, 48), [YELLOW, BLUE, GREEN, RED]),
        (-90, False, (48, 64), [BLUE, RED, YELLOW, GREEN]),
        (0, True, (64, 48), [GREEN, RED, YELLOW, BLUE]),
        (90, True, (48, 64), [YELLOW, GREEN, BLUE, RED]),
    ],
)
def test_turned_and_mirrored_pictures_are_made_upright(make_video, degrees, mirrored, size, expected):
    path = make_video(
        "turned.mp4",
        range(3),
        Fraction(1, 25),
        images=lambda index: quadrants(64, 48),
        setup=lambda stream: stream.set_display_rotation(degrees, hflip=mirrored),
    )
    with open_video(path) as video:
        frames = list(video)
    assert video.size == size and frames[0].image.shape == (size[1], size[0], 3)
    assert frames[0].image.flags.c_contiguous and frames[0].image.dtype == np.uint8
    assert_colours(frames[-1].image, expected, tolerance=12)


def test_pixels_that_are_not_square_are_made_square(make_video):
    def wide_pixels(stream):
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)

    path = make_video("wide.mp4", range(2), Fraction(1, 25), setup=wide_pixels)
    with open_video(path) as video:
        assert video.size == (round(64 * 4 / 3), 48)
        assert next(iter(video)).image.shape == (48, 85, 3)


@pytest.mark.parametrize("colorspace", [Colorspace.ITU709, Colorspace.ITU601])
@pytest.mark.parametrize("color_range", [ColorRange.MPEG, ColorRange.JPEG])
def test_colours_follow_the_tags_of_the_file(tmp_path, colorspace, color_range):
    path = tmp_path / "tagged.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.width, stream.height = 64, 48
        stream.codec_context.colorspace = 1 if colorspace == Colorspace.ITU709 else 6
        stream.codec_context.color_range = color_range
        frame = av.VideoFrame.from_ndarray(quadrants(64, 48), format="rgb24")
        yuv = frame.reformat(format="yuv420p", dst_colorspace=colorspace, dst_color_range=color_range)
        container.mux(stream.encode(yuv))
        container.mux(stream.encode(None))
    with open_video(path) as video:
        assert_colours(next(iter(video)).image, [RED, GREEN, BLUE, YELLOW])


def test_decoding_neither_darkens_nor_tints(make_video, astronaut_path):
    grey = make_video("grey.mp4", range(2), Fraction(1, 25), images=lambda index: np.full((48, 64, 3), 119, np.uint8))
    with open_video(grey) as video:
        mean = np.mean([frame.image.mean(axis=(0, 1)) for frame in video], axis=0)
    np.testing.assert_allclose(mean, 119, atol=1)


def test_frames_are_given_once(make_video):
    with open_video(make_video("once.mp4", range(3), Fraction(1, 25))) as video:
        assert len(list(video)) == 3
        with pytest.raises(ValueError, match="were read already; open it again"):
            iter(video)


def test_a_damaged_packet_in_the_middle_is_skipped_and_times_stay_right(make_video):
    path = make_video("scratched.mp4", range(100), Fraction(1, 25))
    with av.open(str(path)) as container:
        entry = container.streams.video[0].index_entries[60]
    data = bytearray(path.read_bytes())
    data[entry.pos : entry.pos + entry.size] = b"\xff" * entry.size
    path.write_bytes(data)
    with open_video(path) as video:
        times = [frame.time for frame in video]
    assert 90 <= len(times) <= 100  # decoders patch up some damage by themselves
    assert times[0] == 0 and times[-1] == Fraction(99, 25)
    assert all(b > a for a, b in pairwise(times))


def test_a_file_damaged_all_over_is_refused(make_video):
    path = make_video("rags.mp4", range(100), Fraction(1, 25))
    with av.open(str(path)) as container:
        positions = [entry.pos for entry in container.streams.video[0].index_entries]
    data = bytearray(path.read_bytes())
    for position in positions[20:]:
        data[position : position + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    with (
        pytest.raises(MediaError, match="is damaged: it cannot be read on after frame [0-9]+ "),
        open_video(path) as video,
    ):
        list(video)


def png_header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0) + bytes(40)


PLAY_LIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.mp4", b"", r"is empty \(0 bytes\); copy"),
        ("text.mp4", b"just words, many of them. " * 50, "is not a video or sound file that can be read"),
        ("list.mp4", PLAY_LIST, "is not a video or sound file that can be read"),
        ("concat.mp4", b"ffconcat version 1.0\nfile /etc/hostname\n", "is not a video or sound file that can be read"),
        ("picture.mp4", png_header(100_000, 100_000), "is not a video or sound file that can be read"),
    ],
)
def test_what_is_no_video_ends_in_one_line(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MediaError, match=message) as caught:
        open_video(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_file_ends_in_one_line(tmp_path):
    with pytest.raises(MediaError, match="gone.mp4 does not exist; give the path of a file"):
        open_video(tmp_path / "gone.mp4")


@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_cut_off_file_ends_in_one_line(make_video, kept):
    """With the header at the end the file cannot be opened; with the header first its index tells."""
    path = make_video("whole.mp4", range(60), Fraction(1, 25), images=lambda index: noise(index))
    front = path.with_name("front.mp4")
    with av.open(str(path)) as source, av.open(str(front), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    for file, message in ((path, "can be read"), (front, "is cut off: its index goes beyond")):
        file.write_bytes(file.read_bytes()[: int(file.stat().st_size * kept)])
        with pytest.raises(MediaError, match=message):
            open_video(file)


def noise(index: int) -> np.ndarray:
    return np.random.default_rng(index).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def test_pictures_beyond_the_limit_are_refused_before_decoding(make_video):
    path = make_video(
        "wide.mkv", [0], Fraction(1, 25), images=lambda index: np.zeros((16, 8194, 3), np.uint8), codec="ffv1"
    )
    with pytest.raises(MediaError, match="pictures of 8194 x 16, expected 1 to 8192 pixels a side; shrink it"):
        open_video(path)


def test_a_file_of_sound_alone_is_refused(tmp_path):
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 2048), np.float32), format="fltp", layout="stereo")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(MediaError, match="holds no moving picture; give a video file"):
        open_video(path)


def test_metadata_that_is_no_text_does_not_stop_the_reading(tmp_path, make_video):
    path = make_video("plain.mp4", range(2), Fraction(1, 25))
    with av.open(str(path)) as container:
        assert "major_brand" in container.metadata
    broken = path.read_bytes().replace(b"isomiso2", b"\xff\xfe\xfa\xfbiso2")
    path.write_bytes(broken)
    assert "�" in read_video_metadata(path)["compatible_brands"]


def test_memory_does_not_grow_with_the_length(make_video):
    image = noise(0)

    def peak(num_frames: int) -> int:
        path = make_video(f"long_{num_frames}.mkv", range(num_frames), Fraction(1, 25), images=lambda index: image)
        tracemalloc.start()
        with open_video(path) as video:
            assert sum(1 for _ in video) == num_frames
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak(1500) < peak(150) + 1500 * 100  # bytes a frame; the picture itself would be 9216


@pytest.mark.parametrize("name", SHARED_VIDEOS)
def test_facts_of_videos_that_nobody_here_made(shared_dir, name):
    with open_video(shared_dir / "data" / "videos" / name) as video:
        assert (video.rate, video.is_variable, video.size, video.num_frames) == SHARED_VIDEOS[name]


@pytest.mark.slow
def test_a_phone_video_that_nobody_here_made(shared_dir):
    with open_video(shared_dir / "data" / "videos" / "phone_1080x1920_hevc.mp4") as video:
        assert (video.rate, video.is_variable, video.size, video.num_frames) == (25, False, (1080, 1920), 502)
        assert sum(1 for frame in video) == 502

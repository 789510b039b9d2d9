import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow

from headcast.errors import MediaError
from headcast.media.images import read_image, read_image_metadata, write_image

ORIENTATION = 0x0112
STORED_FROM_UPRIGHT = {  # EXIF: how a camera that was held so stores the upright picture
    1: lambda x: x,
    2: np.fliplr,
    3: lambda x: np.rot90(x, 2),
    4: np.flipud,
    5: lambda x: x.transpose(1, 0, 2),
    6: lambda x: np.rot90(x, 1),
    7: lambda x: np.rot90(x, 2).transpose(1, 0, 2),
    8: lambda x: np.rot90(x, -1),
}


@pytest.fixture
def picture(rng):
    return rng.integers(0, 256, (5, 8, 3), dtype=np.uint8)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def png_header(width: int, height: int) -> bytes:
    """A PNG file that promises a size and holds one row of nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def profile_with_red_and_blue_swapped() -> bytes:
    """An ICC profile like sRGB, but its red is sRGB's blue and the other way round."""
    xyz = {b"rXYZ": (0.1431, 0.0606, 0.7141), b"gXYZ": (0.3851, 0.7169, 0.0971), b"bXYZ": (0.4361, 0.2225, 0.0139)}
    xyz[b"wtpt"] = (0.9642, 1.0, 0.8249)
    tags = {name: b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in xyz[name])) for name in xyz}
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    tags[b"desc"] = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"swap\0" + bytes(78 + 1)
    body, table, offset = b"", struct.pack(">I", len(tags)), 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = 128 + len(table) + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"test", 0x02100000, b"mntr", b"RGB ", b"XYZ ") + bytes(12) + b"acsp"
    head += bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path, picture, orientation):
    path = tmp_path / "turned.png"
    exif = Pillow.Exif()
    exif[ORIENTATION] = orientation
    stored = np.ascontiguousarray(STORED_FROM_UPRIGHT[orientation](picture))
    Pillow.fromarray(stored).save(path, exif=exif)
    np.testing.assert_array_equal(read_image(path), picture)


def test_a_broken_exif_block_counts_as_none(tmp_path, picture):
    path = tmp_path / "broken_exif.png"
    Pillow.fromarray(picture).save(path, exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12")
    np.testing.assert_array_equal(read_image(path), picture)


def test_transparency_is_laid_on_white(tmp_path):
    path = tmp_path / "alpha.png"
    Pillow.fromarray(np.array([[[100, 0, 200, 0], [100, 0, 200, 255], [100, 0, 200, 51]]], np.uint8)).save(path)
    # A fifth of the colour, four fifths of white: 0.2 * 100 + 0.8 * 255 = 224, 204, 244.
    np.testing.assert_array_equal(read_image(path), [[[255, 255, 255], [100, 0, 200], [224, 204, 244]]])


def test_transparent_palette_and_grey_with_alpha_are_laid_on_white(tmp_path):
    palette = Pillow.fromarray(np.array([[0, 1]], np.uint8), mode="P")
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.save(tmp_path / "palette.png", transparency=1)
    np.testing.assert_array_equal(read_image(tmp_path / "palette.png"), [[[10, 20, 30], [255, 255, 255]]])
    Pillow.fromarray(np.array([[[9, 255], [9, 0]]], np.uint8), mode="LA").save(tmp_path / "grey_alpha.png")
    np.testing.assert_array_equal(read_image(tmp_path / "grey_alpha.png"), [[[9] * 3, [255] * 3]])


def test_grey_and_black_and_white(tmp_path):
    Pillow.fromarray(np.array([[7, 250]], np.uint8)).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read_image(tmp_path / "grey.png"), [[[7] * 3, [250] * 3]])
    Pillow.fromarray(np.array([[True, False]])).save(tmp_path / "bits.png")
    np.testing.assert_array_equal(read_image(tmp_path / "bits.png"), [[[255] * 3, [0] * 3]])


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_are_scaled_not_clipped(tmp_path, suffix):
    path = tmp_path / f"deep.{suffix}"
    Pillow.fromarray(np.array([[0, 257 * 100, 257 * 100 + 128, 257 * 100 + 129, 65535]], np.uint16)).save(path)
    np.testing.assert_array_equal(read_image(path)[0, :, 0], [0, 100, 100, 101, 255])


def test_print_colours_become_rgb(tmp_path):
    path = tmp_path / "print.tif"
    inks = np.array([[[0, 0, 0, 0], [0, 255, 255, 0], [0, 0, 0, 255]]], np.uint8)
    Pillow.fromarray(inks, mode="CMYK").save(path)
    np.testing.assert_array_equal(read_image(path), [[[255, 255, 255], [255, 0, 0], [0, 0, 0]]])


def test_an_embedded_colour_profile_is_followed(tmp_path):
    path = tmp_path / "profile.png"
    colours = np.array([[[255, 0, 0], [0, 255, 0], [128, 128, 128]]], np.uint8)
    Pillow.fromarray(colours).save(path, icc_profile=profile_with_red_and_blue_swapped())
    expected = [[[0, 0, 255], [0, 255, 0], [128, 128, 128]]]
    np.testing.assert_allclose(read_image(path).astype(int), expected, atol=4)


def test_a_broken_colour_profile_counts_as_none(tmp_path, picture):
    path = tmp_path / "profile.png"
    Pillow.fromarray(picture).save(path, icc_profile=b"not a profile")
    np.testing.assert_array_equal(read_image(path), picture)


def test_of_an_animation_the_first_frame_is_read(tmp_path):
    path = tmp_path / "moving.webp"
    frames = [Pillow.new("RGB", (4, 3), colour) for colour in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
    assert (read_image(path) == [255, 0, 0]).all()


def test_a_real_photo_survives_png_exactly_and_jpeg_nearly(tmp_path, astronaut_path):
    photo = read_image(astronaut_path)
    write_image(tmp_path / "copy.png", photo, {})
    np.testing.assert_array_equal(read_image(tmp_path / "copy.png"), photo)
    for name in ("copy.jpg", "copy.JPEG", "copy.webp"):
        write_image(tmp_path / name, photo, {})
        assert np.abs(read_image(tmp_path / name).astype(int) - photo).mean() < 2.5


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_metadata_is_stored_and_read_without_the_pixels(tmp_path, picture, suffix):
    path = tmp_path / f"marked.{suffix}"
    metadata = {"comment": 'Synthetic: <made> & "marked" 漢', "headcast_seed": "3"}
    write_image(path, picture, metadata)
    assert read_image_metadata(path) == metadata
    plain = tmp_path / f"plain.{suffix}"
    Pillow.fromarray(picture).save(plain)
    assert read_image_metadata(plain) == {}


def file_of(name: str) -> bytes:
    """One hostile or broken file of each kind."""
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    if name == "cut.png" or name == "cut.jpg":
        Pillow.fromarray(noise).save(buffer, format="PNG" if name.endswith("png") else "JPEG")
        return buffer.getvalue()[: len(buffer.getvalue()) // 2]
    if name == "float.tif":
        Pillow.fromarray(np.ones((4, 4), np.float32)).save(buffer, format="TIFF")
        return buffer.getvalue()
    return {
        "empty.png": b"",
        "text.jpg": b"I am not a picture.\n" * 20,
        "bomb.png": png_header(100_000, 100_000),
        "large.png": png_header(12_000, 9_000),
        "script.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n",
    }[name]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty.png", r"is empty \(0 bytes\); copy"),
        ("text.jpg", "is not a picture that can be read; expected JPEG"),
        ("script.eps", "is not a picture that can be read; expected JPEG"),
        ("cut.png", "is a damaged picture .* save it again"),
        ("cut.jpg", "is a damaged picture .* save it again"),
        ("bomb.png", "is too large, expected at most 100 megapixels; shrink it"),
        ("large.png", "is 12000 x 9000, expected at most 100 megapixels; shrink it"),
        ("float.tif", "holds floating-point numbers of no stated range; save it"),
    ],
)
def test_a_broken_or_hostile_file_ends_in_one_line(tmp_path, name, message):
    path = tmp_path / name
    path.write_bytes(file_of(name))
    with pytest.raises(MediaError, match=message) as caught:
        read_image(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(MediaError, match="alice.png does not exist; give the path of a file"):
        read_image(tmp_path / "alice.png")
    with pytest.raises(MediaError, match="is a folder; give the path of a file"):
        read_image(tmp_path)


def test_refuses_to_write_what_it_cannot(tmp_path, picture):
    with pytest.raises(MediaError, match=r"expected a name that ends in \.png, \.jpg, \.jpeg, \.webp"):
        write_image(tmp_path / "out.bmp", picture, {})
    with pytest.raises(MediaError, match="the folder .* does not exist; make it first"):
        write_image(tmp_path / "nowhere" / "out.png", picture, {})
    with pytest.raises(ValueError, match=r"image is float32 \(5, 8, 3\), expected uint8"):
        write_image(tmp_path / "out.png", picture.astype(np.float32), {})
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, picture):
    path = tmp_path / "out.webp"
    write_image(path, picture, {})
    before = path.read_bytes()
    too_wide = np.zeros((1, 20_000, 3), np.uint8)  # WebP holds at most 16383 pixels a side
    with pytest.raises(MediaError, match=r"cannot write .*out\.webp: .*16383"):
        write_image(path, too_wide, {})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_picture_that_nobody_may_read_is_not_called_no_picture(tmp_path, monkeypatch, picture):
    path = tmp_path / "private.png"
    write_image(path, picture, {})

    def refuse(self, *_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)  # root may read everything
    with pytest.raises(MediaError, match=r"private.png cannot be opened \(Permission denied\); check its name and per"):
        read_image(path)


def test_a_name_too_long_to_exist_is_one_line(tmp_path):
    with pytest.raises(MediaError, match=r"cannot be opened \(File name too long\)"):
        read_image(tmp_path / ("x" * 300 + ".png"))


def test_a_jpeg_of_a_million_passes_is_refused(tmp_path):
    """Each pass takes a few bytes of the file and visits all pixels."""
    file = io.BytesIO()
    Pillow.new("L", (5000, 5000)).save(file, "JPEG", progressive=True)
    content = file.getvalue()
    last = content.rindex(b"\xff\xda")
    (tmp_path / "passes.jpg").write_bytes(content[:-2] + content[last:-2] * 200 + content[-2:])
    with pytest.raises(MediaError, match="stored in too many passes; save it again"):
        read_image(tmp_path / "passes.jpg")


@pytest.mark.parametrize(("mode", "value"), [("RGB", (9, 90, 200)), ("P", 3), ("1", 1), ("L", 70), ("LA", (70, 255))])
def test_a_huge_picture_is_halved_and_keeps_its_colours(tmp_path, mode, value):
    small, large = Pillow.new(mode, (8, 4), value), Pillow.new(mode, (8000, 4000), value)
    for name, made in (("small", small), ("large", large)):
        made.save(tmp_path / f"{name}.png", compress_level=1)
    image = read_image(tmp_path / "large.png")
    assert image.shape == (2000, 4000, 3)
    np.testing.assert_array_equal(image[::500, ::500], read_image(tmp_path / "small.png"))


def test_a_picture_is_reduced_to_the_side_asked_for_and_says_so(tmp_path, caplog):
    write_image(tmp_path / "a.png", np.full((100, 200, 3), 77, np.uint8), {})
    image = read_image(tmp_path / "a.png", max_side=50)
    assert image.shape == (25, 50, 3) and (image == 77).all()
    assert read_image(tmp_path / "a.png", max_side=200).shape == (100, 200, 3)
    assert "photos of more than 50 pixels a side are used at that size" in caplog.text


_PEAK = """
import re, sys
from pathlib import Path
from headcast.media.images import read_image
read_image(sys.argv[1])
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["RGB.png", "RGBA.png", "I;16.png", "P.png", "CMYK.jpg", "L.gif", "RGB.tiff"])
def test_the_largest_picture_allowed_takes_less_than_a_gigabyte(tmp_path, kind):
    mode, suffix = kind.split(".")
    made = Pillow.new("I;16" if mode == "I;16" else mode, (10_000, 10_000))
    made.save(tmp_path / f"large.{suffix}")
    del made
    ended = subprocess.run(
        [sys.executable, "-c", _PEAK, tmp_path / f"large.{suffix}"], capture_output=True, text=True, check=True
    )
    assert int(ended.stdout) * 1024 < 1e9

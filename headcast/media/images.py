"""Picture files in, RGB images out, and back with metadata: upright, 8 bit, sRGB, alpha on white."""

import io
import logging
import struct
import warnings
import zlib
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps, PngImagePlugin

from headcast.errors import MediaError
from headcast.files import PathLike, cannot_write, replaced_on_success
from headcast.limits import MAX_PIXELS, MAX_SCANNED_PIXELS, MAX_WORKED_PIXELS
from headcast.media.files import existing_file
from headcast.media.xmp import from_xmp, to_xmp
from headcast.types import Image

READABLE_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "PPM")
"""What we open; a list, because Pillow also knows formats that run other programs (EPS)."""

_ROWS: Final = 256  # of a picture that are converted together
_DECODED_TWICE: Final = ("WEBP", "AVIF")  # their decoders keep a picture of their own beside Pillow's

_WRITE_OPTIONS: dict[str, dict[str, Any]] = {
    ".png": {"format": "PNG", "compress_level": 4},
    ".jpg": {"format": "JPEG", "quality": 95, "subsampling": 0},
    ".jpeg": {"format": "JPEG", "quality": 95, "subsampling": 0},
    ".webp": {"format": "WEBP", "quality": 95},
}

# What Pillow raises on broken files, depending on the format and on where they are broken.
BROKEN_PICTURE: Final = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    MemoryError,
    struct.error,
    zlib.error,
    Pillow.DecompressionBombError,
)


def read_image(path: PathLike, max_side: int | None = None) -> Image:
    """The picture as its maker meant it to be seen, (H, W, 3) uint8.

    >>> headcast.read_image("alice.png").shape
    (512, 512, 3)

    EXIF orientation is applied, an embedded colour profile converted to sRGB, transparency laid on white, 16 bits
    scaled to 8; of an animation the first frame. One of more than MAX_WORKED_PIXELS is halved, one with a side of more
    than `max_side` pixels reduced to that. MediaError for a file that is no picture, broken or larger than MAX_PIXELS.
    """
    with _opened(path) as picture:
        try:
            picture.load()
            image = _to_rgb(_to_srgb(_upright(_manageable(picture))))
            return image if max_side is None else reduced(image, max_side)
        except BROKEN_PICTURE as error:
            raise MediaError(
                f"{path} is a damaged picture ({_one_line(error)}); open and save it again in an image editor"
            ) from error


def reduced(image: Image, max_side: int) -> Image:
    """The picture with at most `max_side` pixels on its longer side, which is said once."""
    longer = max(image.shape[:2])
    if longer <= max_side:
        return image
    _say_reduced(max_side)
    size = [max(1, round(length * max_side / longer)) for length in (image.shape[1], image.shape[0])]
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def read_image_metadata(path: PathLike) -> dict[str, str]:
    """The texts that `write_image` stored in the file; empty if there are none. The pixels are not decoded."""
    with _opened(path) as picture:
        packet = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or b""
    return from_xmp(packet.encode(errors="replace") if isinstance(packet, str) else packet)


def write_image(path: PathLike, image: Image, metadata: Mapping[str, str]) -> None:
    """Write an (H, W, 3) uint8 image as PNG, JPEG or WebP by its suffix, with the metadata as an XMP packet.

    In a PNG file the packet is an iTXt chunk. The file appears whole or not at all.

    >>> headcast.write_image("mirrored.png", headcast.read_image("alice.png")[:, ::-1], {"comment": "mirrored"})
    """
    options = _WRITE_OPTIONS.get(str(path)[str(path).rfind(".") :].lower())
    if options is None:
        raise MediaError(f"cannot write {path}: expected a name that ends in {', '.join(_WRITE_OPTIONS)}")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"image is {image.dtype} {image.shape}, expected uint8 (H, W, 3)")
    picture = Pillow.fromarray(image)
    with replaced_on_success(path) as temporary:
        try:
            picture.save(temporary, **options, **_metadata_options(options["format"], metadata))
        except (OSError, ValueError) as error:  # ValueError: a picture too wide for the format
            raise cannot_write(path, error) from error


def _opened(path: PathLike) -> Pillow.Image:
    """The picture with its header read, checked for kind and size."""
    file = existing_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes, which are checked below, and of what Pillow repairs itself
            Pillow.preinit()  # the usual formats: for one that it lacks, Pillow imports all of its sixty
            picture = Pillow.open(file, formats=READABLE_FORMATS)
    except Pillow.DecompressionBombError:
        raise MediaError(f"{path} is too large, expected at most {MAX_PIXELS // 10**6} megapixels; shrink it") from None
    except BROKEN_PICTURE as error:
        raise MediaError(
            f"{path} is not a picture that can be read; expected JPEG, PNG, WebP, AVIF, TIFF, BMP or GIF"
        ) from error
    num_pixels = picture.width * picture.height
    try:
        if picture.format == "JPEG":
            check_scans(file.read_bytes(), num_pixels)
    except ValueError as error:
        picture.close()
        raise MediaError(f"{path} cannot be read: {error}; save it again in an image editor") from error
    if num_pixels > (MAX_PIXELS // 2 if picture.format in _DECODED_TWICE else MAX_PIXELS):
        size = f"{picture.width} x {picture.height}"
        picture.close()
        raise MediaError(f"{path} is {size}, expected at most {MAX_PIXELS // 10**6} megapixels; shrink it")
    if picture.mode == "F":
        picture.close()
        raise MediaError(f"{path} holds floating-point numbers of no stated range; save it with 8 or 16 bits")
    return picture


def check_scans(content: bytes, num_pixels: int) -> None:
    """Raise ValueError for a JPEG file whose passes over its pixels, a few bytes each, would take minutes."""
    if content.startswith(b"\xff\xd8") and content.count(b"\xff\xda") * num_pixels > MAX_SCANNED_PIXELS:
        raise ValueError("it is stored in too many passes")


@cache
def _say_reduced(max_side: int) -> None:
    logging.getLogger(__name__).warning("photos of more than %d pixels a side are used at that size", max_side)


def _metadata_options(format_name: str, metadata: Mapping[str, str]) -> dict[str, Any]:
    """What tells Pillow to store the XMP packet: an argument, but for PNG a chunk of text made by hand."""
    packet = to_xmp(metadata)
    if format_name != "PNG":
        return {"xmp": packet}
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("XML:com.adobe.xmp", packet.decode())
    return {"pnginfo": chunks}


def _manageable(picture: Pillow.Image) -> Pillow.Image:
    """The picture, halved where its copies would fill the memory."""
    if picture.width * picture.height <= MAX_WORKED_PIXELS:
        return picture
    if picture.mode in ("P", "PA") or picture.mode.startswith(
        "I"
    ):  # no mean of colour numbers, nor by Pillow of 16 bits
        return picture.resize((picture.width // 2, picture.height // 2), Pillow.Resampling.NEAREST)
    return (picture.convert("L") if picture.mode == "1" else picture).reduce(2)


def _upright(picture: Pillow.Image) -> Pillow.Image:
    """The picture with its EXIF orientation applied; a broken EXIF block counts as none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ImageOps.exif_transpose(picture)
    except BROKEN_PICTURE:
        return picture


def _to_srgb(picture: Pillow.Image) -> Pillow.Image:
    """Colours of an embedded profile (phones: Display P3, print: CMYK) as sRGB; a broken profile counts as none."""
    embedded = picture.info.get("icc_profile")
    if not embedded or picture.mode not in ("RGB", "CMYK"):
        return picture
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(embedded))
        if "sRGB" in ImageCms.getProfileDescription(profile):
            return picture
        converted = ImageCms.profileToProfile(picture, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, *BROKEN_PICTURE):
        return picture
    return converted or picture


def _to_rgb(picture: Pillow.Image) -> Image:
    if picture.mode.startswith("I"):
        return _grey_16_bit(np.asarray(picture))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Pillow.new("RGBA", picture.size, "white")
        picture = Pillow.alpha_composite(white, picture)
    return np.array(picture.convert("RGB"))


def _grey_16_bit(values: NDArray[np.generic]) -> Image:
    """Grey 0..65535 as RGB, rounded (Pillow's own conversion would clip at 255); some rows at a time."""
    image = np.empty((*values.shape, 3), np.uint8)
    for top in range(0, len(values), _ROWS):
        rows = np.clip(values[top : top + _ROWS].astype(np.int64), 0, 65535)
        image[top : top + _ROWS] = ((rows * 255 + 32767) // 65535)[:, :, None]
    return image


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__

"""A media file in, an opened PyAV container out: only local files, only formats on our list, errors in one line."""

import logging
from functools import cache
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from headcast.errors import MediaError
from headcast.files import PathLike
from headcast.limits import MAX_VIDEO_SIDE
from headcast.media.files import existing_file

# Play lists and scripts, which name other files or addresses to be opened, are left out on purpose.
_READABLE_FORMATS = "mov,matroska,avi,mpeg,mpegts,mpegvideo,flv,asf,ogg,gif,h264,hevc,m4v,wav,mp3,aac,flac"


def open_container(path: PathLike) -> InputContainer:
    """Open a video or sound file; MediaError if it is neither. The caller closes it."""
    file = existing_file(path)
    options = {"format_whitelist": _READABLE_FORMATS, "protocol_whitelist": "file"}
    try:
        return av.open(str(file), "r", container_options=options, metadata_errors="replace")
    except av.FFmpegError as error:
        raise MediaError(
            f"{path} is not a video or sound file that can be read ({error.strerror}); "
            "expected MP4, MOV, MKV, WebM, AVI or MPEG, complete; convert or download it again"
        ) from error


def picture_stream(container: InputContainer, path: PathLike) -> VideoStream:
    """The first real video stream (cover art is none), checked for size and for a decoder."""
    for stream in container.streams.video:
        if stream.disposition & Disposition.attached_pic or stream.codec_context is None:
            continue
        width, height = stream.codec_context.width, stream.codec_context.height
        check_size(width, height, path)
        return stream
    raise MediaError(f"{path} holds no moving picture; give a video file")


def check_size(width: int, height: int, path: PathLike) -> None:
    """MediaError unless both sides lie in 1..MAX_VIDEO_SIDE."""
    if not (0 < width <= MAX_VIDEO_SIDE and 0 < height <= MAX_VIDEO_SIDE):
        raise MediaError(
            f"{path} has pictures of {width} x {height}, expected 1 to {MAX_VIDEO_SIDE} pixels a side; shrink it"
        )


def read_video_metadata(path: PathLike) -> dict[str, str]:
    """The texts in the container's header, keys in lower case (Matroska writes them in capitals)."""
    with open_container(path) as container:
        return {key.lower(): value for key, value in container.metadata.items()}


@cache
def warn(path: PathLike, what: str) -> None:
    """Say once, however often the file is read, what of it is lost."""
    logging.getLogger(__name__).warning("%s %s", path, what)


def file_size(container: InputContainer) -> int:
    """Bytes of the opened file."""
    return Path(container.name).stat().st_size

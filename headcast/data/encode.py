"""One clip or photo of a source in; what a shard keeps of it, or why it is left out, out."""

from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

from headcast.data.cut import Excerpt, TrackedClip, track_clip, track_photo
from headcast.data.quality import measure_quality, reason_to_leave_out
from headcast.data.sources import SourceClip
from headcast.data.tar import ClipNotes, EncodedClip, encode_frame, encode_matte
from headcast.data.voxceleb import read_annotation, track_annotated
from headcast.errors import DataError, FaceError, MediaError
from headcast.limits import MAX_ANNOTATION_BYTES


@dataclass(frozen=True)
class LeftOut:
    """A clip that cannot be used: its name in the source, the reason to count it under, and what was found."""

    name: str
    reason: str
    found: str


def encode_source(clip: SourceClip, max_rate: Fraction) -> EncodedClip | LeftOut:
    """Track, cut, measure and compress one clip, with at most `max_rate` frames a second of it."""
    try:
        with clip.media.as_file() as path:
            tracked = _tracked(clip, path, max_rate)
    except FaceError as error:
        return LeftOut(clip.name, "no face", str(error))
    except MediaError as error:
        return LeftOut(clip.name, "unreadable", str(error))
    except DataError as error:
        return LeftOut(clip.name, "broken annotation", str(error))
    quality = measure_quality(tracked)
    if reason := reason_to_leave_out(quality):
        return LeftOut(clip.name, reason, " ".join(f"{name} {value:g}" for name, value in quality.items()))
    num_frames, rate = len(tracked.frames), str(tracked.rate)
    return EncodedClip(
        clip.key,
        ClipNotes(clip.identity, clip.video, clip.name, rate, num_frames, clip.split, clip.tier, quality),
        tracked.landmarks,
        tuple(map(encode_frame, tracked.frames)),
        tuple(map(encode_matte, tracked.mattes)),
    )


def _tracked(clip: SourceClip, path: Path, max_rate: Fraction) -> TrackedClip:
    if clip.is_photo:
        return track_photo(path)
    if clip.annotation is None:
        return track_clip(path, Excerpt(max_rate=max_rate))
    text = clip.annotation.read(MAX_ANNOTATION_BYTES).decode("ascii", errors="replace")
    annotation = read_annotation(text, clip.name)
    if clip.is_whole_video:
        excerpt = Excerpt(annotation.start, annotation.end, max_rate)
        return track_clip(path, excerpt, partial(track_annotated, annotation=annotation, start=Fraction(0)))
    track = partial(track_annotated, annotation=annotation, start=annotation.start)
    return track_clip(path, Excerpt(max_rate=max_rate), track)

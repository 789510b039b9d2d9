"""What travels between two sides of a call in, bytes out, and back; PacketError for any bytes that are not ours.

All numbers are big-endian. The first byte is the version (high half) and the kind (low half).

    face   kind, number, width u16, height u16, scale f32, place 3 f32, level 3 u8, range-coded face
    frame  kind, flags, sequence u16, milliseconds u32, reference u8, activity u8, motion length u8, motion,
           then, where there is sound, its first frame's number u16 and each frame as length u8 and bytes
    heard  kind, wants, sequence u16, milliseconds u32

A frame's flags: bit 0 a face was seen, bits 1 to 3 number of the face, bits 4 to 7 how many sound frames follow. Its
motion is what changed since `reference` frames ago, 0 for a key frame, which depends on nothing. *Heard* goes the other
way: the newest frame that could be read, the time of that frame, and what is wanted (bit 0 a key frame, bit 1 a face).
Several packets may share a datagram: `bundles`.
"""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from headcast.geometry.pose import face_model
from headcast.limits import MAX_PLACE, MAX_VIDEO_SIDE
from headcast.telepresence import entropy
from headcast.telepresence.basis import motion_basis
from headcast.telepresence.entropy import Numbers
from headcast.telepresence.numbers import LIMITS, ReferenceFace
from headcast.types import NUM_LANDMARKS

VERSION: Final = 2
"""Raised with every change of a packet, of the face model or of the basis: all are needed to read a frame."""

MAX_PACKET_BYTES: Final = 1150
"""One datagram on any line: the smallest usual one takes 1280 bytes with the headers of IP, UDP, DTLS and SCTP."""

NUM_FACES: Final = 8
NUM_SEQUENCES: Final = 1 << 16
MAX_REFERENCE: Final = 255
NUM_ACTIVITIES: Final = 16
MAX_SOUND_FRAMES: Final = 6

_FACE, _FRAME, _HEARD, _BUNDLE = 1, 2, 3, 4
BUNDLE: Final = bytes([VERSION << 4 | _BUNDLE])
_FACE_HEAD: Final = struct.Struct(">BBHHf3f3B")
_FRAME_HEAD: Final = struct.Struct(">BBHIBBB")
_HEARD_HEAD: Final = struct.Struct(">BBHI")
_NUMBER: Final = struct.Struct(">H")
_FACE_STEP: Final = 0.004  # eye distances
_MAX_SCALE: Final = 1e4  # pixels between the eyes


class PacketError(ValueError):
    """Bytes that are no packet of this version."""


@dataclass(frozen=True)
class FacePacket:
    """A sender's reference face and its number, 0 to 7."""

    number: int
    reference: ReferenceFace


@dataclass(frozen=True)
class FramePacket:
    """One frame; `motion` is read by `read_motion` once the frame it refers to is known.

    `sound` has Opus frames of 20 ms, counted from `sound_number` on, modulo 65536.
    """

    sequence: int
    milliseconds: int
    face: int
    found: bool
    reference: int
    activity: int
    motion: bytes
    sound: tuple[bytes, ...] = ()
    sound_number: int = 0


@dataclass(frozen=True)
class HeardPacket:
    """What the other side could read last, and what it wants."""

    sequence: int
    milliseconds: int
    wants_key: bool
    wants_face: bool


Packet = FacePacket | FramePacket | HeardPacket


def parse(content: bytes) -> Packet:
    """Read one packet; PacketError for anything else."""
    if not 1 <= len(content) <= MAX_PACKET_BYTES:
        raise PacketError(f"a packet of {len(content)} bytes, expected 1 to {MAX_PACKET_BYTES}")
    version, kind = content[0] >> 4, content[0] & 15
    if version != VERSION:
        raise PacketError(f"a packet of version {version}, expected {VERSION}")
    if kind not in _READERS:
        raise PacketError(f"a packet of unknown kind {kind}")
    try:
        return _READERS[kind](content)
    except (struct.error, ValueError, IndexError) as error:
        raise PacketError(f"a broken packet ({error})") from error


def is_face(content: bytes) -> bool:
    """Tell whether a packet says that it holds a reference face, which takes some milliseconds to read."""
    return content[:1] == bytes([_kind(_FACE)])


def frame_bytes(packet: FramePacket) -> bytes:
    """Write a frame; PacketError where it does not fit into one packet."""
    flags = packet.found | packet.face << 1 | len(packet.sound) << 4
    head = (_kind(_FRAME), flags, packet.sequence, packet.milliseconds, packet.reference, packet.activity)
    sound = _NUMBER.pack(packet.sound_number) if packet.sound else b""
    sound += b"".join(bytes([len(each)]) + each for each in packet.sound)
    content = _FRAME_HEAD.pack(*head, len(packet.motion)) + packet.motion + sound
    if len(content) > MAX_PACKET_BYTES:
        raise PacketError(f"a frame of {len(content)} bytes, expected at most {MAX_PACKET_BYTES}")
    return content


def heard_bytes(packet: HeardPacket) -> bytes:
    """Write what was heard."""
    wants = packet.wants_key | packet.wants_face << 1
    return _HEARD_HEAD.pack(_kind(_HEARD), wants, packet.sequence, packet.milliseconds)


def face_bytes(number: int, reference: ReferenceFace) -> tuple[bytes, ReferenceFace]:
    """Write a reference face; also return it as the other side will read it."""
    numbers = np.rint((reference.face - face_model().mean) / _FACE_STEP)
    numbers = np.clip(numbers, -entropy.MAX_NUMBER, entropy.MAX_NUMBER).astype(np.int32)
    sizes = np.abs(numbers).mean(axis=0)
    levels = np.clip(np.rint(8 + 4 * np.log2(sizes + 0.1)), 0, entropy.NUM_LEVELS - 1).astype(int).tolist()
    body = entropy.encode(numbers.ravel().tolist(), levels * NUM_LANDMARKS)
    head = (_kind(_FACE), number, *reference.image_size, reference.scale, *reference.place.tolist(), *levels)
    content = _FACE_HEAD.pack(*head) + body
    packet = parse(content)
    assert isinstance(packet, FacePacket)
    return content, packet.reference


def write_motion(change: Numbers, *, is_key: bool) -> tuple[int, bytes]:
    """Return the activity and the bytes of a frame's numbers (NUM_NUMBERS,), or of their change."""
    costs = [entropy.cost(change, _levels(activity, is_key)) for activity in range(NUM_ACTIVITIES)]
    activity = int(np.argmin(costs))
    return activity, entropy.encode(change.tolist(), _levels(activity, is_key).tolist())


def read_motion(packet: FramePacket, before: Numbers | None) -> Numbers:
    """Return the numbers of a frame, from those of the frame that it refers to, None for a key frame."""
    levels = _levels(packet.activity, packet.reference == 0).tolist()
    try:
        numbers = np.array(entropy.decode(packet.motion, levels), np.int32)
    except ValueError as error:
        raise PacketError(f"a broken frame ({error})") from error
    if before is not None:
        numbers = numbers + before
    if (np.abs(numbers) > LIMITS).any():
        raise PacketError("a frame whose face is where no face can be")
    return numbers


def _levels(activity: int, is_key: bool) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    """Return the entropy coder's levels (NUM_NUMBERS,): usual ones, moved by half an octave for each activity."""
    basis = motion_basis()
    usual = basis.steady if is_key else basis.moving
    return np.clip(usual + 2 * activity - NUM_ACTIVITIES, 0, entropy.NUM_LEVELS - 1)


def _parse_face(content: bytes) -> FacePacket:
    _, number, width, height, scale, *rest = _FACE_HEAD.unpack_from(content)
    place, levels = np.array(rest[:3]), rest[3:]
    if number >= NUM_FACES or not all(1 <= side <= MAX_VIDEO_SIDE for side in (width, height)):
        raise PacketError(f"face {number} of a picture of {width}x{height}")
    if not 1 <= scale <= _MAX_SCALE or not np.abs(place).max() <= MAX_PLACE or not math.isfinite(scale):
        raise PacketError("a face of no size, or far from its picture")
    if max(levels) >= entropy.NUM_LEVELS:
        raise PacketError(f"level {max(levels)}, expected less than {entropy.NUM_LEVELS}")
    numbers = entropy.decode(content[_FACE_HEAD.size :], [*levels] * NUM_LANDMARKS)
    face = face_model().mean + _FACE_STEP * np.reshape(numbers, (NUM_LANDMARKS, 3))
    return FacePacket(number, ReferenceFace(face, scale, place, (width, height)))


def _parse_frame(content: bytes) -> FramePacket:
    _, flags, sequence, milliseconds, reference, activity, length = _FRAME_HEAD.unpack_from(content)
    if activity >= NUM_ACTIVITIES or flags >> 4 > MAX_SOUND_FRAMES:
        raise PacketError(f"activity {activity}, {flags >> 4} sound frames")
    place = _FRAME_HEAD.size + length
    motion = content[_FRAME_HEAD.size : place]
    number, sound = 0, []
    if flags >> 4:
        (number,) = _NUMBER.unpack_from(content, place)
        place += _NUMBER.size
    for _ in range(flags >> 4):
        sound.append(content[place + 1 : place + 1 + content[place]])
        place += 1 + content[place]
    if place != len(content):
        raise PacketError(f"{len(content)} bytes, expected {place}")
    face, found = flags >> 1 & 7, bool(flags & 1)
    return FramePacket(sequence, milliseconds, face, found, reference, activity, motion, tuple(sound), number)


def _parse_heard(content: bytes) -> HeardPacket:
    _, wants, sequence, milliseconds = _HEARD_HEAD.unpack(content)
    if wants > 3:
        raise PacketError(f"wants {wants}")
    return HeardPacket(sequence, milliseconds, bool(wants & 1), bool(wants & 2))


def _kind(kind: int) -> int:
    return VERSION << 4 | kind


_READERS: Final[dict[int, Callable[[bytes], Packet]]] = {_FACE: _parse_face, _FRAME: _parse_frame, _HEARD: _parse_heard}

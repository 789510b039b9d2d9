"""One side's tracked landmarks in, packets of at most so many bits a second out.

A frame is told as its change from the newest frame that the other side is known to have, so a lost packet spoils none
but itself; until something was heard, and every two seconds, and when asked, a frame is told as it is: a key frame.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from headcast.geometry.pose import fit_pose, remove_pose
from headcast.telepresence.entropy import Numbers
from headcast.telepresence.numbers import NUM_NUMBERS, MotionNumbers, ReferenceFace
from headcast.telepresence.packets import (
    MAX_REFERENCE,
    NUM_FACES,
    NUM_SEQUENCES,
    FramePacket,
    HeardPacket,
    face_bytes,
    frame_bytes,
    write_motion,
)
from headcast.types import Landmarks

MAX_RATE: Final = 30_000
"""Bits a second of motion, headers of ours included, sound and the line's own headers not."""

_BURST_SECONDS: Final = 0.5  # whose bits may be sent at once
_KEY_EVERY: Final = 50  # frames


class MotionSender:
    """Encodes one face; `image_size` is (width, height) of the picture in whose pixels its landmarks are."""

    def __init__(self, image_size: tuple[int, int], *, max_rate: int = MAX_RATE) -> None:
        self._image_size, self._max_rate = image_size, max_rate
        self._face_number = NUM_FACES - 1
        self._code: MotionNumbers | None = None
        self._sent: OrderedDict[int, Numbers] = OrderedDict()
        self._sequence = 0
        self._heard: int | None = None  # the newest frame that the other side has
        self._since_key, self._wants_key = 0, True
        self._last = np.zeros(NUM_NUMBERS, np.int32)
        self._allowance, self._last_milliseconds = _BURST_SECONDS * max_rate, 0
        self.face: bytes | None = None
        """The packet with the reference face, to be sent by a way that loses nothing; None until a face is seen."""
        self.num_held = 0
        """Frames that were not sent, for the line was full."""

    def start_anew(self, image_size: tuple[int, int]) -> None:
        """Take the next face as the reference: a new person, or another picture size."""
        self._image_size, self._code, self.face = image_size, None, None

    @property
    def is_urgent(self) -> bool:
        """Whether the other side needs a frame at once: it has none, or lost what all others refer to."""
        return self._heard is None or self._wants_key

    def encode(
        self,
        landmarks: Landmarks | None,
        milliseconds: int,
        sound: Sequence[bytes] = (),
        sound_number: int = 0,
        *,
        is_bound: bool = False,
    ) -> bytes | None:
        """Return the packet of a frame, None where the line is full, or no face was ever seen and nothing is to hear.

        Without landmarks the face was not seen. `milliseconds` increase from frame to frame; `sound` has Opus frames,
        of which the first is `sound_number`. A frame that `is_bound` to the last one travels with it.
        """
        if landmarks is not None and self._code is None:
            self._code = self._refer_to(landmarks)
        if self._code is None and not sound:
            return None
        numbers = self._last if landmarks is None or self._code is None else self._code.measure(landmarks)
        packet = self._packet(numbers, landmarks is not None, milliseconds, is_bound)
        content = frame_bytes(replace(packet, sound=tuple(sound), sound_number=sound_number % NUM_SEQUENCES))
        if not self._afford(8 * (len(content) - sum(map(len, sound))), milliseconds) and not sound:
            self.num_held += 1
            return None
        self._sent[self._sequence] = self._last = numbers
        while len(self._sent) > MAX_REFERENCE:
            self._sent.popitem(last=False)
        self._since_key = 0 if packet.reference == 0 else self._since_key + 1
        self._wants_key = self._wants_key and packet.reference != 0
        self._sequence = (self._sequence + 1) % NUM_SEQUENCES
        return content

    def heard(self, packet: HeardPacket) -> bool:
        """Take in what the other side has; True where it asks for the reference face."""
        if packet.sequence in self._sent and (
            self._heard is None or (packet.sequence - self._heard) % NUM_SEQUENCES < NUM_SEQUENCES // 2
        ):
            self._heard = packet.sequence
        self._wants_key = self._wants_key or packet.wants_key
        return packet.wants_face

    def _refer_to(self, landmarks: Landmarks) -> MotionNumbers:
        self._face_number = (self._face_number + 1) % NUM_FACES
        pose = fit_pose(landmarks)
        reference = ReferenceFace(remove_pose(landmarks, pose), pose.scale, pose.translation, self._image_size)
        self.face, as_read = face_bytes(self._face_number, reference)
        self._heard = None
        self._sent.clear()
        return MotionNumbers(as_read)

    def _packet(self, numbers: Numbers, found: bool, milliseconds: int, is_bound: bool) -> FramePacket:
        refers_to = (self._sequence - 1) % NUM_SEQUENCES if is_bound else self._heard
        before = None if refers_to is None else self._sent.get(refers_to)
        is_key = before is None or (not is_bound and (self._wants_key or self._since_key >= _KEY_EVERY))
        reference = 0 if is_key or refers_to is None else (self._sequence - refers_to) % NUM_SEQUENCES
        change = numbers if is_key or before is None else numbers - before
        activity, motion = write_motion(change, is_key=is_key)
        return FramePacket(
            self._sequence, milliseconds, self._face_number % NUM_FACES, found, reference, activity, motion
        )

    def _afford(self, num_bits: int, milliseconds: int) -> bool:
        """Tell whether the line has room, and take it."""
        passed = max(0, milliseconds - self._last_milliseconds) / 1000
        self._last_milliseconds = milliseconds
        self._allowance = min(self._allowance + passed * self._max_rate, _BURST_SECONDS * self._max_rate)
        if num_bits > self._allowance:
            return False
        self._allowance -= num_bits
        return True

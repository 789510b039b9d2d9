"""What the other side of a call sends: a sound stretch of it, and how it is taken in."""

from pathlib import Path

import numpy as np

from headcast.geometry.builtin import builtin_motion
from headcast.limits import MAX_PLACE
from headcast.telepresence.bundles import FramePairs, split
from headcast.telepresence.packets import FramePacket, PacketError
from headcast.telepresence.receiver import MotionReceiver
from headcast.telepresence.sender import MotionSender


def make_call(folder: Path) -> Path:
    """Packets one after another, each behind its length."""
    sender, receiver = MotionSender((512, 512)), MotionReceiver()
    packets = []
    for number, face in enumerate(builtin_motion("talk", seconds=0.3).landmarks):
        content = sender.encode(face, 33 * number, [b"sound"]) or b""
        packets += [sender.face or b"", content] if number == 0 else [content]
        receiver.take(content)
        packets.append(receiver.heard())
    pairs = FramePairs(sender)
    for number, face in enumerate(builtin_motion("talk", seconds=0.3).landmarks, 100):
        content = pairs.encode(face, 33 * number, [b"sound"], number, receiver.heard)
        packets += [] if content is None else [content]
    path = folder / "packets"
    path.write_bytes(b"".join(len(packet).to_bytes(2, "big") + packet for packet in packets))
    return path


def use_call(path: Path) -> None:
    """Take all in; a face is shown or none, and it lies somewhere."""
    content, place = path.read_bytes(), 0
    sender, receiver = MotionSender((512, 512)), MotionReceiver()
    while place < len(content):
        end = place + 2 + int.from_bytes(content[place : place + 2], "big")
        for part in _parts(content[place + 2 : end]):
            heard = receiver.take(part)
            if heard is not None and not isinstance(heard, FramePacket):
                sender.heard(heard)
        face = receiver.landmarks(place * 10.0)
        assert face is None or (np.isfinite(face).all() and np.abs(face).max() < 1e3 * MAX_PLACE)
        place = end


def _parts(content: bytes) -> list[bytes]:
    try:
        return split(content)
    except PacketError:
        return []

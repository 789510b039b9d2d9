"""Bytes that strangers send: refused or read, and what is read is a face."""

import hashlib
import random

import numpy as np
import pytest

from headcast.geometry.pose import FACE_MODEL_PATH
from headcast.limits import MAX_PLACE
from headcast.telepresence.basis import BASIS_PATH, landmark_weights, motion_basis
from headcast.telepresence.bundles import MAX_PARTS, FramePairs, bundle_bytes, split
from headcast.telepresence.packets import (
    BUNDLE,
    MAX_PACKET_BYTES,
    VERSION,
    FacePacket,
    FramePacket,
    PacketError,
    frame_bytes,
    parse,
)
from headcast.telepresence.receiver import MotionBridge, MotionReceiver
from headcast.telepresence.sender import MotionSender

NUM_HOSTILE = 10_000


@pytest.fixture(scope="module")
def packets(faces) -> list[bytes]:
    """Whatever a side sends: a reference face, frames with and without sound, what was heard, and bundles of them."""
    sender, receiver = MotionSender((640, 480)), MotionReceiver()
    pairs, sent = FramePairs(sender), []
    for number, face in enumerate(faces[:20]):
        content = sender.encode(face, number * 40, [b"sound"] * (number % 3))
        if number == 0:
            sent.append(sender.face)
        sent.append(content)
        receiver.take(content)
        sent.append(receiver.heard())
    for number, face in enumerate(faces[20:40], 20):
        content = pairs.encode(face, number * 40, [b"sound"] * 2, 2 * number, receiver.heard)
        if content is not None:
            sent.append(content)
            heard = [receiver.take(part) for part in split(content)][-1]
            sender.heard(heard)
    assert sum(content[:1] == BUNDLE for content in sent) > 10
    return sent


def test_a_frame_is_what_was_written():
    frame = FramePacket(65535, 2**32 - 1, 7, True, 255, 15, b"motion", (b"", b"x" * 255), 65535)
    assert parse(frame_bytes(frame)) == frame


def test_the_reference_face_fits_into_one_packet_and_holds_the_face(packets, faces):
    packet = parse(packets[0])
    assert isinstance(packet, FacePacket) and packet.reference.image_size == (640, 480)
    assert len(packets[0]) < 1150


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 bytes, expected 1 to 1150"),
        (b"x" * 1151, "1151 bytes"),
        (bytes([(VERSION + 1) << 4 | 2]) + bytes(20), "a packet of version 3, expected 2"),
        (bytes([VERSION << 4 | 9]), "a packet of unknown kind 9"),
        (bytes([VERSION << 4 | 2, 0]), "a broken packet"),
        (bytes([VERSION << 4 | 2]) + bytes(8) + bytes([200, 0]), "activity 200"),
        (bytes([VERSION << 4 | 2]) + bytes(9) + bytes([9]), "11 bytes, expected 20"),
    ],
)
def test_what_is_no_packet_is_refused(content, message):
    with pytest.raises(PacketError, match=message):
        parse(content)


def test_ten_thousand_hostile_packets_end_nothing(packets, faces):
    """Bytes changed, cut, doubled and made up, between good ones: a face stays a face, and memory stays small."""
    choose = random.Random(11)
    receiver, sender = MotionReceiver(), MotionSender((640, 480))
    sender.encode(faces[0], 0)
    for number in range(NUM_HOSTILE):
        content = bytearray(choose.choice(packets) if choose.random() < 0.9 else choose.randbytes(choose.randrange(64)))
        for _ in range(choose.randrange(4)):
            place = choose.randrange(len(content) + 1)
            kind = choose.randrange(3)
            if kind == 0:
                content[place : place + 1] = choose.randbytes(1)
            elif kind == 1:
                del content[place:]
            else:
                content[place:place] = choose.randbytes(choose.randrange(8))
        for part in parts_of(bytes(content)):
            heard = receiver.take(part)
            if heard is not None and not isinstance(heard, FramePacket):
                sender.heard(heard)
        if number % 10 == 0:
            seen = receiver.landmarks(number * 40.0)
            assert seen is None or (np.isfinite(seen).all() and np.abs(seen).max() < 1e3 * MAX_PLACE)
            assert sender.encode(faces[number % len(faces)], number * 40) is not None
    assert len(receiver._known) <= 255 and len(receiver.bridge._times) <= MotionBridge.KEPT
    assert receiver.counts.refused > 1000 and receiver.counts.shown > 10


def parts_of(content):
    try:
        parts = split(content)
    except PacketError:
        return []
    assert 1 <= len(parts) <= MAX_PARTS
    return parts


def test_a_bundle_is_what_was_put_in():
    parts = [b"one", b"", b"three"]
    assert split(bundle_bytes(parts)) == parts
    assert bundle_bytes([b"alone"]) == b"alone" and split(b"alone") == [b"alone"] and split(b"") == [b""]


@pytest.mark.parametrize(
    "content",
    [
        BUNDLE,
        bundle_bytes([b"one", b"two"])[:-1],
        bundle_bytes([b"one", b"two"]) + b"x",
        bundle_bytes([b"one"] * (MAX_PARTS + 1)),
        BUNDLE + b"\xff\xff",
        BUNDLE + bytes(MAX_PACKET_BYTES),
    ],
)
def test_what_is_no_bundle_is_refused(content):
    with pytest.raises(PacketError, match="bundle"):
        split(content)
    with pytest.raises(PacketError, match="bundle of 120[0-9] bytes"):
        bundle_bytes([bytes(600), bytes(600)])


def test_directions_are_orthonormal_where_weighted():
    weighted = (motion_basis().directions * landmark_weights()[:, None]).reshape(len(motion_basis().directions), -1)
    np.testing.assert_allclose(weighted @ weighted.T, np.eye(len(weighted)), atol=2e-3)


def test_statistics_change_only_with_the_version():
    """Two sides with other statistics would show each other other faces: whoever fits anew raises VERSION."""
    digest = hashlib.sha256(FACE_MODEL_PATH.read_bytes() + BASIS_PATH.read_bytes()).hexdigest()
    assert (VERSION, digest[:16]) == (2, "5c6e1722c5e16b8c")

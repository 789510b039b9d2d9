"""A sender and a receiver with a line between them that loses, delays and doubles packets."""

import random
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pytest

from headcast.geometry.contact import OPENINGS
from headcast.geometry.measures import eye_distance
from headcast.geometry.pose import fit_pose, measure_controls, remove_pose
from headcast.telepresence.bundles import FramePairs, split
from headcast.telepresence.numbers import CONTROL_STEP
from headcast.telepresence.packets import NUM_SEQUENCES, FramePacket, HeardPacket, heard_bytes, parse
from headcast.telepresence.receiver import MotionReceiver
from headcast.telepresence.sender import MAX_RATE, MotionSender
from headcast.types import Landmarks

STEP = 40  # milliseconds
LAG = 3  # frames between a face and its showing


@dataclass
class Meeting:
    """What went through a line."""

    shown: list[Landmarks] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    references: list[int] = field(default_factory=list)
    receiver: MotionReceiver = field(default_factory=MotionReceiver)


def meet_in_pairs(faces: list[Landmarks | None], loss: float = 0.0) -> Meeting:
    """Send the faces two by two, as a call does: both come or neither does, and what was heard goes along."""
    sender, meeting, choose = MotionSender((512, 512)), Meeting(), random.Random(5)
    receiver, pairs = meeting.receiver, FramePairs(sender)
    for number, face in enumerate(faces):
        content = pairs.encode(face, number * STEP)
        if number == 0:
            receiver.take(sender.face)
        if content is not None:
            meeting.sizes.append(len(content))
            parts = split(content)
            meeting.references += [parse(part).reference for part in parts]
            if choose.random() >= loss:
                assert [receiver.take(part) is not None for part in parts] == [True] * len(parts)
            if choose.random() >= loss:
                sender.heard(parse(receiver.heard()))
        shown = receiver.landmarks((number - LAG) * STEP)
        meeting.shown.append(shown)
    return meeting


def meet(faces: list[Landmarks | None], loss: float = 0.0, gap: range = range(0)) -> Meeting:
    """Send each face; packets take one frame there and one back, some are lost, all within the gap."""
    sender, meeting, choose = MotionSender((512, 512)), Meeting(), random.Random(5)
    receiver = meeting.receiver
    back: bytes | None = None
    for number, face in enumerate(faces):
        content = sender.encode(face, number * STEP)
        if number == 0:
            assert sender.face is not None
            receiver.take(sender.face)
        assert content is not None
        meeting.sizes.append(len(content))
        packet = parse(content)
        assert isinstance(packet, FramePacket)
        meeting.references.append(packet.reference)
        if choose.random() >= loss and number not in gap:
            receiver.take(content)
        if back is not None and choose.random() >= loss and number not in gap:
            heard = parse(back)
            assert isinstance(heard, HeardPacket)
            sender.heard(heard)
        back = receiver.heard()
        shown = receiver.landmarks((number - LAG) * STEP)
        assert shown is not None
        meeting.shown.append(shown)
    return meeting


def error(real: Landmarks, seen: Landmarks) -> float:
    """Mean distance in percent of the distance between the eyes."""
    return float(np.linalg.norm((real - seen)[:, :2], axis=1).mean() / eye_distance(real[:, :2]) * 100)


def steps(faces: list[Landmarks]) -> list[float]:
    return [error(before, after) for before, after in pairwise(faces)]


def test_a_face_arrives_within_half_a_percent_and_in_a_few_bytes(faces):
    meeting = meet(faces)
    errors = [error(real, seen) for real, seen in zip(faces, meeting.shown[LAG:], strict=False)]
    assert max(errors) < 0.5
    assert 8 * np.mean(meeting.sizes) * 25 < 10_000
    assert sum(reference == 0 for reference in meeting.references[10:]) <= len(faces) // 40  # most are changes


def test_pairs_take_half_the_packets_and_no_more_bits_and_the_second_refers_to_the_first(faces):
    meeting, single = meet_in_pairs(faces), meet(faces)
    assert len(meeting.references) >= len(faces) - 1 and len(meeting.sizes) < len(faces) / 2 + 5
    bound = [meeting.references[start::2] for start in (6, 7)]
    assert any(set(references) == {1} for references in bound)
    assert sum(meeting.sizes) < 1.05 * sum(single.sizes)  # a bundle's own five bytes in it
    errors = [error(real, seen) for real, seen in zip(faces, meeting.shown[LAG:], strict=False)]
    assert max(errors[5:]) < 0.5


@pytest.mark.parametrize(("loss", "mean", "most"), [(0.05, 0.6, 9.0), (0.2, 1.3, 12.0)])
def test_lost_pairs_are_bridged_and_nothing_jumps(faces, loss, mean, most):
    meeting = meet_in_pairs(faces, loss)
    assert meeting.receiver.counts.shown < len(faces) and meeting.receiver.counts.unreadable == 0
    errors = [error(real, seen) for real, seen in zip(faces, meeting.shown[LAG:], strict=False)]
    assert np.mean(errors[10:]) < mean and max(errors[10:]) < most
    assert max(steps(meeting.shown[10:])) < 1.5 * max(steps(faces))


def test_a_frame_goes_alone_where_others_are_far_or_it_is_asked_for(faces):
    sender, receiver = MotionSender((512, 512)), MotionReceiver()
    pairs = FramePairs(sender)
    assert pairs.encode(faces[0], 0) is not None and pairs.encode(faces[1], STEP) is not None  # nothing was heard yet
    receiver.take(sender.face)
    receiver.take(pairs.encode(faces[2], 2 * STEP))
    heard = parse(receiver.heard())
    sender.heard(replace(heard, wants_key=True))
    assert parse(pairs.encode(faces[3], 3 * STEP)).reference == 0
    assert pairs.encode(faces[4], 4 * STEP, [b"sound"], 7) is None  # waits, and takes no sound along
    parts = split(pairs.encode(faces[5], 5 * STEP, [b"sound"], 7, receiver.heard))
    assert [type(parse(part)).__name__ for part in parts] == ["FramePacket", "FramePacket", "HeardPacket"]
    assert (parse(parts[0]).sound, parse(parts[1]).sound) == ((), (b"sound",))
    assert pairs.encode(faces[6], 9 * STEP) is not None  # a slow camera's


def test_lips_and_lids_open_as_told_to_a_step(faces):
    meeting = meet(faces)
    for real, seen in zip(faces[::5], meeting.shown[LAG::5], strict=False):
        told, got = (measure_controls(remove_pose(face, fit_pose(face)))[list(OPENINGS)] for face in (real, seen))
        assert np.abs(told - got).max() < 1.5 * CONTROL_STEP


@pytest.mark.parametrize(("loss", "mean", "most"), [(0.05, 0.5, 6.0), (0.2, 0.9, 9.0)])
def test_lost_packets_are_bridged_and_nothing_jumps(faces, loss, mean, most):
    meeting = meet(faces, loss)
    assert meeting.receiver.counts.shown < len(faces)
    errors = [error(real, seen) for real, seen in zip(faces, meeting.shown[LAG:], strict=False)]
    assert np.mean(errors[10:]) < mean and max(errors[10:]) < most
    assert max(steps(meeting.shown[10:])) < 1.5 * max(steps(faces))


def test_a_long_gap_holds_the_face_and_is_met_again_smoothly(faces):
    gap = range(60, 110)
    meeting = meet(faces, gap=gap)
    held = meeting.shown[gap.start + LAG + 12 : gap.stop - 1]
    assert max(steps(held)) < 0.05
    distance = error(meeting.shown[gap.stop - 1], faces[gap.stop])
    assert max(steps(meeting.shown)) < max(1.5 * max(steps(faces)), 0.25 * distance)
    assert error(faces[120], meeting.shown[120 + LAG]) < 1.0  # half of a second after the gap


def test_a_face_that_is_not_seen_is_held(faces):
    lost: list[Landmarks | None] = [*faces[:50], *[None] * 20, *faces[70:80]]
    meeting = meet(lost)
    assert max(steps(meeting.shown[50 + LAG + 10 : 70])) < 0.05


def test_lost_changes_spoil_nothing_but_themselves(faces):
    """Each change refers to a frame that the other side is known to have."""
    meeting = meet(faces, loss=0.2)
    assert meeting.receiver.counts.unreadable == 0
    assert meeting.receiver.counts.refused == 0


def test_it_starts_over_after_the_reference_was_lost(faces):
    sender, receiver = MotionSender((512, 512)), MotionReceiver()
    first = sender.encode(faces[0], 0)
    assert first is not None and sender.face is not None
    assert receiver.take(first) is None and receiver.counts.unreadable == 1
    heard = parse(receiver.heard())
    assert isinstance(heard, HeardPacket) and heard.wants_face and heard.wants_key
    assert sender.heard(heard)
    receiver.take(sender.face)
    second = sender.encode(faces[1], 40)
    assert second is not None and receiver.take(second) is not None
    assert error(faces[1], receiver.landmarks(40)) < 0.5


def test_late_and_doubled_packets_change_nothing(faces):
    sender, receiver = MotionSender((512, 512)), MotionReceiver()
    packets = [sender.encode(face, number * STEP) for number, face in enumerate(faces[:10])]
    receiver.take(sender.face)
    for packet in packets:
        receiver.take(packet)
    before = receiver.landmarks(9 * STEP)
    for packet in packets[::-1]:
        assert receiver.take(packet) is None
    np.testing.assert_array_equal(receiver.landmarks(9 * STEP), before)
    assert receiver.counts.late == 10


def test_sequences_start_again_at_zero(faces):
    sender, receiver = MotionSender((512, 512)), MotionReceiver()
    sender._sequence = NUM_SEQUENCES - 5
    for number, face in enumerate(faces[:12]):
        packet = sender.encode(face, number * STEP)
        if number == 0:
            receiver.take(sender.face)
        assert receiver.take(packet) is not None
        heard = parse(receiver.heard())
        sender.heard(heard)
    assert receiver.counts.shown == 12
    assert parse(sender.encode(faces[12], 12 * STEP)).reference == 1


def test_another_picture_size_goes_on_with_another_reference(faces):
    sender, receiver = MotionSender((512, 512)), MotionReceiver()
    for number, face in enumerate(faces[:20]):
        if number == 10:
            sender.start_anew((1024, 1024))
        face = face * np.float32(2 if number >= 10 else 1)
        packet = sender.encode(face, number * STEP)
        if number in (0, 10):
            receiver.take(sender.face)
        assert receiver.take(packet) is not None
        sender.heard(parse(receiver.heard()))
        assert error(face, receiver.landmarks(number * STEP)) < 0.5


def test_a_full_line_holds_frames_back(faces):
    """Never more bits a second than asked, whatever the face does."""
    sender = MotionSender((512, 512), max_rate=3000)
    wild = np.random.default_rng(0).permutation(len(faces))
    bits = [8 * len(sender.encode(faces[place], number * STEP) or b"") for number, place in enumerate(wild)]
    assert sender.num_held > 0
    for start in range(25, len(bits) - 25):
        assert sum(bits[start : start + 25]) <= 3000 * 1.5
    assert MAX_RATE == 30_000


def test_what_a_stranger_says_to_have_heard_is_not_believed(faces):
    sender = MotionSender((512, 512))
    sender.encode(faces[0], 0)
    sender.heard(HeardPacket(40_000, 0, False, False))
    packet = parse(sender.encode(faces[1], STEP))
    assert packet.reference == 0
    assert parse(heard_bytes(HeardPacket(7, 9, True, False))) == HeardPacket(7, 9, True, False)

"""What is shown when, and what a flood of packets comes to."""

import numpy as np

from headcast.calls.shown import LEAST_PLAYOUT, MOST_PACKETS, MOST_PLAYOUT, Flood, OtherClock, ShownFace
from headcast.geometry.builtin import builtin_motion
from headcast.live.performance import LiveControls
from headcast.telepresence.sender import MotionSender


def test_what_is_shown_lags_behind_the_quickest_packet_as_far_as_packets_come_late():
    random, clock = np.random.default_rng(0), OtherClock()
    assert clock.at(1.0) is None
    for number in range(200):
        clock.take(40 * number, 100 + 0.04 * number + 0.030)  # a way of 30 ms, always
    assert clock.playout == LEAST_PLAYOUT
    assert abs(clock.at(100 + 0.04 * 200) - (40 * 200 - 30 - LEAST_PLAYOUT)) < 1e-6
    pairs = OtherClock()
    for number in range(1, 200, 2):  # the first of two waits for the second
        pairs.take(40 * number, 100 + 0.04 * number + 0.030, span=40)
    assert abs(pairs.playout - 80) < 1e-6
    for number in range(200, 500):
        clock.take(40 * number, 100 + 0.04 * number + random.uniform(0.030, 0.130))
    assert 100 < clock.playout < 150
    for number in range(500, 800):
        clock.take(40 * number, 100 + 0.04 * number + random.uniform(0.030, 2.0))
    assert clock.playout == MOST_PLAYOUT


def test_a_side_that_sends_too_much_is_not_read_and_one_that_does_not_is():
    flood = Flood()
    assert sum(flood.allows(10.0, 1) for _ in range(1000)) == MOST_PACKETS
    assert sum(flood.allows(10.0 + number / 1000, 1) for number in range(1000)) <= MOST_PACKETS + 1
    calm = Flood()
    assert all(calm.allows(number / 30, 1) for number in range(1000))


def test_of_a_flood_of_reference_faces_few_are_read(monkeypatch):
    shown, sender = ShownFace([], None, LiveControls(), max_side=64), MotionSender((64, 64))
    sender.encode(builtin_motion("nod", seconds=0.1).landmarks[0], 0)
    read: list[bytes] = []
    monkeypatch.setattr(shown.receiver, "take", read.append)
    monkeypatch.setattr("headcast.calls.shown.time.monotonic", lambda: 10.0)
    for _ in range(2000):
        shown.take(sender.face)
    assert len(read) == 7

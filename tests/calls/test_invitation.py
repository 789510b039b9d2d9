"""Lines that people copy: what comes of them, and what is said of those that are damaged."""

import random
import zlib

import pytest

from headcast.calls.invitation import ANSWER, MAX_LINE, OFFER, read_line, read_message, write_line

SDP = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" * 3


def test_a_line_comes_back_also_where_it_was_broken_by_copying():
    line = write_line(OFFER, SDP)
    assert "\n" not in line and len(line) < 300
    assert read_line(line, OFFER) == SDP
    assert (
        read_line("  " + "\n".join(line[start : start + 40] for start in range(0, len(line), 40)) + " \r\n", OFFER)
        == SDP
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda line: "", "no line of a call"),
        (lambda line: line[4:], "no line of a call"),
        (lambda line: line[:-3], "damaged; copy it again"),
        (lambda line: line.replace("HC1", "HC2"), "version HC2, expected HC1"),
        (lambda line: "x" * (MAX_LINE + 1), "no line of a call"),
        (lambda line: write_line(ANSWER, SDP), "this line is the answer to an invitation"),
    ],
)
def test_a_line_that_is_none_says_why(change, message):
    with pytest.raises(ValueError, match=message):
        read_line(change(write_line(OFFER, SDP)), OFFER)


def test_a_line_that_unpacks_to_more_than_a_description_is_refused():
    bomb = write_line(OFFER, "a" * 10_000_000)
    assert len(bomb) < MAX_LINE
    with pytest.raises(ValueError, match="damaged"):
        read_line(bomb, OFFER)


def test_damage_of_any_kind_is_a_value_error():
    choose, line = random.Random(0), write_line(OFFER, SDP)
    for _ in range(2000):
        content = bytearray(line.encode())
        for _ in range(choose.randrange(1, 4)):
            content[choose.randrange(len(content))] = choose.randrange(33, 126)
        _, _, body = content.decode().rpartition(".")
        damaged = f"HC1.{zlib.crc32(body.encode()):08x}.{body}" if choose.random() < 0.5 else content.decode()
        try:
            assert isinstance(read_line(damaged, OFFER), str)
        except ValueError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize(
    "message",
    [
        b"\xff",
        "[]",
        "{",
        '{"kind": 3}',
        '{"kind": "line", "line": 3}',
        '{"kind": "line", "number": -1}',
        "x" * 30_000,
        None,
    ],
)
def test_what_a_room_relays_is_read_strictly(message):
    with pytest.raises(ValueError):
        read_message(message)

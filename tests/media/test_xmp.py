import pytest

from headcast.media.xmp import MAX_PACKET_SIZE, from_xmp, to_xmp

HOSTILE_ENTITY = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<x:xmpmeta xmlns:x="adobe:ns:meta/">&b;</x:xmpmeta>"""


def test_what_is_written_is_read_again_whatever_the_letters():
    metadata = {"comment": "a <b> & 'c' \"d\"", "headcast_consent": "größer 漢字 \U0001f600", "seed": ""}
    assert from_xmp(to_xmp(metadata)) == metadata


def test_standard_keys_stand_under_their_standard_names():
    packet = to_xmp({"digital_source_type": "http://example.org/type"}).decode()
    assert "<Iptc4xmpExt:DigitalSourceType>http://example.org/type</Iptc4xmpExt:DigitalSourceType>" in packet


def test_letters_that_xml_cannot_hold_become_question_marks():
    assert from_xmp(to_xmp({"comment": "a\x00b\x1b[31m"})) == {"comment": "a?b?[31m"}


def test_refuses_a_key_that_is_no_identifier():
    with pytest.raises(ValueError, match="metadata key 'a b', expected lower-case"):
        to_xmp({"a b": "1"})


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"no xml",
        b"<x>",
        HOSTILE_ENTITY,
        b"\xff\xfe\x00",
        b"<?xml version='1.0' encoding='made-up'?><x/>",
        to_xmp({"comment": "x" * MAX_PACKET_SIZE}),
    ],
)
def test_a_foreign_broken_or_hostile_packet_holds_nothing(packet):
    assert from_xmp(packet) == {}

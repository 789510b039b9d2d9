"""How a side looks, sent in pieces and put together again by somebody who believes nothing."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from headcast.calls.look import LookReceiver, make_look, read_note
from headcast.errors import HeadcastError
from headcast.limits import MAX_LOOK_BYTES
from headcast.networks.notes import default_checkpoint_path
from headcast.provenance.marks import fingerprint
from headcast.reenact.source import open_source


@pytest.fixture(scope="module")
def source(astronaut):
    return open_source(astronaut)


@pytest.fixture
def look(source, astronaut_path, tmp_path):
    return make_look(replace(source, consent="by herself"), astronaut_path, tmp_path)


def test_a_photo_is_sent_as_a_photo_and_becomes_the_same_person(look, source, tmp_path):
    (tmp_path / "other").mkdir()
    note = read_note(look.note.as_table())
    assert note == look.note and note.kind == "photo" and note.consent == "by herself" and note.num_bytes < 300_000
    receiver = LookReceiver(note, tmp_path / "other")
    assert [receiver.add(piece) for piece in look.pieces()][-1]
    opened = receiver.opened()
    assert np.abs(opened.sitter.shot.landmarks - source.sitter.shot.landmarks).mean() < 1.0
    receiver.close()
    assert not list((tmp_path / "other").iterdir())


def test_an_avatar_is_sent_as_it_is(tmp_path, source):
    file = tmp_path / "a.avatar"
    file.write_bytes(b"x" * 40_000)
    look = make_look(source, file, tmp_path)
    assert look.note.kind == "avatar" and look.path == file and look.note.sha256 == fingerprint(file)
    assert b"".join(look.pieces()) == file.read_bytes()


@pytest.mark.parametrize(
    "change",
    [{"kind": "exe"}, {"num_bytes": MAX_LOOK_BYTES + 1}, {"num_bytes": 0}, {"num_bytes": True}, {"sha256": "../../x"},
     {"sha256": "0" * 63}, {"consent": "x" * 501}, {"consent": None}, {"model_sha256": None}],
)  # fmt: skip
def test_a_note_that_is_none_is_refused(look, change):
    with pytest.raises(ValueError):
        read_note({**look.note.as_table(), **change})


def test_more_than_was_said_or_something_else_is_refused(look, tmp_path):
    pieces = list(look.pieces())
    receiver = LookReceiver(replace(look.note, num_bytes=look.note.num_bytes - 1), tmp_path)
    with pytest.raises(ValueError, match="larger than was said"):
        for piece in pieces:
            receiver.add(piece)
    receiver.close()
    receiver = LookReceiver(look.note, tmp_path)
    with pytest.raises(ValueError, match="not the one that was announced"):
        for piece in [b"\0" + pieces[0][1:], *pieces[1:]]:
            receiver.add(piece)
    receiver.close()


@pytest.mark.parametrize("kind", ["avatar", "photo"])
def test_a_file_that_is_something_else_is_refused_in_one_line(kind, tmp_path, source):
    junk = SimpleNamespace(kind=kind, num_bytes=9, sha256=None, model_sha256=fingerprint(default_checkpoint_path()))
    (tmp_path / "junk").write_bytes(b"#!/bin/sh")
    junk.sha256 = fingerprint(tmp_path / "junk")
    receiver = LookReceiver(junk, tmp_path)
    assert receiver.add(b"#!/bin/sh")
    with pytest.raises(HeadcastError) as refused:
        receiver.opened()
    assert "\n" not in str(refused.value)
    receiver.close()


def test_a_photo_for_other_weights_is_refused(look, tmp_path):
    receiver = LookReceiver(replace(look.note, model_sha256="0" * 64), tmp_path / "..")
    with pytest.raises(HeadcastError, match="for other weights"):
        receiver.opened()
    receiver.close()

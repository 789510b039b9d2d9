import json

import pytest

from headcast.personalization.budget import default_steps


def test_photos_become_an_avatar_that_can_be_shown_and_verified(headcast, tmp_path, astronaut_path, checkpoint):
    output = tmp_path / "eileen.avatar"
    ended = headcast(
        *("personalize", "-s", astronaut_path, astronaut_path, "-o", output, "--steps", 2),
        *("--consent", "NASA, public domain", "--checkpoint", checkpoint, "--json"),
    )
    assert ended.code == 0, ended.err
    answer = json.loads(ended.out)
    assert (answer["ok"], answer["num_shots"], answer["num_steps"]) == (True, 1, 2)
    assert answer["dropped"] == [f"{astronaut_path} is left out: the same picture as {astronaut_path}"]

    shown = headcast("avatar", "show", output)
    assert shown.code == 0
    assert "a photo of 512x512 pixels" in shown.out
    assert "consent: NASA, public domain" in shown.out
    assert answer["reason"] in shown.out
    assert "consent: NASA, public domain" in headcast("verify", output).out


@pytest.mark.parametrize("command", ["show", "verify", "animate"])
@pytest.mark.parametrize("content", [b"", b"not what it says", b"\x80\x04\x8c\x05posix."])
def test_a_wrong_avatar_ends_in_one_line(headcast, tmp_path, command, content):
    path = tmp_path / "a.avatar"
    path.write_bytes(content)
    words = {
        "show": ("avatar", "show", path),
        "verify": ("verify", path),
        "animate": ("animate", "-s", path, "--motion", "nod", "-o", tmp_path / "out.mp4"),
    }[command]
    ended = headcast(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"headcast: error: {path} is not an avatar of headcast")
    assert ended.err.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["a.avatar"]


@pytest.mark.parametrize("text", ["", "two\nlines", "x" * 501])
def test_a_note_on_consent_is_one_line(headcast, tmp_path, astronaut_path, text):
    ended = headcast("personalize", "-s", astronaut_path, "-o", tmp_path / "a.avatar", "--consent", text)
    assert ended.code == 2
    assert "expected one line of 1 to 500 printable characters" in ended.err


def test_a_missing_photo_ends_in_one_line(headcast, tmp_path, checkpoint):
    output = tmp_path / "a.avatar"
    ended = headcast("personalize", "-s", tmp_path / "no.jpg", "-o", output, "--checkpoint", checkpoint)
    assert ended.code == 2
    assert "no.jpg does not exist" in ended.err
    assert ended.err.count("\n") == 1
    assert not output.exists()


def test_the_help_states_the_steps_that_are_taken(headcast):
    text = " ".join(headcast("personalize", "--help").out.split())
    assert f"default: {default_steps(1)}, and {default_steps(2) - default_steps(1)} for each further photo" in text

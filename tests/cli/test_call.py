import pytest

from headcast.cli.main import main

pytest.importorskip("aiortc", reason="calls need headcast[studio]")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--camera", "nowhere.mp4"], "no camera or video file nowhere.mp4"),
        (["--room", "ws://x/api/rooms/y", "--answer", "HC1"], "not allowed with argument"),
        (["--max-side", "9"], "is not a whole number from 64 to 1920"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(words, message, astronaut_path, capsys):
    try:
        code = main(["call", "-s", str(astronaut_path), "--no-page", "--no-sound", *words])
    except SystemExit as ended:  # what the parser refuses
        code = ended.code
    assert code == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1

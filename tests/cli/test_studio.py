import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from functools import partial

import pytest

pytest.importorskip("fastapi", reason="the studio needs headcast[studio]")


@pytest.fixture
def started(tmp_path):
    """Starts a command that serves, with a temporary folder of its own; returns the process and its first line."""
    processes = []

    def start(*words):
        attend = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # which a shell's background job ignores
        command = [sys.executable, "-m", "headcast", *words, "--port", "0", "--json"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen(command, **pipes, env=os.environ | {"TMPDIR": str(tmp_path)}, preexec_fn=attend)
        processes.append(process)
        return process, process.stderr.readline()

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("words", "end", "code"), [(("serve",), "SIGINT", 0), (("studio", "--no-browser"), "SIGTERM", 143)]
)
def test_it_serves_until_it_is_told_to_end_and_leaves_nothing(started, tmp_path, words, end, code):
    process, line = started(*words)
    url = re.match(r"open (http://127\.0\.0\.1:\d+/) in a browser; Ctrl-C ends", line)[1]
    with urllib.request.urlopen(url, timeout=10) as page:
        assert b"Headcast Studio" in page.read()
    with urllib.request.urlopen(f"{url}api/status", timeout=10) as answer:
        assert "nod" in json.load(answer)["motions"]
    assert list(tmp_path.iterdir())
    process.send_signal(getattr(signal, end))
    process.communicate(timeout=60)
    assert process.returncode == code and not list(tmp_path.iterdir())


def test_what_a_killed_server_left_goes_with_the_next(started, tmp_path):
    process, _ = started("serve")
    process.kill()
    process.wait()
    left = set(tmp_path.iterdir())
    assert left
    started("serve")
    assert not left & set(tmp_path.iterdir())


def test_on_another_address_a_token_is_made_and_asked_for(started):
    process, line = started("serve", "--address", "0.0.0.0")
    port, token = re.search(r"http://0\.0\.0\.0:(\d+)/\?token=([\w-]{32,})", line).groups()
    assert "not encrypted" in process.stderr.readline()
    url = f"http://127.0.0.1:{port}/api/status"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(url, timeout=10)
    with urllib.request.urlopen(f"{url}?token={token}", timeout=10) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("command", ["studio", "serve", "study serve ."])
def test_without_the_extra_one_line_says_what_to_install(command):
    code = "import sys; sys.modules['fastapi'] = None; from headcast.cli.main import main; sys.exit(main(sys.argv[1:]))"
    ended = subprocess.run([sys.executable, "-c", code, *command.split()], capture_output=True, text=True, check=False)
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1
    assert "pip install 'headcast[studio]'" in ended.stderr


def test_a_token_that_could_be_guessed_is_refused(capsys):
    from headcast.cli.main import main

    assert main(["serve", "--address", "0.0.0.0", "--token", "short"]) == 2
    assert "at least 16" in capsys.readouterr().err

"""A whole call, camera to picture, between two sides in one process: real faces, networks and connection."""

import queue
import threading

import numpy as np
import pytest

pytest.importorskip("aiortc", reason="calls need headcast[studio]")
from moving_photo import write_moving_photo

from headcast.calls.peer import CallError
from headcast.calls.run import CallOptions, CallSummary, run_call
from headcast.errors import MediaError
from headcast.live.performance import LiveControls
from headcast.reenact.source import open_source


class Shown:
    """A sink that keeps the last pictures."""

    def __init__(self) -> None:
        self.pictures: list[np.ndarray] = []

    def show(self, picture) -> None:
        self.pictures = [*self.pictures, picture][-30:]

    def close(self) -> None:
        pass

    @property
    def largest_change(self) -> float:
        """Mean absolute difference of the picture that is least like the first, in levels."""
        pictures = self.pictures
        return max(float(np.abs(picture.astype(int) - pictures[0]).mean()) for picture in pictures)


def test_two_people_meet_by_copied_lines(astronaut_path, tmp_path):
    camera = str(write_moving_photo(tmp_path / "camera.mp4", 600, rate=10))
    lines: dict[str, queue.Queue] = {"invitation": queue.Queue(), "answer": queue.Queue()}
    sinks, results, over = {"ann": Shown(), "ben": Shown()}, {}, threading.Event()

    def say(name: str, kind: str):
        return lambda line: lines[kind].put(line) if line.startswith("HC1.") else None

    def call(name: str, line: str | None, kind: str) -> None:
        options = CallOptions(astronaut_path, camera, line=line, max_side=160)
        results[name] = run_call(
            options, open_source(astronaut_path), [sinks[name]], LiveControls(mirror=False), say=say(name, kind),
            ask=lambda _: lines["answer"].get(timeout=60), is_over=over.is_set,
        )  # fmt: skip

    ann = threading.Thread(target=call, args=("ann", None, "invitation"))
    ann.start()
    ben = threading.Thread(target=call, args=("ben", lines["invitation"].get(timeout=60), "answer"))
    ben.start()
    waiting = threading.Event()
    for _ in range(600):
        enough = all(len(sink.pictures) >= 12 and sink.largest_change > 0.2 for sink in sinks.values())
        if enough or not (ann.is_alive() and ben.is_alive()):
            break
        waiting.wait(0.1)
    over.set()
    for thread in (ann, ben):
        thread.join(timeout=30)
    for name in ("ann", "ben"):
        summary = results[name]
        assert isinstance(summary, CallSummary) and summary.num_packets > 10 and summary.num_unreadable <= 3
        assert max(sinks[name].pictures[0].shape) == 160
        assert sinks[name].largest_change > 0.2  # it moves


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"camera": "nowhere.mp4"}, "no camera or video file nowhere.mp4"),
        ({"line": "hello"}, "this is no line of a call"),
        ({"room": "ws://127.0.0.1:9/api/rooms/x"}, "no server at ws://127.0.0.1:9"),
    ],
)
def test_what_does_not_come_about_is_said_in_one_line(options, message, astronaut_path, tmp_path):
    camera = str(write_moving_photo(tmp_path / "camera.mp4", 100))
    asked = CallOptions(astronaut_path, **{"camera": camera, **options})
    with pytest.raises((CallError, MediaError), match=message) as refused:
        run_call(asked, open_source(astronaut_path), [], LiveControls(), say=lambda _: None, ask=lambda _: "")
    assert "\n" not in str(refused.value)


def test_without_an_answer_the_call_hangs_up(astronaut_path, tmp_path):
    said: list[str] = []
    asked = CallOptions(astronaut_path, str(write_moving_photo(tmp_path / "camera.mp4", 100)))
    answers = iter(["HC1.00000000.x", ""])
    summary = run_call(
        asked, open_source(astronaut_path), [], LiveControls(), say=said.append, ask=lambda _: next(answers)
    )
    assert summary.num_packets == 0 and said[-1] == "no answer was given; hung up"

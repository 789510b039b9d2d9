"""Networks from the cache against networks that were just compiled."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headcast.compiled
from headcast.compiled import FOLDER, MAX_FILES, compiled_network
from headcast.errors import HeadcastError
from headcast.openvino_loader import load_openvino

SETTINGS = {"INFERENCE_PRECISION_HINT": "f32"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache of our own, and nothing compiled in this process."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(headcast.compiled, "_networks", type(headcast.compiled._networks)())
    yield tmp_path / "headcast" / FOLDER


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Forget what this process has compiled, as another process would not know it."""
    return headcast.compiled._networks.clear


class Adding:
    """Builds a network that adds a number, and counts how often it was built."""

    def __init__(self, number: float) -> None:
        self.number, self.num_built = number, 0

    def __call__(self) -> Any:
        openvino = load_openvino()
        self.num_built += 1
        given = openvino.opset13.parameter([1, 3], np.float32)
        return openvino.Model([openvino.opset13.add(given, np.full((1, 3), self.number, np.float32))], [given])

    def answer(self, content: bytes = b"", settings: dict[str, Any] = SETTINGS) -> float:
        """What the network makes of 1."""
        network = compiled_network(self, [content], settings)
        return float(network.create_infer_request().infer([np.ones((1, 3), np.float32)])[0][0, 0])


def test_what_was_compiled_is_read_by_the_next_process(folder: Path, anew: Callable[[], None]) -> None:
    one = Adding(2)
    assert one.answer() == one.answer() == 3
    assert one.num_built == 1
    anew()
    assert one.answer() == 3
    assert one.num_built == 1 and len(list(folder.iterdir())) == 1


def test_other_content_or_settings_are_another_network() -> None:
    one, other = Adding(2), Adding(5)
    assert (one.answer(b"two"), other.answer(b"five")) == (3, 6)
    assert one.answer(b"two", {**SETTINGS, "PERFORMANCE_HINT": "LATENCY"}) == 3
    assert one.num_built == 2
    compiled_network(other, [b"fi", b"ve"], SETTINGS)  # the same bytes, cut elsewhere
    assert other.num_built == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        lambda file: file.write_bytes(file.read_bytes()[:60] + b"x" + file.read_bytes()[61:]),
        lambda file: file.unlink(),
        lambda file: (file.unlink(), file.mkdir()),
    ],
)
def test_a_damaged_file_costs_time_only(folder: Path, anew: Callable[[], None], damage: Callable[[Path], Any]) -> None:
    one = Adding(2)
    one.answer()
    (file,) = folder.iterdir()
    damage(file)
    anew()
    assert one.answer() == 3
    assert one.num_built == 2


def test_a_file_that_openvino_cannot_read_costs_time_only(folder: Path, anew: Callable[[], None]) -> None:
    from hashlib import sha256

    one = Adding(2)
    one.answer()
    (file,) = folder.iterdir()
    file.write_bytes(sha256(b"from elsewhere").digest() + b"from elsewhere")
    anew()
    assert one.answer() == 3 and one.num_built == 2


def test_where_nothing_can_be_written_it_works_without(tmp_path: Path, anew: Callable[[], None]) -> None:
    (tmp_path / "headcast").write_text("a file where the folder should be")
    one = Adding(2)
    assert one.answer() == 3
    anew()
    assert one.answer() == 3
    assert one.num_built == 2


def test_the_oldest_files_go(folder: Path) -> None:
    for number in range(MAX_FILES + 3):
        Adding(number).answer(str(number).encode())
    assert len(list(folder.iterdir())) == MAX_FILES
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_threads_that_ask_at_once_compile_once() -> None:
    one, answers = Adding(2), []
    threads = [threading.Thread(target=lambda: answers.append(one.answer())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [3] * 8 and one.num_built == 1


def test_a_network_whose_file_is_cut_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    path.write_bytes(b"cut")
    with pytest.raises(HeadcastError, match=r"^[^\n]* headcast doctor [^\n]*: install Headcast again$"):
        compiled_network(lambda: load_openvino().Core().read_model(path), [b"cut"], SETTINGS)

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from headcast.errors import CheckpointError
from headcast.networks.checkpoint import load_checkpoint, save_checkpoint
from headcast.networks.model import build_model
from headcast.networks.notes import CheckpointNotes, read_notes
from headcast.networks.presets import PRESETS
from headcast.types import DRAWING_STYLE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "model.safetensors"
    save_checkpoint(target, build_model(PRESETS["tiny"], seed=3), CheckpointNotes("tiny", step=7))
    return target


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrite the header of a safetensors file, leaving its data as they are."""
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])


@pytest.mark.parametrize("preset", ["tiny", "tiny_paper"])
def test_a_full_precision_checkpoint_rebuilds_the_same_model(tmp_path: Path, preset: str) -> None:
    model = build_model(PRESETS[preset], seed=3)
    save_checkpoint(tmp_path / "model.safetensors", model, CheckpointNotes(preset), half=False)
    loaded = load_checkpoint(tmp_path / "model.safetensors")
    assert loaded.config == model.config
    for name in ("embedder", "generator", "discriminator"):
        network = getattr(loaded, name)
        assert not network.training
        for key, value in getattr(model, name).state_dict().items():
            assert torch.equal(network.state_dict()[key], value)
    frames, embedding = torch.rand(2, 3, 64, 64), torch.rand(2, 16)
    expected = model.discriminator.eval()(frames, frames, embedding)[0]
    torch.testing.assert_close(loaded.discriminator(frames, frames, embedding)[0], expected)


def test_half_precision_halves_the_file_and_hardly_changes_the_frame(tmp_path: Path, path: Path) -> None:
    model = build_model(PRESETS["tiny"], seed=3)
    full = tmp_path / "full.safetensors"
    save_checkpoint(full, model, CheckpointNotes("tiny"), half=False)
    assert path.stat().st_size < 0.65 * full.stat().st_size
    conditioning, embedding = torch.rand(1, 13, 64, 64), torch.rand(1, 16)
    frames = [
        network.eval()(conditioning, network.project(embedding)).image
        for network in (load_checkpoint(path).generator, model.generator)
    ]
    assert frames[0].dtype == torch.float32
    torch.testing.assert_close(frames[0], frames[1], atol=1e-3, rtol=0)


def test_notes_are_read_without_loading(path: Path) -> None:
    notes = read_notes(path)
    assert (notes.preset, notes.step, notes.drawing_style, notes.training) == ("tiny", 7, DRAWING_STYLE, {})


def test_nothing_half_written_is_left(path: Path) -> None:
    assert [file.name for file in path.parent.iterdir()] == ["model.safetensors"]


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def cut_in_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


def pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps({"embedder": Path("/")}))


def giant_header(path: Path) -> None:
    path.write_bytes((1 << 40).to_bytes(8, "little") + b"{}" * 100)


def nested_header(path: Path) -> None:
    path.write_bytes((200_000).to_bytes(8, "little") + b"[" * 200_000)


def giant_shapes(path: Path) -> None:
    def change(header: dict[str, Any]) -> None:
        for name, entry in header.items():
            if name != "__metadata__":
                entry["shape"] = [1 << 30, 1 << 30]

    edit(path, change)


def giant_configuration(path: Path) -> None:
    def change(header: dict[str, Any]) -> None:
        config = json.loads(header["__metadata__"]["config"])
        header["__metadata__"]["config"] = json.dumps({**config, "generator_widths": [10**9] * 3})

    edit(path, change)


def largest_configuration(path: Path) -> None:
    """Within bounds, but gigabytes: it must be refused without being allocated."""

    def change(header: dict[str, Any]) -> None:
        config = json.loads(header["__metadata__"]["config"])
        header["__metadata__"]["config"] = json.dumps({**config, "generator_widths": [2048] * 3})

    edit(path, change)


def unknown_setting(path: Path) -> None:
    def change(header: dict[str, Any]) -> None:
        header["__metadata__"]["config"] = '{"depth": 3}'

    edit(path, change)


def other_drawing(path: Path) -> None:
    edit(path, lambda header: header["__metadata__"].update(drawing_style="0"))


def later_version(path: Path) -> None:
    def change(header: dict[str, Any]) -> None:
        header["__metadata__"]["version"] = "99"

    edit(path, change)


def other_tensors(path: Path) -> None:
    save_file({"weight": torch.zeros(3)}, path)


def missing_tensor(path: Path) -> None:
    def change(header: dict[str, Any]) -> None:
        del header["generator.head.bias"]

    edit(path, change)


def other_type(path: Path) -> None:
    tensors = load_file(path)
    tensors["generator.head.bias"] = tensors["generator.head.bias"].to(torch.int64)
    content = path.read_bytes()
    metadata = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
    save_file(tensors, path, metadata)


def one_number(value: float) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        tensors = load_file(path)
        tensors["generator.head.bias"][-1] = value
        content = path.read_bytes()
        metadata = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
        save_file(tensors, path, metadata)

    return damage


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (one_number(torch.nan), "generator.head.bias holds numbers that are not finite"),
        (one_number(-torch.inf), "generator.head.bias holds numbers that are not finite"),
        (cut_short, "is damaged"),
        (cut_in_the_header, "or is cut short"),
        (pickled, "is not a checkpoint of headcast"),
        (giant_header, "is not a checkpoint of headcast"),
        (nested_header, "its header is not JSON"),
        (giant_shapes, "does not fit its configuration"),
        (giant_configuration, "generator_widths must hold whole numbers up to 2048"),
        (largest_configuration, "does not fit its configuration"),
        (unknown_setting, "unknown model setting 'depth'"),
        (other_drawing, "was trained on landmark images of style '0', this program draws style 1; use the version"),
        (later_version, "has format version '99', this program reads 1"),
        (other_tensors, "expected one written by `headcast train`"),
        (missing_tensor, r"tensor 'generator\.head\.bias' is missing or unknown"),
        (other_type, r"generator\.head\.bias should be \(16,\) in F16 or F32"),
        (lambda path: path.write_bytes(b""), "or is cut short"),
        (Path.unlink, "no such checkpoint"),
    ],
)
def test_a_strangers_file_is_refused_in_one_line(path: Path, damage: Callable[[Path], object], message: str) -> None:
    damage(path)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_checkpoint(path)
    assert "\n" not in str(caught.value) and path.name in str(caught.value)


def test_the_folder_itself_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is a folder"):
        load_checkpoint(tmp_path)

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from headcast.avatars.avatar_file import AvatarContent, load_avatar, read_avatar_notes, save_avatar
from headcast.avatars.from_torch import tuned_avatar, weights_of
from headcast.errors import CheckpointError, HeadcastError
from headcast.networks.checkpoint import save_checkpoint
from headcast.networks.model import build_model
from headcast.networks.notes import CheckpointNotes
from headcast.networks.presets import PRESETS
from headcast.types import NUM_LANDMARKS, Box, Shot


def make_content(preset: str = "tiny", num_shots: int = 2) -> AvatarContent:
    """Random weights and pictures of the smallest sizes."""
    random = np.random.default_rng(0)
    config = PRESETS[preset]
    size = config.image_size
    shots = tuple(
        Shot(
            random.integers(256, size=(size, size, 3), dtype=np.uint8),
            random.uniform(0, size, (NUM_LANDMARKS, 3)).astype(np.float32),
            random.integers(256, size=(size, size)).astype(np.float32) / 255,
        )
        for _ in range(num_shots)
    )
    generator = build_model(config, seed=1).generator.eval()
    with torch.no_grad():
        parameters = generator.project(torch.rand(1, config.embedding_size))
    photo = random.integers(256, size=(90, 120, 3), dtype=np.uint8)
    full = random.integers(256, size=(70, 70, 3), dtype=np.uint8)
    shots = (*shots[:-1], replace(shots[-1], full=full))
    avatar = tuned_avatar(config, generator, parameters, shots)
    eyes = weights_of(build_model(PRESETS["eyes"], seed=2))
    tuned = random.normal(size=(1, len(eyes.generator["projection.bias"]))).astype(np.float32)
    avatar = replace(avatar, close_ups={"eyes": eyes}, close_up_parameters={"eyes": tuned})
    return AvatarContent(avatar, photo, Box(-3.5, 7.25, 80.0, 80.0), {"steps": 5}, {"consent": "asked Ann"})


@pytest.fixture(scope="module")
def content_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    target = tmp_path_factory.mktemp("avatars") / "ann.avatar"
    save_avatar(target, make_content())
    return target.read_bytes()


@pytest.fixture
def path(tmp_path: Path, content_bytes: bytes) -> Path:
    target = tmp_path / "ann.avatar"
    target.write_bytes(content_bytes)
    return target


@pytest.mark.parametrize("preset", ["tiny", "tiny_paper"])
def test_a_file_rebuilds_the_same_avatar(tmp_path: Path, preset: str) -> None:
    content = make_content(preset)
    save_avatar(tmp_path / "a.avatar", content)
    loaded = load_avatar(tmp_path / "a.avatar")
    assert loaded.avatar.config == replace(PRESETS[preset], spectral_norm=False)
    assert (loaded.box, loaded.settings, loaded.marks) == (content.box, content.settings, content.marks)
    np.testing.assert_array_equal(loaded.photo, content.photo)
    for mine, theirs in zip(loaded.avatar.shots, content.avatar.shots, strict=True):
        np.testing.assert_array_equal(mine.image, theirs.image)
        np.testing.assert_array_equal(mine.landmarks, theirs.landmarks)
        np.testing.assert_allclose(mine.matte, theirs.matte, atol=1e-6)
        np.testing.assert_array_equal(mine.at_full_size, theirs.at_full_size)
    np.testing.assert_array_equal(loaded.avatar.adain_parameters, content.avatar.adain_parameters)
    assert set(loaded.avatar.weights) == set(content.avatar.weights)
    for name, weight in content.avatar.weights.items():
        np.testing.assert_allclose(loaded.avatar.weights[name], weight, rtol=1e-3, atol=1e-6)  # half precision


def test_a_file_rebuilds_the_close_ups_that_were_tuned(tmp_path: Path) -> None:
    avatar = make_content().avatar
    untuned = replace(avatar, close_ups={**avatar.close_ups, "mouth": avatar.close_ups["eyes"]})  # the package's own
    save_avatar(tmp_path / "a.avatar", replace(make_content(), avatar=untuned))
    loaded = load_avatar(tmp_path / "a.avatar").avatar
    assert set(loaded.close_ups) == set(loaded.close_up_parameters) == {"eyes"}
    assert loaded.close_ups["eyes"].config == PRESETS["eyes"]
    np.testing.assert_array_equal(loaded.close_up_parameters["eyes"], avatar.close_up_parameters["eyes"])
    found, expected = loaded.close_ups["eyes"].generator, avatar.close_ups["eyes"].generator
    assert set(found) == set(expected)
    for name, weight in expected.items():
        np.testing.assert_allclose(found[name], weight, rtol=1e-3, atol=1e-6)  # half precision


def test_notes_are_read_without_loading(path: Path) -> None:
    notes = read_avatar_notes(path)
    assert (notes.num_shots, notes.photo_size) == (2, (120, 90))
    assert (notes.settings, notes.marks) == ({"steps": 5}, {"consent": "asked Ann"})


def test_saving_leaves_one_file(tmp_path: Path) -> None:
    save_avatar(tmp_path / "a.avatar", make_content())
    assert [file.name for file in tmp_path.iterdir()] == ["a.avatar"]


@pytest.mark.parametrize(("name", "message"), [("a.png", "ends in .avatar"), ("none/a.avatar", "make it first")])
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(HeadcastError, match=message):
        save_avatar(tmp_path / name, make_content())
    assert not list(tmp_path.iterdir())


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrite the header of a safetensors file, leaving its data as they are."""
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])


def with_entry(name: str, **values: Any) -> Callable[[Path], None]:
    return lambda path: edit(path, lambda header: header[name].update(values))


def with_metadata(**values: str) -> Callable[[Path], None]:
    return lambda path: edit(path, lambda header: header["__metadata__"].update(values))


def with_tensor(name: str, value: torch.Tensor) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        content = path.read_bytes()
        metadata = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
        save_file({**load_file(path), name: value}, path, metadata)

    return damage


def a_checkpoint(path: Path) -> None:
    save_checkpoint(path, build_model(PRESETS["tiny"], seed=0), CheckpointNotes("tiny"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-100]), "is damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:60]), "is not an avatar of headcast, or is cut short"),
        (lambda path: path.write_bytes(b""), "is not an avatar of headcast, or is cut short"),
        (lambda path: path.write_bytes(pickle.dumps({"generator": Path("/")})), "is not an avatar of headcast"),
        (lambda path: path.write_bytes((1 << 40).to_bytes(8, "little") + b"{}"), "is not an avatar of headcast"),
        (Path.unlink, "no such avatar"),
        (a_checkpoint, "expected one written by `headcast personalize`"),
        (with_metadata(drawing_style="2"), "was trained on landmark images of style '2', this program draws style 1"),
        (with_metadata(version="9"), "has format version '9', this program reads 1 and 2 and 3"),
        (with_metadata(config='{"depth": 3}'), "unknown model setting 'depth'"),
        (with_metadata(settings="[" * 100_000), "has broken notes"),
        (with_metadata(marks="[]"), "has broken notes"),
        (with_metadata(marks='{"consent": 3}'), "has broken marks"),
        (with_entry("shot_images", shape=[10**9, 64, 64, 3]), "holds 1000000000 shots, expected 1 to 32"),
        (with_entry("shot_images", shape=[2, 10**9, 64, 3]), "does not fit its configuration: shot_images"),
        (
            with_tensor("shot_full.1", torch.zeros((1025, 1025, 3), dtype=torch.uint8)),
            "a shot of more than 1024 pixels",
        ),
        (with_entry("shot_full.1", shape=[-70, -70, 3]), "a shot of more than 1024 pixels"),
        (with_entry("shot_full.1", shape=[70, 70, 4]), "does not fit its configuration: shot_full.1"),
        (with_entry("shot_full.1", dtype="F32"), r"shot_full.1 should be \(70, 70, 3\) in U8"),
        (lambda path: edit(path, lambda header: header.update({"shot_full.2": header.pop("shot_full.1")})), "unknown"),
        (with_entry("eyes.generator.head.bias", shape=[1 << 40]), r"eyes\.generator\.head\.bias should be \(16,\)"),
        (with_entry("eyes.adain_parameters", dtype="F16"), r"eyes\.adain_parameters should be .* in F32"),
        (
            lambda path: edit(path, lambda header: header.pop("eyes.adain_parameters")),
            "'eyes.adain_parameters' is missing",
        ),
        (
            lambda path: edit(
                path, lambda header: header.update({"nose.bias": header.pop("eyes.generator.head.bias")})
            ),
            "tensor 'eyes.generator.head.bias' is missing or unknown",
        ),
        (with_tensor("mouth.adain_parameters", torch.zeros((1, 9))), "tensor 'mouth.generator.* is missing"),
        (
            with_tensor("eyes.generator.head.bias", torch.full((16,), torch.nan)),
            "eyes.generator.head.bias holds numbers that are not finite",
        ),
        (with_entry("shot_mattes", shape="all"), "does not fit its configuration: shot_mattes"),
        (with_entry("photo", shape=[10**9, 10**9, 3]), "holds no photo of at most 4096 pixels"),
        (with_entry("photo", shape=[90, 120, 4]), "does not fit its configuration: photo"),
        (with_entry("box", dtype="I64"), r"box should be \(4,\) in F64"),
        (with_entry("generator.head.bias", shape=[1 << 40]), r"generator\.head\.bias should be \(16,\)"),
        (lambda path: edit(path, lambda header: header.pop("box")), "tensor 'box' is missing"),
        (with_tensor("box", torch.tensor([0.0, 0, 0, 0], dtype=torch.float64)), "its box does not show the photo"),
        (with_tensor("box", torch.tensor([0.0, 0, 1e30, 9], dtype=torch.float64)), "its box does not show"),
        (with_tensor("box", torch.tensor([500.0, 0, 50, 50], dtype=torch.float64)), "its box does not show the photo"),
        (with_tensor("box", torch.tensor([0, 0, 16384.0, 16384], dtype=torch.float64)), "its box does not show"),
        (with_tensor("box", torch.full((4,), torch.nan, dtype=torch.float64)), "its box does not show"),
        (
            with_tensor("generator.head.bias", torch.full((16,), torch.inf)),
            "generator.head.bias holds numbers that are",
        ),
        (
            with_tensor("adain_parameters", torch.full((1, 128), torch.nan)),
            "adain_parameters holds numbers that are not",
        ),
        (
            with_tensor("shot_landmarks", torch.full((2, NUM_LANDMARKS, 3), torch.nan)),
            "its landmarks are not finite numbers",
        ),
        (with_tensor("shot_landmarks", torch.zeros((2, NUM_LANDMARKS, 3))), "its landmarks all lie in one place"),
    ],
)
def test_a_strangers_file_is_refused_in_one_line(path: Path, damage: Callable[[Path], object], message: str) -> None:
    damage(path)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_avatar(path)
    assert "\n" not in str(caught.value) and path.name in str(caught.value)


def test_an_avatar_that_names_no_drawing_is_of_the_first(path: Path) -> None:
    edit(path, lambda header: header["__metadata__"].pop("drawing_style"))
    assert load_avatar(path).avatar.shots


def test_all_further_shots_together_are_bounded(path: Path) -> None:
    """Nine of the largest size, though each alone would do; nothing of them is read."""

    def promise(header: dict[str, Any]) -> None:
        for name in ("shot_images", "shot_landmarks", "shot_mattes"):
            header[name]["shape"][0] = 10
        header |= {
            f"shot_full.{number}": {**header["shot_full.1"], "shape": [1024, 1024, 3]} for number in range(1, 10)
        }

    edit(path, promise)
    with pytest.raises(CheckpointError, match="further shots of more than 8388608 pixels"):
        read_avatar_notes(path)


def test_avatars_of_earlier_versions_still_load(path: Path) -> None:
    content = load_avatar(path)
    second = replace(content.avatar, close_ups={}, close_up_parameters={})
    save_avatar(path, replace(content, avatar=second))
    with_metadata(version="2")(path)
    found = load_avatar(path).avatar
    assert found.shots[1].full is not None and not found.close_ups and not found.close_up_parameters
    first = replace(second, shots=tuple(replace(shot, full=None) for shot in content.avatar.shots))
    save_avatar(path, replace(content, avatar=first))
    with_metadata(version="1")(path)
    assert [shot.full for shot in load_avatar(path).avatar.shots] == [None, None]

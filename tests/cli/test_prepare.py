"""`headcast prepare` and `headcast data check`, as a user runs them."""

import json
import shutil
import subprocess
import sys

import pytest

from headcast.cli.demo import PHOTOS
from headcast.media.images import write_image


@pytest.fixture(scope="module")
def photos_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for name, photo in PHOTOS.items():
        write_image(folder / f"{name}.png", photo(), {})
    return folder


@pytest.fixture(scope="module")
def shards_dir(photos_dir, tmp_path_factory):
    out = tmp_path_factory.mktemp("shards")
    words = [sys.executable, "-m", "headcast", "prepare", photos_dir, out, "--workers", "1", "--json"]
    ended = subprocess.run([*map(str, words)], check=True, capture_output=True, text=True)
    answer = json.loads(ended.stdout)
    assert (answer["ok"], answer["num_clips"], answer["num_shards"]) == (True, len(PHOTOS), 2)
    assert answer["left_out"] == {}
    assert "clip/s" not in ended.stderr  # a bar is for people, not for pipes
    return out


def test_a_second_time_nothing_is_left_to_do(headcast, photos_dir, shards_dir):
    before = {path: path.stat().st_mtime_ns for path in shards_dir.glob("*.tar")}
    ended = headcast("prepare", photos_dir, shards_dir)
    assert ended.code == 0
    assert ended.out.startswith(f"{shards_dir}: {len(PHOTOS)} clips of {len(PHOTOS)} people, {len(PHOTOS)} frames")
    assert "left out: 0\n" in ended.out
    assert {path: path.stat().st_mtime_ns for path in shards_dir.glob("*.tar")} == before


def test_sound_shards_are_said_to_be_sound(headcast, shards_dir):
    ended = headcast("data", "check", shards_dir, "--workers", 1, "--json")
    answer = json.loads(ended.out)
    assert (ended.code, answer["ok"], answer["problems"]) == (0, True, [])
    assert (shards_dir / "contact_sheet.png").is_file()
    assert (shards_dir / "histograms.png").is_file()


def test_a_damaged_shard_is_named_with_exit_code_1(headcast, shards_dir, tmp_path):
    out = tmp_path / "shards"
    shutil.copytree(shards_dir, out)
    (out / "val-000000.tar").unlink()
    ended = headcast("data", "check", out, "--workers", 1)
    assert ended.code == 1
    assert ended.out.startswith("the manifest lists other identities for val")
    assert "\nval-000000.tar is missing\n" in ended.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("prepare", "nowhere", "out"), "no folder or tar file nowhere; give the clips' folder"),
        (("prepare", "photos", "photos/out"), "photos/out lies inside of photos; give a folder elsewhere"),
        (("prepare", "shards", "out"), "shards holds shards already"),
        (("data", "check", "photos"), "no manifest.json in photos; make the shards with `headcast prepare`"),
    ],
)
def test_a_mistake_ends_in_one_line(headcast, photos_dir, shards_dir, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").symlink_to(photos_dir)
    (tmp_path / "shards").symlink_to(shards_dir)
    ended = headcast(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"headcast: error: {message}\n" or ended.err.startswith(f"headcast: error: {message};")


@pytest.mark.slow
def test_a_ray_cluster_gives_the_same_shards(photos_dir, shards_dir, tmp_path):
    pytest.importorskip("ray")
    words = [sys.executable, "-m", "headcast", "prepare", photos_dir, tmp_path / "out", "--ray", "local"]
    subprocess.run([*map(str, words), "--workers", "2"], check=True, capture_output=True)
    shards = {path.name: path.read_bytes() for path in shards_dir.glob("*.tar")}
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.tar")} == shards

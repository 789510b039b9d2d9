import json
from pathlib import Path

import pytest

from headcast.data.manifest import is_shards, read_manifest, write_manifest
from headcast.errors import DataError


def test_a_manifest_comes_back_as_it_went(shards_dir: Path, tmp_path: Path) -> None:
    manifest = read_manifest(shards_dir)
    assert (manifest.num_clips, manifest.num_frames, len(manifest.shards)) == (6, 12, 4)
    assert manifest.num_bytes == sum(path.stat().st_size for path in shards_dir.glob("*.tar"))
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest
    assert is_shards(tmp_path)


def test_a_folder_without_manifest_is_one_line(tmp_path: Path) -> None:
    assert not is_shards(tmp_path)
    with pytest.raises(DataError, match=r"no manifest\.json in .*; make the shards with `headcast prepare`"):
        read_manifest(tmp_path)


def test_a_split_without_clips_is_one_line(shards_dir: Path) -> None:
    with pytest.raises(DataError, match="no clips of the split test, only train, val"):
        read_manifest(shards_dir).shards_of("test")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda table: [], "is no JSON table"),
        (lambda table: table | {"format": "other"}, "is no manifest of shards"),
        (lambda table: table | {"version": 99}, "has version 99, this program reads 1; update headcast"),
        (lambda table: table | {"shards": 5}, "is broken"),
        (lambda table: table | {"shards": [table["shards"][0] | {"file": "/etc/passwd"}]}, "is broken"),
        (lambda table: table | {"shards": [table["shards"][0] | {"file": "val-000000.tar"}]}, "is broken"),
        (lambda table: table | {"shards": [table["shards"][0] | {"num_clips": -1}]}, "is broken"),
        (lambda table: table | {"identities": {"train": "anna"}}, "is broken"),
        (lambda table: {name: table[name] for name in table if name != "videos"}, "is broken"),
    ],
)
def test_a_wrong_manifest_ends_in_one_line(shards_dir: Path, damage, message: str) -> None:
    path = shards_dir / "manifest.json"
    path.write_text(json.dumps(damage(json.loads(path.read_text()))))
    with pytest.raises(DataError, match=message) as caught:
        read_manifest(shards_dir)
    assert "\n" not in str(caught.value)


def test_what_is_no_json_is_one_line(shards_dir: Path) -> None:
    for content in (b"\xff", b"[" * 100_000, b""):
        (shards_dir / "manifest.json").write_bytes(content)
        with pytest.raises(DataError, match="cannot read"):
            read_manifest(shards_dir)

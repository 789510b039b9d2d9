"""A list of files and their SHA-256 in, the names of those that are not what was made out."""

from hashlib import sha256
from pathlib import Path


def damaged_files(hashes: Path) -> list[str]:
    """Return the names of the files beside a list of `sha256sum`'s form that are missing or have another content."""
    expected = [line.split() for line in hashes.read_text(encoding="utf-8").splitlines()]
    paths = [(hashes.parent / name, digest) for digest, name in expected]
    return [
        path.name for path, digest in paths if not path.is_file() or sha256(path.read_bytes()).hexdigest() != digest
    ]

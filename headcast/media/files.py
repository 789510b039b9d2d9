"""A path in, the path of an ordinary file that can be read out."""

from pathlib import Path

from headcast.errors import MediaError
from headcast.files import PathLike


def existing_file(path: PathLike) -> Path:
    """The absolute path of an existing file with something in it; MediaError otherwise.

    Being absolute, a strange file name can never be read as an option, a protocol or an address.
    """
    given = Path(path)
    try:
        if not given.is_file():
            what = "is a folder" if given.is_dir() else "is no ordinary file" if given.exists() else "does not exist"
            raise MediaError(f"{given} {what}; give the path of a file")
        if given.stat().st_size == 0:
            raise MediaError(f"{given} is empty (0 bytes); copy or download it again")
        with given.open("rb"):
            return given.resolve()
    except OSError as error:
        raise MediaError(f"{given} cannot be opened ({error.strerror}); check its name and permissions") from error

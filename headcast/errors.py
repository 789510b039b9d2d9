"""Every error that a user's files or faces can cause; the command line shows it as one line, exit code 2.

HeadcastError
├── MediaError          an image, video or sound file cannot be read, or a file of any kind written
├── FaceError           no face, or not the face that is needed, in a picture
├── MotionError         a motion file is broken, too large or of another version
├── CheckpointError     a weights file is broken, hostile or of another version
├── DeviceError         the GPU that was asked for is not there
├── DataError           a folder of clips cannot be trained on
└── MissingPackageError an optional package is not installed

A wrong argument from a programmer is a ValueError, not one of these.
Each message says what was given, what was expected and what to do.
"""


class HeadcastError(Exception):
    """Base of all errors that a user can fix; its message is one line.

    >>> try:
    ...     headcast.load_motion("speech.motion")
    ... except headcast.HeadcastError as error:
    ...     print(error)
    speech.motion does not exist; give the path of a file
    """


class MediaError(HeadcastError):
    """An image, video or sound file cannot be read, or a file of any kind written."""


class FaceError(HeadcastError):
    """No usable face where one is needed."""


class MotionError(HeadcastError):
    """A motion file is broken, too large or of another version."""


class CheckpointError(HeadcastError):
    """A weights file is broken, hostile or of another version."""


class DeviceError(HeadcastError):
    """The device that was asked for is not there."""


class DataError(HeadcastError):
    """A folder of clips cannot be trained on."""


class MissingPackageError(HeadcastError):
    """An optional package is not installed; the message holds the install line."""


EXTRAS = {
    "torch": "train",
    "matplotlib": "train",
    "skimage": "evaluate",
    "torchmetrics": "evaluate",
    **dict.fromkeys(("fastapi", "starlette", "uvicorn", "websockets", "aiortc"), "studio"),
    "pyvirtualcam": "virtual-camera",
    "sounddevice": "call",
}
"""Packages that are imported where they are used, and the extra that installs them."""


def needs_package(what: str, name: str, error: ImportError, extra: str | None = None) -> MissingPackageError:
    """The one line for work that a package of `EXTRAS` does, on a machine without it; `extra` where it takes more."""
    return MissingPackageError(f"{what} needs {name} ({error}); pip install 'headcast[{extra or EXTRAS[name]}]'")


def needs_torch(what: str, error: ImportError) -> MissingPackageError:
    """The one line for work that only torch does, on a machine without it."""
    return needs_package(what, "torch", error)

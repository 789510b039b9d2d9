"""The name of a built-in portrait in, its picture out: public-domain photos that come with the package."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from headcast.media.images import read_image
from headcast.types import Image

_ASSETS: Final = Path(__file__).parents[1] / "assets"

PORTRAITS: Final[Mapping[str, Path]] = MappingProxyType(
    {
        "astronaut": _ASSETS / "astronaut.webp",  # Eileen Collins, NASA, 512x512
        "hopper": _ASSETS / "grace_hopper.jpg",  # Grace Hopper, James S. Davis, US Navy, 512x600
    }
)


def read_portrait(name: str) -> Image:
    """Return a built-in portrait; ValueError for a name that is not in `PORTRAITS`."""
    if name not in PORTRAITS:
        raise ValueError(f"a built-in portrait is one of {', '.join(PORTRAITS)}, not {name!r}")
    return read_image(PORTRAITS[name])

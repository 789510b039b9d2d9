"""A network without weights: its shapes, and how weights come into it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.float32]]
"""The weights of one network by name."""


@dataclass(frozen=True)
class Graph:
    """A network without weights: their `shapes` by name, how to put weights into it, and all that this depends on."""

    key: bytes
    shapes: Mapping[str, tuple[int, ...]]
    bind: Callable[[Arrays], Any]  # an openvino.Model, which has no types

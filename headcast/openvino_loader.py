"""Nothing in, OpenVINO's module out, without its usage statistics: the only place that imports it."""

import sys
import threading
from functools import cache
from typing import Any, Final

import numpy as np

_STATISTICS: Final = "openvino_telemetry"
_CONVERTERS: Final = "openvino.tools.ovc"
_lock: Final = threading.Lock()


def load_openvino() -> Any:
    """Import OpenVINO; takes a tenth of a second the first time.

    The package `openvino-telemetry`, which OpenVINO's wheel requires, reports each import and each conversion to a
    tracking service and writes an identifier into the home. OpenVINO does without it where it cannot be imported (its
    own `openvino.tools.ovc.telemetry_stub`), so it is made absent for this process: None in `sys.modules` makes an
    import fail as if nothing were installed.

    What OpenVINO's binding makes once, when it first shows a tensor as an array, is made here, by one thread: where two
    ask for it at the same time, the one that makes it may wait for Python's lock and the other, holding that, for it.
    """
    with _lock:
        sys.modules.setdefault(_STATISTICS, None)  # type: ignore[arg-type]  # None is how Python marks it
        openvino = _without_converters()
        _show_an_array(openvino)
        return openvino


@cache
def _without_converters() -> Any:
    """Import OpenVINO, and what converts networks of other frameworks not before it is used.

    OpenVINO imports both; the converters, with all that they look for, take longer than the rest.
    """
    is_loaded = _CONVERTERS in sys.modules
    sys.modules.setdefault(_CONVERTERS, None)  # type: ignore[arg-type]
    try:
        import openvino
    finally:  # also where it is not installed: the mark is ours
        if not is_loaded:
            del sys.modules[_CONVERTERS]
    if not hasattr(openvino, "convert_model"):
        openvino.convert_model = _convert_model  # also for others in this process
    return openvino


def _convert_model(*given: Any, **named: Any) -> Any:
    from openvino.tools.ovc import convert_model

    return convert_model(*given, **named)


@cache
def _show_an_array(openvino: Any) -> None:
    openvino.Tensor(np.zeros((1, 1), np.float32)).data[:] = 0
    openvino.Tensor(openvino.Type.u8, [1, 1]).data[:] = 0

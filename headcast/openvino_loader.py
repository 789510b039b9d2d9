"""Nothing in, OpenVINO's module out, without its usage statistics: the only place that imports it."""

import sys
from typing import Any, Final

_STATISTICS: Final = "openvino_telemetry"


def load_openvino() -> Any:
    """Import OpenVINO; takes a tenth of a second the first time.

    The package `openvino-telemetry`, which OpenVINO's wheel requires, reports each import and each conversion to a
    tracking service and writes an identifier into the home. OpenVINO does without it where it cannot be imported (its
    own `openvino.tools.ovc.telemetry_stub`), so it is made absent for this process: None in `sys.modules` makes an
    import fail as if nothing were installed.
    """
    sys.modules.setdefault(_STATISTICS, None)  # type: ignore[arg-type]  # None is how Python marks it
    import openvino

    return openvino

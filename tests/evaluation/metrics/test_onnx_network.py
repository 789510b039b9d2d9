from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from headcast.errors import CheckpointError
from headcast.evaluation.metrics.onnx_network import load_network


def test_equals_onnxruntime(nets: Path) -> None:
    path = nets / "landmarks68.onnx"
    batch = np.random.default_rng(0).uniform(0, 255, (2, 3, 112, 112)).astype(np.float32)
    reference = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"rgb": batch})[0]
    np.testing.assert_allclose(load_network(path, (68, 2), "the test")(batch), reference, atol=1e-4)


def test_refuses_what_is_no_such_network(tmp_path: Path, nets: Path) -> None:
    with pytest.raises(CheckpointError, match=r"none\.onnx is missing or too large; the test needs an ONNX network"):
        load_network(tmp_path / "none.onnx", (68, 2), "the test")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes((nets / "landmarks68.onnx").read_bytes()[:5000])
    with pytest.raises(CheckpointError, match=r"broken\.onnx cannot be loaded") as caught:
        load_network(broken, (68, 2), "the test")
    assert "\n" not in str(caught.value)
    with pytest.raises(CheckpointError, match=r"gives \(1, 68, 2\); the test needs .* \(N, 256\)"):
        load_network(nets / "landmarks68.onnx", (256,), "the test")

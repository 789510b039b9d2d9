import subprocess
import sys

START_AT_ONCE = """
import sys, threading
import numpy as np
sys.setswitchinterval(1e-6)
from headcast.openvino_loader import load_openvino

barrier, sums = threading.Barrier(8), []

def first_use():
    barrier.wait()
    openvino = load_openvino()
    given = openvino.opset13.parameter([1, 3], np.float32)
    model = openvino.Model([openvino.opset13.relu(given)], [given])
    request = openvino.Core().compile_model(model, "CPU").create_infer_request()
    sums.append(float(request.infer({0: np.ones((1, 3), np.float32)})[0].sum()))

threads = [threading.Thread(target=first_use, daemon=True) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sums)
"""


def test_threads_that_start_at_once_do_not_wait_for_each_other_for_ever() -> None:
    """A driver's and a photo's first face are looked for at the same time, in two threads."""
    command = [sys.executable, "-c", START_AT_ONCE]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert ended.stdout == f"{[3.0] * 8}\n"


CONVERT = """
import sys
from headcast.inpainting.network import ASSETS
from headcast.openvino_loader import load_openvino

openvino = load_openvino()
print("openvino.tools.ovc" in sys.modules)
print(len(openvino.convert_model(ASSETS / "inpainting.onnx").inputs), "openvino.tools.ovc" in sys.modules)
"""


def test_converters_of_other_frameworks_are_imported_at_their_first_use() -> None:
    """They take longer to import than all the rest, and for every command."""
    ended = subprocess.run([sys.executable, "-c", CONVERT], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["False", "1", "True"]

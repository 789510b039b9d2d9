"""A folder of photos in, how far the converted networks are from MediaPipe's own runs of them out.

pip install mediapipe==0.10.21 openvino opencv-python-headless && python tools/verify_tracker.py PHOTOS_DIR

Each photo is reduced to a network's size and run by MediaPipe's inference calculator and by OpenVINO in f32.
"""

import argparse
from pathlib import Path
from typing import Any, Final

import cv2
import mediapipe
import numpy as np
import openvino
from mediapipe.python._framework_bindings import resource_util
from numpy.typing import NDArray

Array = NDArray[np.float32]

ASSETS: Final = Path(__file__).parents[1] / "headcast" / "tracking" / "assets"
MODELS: Final = (  # ours, theirs, size, range of the pixels from, number of outputs
    ("face_detector_near", "face_detection/face_detection_short_range", 128, -1, 2),
    ("face_detector_far", "face_detection/face_detection_full_range_sparse", 192, -1, 2),
    ("person_matte", "selfie_segmentation/selfie_segmentation", 256, 0, 1),
    ("face_mesh", "face_landmark/face_landmark_with_attention", 192, 0, 7),
)
LIPS: Final = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)  # the first of the file's 80
RIGHT_LIDS: Final = (33, 7, 163, 144, 145, 153, 154, 155, 133)  # the first of 71
LEFT_LIDS: Final = (263, 249, 390, 373, 374, 380, 381, 382, 362)
UNREFINED: Final = (1, 4, 10, 152, 234, 454)


class Theirs:
    """MediaPipe's inference of one model; gives each output flat."""

    def __init__(self, model: str, size: int, low: int, num_outputs: int) -> None:
        resource_util.set_resource_dir(str(Path(mediapipe.__file__).parents[1]))
        names = [f"floats{number}" for number in range(num_outputs)]
        self._graph = mediapipe.CalculatorGraph(graph_config=graph_of(model, size, low, names))
        self._outputs: dict[str, Array] = dict.fromkeys(names, np.zeros(0, np.float32))
        for name in names:
            self._graph.observe_output_stream(name, self._keep)
        self._graph.start_run()
        self._number = 0

    def _keep(self, name: str, packet: Any) -> None:
        self._outputs[name] = np.array(mediapipe.packet_getter.get_float_list(packet), np.float32)

    def __call__(self, image: NDArray[np.uint8]) -> list[Array]:
        """Run one picture of the model's size."""
        packet = mediapipe.packet_creator.create_image_frame(image, image_format=mediapipe.ImageFormat.SRGB)
        self._graph.add_packet_to_input_stream("image", packet.at(self._number))
        self._number += 1
        self._graph.wait_until_idle()
        return list(self._outputs.values())


def graph_of(model: str, size: int, low: int, names: list[str]) -> str:
    """Return a graph that runs a model on a whole picture."""
    streams = "\n".join(f'output_stream: "{name}"' for name in names)
    split = "\n".join(f'output_stream: "{name}_tensor"' for name in names)
    ranges = "\n".join(f"ranges {{ begin: {number} end: {number + 1} }}" for number in range(len(names)))
    floats = "\n".join(
        f'node {{ calculator: "TensorsToFloatsCalculator" input_stream: "TENSORS:{name}_tensor" '
        f'output_stream: "FLOATS:{name}" }}'
        for name in names
    )
    return f"""
    input_stream: "image"
    {streams}
    node {{ calculator: "TfLiteCustomOpResolverCalculator" output_side_packet: "OP_RESOLVER:operations" }}
    node {{
      calculator: "ImageToTensorCalculator" input_stream: "IMAGE:image" output_stream: "TENSORS:input"
      options {{ [mediapipe.ImageToTensorCalculatorOptions.ext] {{
        output_tensor_width: {size} output_tensor_height: {size} output_tensor_float_range {{ min: {low} max: 1 }}
      }} }}
    }}
    node {{
      calculator: "InferenceCalculator" input_stream: "TENSORS:input" output_stream: "TENSORS:output"
      input_side_packet: "OP_RESOLVER:operations"
      options {{ [mediapipe.InferenceCalculatorOptions.ext] {{
        model_path: "mediapipe/modules/{model}.tflite" delegate {{ xnnpack {{}} }}
      }} }}
    }}
    node {{
      calculator: "SplitTensorVectorCalculator" input_stream: "output" {split}
      options {{ [mediapipe.SplitVectorCalculatorOptions.ext] {{ {ranges} }} }}
    }}
    {floats}"""


def differences(name: str, ours: list[Array], theirs: list[Array]) -> dict[str, float]:
    """Return the largest difference of each output."""
    if name != "face_mesh":
        return {f"output {n}": distance(own, their) for n, (own, their) in enumerate(zip(ours, theirs, strict=True))}
    landmarks, presence = ours
    mesh = theirs[0].reshape(468, 3)
    points = [output.reshape(-1, 2) for output in theirs[1:6]]
    xy = landmarks[0, :, :2]
    return {
        "unrefined": distance(xy[list(UNREFINED)], mesh[list(UNREFINED), :2]),
        "depth": distance(landmarks[0, :468, 2], mesh[:, 2]),
        "lips": distance(xy[list(LIPS)], points[0][: len(LIPS)]),
        "right lids": distance(xy[list(RIGHT_LIDS)], points[1][: len(RIGHT_LIDS)]),
        "left lids": distance(xy[list(LEFT_LIDS)], points[2][: len(LEFT_LIDS)]),
        "irises": distance(xy[468:], np.concatenate(points[3:])),
        "presence": distance(presence, theirs[6]),
    }


def distance(a: Array, b: Array) -> float:
    """Return the largest absolute difference."""
    return float(np.abs(a.ravel() - b.ravel()).max())


def main() -> None:
    """Print the largest differences over all photos, in pixels of the network's picture where it gives places."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    photos = [cv2.imread(str(path))[..., ::-1] for path in sorted(parser.parse_args().photos.glob("*.jpg"))]
    for name, model, size, low, num_outputs in MODELS:
        theirs = Theirs(model, size, low, num_outputs)
        compiled = openvino.Core().compile_model(ASSETS / f"{name}.onnx", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        worst: dict[str, float] = {}
        for photo in photos:
            image = np.ascontiguousarray(cv2.resize(photo, (size, size), interpolation=cv2.INTER_AREA))
            ours = list(compiled(image[None]).values())
            for key, value in differences(name, ours, theirs(image)).items():
                worst[key] = max(worst.get(key, 0.0), value)
        print(f"{name}: " + ", ".join(f"{key} {value:.1e}" for key, value in worst.items()))


if __name__ == "__main__":
    main()

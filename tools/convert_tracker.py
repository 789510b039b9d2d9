"""MediaPipe's wheel in, the tracker's networks in headcast/tracking/assets/ out, with their hashes.

pip download --no-deps --only-binary=:all: --platform manylinux_2_28_x86_64 --python-version 3.11 mediapipe==0.10.21
python tools/convert_tracker.py mediapipe-0.10.21-*.whl

Run once; needs the packages `onnx`, `tflite` and `flatbuffers`. The models are Google's, Apache-2.0, see NOTICE. Each
result reads pictures (N, H, W, 3) uint8 and holds what MediaPipe's graphs do right before and right after a model:
pixels brought to the model's range, refined lips, eyes and irises put into the mesh.
"""

import argparse
import hashlib
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper
from tflite_file import TfliteFile
from tflite_to_onnx import OPSET, Converter

ASSETS: Final = Path(__file__).parents[1] / "headcast" / "tracking" / "assets"
HASHES: Final = "tracker.sha256"
MODULES: Final = "mediapipe/modules"
NUM_MESH: Final = 468
LID_POINTS: Final = 16  # the first points of each eye: its lids, whose mean depth is the iris's

Outputs = dict[str, tuple[str, list[int | str]]]  # name: value in the graph, shape


def main() -> None:
    """Convert the four models of the wheel and write the hashes of what was made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path, help="mediapipe-0.10.21-...whl")
    parser.add_argument("--output", type=Path, default=ASSETS)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder, zipfile.ZipFile(arguments.wheel) as wheel:
        for name, (source, convert) in MODELS.items():
            extracted = Path(wheel.extract(f"{MODULES}/{source}.tflite", folder))
            model = convert(TfliteFile(extracted))
            model.doc_string = f"Converted from {MODULES}/{source}.tflite of mediapipe 0.10.21; Google, Apache-2.0."
            onnx.checker.check_model(model, full_check=True)
            onnx.save(model, arguments.output / f"{name}.onnx")
    made = [arguments.output / f"{name}.onnx" for name in MODELS]
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in made]
    (arguments.output / HASHES).write_text("".join(lines), encoding="utf-8")


def convert_detector(file: TfliteFile) -> onnx.ModelProto:
    """Boxes (N, B, 16), in pixels from their anchors, and scores (N, B) before the sigmoid."""
    converter = started(file, low=-1.0, high=1.0)
    by_width = {file.shape(number)[2]: number for number in file.outputs}
    num_boxes = file.shape(by_width[16])[1]
    scores = converter.node("Reshape", [converter.values[by_width[1]], converter.ints(-1, num_boxes)])
    boxes = converter.values[by_width[16]]
    return finished(converter, {"boxes": (boxes, ["N", num_boxes, 16]), "scores": (scores, ["N", num_boxes])})


def convert_segmentation(file: TfliteFile) -> onnx.ModelProto:
    """How likely each pixel belongs to a person, (N, 256, 256)."""
    converter = started(file, low=0.0, high=1.0)
    mask = converter.node("Reshape", [converter.values[file.outputs[0]], converter.ints(-1, 256, 256)])
    return finished(converter, {"mask": (mask, ["N", 256, 256])})


def convert_mesh(file: TfliteFile) -> onnx.ModelProto:
    """478 landmarks (N, 478, 3) in pixels of the picture, from its outer edge, and presence (N,) before the sigmoid.

    Refined points replace the mesh's in x and y, in the order lips, left eye, right eye; depth stays the mesh's, and
    the irises have the mean depth of their lids.
    """
    converter = started(file, low=0.0, high=1.0)
    subsets = [
        operation.options["subset_idxs"]
        for operation in file.operations()
        if operation.name == "Landmarks2TransformMatrix"
    ]
    named = {file.name(number): converter.values[number] for number in file.outputs}
    mesh = converter.node("Reshape", [named["output_mesh_identity"], converter.ints(-1, NUM_MESH, 3)])
    parts = [converter.node("Slice", [mesh, converter.ints(0), converter.ints(2), converter.ints(2)])]
    places = np.arange(NUM_MESH + 10)  # which of all the points, one list after another, each landmark takes
    count = NUM_MESH
    refined = ["output_lips", "output_left_eye", "output_right_eye", "output_left_iris", "output_right_iris"]
    irises = [list(range(NUM_MESH, NUM_MESH + 5)), list(range(NUM_MESH + 5, NUM_MESH + 10))]
    for name, indices in zip(refined, [*subsets, *irises], strict=True):
        places[indices] = count + np.arange(len(indices))
        count += len(indices)
        parts.append(converter.node("Reshape", [named[name], converter.ints(-1, len(indices), 2)]))
    points = converter.node("Gather", [converter.node("Concat", parts, axis=1), converter.ints(*places)], axis=1)
    depth = converter.node("Slice", [mesh, converter.ints(2), converter.ints(3), converter.ints(2)])
    depths = [depth, *(iris_depth(converter, depth, eye[:LID_POINTS]) for eye in subsets[1:])]
    landmarks = converter.node("Concat", [points, converter.node("Concat", depths, axis=1)], axis=2)
    presence = converter.node("Reshape", [named["conv_faceflag"], converter.ints(-1)])
    return finished(converter, {"landmarks": (landmarks, ["N", NUM_MESH + 10, 3]), "presence": (presence, ["N"])})


def iris_depth(converter: Converter, depth: str, lids: list[int]) -> str:
    """Return the mean depth of the lids, five times (N, 5, 1)."""
    mean = converter.node(
        "ReduceMean", [converter.node("Gather", [depth, converter.ints(*lids)], axis=1)], axes=[1], keepdims=1
    )
    return converter.node("Concat", [mean] * 5, axis=1)


def started(file: TfliteFile, low: float, high: float) -> Converter:
    """Return the whole graph of a file behind pictures (N, H, W, 3) uint8, whose 0 to 255 become `low` to `high`."""
    converter = Converter(file)
    pixels = converter.node("Cast", ["image"], to=TensorProto.FLOAT)
    scaled = converter.node("Mul", [pixels, converter.constant(np.float32((high - low) / 255))])
    shifted = converter.node("Add", [scaled, converter.constant(np.float32(low))]) if low else scaled
    converter.values[file.inputs[0]] = converter.node("Transpose", [shifted], perm=[0, 3, 1, 2])
    converter.convert()
    return converter


def finished(converter: Converter, outputs: Outputs) -> onnx.ModelProto:
    """Return the model with outputs of those names."""
    for name, (value, _) in outputs.items():
        converter.nodes.append(helper.make_node("Identity", [value], [name], name))
    height, width = converter.file.shape(converter.file.inputs[0])[1:3]
    graph = helper.make_graph(
        converter.nodes,
        converter.file.path.stem,
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", height, width, 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, (_, shape) in outputs.items()],
        list(converter.initializers.values()),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


MODELS: Final = {
    "face_detector_near": ("face_detection/face_detection_short_range", convert_detector),
    "face_detector_far": ("face_detection/face_detection_full_range_sparse", convert_detector),
    "face_mesh": ("face_landmark/face_landmark_with_attention", convert_mesh),
    "person_matte": ("selfie_segmentation/selfie_segmentation", convert_segmentation),
}


if __name__ == "__main__":
    main()

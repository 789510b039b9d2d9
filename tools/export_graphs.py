"""The networks of preset `lite` in; their graphs in ONNX, without weights, out: headcast/assets/lite_*.onnx.

Every weight is an input of the graph that carries its name in our safetensors files. Run it again when
headcast/networks/lite_generator.py or embedder.py computes something else; tests/avatars compare graph and torch.

    pip install torch==2.13.0 onnx==1.17.0
    python tools/export_graphs.py
"""

import warnings

import torch
from torch import nn

from headcast.avatars.graphs import EXPORTED, NETWORKS, graph_path
from headcast.networks.model import build_model, plain_copy
from headcast.networks.presets import PRESETS

OUTPUTS = {"embedder": ["embedding"], "generator": ["image", "synthesis", "warp_weight"]}
OPSET = 17


def main() -> None:
    """Write one file for each network."""
    config = PRESETS[EXPORTED]
    model = build_model(config, seed=0)
    side = config.image_size
    num_parameters = 2 * sum(model.generator.adaptive_widths)
    export("embedder", plain_copy(model.embedder), [(1, 3, side, side)] * 2)
    export(
        "generator", plain_copy(model.generator), [(1, config.conditioning_channels, side, side), (1, num_parameters)]
    )


def export(network: str, module: nn.Module, shapes: list[tuple[int, ...]]) -> None:
    """Trace one network on inputs of these shapes; its weights become inputs too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that this exporter is the old one: it needs no further packages
        torch.onnx.export(
            module,
            tuple(torch.zeros(shape) for shape in shapes),
            str(graph_path(network)),
            input_names=list(NETWORKS[network]),
            output_names=OUTPUTS[network],
            opset_version=OPSET,
            export_params=False,
            do_constant_folding=False,
            dynamo=False,
        )
    print(f"{graph_path(network)}: {graph_path(network).stat().st_size} bytes")


if __name__ == "__main__":
    main()

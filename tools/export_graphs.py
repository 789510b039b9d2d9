"""Networks of presets `lite`, `mouth`, `eyes` in; their graphs in ONNX, without weights, out: headcast/assets/*.onnx.

Every weight is an input of the graph that carries its name in our safetensors files. Run it again when
headcast/networks/lite_generator.py or embedder.py computes something else; tests/avatars compare graph and torch.

    pip install torch==2.13.0 onnx==1.17.0
    python tools/export_graphs.py
"""

import warnings

import torch
from torch import nn

from headcast.avatars.graphs import EXPORTED, NETWORKS, graph_path
from headcast.close_ups.parts import PARTS
from headcast.networks.model import build_model, drawing, plain_copy
from headcast.networks.presets import PRESETS

OUTPUTS = {"embedder": ["embedding"], "generator": ["drawn"]}
OPSET = 17


def main() -> None:
    """Write one file for each network."""
    for preset, (count, *frame) in EXPORTED.items():
        config = PRESETS[preset]
        model = build_model(config, seed=0)
        num_parameters = 2 * sum(model.generator.adaptive_widths)
        shot = PARTS[preset].embedded_size[::-1] if preset in PARTS else frame
        export(preset, "embedder", plain_copy(model.embedder), [(1, 3, *shot)] * 2)
        seen = [side // config.generator_reduction for side in frame]
        shapes = [(count, config.conditioning_channels, *seen), (count, num_parameters)]
        export(preset, "generator", drawing(plain_copy(model.generator)), shapes)


def export(preset: str, network: str, module: nn.Module, shapes: list[tuple[int, ...]]) -> None:
    """Trace one network on inputs of these shapes; its weights become inputs too."""
    path = graph_path(preset, network)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that this exporter is the old one: it needs no further packages
        torch.onnx.export(
            module,
            tuple(torch.zeros(shape) for shape in shapes),
            str(path),
            input_names=list(NETWORKS[network]),
            output_names=OUTPUTS[network],
            opset_version=OPSET,
            export_params=False,
            do_constant_folding=False,
            dynamo=False,
        )
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()

"""A checkpoint and a close-up's checkpoint in, one file with both out: headcast/assets/lite.safetensors by default.

python tools/join_close_up.py --part eyes RUN/checkpoint.safetensors

A close-up of this part that the file had is replaced; everything else in it stays bit for bit. Of the close-up only
what paints goes along. Without RUN/checkpoint.safetensors the part is taken out of the file.
"""

import argparse
from pathlib import Path

from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from headcast.avatars.weights import NOT_READ, load_weights
from headcast.files import write_file
from headcast.networks.notes import CLOSE_UPS, default_checkpoint_path, of_close_up
from headcast.networks.presets import PRESETS


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("close_up", type=Path, nargs="?")
    parser.add_argument("--part", choices=CLOSE_UPS, required=True)
    parser.add_argument("--model", type=Path, default=default_checkpoint_path(), help="changed in place")
    options = parser.parse_args()
    with safe_open(options.model, "numpy") as file:
        metadata = file.metadata()
    tensors = {name: value for name, value in load_file(options.model).items() if of_close_up(name) != options.part}
    if options.close_up:
        if load_weights(options.close_up).config != PRESETS[options.part]:  # CheckpointError for anything else
            raise SystemExit(f"{options.close_up} is no close-up of this part; give one that was trained with --part")
        paints = {name: value for name, value in load_file(options.close_up).items() if not name.startswith(NOT_READ)}
        tensors |= {f"{options.part}.{name}": value for name, value in paints.items()}
    write_file(options.model, lambda path: save_file(tensors, path, metadata))
    print(f"{options.model}: {options.model.stat().st_size} bytes")


if __name__ == "__main__":
    main()

"""A photo and a short video in; peak memory for a 30-second and for a 5-minute driver, and their ratio, out.

python benchmarks/memory.py --source PHOTO --driving VIDEO
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import av
from _machine import describe_machine, print_machine


def main() -> None:
    """Loop the driver to both lengths, animate with each in a process of its own, compare."""
    options = parse_options()
    print_machine()
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        for seconds in (options.short, options.long):
            driving = Path(folder) / f"{seconds:g}s{options.driving.suffix}"
            num_frames = loop_video(options.driving, driving, seconds)
            peaks.append(peak_memory(options.source, driving, options.checkpoint))
            print(f"{seconds:6g} s, {num_frames:6d} frames: {peaks[-1]:7.0f} MiB", flush=True)
    print(f"ratio {peaks[1] / peaks[0]:.3f}")
    if options.json:
        result = {"machine": describe_machine(), "seconds": [options.short, options.long], "peak_mib": peaks}
        options.json.write_text(json.dumps({**result, "ratio": peaks[1] / peaks[0]}, indent=1), encoding="utf-8")


def loop_video(source: Path, target: Path, seconds: float) -> int:
    """Repeat the packets of a video, undecoded and without sound, to that length; returns the number of frames."""
    num_frames, start = 0, 0
    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        stream = reader.streams.video[0]
        copy = writer.add_stream_from_template(stream)
        while True:
            reader.seek(0, stream=stream)
            end = start
            for packet in reader.demux(stream):
                if packet.dts is None or packet.pts is None:
                    continue
                if packet.pts * stream.time_base + start * stream.time_base >= seconds:
                    return num_frames
                end = max(end, start + packet.pts + packet.duration)
                packet.pts, packet.dts, packet.stream = packet.pts + start, packet.dts + start, copy
                writer.mux(packet)
                num_frames += 1
            start = end


def peak_memory(source: Path, driving: Path, checkpoint: Path | None) -> float:
    """Animate in a process of its own and return the most memory it held at once, in MiB."""
    output = driving.with_name(f"out_{driving.stem}.mp4")
    files = ["-s", str(source), "-d", str(driving), "-o", str(output)]
    files += ["--checkpoint", str(checkpoint)] if checkpoint else []
    with subprocess.Popen(
        [sys.executable, "-m", "headcast", "animate", *files, "--json"], stdout=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"memory: animating with {driving.name} failed with exit code {process.returncode}")
    return usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-s", "--source", type=Path, required=True, help="the photo")
    parser.add_argument("-d", "--driving", type=Path, required=True, help="a video; it is repeated to both lengths")
    parser.add_argument("--checkpoint", type=Path, help="default: the weights that come with the package")
    parser.add_argument("--short", type=float, default=30.0, help="seconds; default: %(default)g")
    parser.add_argument("--long", type=float, default=300.0, help="seconds; default: %(default)g")
    parser.add_argument("--json", type=Path, help="write all figures here")
    return parser.parse_args()


if __name__ == "__main__":
    main()

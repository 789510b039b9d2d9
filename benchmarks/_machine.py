"""Nothing in, the hardware and the versions that a benchmark depends on printed."""

from headcast.evaluation.machine import describe_machine


def print_machine() -> None:
    """Print one line for each fact of `describe_machine`."""
    for name, value in describe_machine().items():
        print(f"{name:>10}: {value}")

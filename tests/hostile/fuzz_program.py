"""python fuzz_program.py SEED NUM_EXAMPLES FORMAT ...: damages files of each format and reads them, within ceilings.

A file may be refused in one line, by an error of ours, or be read; it may not end in another error, take 5 seconds, or
1 GB more than the program itself. The first that does is shown, shortened, with the seed that finds it again.
"""

import resource
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from formats import FORMATS, Format
from hypothesis import HealthCheck, Phase, given, seed, settings

from headcast.errors import HeadcastError

MAX_SECONDS = 5.0
MAX_WAIT = 60.0
MAX_BYTES = 10**9


def main() -> None:
    number, count, *names = sys.argv[1:]
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            attack(name, FORMATS[name], Path(folder), int(number), int(count))


def attack(name: str, kind: Format, folder: Path, number: int, count: int) -> None:
    path = kind.make(folder)
    base = path.read_bytes()
    kind.use(path)  # the sound file is read, and all that is imported for it is here before the ceiling is set
    ends = {"read": 0, "refused": 0}

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(kind.strategy(base))
    def one(file: Any) -> None:
        with path.open("r+b") as target:  # its pages stay: a large file made anew takes twice the time
            target.write(file.content())
            target.truncate()
        signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)  # of computing: other programs may slow this one down
        signal.setitimer(signal.ITIMER_REAL, MAX_WAIT)  # of waiting for what never comes
        try:
            kind.use(path)
            ends["read"] += 1
        except HeadcastError as error:
            assert "\n" not in str(error) and len(str(error)) < 1000, f"not one short line: {error}"
            ends["refused"] += 1
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)

    signal.signal(signal.SIGPROF, _too_long)
    signal.signal(signal.SIGALRM, _too_long)
    ceiling = _memory() + MAX_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, resource.RLIM_INFINITY))
    try:
        one()
    except BaseException:
        print(f"FAILED: {name}, seed {number}", flush=True)
        raise
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(f"{name}: seed {number}, {ends['read']} read, {ends['refused']} refused", flush=True)


def _too_long(*_: object) -> None:
    raise TimeoutError(f"took more than {MAX_SECONDS} seconds")


def _memory() -> int:
    """Bytes of address space in use; what goes beyond the ceiling is a MemoryError, which is no error of ours."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()

"""The address of a Ray cluster in, Ray connected to it for as long as a block lasts out."""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from headcast.errors import DataError, MissingPackageError

LOCAL: Final = "local"
_OF_OWN_CLUSTER: Final = {
    "RAY_AUTH_MODE": "token",  # Ray listens on all addresses of the machine; who has no token gets no answer
    "RAY_worker_niceness": "0",  # 15 is for work that nobody waits for
}


@contextmanager
def ray_cluster(address: str, num_cpus: int) -> Iterator[Any]:
    """Yield Ray, connected; the address `local` starts a cluster of so many cores on this machine, and ends it.

    MissingPackageError without Ray, DataError where the cluster cannot be reached.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # else each cluster reports itself to Ray's makers
    if address == LOCAL:
        os.environ |= _OF_OWN_CLUSTER | {"RAY_AUTH_TOKEN": secrets.token_hex(32)}
    try:
        import ray  # which reads these now
    except ImportError:
        raise MissingPackageError('Ray is not installed; run pip install "headcast[cluster]"') from None
    _check_reachable(address)
    own = {"num_cpus": num_cpus, "include_dashboard": False} if address == LOCAL else {}
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", **own)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise _no_cluster(address, error) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Knock at HOST:PORT; Ray itself would try for nine minutes."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or "/" in host:
        return
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, error) from error


def _no_cluster(address: str, error: Exception) -> DataError:
    return DataError(
        f"no Ray cluster at {address} ({' '.join(str(error).split())[:80]}); start one there, or give its address"
    )

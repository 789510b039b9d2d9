"""A function and its jobs in, the results in the order they are ready out: on all cores here, or on a Ray cluster."""

import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TypeVar

import cv2

from headcast.errors import DataError, MissingPackageError

Job = TypeVar("Job")
Result = TypeVar("Result")

_JOBS_AHEAD = 2  # per worker: enough that none waits, few enough that the jobs' own size does not matter


def num_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_here(function: Callable[[Job], Result], jobs: Sequence[Job], num_workers: int) -> Iterator[Result]:
    """Run the jobs in `num_workers` processes, which end with this one, however it ends.

    DataError where a worker is gone, as happens when memory runs out. Closing the iterator cancels what has not begun.
    """
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
    remaining = iter(jobs)
    with ProcessPoolExecutor(max(1, min(num_workers, len(jobs))), context, _start_worker) as pool:
        try:
            pending = {pool.submit(function, job) for job in islice(remaining, _JOBS_AHEAD * num_workers)}
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                pending |= {pool.submit(function, job) for job in islice(remaining, len(done))}
                yield from map(Future.result, done)
        except BrokenProcessPool as error:
            raise DataError(
                "a worker process was killed, possibly out of memory; "
                "start again with fewer --workers: the run resumes where it stopped"
            ) from error
        except BaseException:
            for worker in set(multiprocessing.active_children()) - others:
                worker.terminate()  # or the pool would wait until each has done its job
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def run_on_ray(
    function: Callable[[Job], Result], jobs: Sequence[Job], address: str, num_workers: int | None = None
) -> Iterator[Result]:
    """Run the jobs on a Ray cluster that sees the same files, on all its cores or `num_workers` of them.

    The address `local` starts a cluster on this machine and ends it.

    MissingPackageError without Ray, DataError where the cluster cannot be reached.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # else each cluster reports itself to Ray's makers
    try:
        import ray
    except ImportError:
        raise MissingPackageError('Ray is not installed; run pip install "headcast[cluster]"') from None
    _check_reachable(address)
    own = {"num_cpus": num_workers or num_cores(), "include_dashboard": False} if address == "local" else {}
    try:
        ray.init(address=address, log_to_driver=False, **own)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise _no_cluster(address, error) from error
    try:
        task = ray.remote(num_cpus=1)(function)
        num_cpus = int(ray.cluster_resources().get("CPU", 1))
        remaining = iter(jobs)
        pending = [task.remote(job) for job in islice(remaining, num_workers or _JOBS_AHEAD * num_cpus)]
        while pending:
            done, pending = ray.wait(pending)
            pending += [task.remote(job) for job in islice(remaining, len(done))]
            yield from ray.get(done)
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


def _start_worker() -> None:
    """One thread a process for OpenCV; end at once when interrupted, or when the parent ends, however it does."""
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    end_with_parent()


def end_with_parent() -> None:
    """End this process when the one that started it ends, however it does: a killed parent cannot tell its workers."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

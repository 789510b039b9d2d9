"""A function and its jobs in, the results in the order they are ready out: on all cores here, or on a Ray cluster."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TypeVar

import cv2

from headcast.errors import DataError
from headcast.ray_cluster import ray_cluster

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
    with ray_cluster(address, num_workers or num_cores()) as ray:
        task = ray.remote(num_cpus=1)(function)
        num_cpus = int(ray.cluster_resources().get("CPU", 1))
        remaining = iter(jobs)
        pending = [task.remote(job) for job in islice(remaining, num_workers or _JOBS_AHEAD * num_cpus)]
        while pending:
            done, pending = ray.wait(pending)
            pending += [task.remote(job) for job in islice(remaining, len(done))]
            yield from ray.get(done)


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

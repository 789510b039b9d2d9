"""Work that takes long in, done one after another out: with progress, time left, cancel and a queue."""

import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from headcast.errors import HeadcastError, MediaError
from headcast.limits import MAX_WAITING_JOBS

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
MAX_KEPT: Final = 20  # jobs that have ended

Tell = Callable[[int, int], None]
"""Told what is done and what is expected; raises where the job was cancelled."""

Work = Callable[[Path, Tell], dict[str, Any]]
"""Does a job, in a folder of its own; what it returns is the job's result. The file `result` names is kept."""


class CancelledError(Exception):
    """The user does not want a job any more."""


@dataclass
class Job:
    """One piece of work and what has become of it."""

    kind: str
    asked: dict[str, Any]  # by whom, of what: what a page needs to show it again
    folder: Path
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    state: str = WAITING
    done: int = 0
    expected: int = 0
    result: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    started: float = 0.0
    first: float = 0.0  # when the first piece was done: what came before is no measure of the rest

    def tell(self, done: int, expected: int) -> None:
        """Note the progress; CancelledError where the job was cancelled."""
        if self.cancelled.is_set():
            raise CancelledError
        if self.done == 0:
            self.first = time.monotonic()
        self.done, self.expected = done, expected

    @property
    def seconds_left(self) -> float | None:
        """An estimate; None where there is nothing to go by."""
        if self.state != RUNNING or self.done < 2 or not self.expected:
            return None
        return (time.monotonic() - self.first) / (self.done - 1) * max(self.expected - self.done, 0)


class Jobs:
    """The jobs of one server, done one at a time, so that each is as fast as it can be."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._jobs: dict[str, Job] = {}
        self._thread = ThreadPoolExecutor(1, "headcast-jobs")

    def __enter__(self) -> "Jobs":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for job in self._jobs.values():
            job.cancelled.set()
        self._thread.shutdown(cancel_futures=True)

    def submit(self, kind: str, asked: dict[str, Any], work: Work) -> Job:
        """Put a job at the end of the queue; MediaError where that is full."""
        if len(self.waiting()) >= MAX_WAITING_JOBS:
            raise MediaError(f"{MAX_WAITING_JOBS} jobs wait already; try again when some are done")
        job = Job(kind, asked, self._folder)
        job.folder = self._folder / job.id
        self._jobs[job.id] = job
        self._forget_old()
        self._thread.submit(self._do, job, work)
        return job

    def find(self, name: str) -> Job:
        """The job with an id; MediaError where there is none."""
        job = self._jobs.get(name)
        if job is None:
            raise MediaError("no such job here; it was deleted, or the server was restarted")
        return job

    def all(self) -> list[Job]:
        """All jobs, the oldest first."""
        return list(self._jobs.values())

    def waiting(self) -> list[Job]:
        """The jobs that wait for their turn, in order."""
        return [job for job in self._jobs.values() if job.state == WAITING]

    def delete(self, name: str) -> Job:
        """Cancel a job that is not done, or forget one that is, with all that it made."""
        job = self.find(name)
        if job.state in (WAITING, RUNNING):
            job.cancelled.set()
            if job.state == WAITING:
                job.state = CANCELLED
        else:
            del self._jobs[name]
            shutil.rmtree(job.folder, ignore_errors=True)
        return job

    def _do(self, job: Job, work: Work) -> None:
        if job.cancelled.is_set():
            job.state = CANCELLED
            return
        job.state, job.started = RUNNING, time.monotonic()
        job.folder.mkdir()
        try:
            result = work(job.folder, job.tell)
            job.result, job.state = result, DONE
            return
        except CancelledError:
            job.state = CANCELLED
        except (HeadcastError, OSError, MemoryError) as error:
            job.error, job.state = str(error) or type(error).__name__, FAILED
        except Exception as error:
            logging.getLogger(__name__).exception("job %s failed", job.id)
            job.error, job.state = f"this is a defect of Headcast: {type(error).__name__}: {error}", FAILED
        shutil.rmtree(job.folder, ignore_errors=True)

    def _forget_old(self) -> None:
        ended = [job for job in self._jobs.values() if job.state not in (WAITING, RUNNING)]
        for job in ended[: max(len(ended) - MAX_KEPT, 0)]:
            self.delete(job.id)

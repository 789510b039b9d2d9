"""The address of a Ray cluster in, sessions' frames made by its workers out: `headcast serve --ray ADDRESS`.

The server stays the one door: its gate, files, avatars and jobs are the same. What a face shall do goes to a worker of
Ray Serve, always to the same one by the session's id. Where that one is gone Ray asks another, which makes the session
anew from what the server sends along, and goes on with the same message; sessions of other workers know nothing of it.
"""

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from headcast.data.workers import num_cores
from headcast.errors import DataError, HeadcastError, MediaError
from headcast.limits import MAX_AVATARS, MAX_SESSIONS
from headcast.media.portraits import PORTRAITS
from headcast.ray_cluster import ray_cluster
from headcast.reenact.options import SessionOptions
from headcast.reenact.source import Source, open_source
from headcast.server.sessions import ApiSession
from headcast.server.workplace import FrameMaker

ROUTER: Final = "ray.serve.experimental.consistent_hash_router.ConsistentHashRouter"  # by the session's id
CORES_PER_WORKER: Final = 2
SECONDS_TO_RECOVER: Final = 60.0  # for workers that died to be replaced; until then sessions wait
PAUSE: Final = 0.2  # seconds, until a worker is asked again
IDLE_SECONDS: Final = 60.0  # after which a worker forgets a session; it is sent anew where it goes on


@dataclass(frozen=True)
class Answer:
    """What a worker says: a frame, or what is wrong with the message, or neither where it does not know the session."""

    worker: str
    frame: bytes | None = None
    error: str | None = None
    is_measure: bool = False  # whether all further landmarks are measured from this message's


class FrameWorker:
    """Makes frames, one at a time; it is ready when the network is compiled."""

    def __init__(self) -> None:
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._sessions: dict[str, tuple[ApiSession, float]] = {}  # and when it was used last
        ApiSession("", open_source(PORTRAITS["astronaut"]), SessionOptions(policy="live")).frame('{"controls": {}}')

    def frame(
        self, name: str, message: str | bytes, source: Source | None = None, rest: dict[str, Any] | None = None
    ) -> Answer:
        """Make the frame for a client's message; `source` and the `rest` of a session make it anew."""
        now = time.monotonic()
        if source is not None and rest is not None:
            self._sessions = {key: kept for key, kept in self._sessions.items() if now - kept[1] < IDLE_SECONDS}
            self._sessions[name] = ApiSession(id=name, source=source, **rest), now
        if name not in self._sessions:
            return Answer(self._name)
        session, _ = self._sessions[name]
        self._sessions[name] = session, now
        measured_from = session.measured_from
        try:
            frame = session.frame(message)
        except (ValueError, HeadcastError) as error:
            return Answer(self._name, error=str(error))
        return Answer(self._name, frame, is_measure=session.measured_from is not measured_from)


class FrameWorkers:
    """A `FrameMaker`: has a session's frames made by its worker."""

    def __init__(self, ray: Any, handle: Any) -> None:
        self._ray, self._handle = ray, handle
        self._sources: dict[str, tuple[Source, Any]] = {}  # by avatar; as it lies in the cluster

    async def __call__(self, session: ApiSession, message: str | bytes) -> bytes:
        """The frame for a client's message; ValueError for what is none, MediaError where no worker is left."""
        frame = self._handle.options(session_id=session.id).frame
        everything: tuple[Any, ...] = ()
        end = time.monotonic() + SECONDS_TO_RECOVER
        while True:
            try:
                answer: Answer = await frame.remote(session.id, message, *everything)
            except self._ray.exceptions.RayTaskError:  # a fault of ours, which another worker has, too
                raise
            except self._ray.exceptions.RayError as error:
                if time.monotonic() > end:
                    raise MediaError("no worker of the Ray cluster answers; see `serve status` there") from error
                await asyncio.sleep(PAUSE)
                continue
            if answer.error is not None:
                raise ValueError(answer.error)
            if answer.frame is not None:
                session.worker = answer.worker
                session.measured_from = message if answer.is_measure else session.measured_from
                return answer.frame
            everything = await asyncio.to_thread(self._shipped, session)

    def _shipped(self, session: ApiSession) -> tuple[Any, dict[str, Any]]:
        """Whatever a worker needs to make a session anew; a source is sent once, and shared by all its sessions."""
        source, shipped = self._sources.get(session.avatar, (None, None))
        if source is not session.source:
            while len(self._sources) >= MAX_AVATARS:
                del self._sources[next(iter(self._sources))]
            shipped = self._ray.put(session.source)
            self._sources[session.avatar] = session.source, shipped
        kept = ("avatar", "options", "format", "max_side", "measured_from")
        return shipped, {name: getattr(session, name) for name in kept}


@contextmanager
def frame_workers(address: str, num_workers: int | None = None) -> Iterator[FrameMaker]:
    """Yield what makes frames on a Ray cluster; its workers end with the block.

    By default there is one worker for each two cores; `local` as address stands for a cluster on this machine.
    MissingPackageError without Ray, DataError where the cluster cannot be reached.
    """
    if "://" in address:  # Ray's client has no handle to a deployment
        raise DataError(f"--ray takes auto, local or HOST:PORT, on a machine of the cluster, not {address}")
    with ray_cluster(address, max(num_workers or 1, num_cores())) as ray:
        from ray import serve
        from ray.serve.config import RequestRouterConfig

        logging.getLogger("ray.serve").setLevel(logging.ERROR)
        name = f"headcast-{secrets.token_hex(4)}"
        deployment = serve.deployment(
            FrameWorker,
            name="frames",
            num_replicas=num_workers or max(1, int(ray.cluster_resources().get("CPU", 1)) // CORES_PER_WORKER),
            ray_actor_options={"num_cpus": 1},
            max_ongoing_requests=MAX_SESSIONS,  # one a session: none is ever sent on for want of room
            request_router_config=RequestRouterConfig(request_router_class=ROUTER),
        )
        serve.start(proxy_location="Disabled")  # no door but ours
        try:
            yield FrameWorkers(ray, serve.run(deployment.bind(), name=name, route_prefix=None))
        finally:
            serve.delete(name)

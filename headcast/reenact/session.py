"""Frames of a driver in, frames of the moving photo out: the product on a page.

`headcast animate` is a loop around this, and so is everything live.
"""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from fractions import Fraction
from types import TracebackType
from typing import Final

from headcast.media.side_by_side import side_by_side
from headcast.reenact.driver import Driver, Stages
from headcast.reenact.lateness import Lateness
from headcast.reenact.motion_stream import SAMPLE_SECONDS, DrivingFrame, MotionStream
from headcast.reenact.options import SessionOptions
from headcast.reenact.source import Source, SourceLike, open_source
from headcast.reenact.stopwatch import Stopwatch
from headcast.tracking.track import FaceTracker, Tracker
from headcast.types import Frame, Image, Landmarks
from headcast.warping.warp import WarpedShot

USUAL_RATE: Final = 30  # frames a second, of pushed frames without a time
FRAMES_AT_ONCE: Final = 2  # that a stream generates side by side: on two cores each then has one to itself


class Session:
    """Animates one photo or avatar by one driver; sessions side by side share the compiled network.

    By the policy *file* each frame that is pushed comes out once, in order, later by some frames: the session looks
    ahead for what the motion is measured from and across gaps. By the policy *live* a frame comes out of its own
    push, or not at all: one that lags behind is dropped, `num_dropped` counts them. One thread at a time uses a
    session.

    >>> camera = [headcast.read_image("alice.png")] * 3
    >>> with headcast.Session("alice.png", headcast.SessionOptions(policy="live")) as session:
    ...     frames = [session.push(image) for image in camera]
    >>> frames[0]
    Frame(image=array(...), time=Fraction(...))
    """

    def __init__(
        self,
        source: SourceLike,
        options: SessionOptions | None = None,
        *,
        tracker: Tracker | None = None,
        stages: Stages | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to animate; `tracker`, `stages` and `clock` (seconds) stand in for the usual ones."""
        options = options or SessionOptions()
        self._stages = stages or make_driver(source if isinstance(source, Source) else open_source(source), options)
        self._smooth, self._live, self._clock = options.smooth, options.policy == "live", clock
        self._motion = None if tracker is None else self._follow(tracker)
        self._own_tracker: Tracker | None = None
        self._ready: deque[DrivingFrame] = deque()
        self._is_measured = False
        self._lateness = Lateness()
        self._num_pushed = 0
        self._shown: Image | None = None
        self.num_dropped = 0
        self.watch = Stopwatch()

    @property
    def runtime_name(self) -> str:
        """What the generator runs on, for people."""
        return self._stages.runtime_name

    def measure_from(self, driving: Sequence[Landmarks]) -> None:
        """Choose what the driver's motion is measured from, by some of its frames; by itself a session does so too.

        Live, that is the first face: call this with a later one to start anew from there.
        """
        self._stages.measure_from(driving)
        self._is_measured = True

    def push(self, frame: Frame | Image, time: float | Fraction | None = None) -> Frame | None:
        """Take in the driver's next frame, shown at `time` in seconds; return a frame that is ready, if there is one.

        Without a time, live frames are of now, others 1/30 second apart. ValueError if time does not go on.
        """
        image = frame.image if isinstance(frame, Frame) else frame
        moment = self._moment(frame.time if isinstance(frame, Frame) and time is None else time)
        self._num_pushed += 1
        if self._live and self._lateness(float(moment), self._clock()):
            self.num_dropped += 1
            return None
        with self.watch("track"):
            if self._motion is None:
                self._own_tracker = FaceTracker()
                self._motion = self._follow(self._own_tracker)
            self._ready.extend(self._motion.push(Frame(image, moment)))
        self._measure(at_the_end=False)
        return self._show(self._ready.popleft()) if self._ready and self._is_measured else None

    def flush(self) -> Iterator[Frame]:
        """Return the frames that are still to come, at the end of the driver; they are made as they are read."""
        self._ready.extend(self._motion.flush() if self._motion else ())
        self._measure(at_the_end=True)
        while self._ready:
            yield self._show(self._ready.popleft())

    def stream(self, driving: Iterable[DrivingFrame]) -> Generator[tuple[DrivingFrame, Image], None, None]:
        """Return each driving frame with its output frame; some are generated while the next are read and warped.

        Threads of their own for reading and warping would only wait for the interpreter: on two cores they cost a tenth
        of the frames a second (`headcast bench`).
        """
        conditioned = self._conditioned(self.watch.items("decode and track", driving))
        yield from side_by_side(self._made, conditioned, FRAMES_AT_ONCE)

    def close(self) -> None:
        """Release the tracker; one that was passed in stays open."""
        if self._own_tracker is not None:
            self._own_tracker.close()

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _follow(self, tracker: Tracker) -> MotionStream:
        return MotionStream(tracker, smooth=self._smooth, live=self._live)

    def _moment(self, time: float | Fraction | None) -> Fraction:
        if time is not None:
            return Fraction(time)
        return Fraction(self._clock()) if self._live else Fraction(self._num_pushed, USUAL_RATE)

    def _measure(self, *, at_the_end: bool) -> None:
        """Choose what the motion is measured from, as soon as enough of it was seen."""
        if self._is_measured or not self._ready:
            return
        if self._live or at_the_end or self._ready[-1].time - self._ready[0].time > SAMPLE_SECONDS:
            self.measure_from([driving.landmarks for driving in self._ready])

    def _show(self, driving: DrivingFrame) -> Frame:
        """Make one output frame; live, a face that is not seen stays as it was shown last."""
        if self._shown is None or driving.found or not self._live:
            (conditioned,) = self._conditioned([driving])
            _, self._shown = self._made(conditioned)
        return Frame(self._shown, driving.time)

    def _conditioned(self, frames: Iterable[DrivingFrame]) -> Iterator[tuple[DrivingFrame, WarpedShot]]:
        for frame in frames:
            with self.watch("retarget"):
                landmarks = self._stages.retarget(frame.landmarks)
            with self.watch("warp"):
                warped = self._stages.condition(landmarks)
            yield frame, warped

    def _made(self, conditioned: tuple[DrivingFrame, WarpedShot]) -> tuple[DrivingFrame, Image]:
        frame, warped = conditioned
        with self.watch("generate"):
            generated = self._stages.generate(warped)
        with self.watch("paste back"):
            return frame, self._stages.finish(generated, warped)


def make_driver(source: Source, options: SessionOptions, at_once: int = 1) -> Driver:
    """The stages that animate a source as the options ask; `at_once` frames are generated side by side."""
    return Driver(
        source.sitter,
        source.avatar,
        relative=options.relative,
        strength=options.strength,
        region=options.region,
        paste_back=options.paste_back,
        device=options.device,
        precision=options.precision,
        at_once=at_once,
    )

"""A microphone, or the sound of the video that stands for a camera, in, samples as they come out; and a speaker."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from headcast.calls.sound import FRAME_SAMPLES, SOUND_RATE, Samples
from headcast.errors import MediaError

Tell = Callable[[Samples], None]
_MOST_QUEUED: Final = 5  # blocks


class Microphone:
    """Tells the samples of the system's microphone, 20 ms at a time; MediaError where there is none."""

    def __init__(self, tell: Tell) -> None:
        self._stream = _opened("InputStream", lambda samples, *_: tell(samples[:, 0].copy()))

    def close(self) -> None:
        """Let the microphone go."""
        self._stream.close()


class Speaker:
    """Plays blocks of 20 ms on the system's speaker; MediaError where there is none."""

    def __init__(self) -> None:
        self._blocks: list[Samples] = []
        self._lock = threading.Lock()
        self._stream = _opened("OutputStream", self._fill)

    def play(self, samples: Samples) -> None:
        """Play a block; what waits too long is dropped."""
        with self._lock:
            self._blocks.append(samples)
            del self._blocks[:-_MOST_QUEUED]

    def close(self) -> None:
        """Let the speaker go."""
        self._stream.close()

    def _fill(self, samples: Any, *_: object) -> None:
        with self._lock:
            block = self._blocks.pop(0) if self._blocks else np.zeros(FRAME_SAMPLES, np.int16)
        samples[:, 0] = block


class FileSound:
    """Tells the sound of a video at its own pace, from a thread; nothing where the video has none."""

    def __init__(self, path: Path, tell: Tell) -> None:
        self._path, self._tell = path, tell
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="headcast-sound", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._stopping.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        resampler = av.AudioResampler("s16", "mono", SOUND_RATE, FRAME_SAMPLES)
        try:
            with av.open(str(self._path)) as container:
                if not container.streams.audio:
                    return
                start, num_samples = time.monotonic(), 0
                for frame in container.decode(audio=0):
                    for part in resampler.resample(frame):
                        samples = part.to_ndarray()[0]
                        num_samples += len(samples)
                        if self._stopping.wait(max(0.0, start + num_samples / SOUND_RATE - time.monotonic())):
                            return
                        self._tell(np.asarray(samples, np.int16))
        except av.FFmpegError:
            return  # the picture goes on without


def _opened(kind: str, callback: Callable[..., None]) -> Any:
    """A stream of the system's sound, which runs."""
    try:
        import sounddevice
    except OSError as error:  # the package is there, the system's library is not
        raise MediaError(f"no sound here ({error}); apt install libportaudio2, or say --no-sound") from error
    try:
        stream = getattr(sounddevice, kind)(
            samplerate=SOUND_RATE, blocksize=FRAME_SAMPLES, channels=1, dtype="int16", callback=callback
        )
        stream.start()
    except sounddevice.PortAudioError as error:
        raise MediaError(f"no sound here ({error}); plug in a headset, or say --no-sound") from error
    return stream

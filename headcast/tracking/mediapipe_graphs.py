"""MediaPipe's ready-made graphs: images in, all faces or the person's mask out; started late and kept silent."""

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from headcast.types import NUM_LANDMARKS, Image, Landmarks, Mask

_stderr_lock: Final = threading.Lock()


class FaceMesh:
    """The 478 landmarks of every face in an image; faces are followed from one image to the next."""

    def __init__(self, max_faces: int, detection_confidence: float) -> None:
        with _silent_stderr():
            from mediapipe.python.solutions import face_mesh  # takes a third of a second, hence not above

            self._graph: Any = face_mesh.FaceMesh(
                max_num_faces=max_faces, refine_landmarks=True, min_detection_confidence=detection_confidence
            )
            self._graph.process(np.zeros((64, 64, 3), np.uint8))  # the models open, and talk, at the first image
        self._has_found = False

    def __call__(self, image: Image) -> list[Landmarks]:
        """Return the faces in pixels of `image`, in no particular order; an empty list where there is none."""
        if self._has_found:
            result = self._graph.process(np.ascontiguousarray(image))
        else:
            with _silent_stderr():  # one more warning comes with the first face
                result = self._graph.process(np.ascontiguousarray(image))
        faces = [_in_pixels(face.landmark, image) for face in result.multi_face_landmarks or ()]
        self._has_found = self._has_found or bool(faces)
        return faces

    def close(self) -> None:
        """Stop the graph's threads."""
        self._graph.close()


class Segmentation:
    """The person in a picture that is about square, judged at 256 px."""

    def __init__(self) -> None:
        with _silent_stderr():
            from mediapipe.python.solutions import selfie_segmentation

            self._graph: Any = selfie_segmentation.SelfieSegmentation(model_selection=0)
            self._graph.process(np.zeros((64, 64, 3), np.uint8))

    def __call__(self, image: Image) -> Mask:
        """Return how likely each pixel of `image` belongs to a person, at the image's size."""
        mask: Mask = self._graph.process(np.ascontiguousarray(image)).segmentation_mask
        return np.clip(mask, 0.0, 1.0)

    def close(self) -> None:
        """Stop the graph's threads."""
        self._graph.close()


def _in_pixels(points: Any, image: Image) -> Landmarks:
    height, width = image.shape[:2]
    landmarks = np.array([(point.x, point.y, point.z) for point in points], dtype=np.float32)
    assert landmarks.shape == (NUM_LANDMARKS, 3)
    # MediaPipe counts from the image's outer edge; its depth has the scale of x.
    return landmarks * np.array([width, height, width], np.float32) - np.array([0.5, 0.5, 0.0], np.float32)


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Send to nowhere what native code writes to stderr within the block.

    MediaPipe's C++ logs warnings that users can do nothing about, before any log level takes effect; its errors come
    as exceptions. One thread at a time, since the stream belongs to the whole process.
    """
    with _stderr_lock, warnings.catch_warnings(), Path(os.devnull).open("wb") as nowhere:
        warnings.filterwarnings("ignore", message="SymbolDatabase.GetPrototype")
        stderr = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)

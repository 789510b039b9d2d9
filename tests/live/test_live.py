"""Live pieces with a clock, a tracker and stages of our own."""

import sys
import threading
import time
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from moving_photo import RATE, write_moving_photo

from headcast.errors import MediaError, MissingPackageError
from headcast.geometry.builtin import builtin_motion
from headcast.live.calibration import Calibration
from headcast.live.camera import open_camera
from headcast.live.newest import Newest
from headcast.live.overlay import draw_label
from headcast.live.performance import LiveControls, Performance
from headcast.live.run import run_live
from headcast.live.timecode import NUM_BITS, draw_code, read_code
from headcast.live.virtual_camera import VirtualCamera
from headcast.reenact.generated import Generated
from headcast.types import Landmarks


class Cheap:
    """Stages whose picture tells where the face is; they keep what they were measured from."""

    runtime_name = "none"

    def __init__(self) -> None:
        self.measured: list[int] = []

    def measure_from(self, driving):
        self.measured.append(len(driving))

    def retarget(self, driving):
        return driving

    def condition(self, landmarks):
        return landmarks

    def generate(self, warped):
        level = int(warped[1, 0]) % 200  # the nose's tip
        return Generated(np.full((64, 96, 3), level, np.uint8), np.ones((64, 96), np.float32))

    def finish(self, generated, warped):
        return generated.image


class Told:
    """A tracker that sees what it is told."""

    def __init__(self, faces: list[Landmarks | None]) -> None:
        self.faces = list(faces)
        self.images: list[np.ndarray] = []

    def track(self, image):
        self.images.append(image)
        return self.faces.pop(0)

    def close(self) -> None:
        pass


def source(side: int = 64) -> SimpleNamespace:
    photo = np.full((side, side, 3), 250, np.uint8)
    return SimpleNamespace(sitter=SimpleNamespace(photo=photo, shot=SimpleNamespace(image=photo)))


def perform(faces, **options):
    """A performance of these faces, without a label unless one is asked for."""
    stages, tracker = Cheap(), Told(faces)
    options = {"label": "", "controls": LiveControls(mirror=False), **options}
    return Performance(source(), tracker=tracker, stages=stages, clock=lambda: 5.0, **options), stages, tracker


@pytest.fixture(scope="module")
def calm() -> list[Landmarks]:
    """A face at rest for a second."""
    return [builtin_motion("blink", seconds=2).landmarks[0]] * 30


@pytest.fixture(scope="module")
def restless() -> list[Landmarks]:
    return list(builtin_motion("talk", seconds=4, seed=1).landmarks[20:])


def picture(level: int = 100) -> np.ndarray:
    return np.full((96, 160, 3), level, np.uint8)


def test_rest_is_found_after_half_a_second_and_not_in_speech(calm, restless):
    looking = Calibration()
    assert all(looking.look(face, number / 30) is None for number, face in enumerate(restless[:60]))
    found = [looking.look(face, 2 + number / 30) for number, face in enumerate(calm)]
    (place,) = [number for number, faces in enumerate(found) if faces is not None]
    assert looking.is_done and place <= 16
    assert found[place] is not None and len(found[place]) >= 4


def test_a_lost_face_is_not_at_rest(calm):
    looking = Calibration()
    for number in range(60):
        assert looking.look(calm[0] if number % 5 else None, number / 30) is None


def test_motion_is_measured_from_rest_once_it_is_found(restless, calm):
    performance, stages, _ = perform([*restless[:20], *calm])
    for number in range(20 + len(calm)):
        performance(picture(), 1 + number / 30)
    assert len(stages.measured) == 2 and stages.measured[0] == 1 and stages.measured[1] >= 4
    assert performance.is_calibrated


def test_until_a_face_is_seen_the_photo_is_shown_then_the_face(calm):
    performance, _, _ = perform([None, calm[0], None])
    first, second, third = [performance(picture(), 1 + number / 30) for number in range(3)]
    assert (first == 250).all()
    assert (second == int(calm[0][1, 0]) % 200).all()
    np.testing.assert_array_equal(third, second)  # a face that is lost stays


def test_freeze_mirror_and_calibrate(calm):
    controls = LiveControls(mirror=True)
    performance, stages, tracker = perform([*calm, *calm], controls=controls)
    seen = picture()
    seen[:, :80] = 7
    for number in range(25):
        performance(seen, 1 + number / 30)
    assert (tracker.images[0][:, 80:] == 7).all() and (tracker.images[0][:, :80] == 100).all()
    controls.freeze = True
    before = len(tracker.images)
    shown = performance(seen, 3.0)
    assert len(tracker.images) == before
    controls.freeze, controls.calibrate = False, True
    np.testing.assert_array_equal(performance(seen, 3.1), shown)
    assert not controls.calibrate and not performance.is_calibrated
    assert len(stages.measured) == 2


def test_the_label_is_in_the_corner_and_the_rest_of_the_picture_is_as_it_was(calm):
    plain = perform([calm[0]])[0](picture(), 1.0)
    performance, _, _ = perform([calm[0]], label="synthetic")
    labelled = performance(picture(), 1.0)
    changed = np.argwhere((plain != labelled).any(axis=2))
    assert changed[:, 0].min() > 32 and len(changed) > 100
    large = draw_label(np.full((512, 512, 3), 128, np.uint8))
    assert large.max() > 240 and (large[:480, :300] == 128).all()


def test_the_hud_tells_delay_and_pace(calm, monkeypatch):
    told = []
    monkeypatch.setattr("headcast.live.performance.draw_hud", lambda image, text: told.append(text) or image)
    performance, _, _ = perform(calm[:10], controls=LiveControls(hud=True))
    for number in range(5):
        performance(picture(), 4.0 + number / 20)
    assert told[-1] == "delay 900 ms   20 fps   look straight ahead"  # by the clock above, which stands at 5.0


def test_a_filmed_clock_comes_out_as_it_went_in(calm):
    performance, _, _ = perform(calm[:3])
    performance._max_side = 640
    seen = picture().repeat(4, 0).repeat(4, 1)
    draw_code(seen, 345_678)
    performance._shown = np.zeros((480, 640, 3), np.uint8)
    performance.controls.freeze = True
    assert read_code(performance(seen, 1.0)) == 345_678


def test_a_clock_is_read_through_noise_and_nothing_else_is_one():
    random = np.random.default_rng(0)
    for number in (0, 1, 2**NUM_BITS - 1, 777_777):
        image = random.integers(0, 256, (240, 320, 3), np.uint8)
        draw_code(image, number)
        noisy = np.clip(image * 0.7 + 30 + random.normal(0, 15, image.shape), 0, 255).astype(np.uint8)
        assert read_code(noisy) == number
    assert all(read_code(random.integers(0, 256, (240, 320, 3), np.uint8)) is None for _ in range(300))
    assert read_code(np.zeros((4, 8, 3), np.uint8)) is None


def test_only_the_newest_waits():
    newest: Newest[int] = Newest()
    for number in range(5):
        newest.put(number)
    assert newest.take() == 4 and newest.num_dropped == 4
    assert newest.take(timeout=0.01) is None and not newest.is_closed
    newest.put(5)
    newest.close(ValueError("gone"))
    assert newest.take() == 5
    with pytest.raises(ValueError, match="gone"):
        newest.take()


def test_a_slow_performance_drops_pictures_and_never_queues_them():
    """While one picture is worked on five others come: of these the last is next, whoever is quicker."""
    begun, delivered, shown = threading.Semaphore(0), threading.Semaphore(0), []

    def camera():
        for number in range(36):
            yield picture(number), time.monotonic()
            if number and number % 5 == 0:  # all up to this one have come
                delivered.release()
            if number % 5 == 0:
                assert begun.acquire(timeout=30)
        delivered.release()

    class Slow:
        is_calibrated, runtime_name = False, "none"

        def __call__(self, image, captured):
            begun.release()
            assert delivered.acquire(timeout=30)
            return image

    sink = SimpleNamespace(show=lambda image: shown.append(int(image[0, 0, 0])))
    summary = run_live(Slow(), camera(), [sink])
    assert shown == [0, 5, 10, 15, 20, 25, 30, 35]
    assert (summary.num_frames, summary.num_dropped) == (8, 28)
    assert not [thread for thread in threading.enumerate() if thread.name == "headcast-camera"]


def test_a_camera_that_fails_says_so():
    def camera():
        yield picture(), time.monotonic()
        raise MediaError("camera 0 gives no more pictures; plug it in again")

    performance, _, _ = perform([None] * 3)
    with pytest.raises(MediaError, match="gives no more pictures"):
        run_live(performance, camera(), [])


def test_a_video_stands_for_a_camera_at_its_own_pace(tmp_path):
    path = write_moving_photo(tmp_path / "camera.mp4", 10)
    started = time.monotonic()
    moments = list(open_camera(str(path)))
    assert time.monotonic() - started >= 9 / RATE - 0.05
    assert len(moments) == 10 and np.diff([captured for _, captured in moments]).min() > 0
    assert moments[0][0].shape == (240, 320, 3)


@pytest.mark.parametrize(
    ("name", "message"), [("nowhere.mp4", "no camera or video file nowhere.mp4"), ("97", "cannot open camera 97")]
)
def test_a_camera_that_is_not_there_is_named(name, message, capfd):
    with pytest.raises(MediaError, match=message):
        next(open_camera(name))
    assert capfd.readouterr() == ("", ""), "our one line is all that is to be said"


def test_a_virtual_camera_gets_even_pictures_of_one_size(monkeypatch):
    sent, module = [], ModuleType("pyvirtualcam")

    class Camera(SimpleNamespace):
        def __init__(self, width, height, rate):
            super().__init__(
                width=width, height=height, send=lambda image: sent.append(image.shape), close=lambda: None
            )

    module.Camera = Camera
    monkeypatch.setitem(sys.modules, "pyvirtualcam", module)
    camera = VirtualCamera()
    for shape in ((65, 97, 3), (65, 97, 3), (100, 100, 3)):
        camera.show(np.zeros(shape, np.uint8))
    camera.close()
    assert sent == [(64, 96, 3)] * 3


def test_without_a_virtual_camera_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'headcast\[virtual-camera\]'"):
        VirtualCamera()
    module = ModuleType("pyvirtualcam")

    def fail(*_):
        raise RuntimeError("'v4l2loopback' backend: no device\nmore")

    module.Camera = fail
    monkeypatch.setitem(sys.modules, "pyvirtualcam", module)
    with pytest.raises(MediaError, match="no virtual camera here"):
        VirtualCamera().show(picture())

"""Sound that is coded, lost and played again, beside the moment that it belongs to."""

import numpy as np
import pytest

from headcast.calls.sound import BIT_RATE, FRAME_MILLISECONDS, FRAME_SAMPLES, SOUND_RATE, SoundEncoder, SoundPlayout

SECONDS = 3
START = 40_000  # milliseconds of the sender's clock


def tone(hertz: float, seconds: float = SECONDS) -> np.ndarray:
    return np.asarray(8000 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * SOUND_RATE)) / SOUND_RATE), np.int16)


def play(frames: list[bytes], lost: set[int] = frozenset(), first: int = 0) -> tuple[np.ndarray, SoundPlayout]:
    """Send two frames with each picture, as they are made, and play 100 ms later."""
    playout, played = SoundPlayout(), []
    for number in range(0, len(frames), 2):
        now = START + FRAME_MILLISECONDS * (number + 2)
        if number not in lost:
            playout.add((first + number) % 65536, tuple(frames[number : number + 2]), now)
        for step in range(2):
            moment = now - 100 + step * FRAME_MILLISECONDS
            if moment >= START:
                played.append(playout.block(moment))
    return np.concatenate(played), playout


@pytest.fixture(scope="module")
def frames() -> list[bytes]:
    return list(SoundEncoder().encode(tone(440)))


def test_a_frame_is_20_ms_and_takes_few_bytes(frames):
    assert len(frames) == SECONDS * 1000 // FRAME_MILLISECONDS
    assert 8 * sum(map(len, frames)) / SECONDS < 1.3 * BIT_RATE
    assert max(map(len, frames)) < 256


def test_what_was_said_is_heard_at_its_moment():
    """A tone begins after a second of silence; it is heard within 25 ms of its place."""
    samples = np.concatenate([np.zeros(SOUND_RATE, np.int16), tone(440, 1)])
    played, _ = play(list(SoundEncoder().encode(samples)))
    loud = np.flatnonzero(np.abs(played.astype(int)) > 2000)
    assert abs(loud[0] / SOUND_RATE - 1.0) < 0.025


def test_a_tone_stays_a_tone(frames):
    played, playout = play(frames)
    middle = played[SOUND_RATE : 2 * SOUND_RATE].astype(float)
    spectrum = np.abs(np.fft.rfft(middle)) ** 2
    assert abs(int(np.argmax(spectrum)) - 440) <= 1 and spectrum[430:450].sum() > 0.9 * spectrum.sum()
    assert playout.num_lost == 0


def test_lost_sound_fades_and_comes_back(frames):
    played, playout = play(frames, lost={60, 62})
    blocks = np.abs(played.astype(int)).reshape(-1, FRAME_SAMPLES).max(axis=1)
    assert blocks[60:64].tolist() == sorted(blocks[60:64].tolist(), reverse=True) and blocks[63] < 0.2 * blocks[50]
    assert blocks[70] > 0.8 * blocks[50]
    assert 3 <= playout.num_lost <= 4


def test_numbers_start_again_at_zero(frames):
    plain, _ = play(frames)
    playout, played = SoundPlayout(), []
    playout._newest = 65_500  # many minutes into a call
    for number in range(0, len(frames), 2):
        now = START + FRAME_MILLISECONDS * (number + 2)
        playout.add((65_500 + number) % 65536, tuple(frames[number : number + 2]), now)
        played += [playout.block(now - 100 + step * FRAME_MILLISECONDS) for step in range(2)]
    loud = np.abs(np.concatenate(played).astype(int)).reshape(-1, FRAME_SAMPLES).max(axis=1)
    assert (loud[10:] > 4000).all() and np.abs(plain).max() > 4000


def test_hostile_frames_are_silence_or_noise_and_never_an_end():
    random = np.random.default_rng(0)
    playout = SoundPlayout()
    for number in range(0, 3000):
        frame = random.integers(0, 256, random.integers(0, 200), np.uint8).tobytes()
        playout.add(int(random.integers(0, 65536)) if number % 50 == 0 else number, (frame, b""), number * 20)
        block = playout.block(number * 20 - 60)
        assert block.shape == (FRAME_SAMPLES,) and block.dtype == np.int16
    assert len(playout._frames) <= 102

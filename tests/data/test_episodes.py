"""Episodes against the clip they are drawn from."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from headcast.data.augment import Disguise
from headcast.data.clips import Clip
from headcast.data.episodes import EpisodeSampler, EpisodeSettings, make_episode, resize_landmarks, resize_shot
from headcast.geometry.blink import blink_with_both
from headcast.geometry.pose import fit_pose, head_of, measure_controls, remove_pose, rotation_vector
from headcast.geometry.spreads import CONTROL_SPREAD, ROTATION_SPREAD
from headcast.types import CONDITIONING_MAPS, Shot
from headcast.warping.draw import draw_landmark_image

SETTINGS = EpisodeSettings(batch_size=2, num_shots=2, frame_size=64, shot_size=32)
SHAPES = {
    "shots": (2, 3, 32, 32),
    "shot_landmark_images": (2, 3, 32, 32),
    "conditioning": (6 + len(CONDITIONING_MAPS), 64, 64),
    "target": (3, 64, 64),
    "region_weights": (1, 64, 64),
    "mouth_boxes": (4,),
    "eye_boxes": (4,),
    "video_index": (),
}


@dataclass(frozen=True)
class NotingClip(Clip):
    """A clip that notes which frames were asked for: of each episode the target first, then the warped shot."""

    asked: list[int] = field(default_factory=list)

    def shot(self, number: int) -> Shot:
        self.asked.append(number)
        return super().shot(number)


@pytest.fixture
def noting(clip: Clip) -> NotingClip:
    return NotingClip(**vars(clip))


def test_a_batch_has_the_promised_shapes_and_types(clip: Clip) -> None:
    batch = next(EpisodeSampler([clip, clip], SETTINGS, seed=0).batches())
    assert {name: array.shape[1:] for name, array in batch.items()} == SHAPES
    assert all(len(array) == SETTINGS.batch_size for array in batch.values())
    for name in ("shots", "shot_landmark_images", "conditioning", "target"):
        assert batch[name].dtype == np.uint8, name
    for name in ("region_weights", "mouth_boxes", "eye_boxes"):
        assert batch[name].dtype == np.float32, name
    assert set(batch["video_index"]) <= {0, 1}


def test_the_same_seed_draws_the_same_episodes(clip: Clip) -> None:
    one, same, other = (next(EpisodeSampler([clip], SETTINGS, seed).batches()) for seed in (3, 3, 4))
    for name in one:
        np.testing.assert_array_equal(one[name], same[name])
    assert (one["target"] != other["target"]).any()


def test_a_run_that_goes_on_draws_what_an_undisturbed_one_would(clip: Clip) -> None:
    batches = EpisodeSampler([clip], SETTINGS, seed=3).batches()
    next(batches)
    second = next(batches)
    late = next(EpisodeSampler([clip], SETTINGS, seed=3).batches(first_step=1))
    half = next(EpisodeSampler([clip], SETTINGS, seed=3).batches(first_step=1, rows=slice(1, 2)))
    for name in second:
        np.testing.assert_array_equal(late[name], second[name])
        np.testing.assert_array_equal(half[name], second[name][1:])


def still_of(clip: Clip) -> Clip:
    return replace(clip, landmarks=clip.landmarks[:1])


def test_a_still_is_the_target_and_a_moved_copy_of_it_the_shot(clip: Clip) -> None:
    settings = EpisodeSettings(batch_size=1, num_shots=2, frame_size=256, shot_size=256, disguise=False)
    batches = EpisodeSampler([still_of(clip)], settings, seed=0).batches()
    differences, hidden = [], []
    for _ in range(3):
        episode = next(batches)
        true = clip.frames[0].transpose(2, 0, 1).astype(float)
        np.testing.assert_array_equal(episode["target"][0], true)
        differences += [np.abs(shot - true).mean() for shot in episode["shots"][0]]
        warped, validity = episode["conditioning"][0, 3:6].astype(float), episode["conditioning"][0, 6] / 255.0
        error = np.abs(warped - true).mean(0)
        hidden.append(error[validity < 0.2].mean() / error[validity > 0.8].mean())
    assert min(differences) > 0.5  # no shot is the target
    assert min(hidden) > 1.5  # what the move hid is known to be hidden


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_share_of_stills_is_kept(clip: Clip, share: float) -> None:
    settings = EpisodeSettings(20, 1, frame_size=16, shot_size=16, still_share=share)
    batch = next(EpisodeSampler([still_of(clip), clip], settings, seed=1).batches())
    stills = (batch["video_index"] == 0).mean()
    assert stills == share if share in (0, 1) else 0.2 < stills < 0.8


def test_a_target_is_half_a_second_away_and_mostly_far(noting: NotingClip) -> None:
    plain = EpisodeSettings(num_shots=1, frame_size=16, shot_size=16, disguise=False)
    sampler = EpisodeSampler([noting], plain, seed=0)
    pairs, random = [], np.random.default_rng(0)
    for _ in range(40):
        noting.asked.clear()
        sampler.episode(0, random)
        pairs.append((noting.asked[0], noting.asked[1]))
    targets, shots = np.array(pairs).T
    assert np.abs(targets - shots).min() >= 6  # at 12 frames a second
    poses = [fit_pose(landmarks) for landmarks in noting.landmarks]
    faces = [remove_pose(landmarks, pose) for landmarks, pose in zip(noting.landmarks, poses, strict=True)]
    looks = np.array([measure_controls(face) for face in faces]) / CONTROL_SPREAD
    turns = np.array([rotation_vector(pose.rotation) for pose in poses]) / ROTATION_SPREAD
    places = np.concatenate([looks, turns], axis=1)
    distances = np.linalg.norm(places[:, None] - places, axis=2)
    is_far = distances[targets, shots] > np.percentile(distances[:, shots], 75, axis=0)
    assert is_far.mean() > 0.4  # it would be 0.25 by chance


def test_one_to_eight_shots_are_warped_and_none_shows_the_target(noting: NotingClip) -> None:
    plain = EpisodeSettings(num_shots=1, frame_size=16, shot_size=16, disguise=False)
    sampler = EpisodeSampler([noting], plain, seed=0)
    counts, random = [], np.random.default_rng(0)
    for _ in range(60):
        noting.asked.clear()
        sampler.episode(0, random)
        target, *warped = noting.asked[:-1]
        assert np.abs(np.array(warped) - target).min() >= 6  # half a second at 12 frames a second
        counts.append(len(warped))
    assert set(counts) == {1, 2, 3, 4, 8}
    assert 0.3 < np.mean(np.array(counts) == 1) < 0.6
    noting.asked.clear()
    for _ in range(5):
        EpisodeSampler([noting], replace(plain, max_warped_shots=1), seed=0).episode(0, random)
    assert len(noting.asked) == 5 * 3


def test_more_warped_shots_come_nearer_to_the_target(clip: Clip) -> None:
    far, near, target = clip.shot(0), clip.shot(20), clip.shot(21)
    settings = EpisodeSettings(frame_size=256)
    errors = []
    for shots in ([far], [far, near]):
        episode = make_episode(shots, target.landmarks, target, [far], 0, settings)
        error = np.abs(episode["conditioning"][3:6].astype(float) - episode["target"]).mean(0)
        errors.append((error * episode["region_weights"][0]).mean())
    assert errors[1] < 0.95 * errors[0]


def test_a_clip_shorter_than_half_a_second_still_gives_episodes(clip: Clip) -> None:
    short = replace(clip, landmarks=clip.landmarks[:3])
    assert EpisodeSampler([short], SETTINGS, seed=0).episode(0, np.random.default_rng(0))["target"].shape == (3, 64, 64)


def test_an_undisguised_episode_shows_the_clips_own_frames(noting: NotingClip) -> None:
    settings = EpisodeSettings(num_shots=2, frame_size=256, shot_size=256, disguise=False)
    episode = EpisodeSampler([noting], settings, seed=0).episode(0, np.random.default_rng(0))
    target, warped, *others = noting.asked
    np.testing.assert_array_equal(episode["target"].transpose(1, 2, 0), noting.frames[target])
    own, driving = head_of(noting.landmarks[warped]), head_of(noting.landmarks[target])
    drawn = draw_landmark_image(blink_with_both(noting.landmarks[target], driving, own.controls)[0], 256)
    np.testing.assert_array_equal(episode["conditioning"][:3].transpose(1, 2, 0), drawn)
    for shot in episode["shots"]:
        assert any((shot.transpose(1, 2, 0) == noting.frames[number]).all() for number in others)


def test_the_warped_shot_comes_close_to_the_target(clip: Clip) -> None:
    shot, target = clip.shot(0), clip.shot(12)
    settings = EpisodeSettings(frame_size=256)
    episode = make_episode([shot], target.landmarks, target, [shot], 0, settings)
    weights = episode["region_weights"][0]
    wanted, warped = (
        episode[name][part].astype(float) for name, part in (("target", np.s_[:]), ("conditioning", np.s_[3:6]))
    )
    error = (np.abs(warped - wanted).mean(0) * weights).mean()
    unmoved = (np.abs(shot.image.transpose(2, 0, 1) - wanted).mean(0) * weights).mean()
    assert error < 0.7 * unmoved


def test_all_frames_of_an_episode_wear_the_same_disguise(clip: Clip) -> None:
    """Mirrored or not, the mouth box lies on the target's mouth: pixels and landmarks agree."""
    sampler = EpisodeSampler([clip], EpisodeSettings(num_shots=1, frame_size=128, shot_size=128), seed=2)
    random = np.random.default_rng(2)
    for _ in range(4):
        episode = sampler.episode(0, random)
        target = episode["target"].astype(float).mean((1, 2))
        shot = episode["shots"][0].astype(float).mean((1, 2))
        np.testing.assert_allclose(shot / shot.sum(), target / target.sum(), atol=0.02)  # the same gains


def test_resizing_keeps_landmarks_on_their_pixels(clip: Clip) -> None:
    shot = clip.shot(0)
    small = resize_shot(shot, 64)
    assert small.image.shape == (64, 64, 3)
    assert small.matte.shape == (64, 64)
    # The outer edges of the picture stay its edges: centres lie at whole numbers.
    edges = resize_landmarks(np.array([[-0.5, 255.5, 4.0]], np.float32), 256, 64)
    np.testing.assert_allclose(edges, [[-0.5, 63.5, 1.0]])
    assert resize_shot(shot, 256) is shot


def test_no_clips_are_refused() -> None:
    with pytest.raises(ValueError, match="clips must hold at least one clip"):
        EpisodeSampler([], SETTINGS, seed=0)
    assert Disguise().mirrored is False

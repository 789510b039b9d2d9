import json
from pathlib import Path

import pytest

from headcast.cli.main import build_parser
from headcast.cli.train import _config
from headcast.errors import DataError


@pytest.mark.parametrize("kind", ["missing", "empty", "broken clips"])
def test_a_folder_that_cannot_be_trained_on_ends_in_one_line(headcast, tmp_path, kind):
    folder, run_dir = tmp_path / "clips", tmp_path / "run"
    if kind != "missing":
        folder.mkdir()
    if kind == "broken clips":
        for name in ("alice_1.mp4", "bob_1.mp4"):
            (folder / name).write_text("not a video")
    ended = headcast("train", "--data", folder, "--run", run_dir, "--samples", 8, "--preset", "tiny")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("headcast: error: ")
    assert ended.err.count("\n") == 1
    assert not run_dir.exists()


def test_a_run_ends_in_a_checkpoint_that_can_be_loaded(headcast, tmp_path, write_still_video):
    from headcast.cli.demo import PHOTOS
    from headcast.networks.checkpoint import load_checkpoint

    (tmp_path / "clips").mkdir()
    for name, photo in PHOTOS.items():
        write_still_video(tmp_path / "clips" / f"{name}.mp4", photo(), num_frames=4)
    words = ["train", "--data", tmp_path / "clips", "--run", tmp_path / "run", "--preset", "tiny", "--batch-size", 2]
    ended = headcast(*words, "--samples", 4, "--json")
    assert ended.code == 0, ended.err
    answer = json.loads(ended.out)
    assert answer["checkpoint"] == str(tmp_path / "run" / "checkpoint.safetensors")
    assert load_checkpoint(Path(answer["checkpoint"]))

    again = headcast(*words, "--samples", 4)
    assert again.code == 2
    assert "already holds a run; resume it or give another folder" in again.err
    assert headcast(*words, "--samples", 6, "--resume").code == 0


def config_of(*words):
    return _config(build_parser().parse_args(["train", "--data", "clips", "--run", "run", *words]), num_videos=1000)


def test_the_papers_schedule_is_the_papers_default():
    config = config_of("--preset", "paper")
    assert config.num_samples == 75 * 1000  # epochs of one episode per video, with the match loss
    assert (config.learning_rate, config.discriminator_learning_rate) == (5e-5, 2e-4)
    assert config.weights.embedding_match == 10.0
    feed_forward = config_of("--preset", "paper", "--feed-forward")
    assert feed_forward.num_samples == 150 * 1000 and feed_forward.weights.embedding_match == 0.0


def test_options_become_settings():
    config = config_of(
        *["--samples", "5", "--sizes", "128:0.6,256:0.4", "--precision", "f32"],
        *["--accumulate", "4", "--batch-size", "16", "--compile"],
    )
    assert (config.num_samples, config.num_parts, config.precision) == (5, 4, "f32")
    assert config.sizes == ((0.6, 128), (0.4, 256)) and config.compile_networks
    assert config_of("--epochs", "3").num_samples == 3000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "how long to train. give --minutes, --samples or --epochs"),
        (("--minutes", "1", "--accumulate", "3"), "a batch of 8 cannot be computed in 3 parts; change one"),
        (
            ("--minutes", "1", "--sizes", "100:0.5,256:0.5"),
            "--sizes 100 does not suit the networks",
        ),
    ],
)
def test_settings_that_cannot_work_end_in_one_line(words, message):
    with pytest.raises(DataError, match=message):
        config_of(*words)


@pytest.mark.parametrize("sizes", ["128", "128:0.5", "128:2,256:-1", "a:b"])
def test_a_list_of_sizes_is_checked(sizes, capsys):
    with pytest.raises(SystemExit):
        config_of("--minutes", "1", "--sizes", sizes)
    assert repr(sizes) in capsys.readouterr().err

import subprocess
import sys

import pytest

import headcast


def test_all_is_sorted_and_every_name_is_there():
    assert headcast.__all__ == sorted(headcast.__all__)
    for name in headcast.__all__:
        assert getattr(headcast, name).__name__ == name


def test_dir_lists_the_public_names():
    assert set(headcast.__all__) <= set(dir(headcast))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'headcast' has no attribute 'anmate'"):
        headcast.anmate  # noqa: B018


@pytest.mark.parametrize("module", ["headcast", "headcast.cli.main"])
def test_importing_is_light(module):
    heavy = {"torch", "mediapipe", "cv2", "openvino", "av", "scipy", "skimage", "matplotlib", "PIL"}
    code = f"import {module}, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert module in loaded
    assert not heavy & set(loaded)

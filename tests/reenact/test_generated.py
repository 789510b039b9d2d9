import numpy as np
import pytest

from headcast.errors import CheckpointError
from headcast.reenact.generated import to_generated


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_answer_that_is_no_number_is_not_drawn(value: float):
    """Weights may each be finite and large, and their sums not."""
    image, weight = np.zeros((1, 3, 8, 8), np.float32), np.zeros((1, 1, 8, 8), np.float32)
    assert (to_generated(image, weight).image == 128).all()
    for part in (image, weight):
        part[0, 0, 3, 3] = value
        with pytest.raises(CheckpointError, match="is not finite: its weights are damaged"):
            to_generated(image, weight)
        part[:] = 0

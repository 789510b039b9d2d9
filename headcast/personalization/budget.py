"""The number of pictures in, how many steps tuning takes out; imports nothing, so that help texts can state it."""

from typing import Final

FIRST_STEPS: Final = 110
"""What one picture takes."""

STEPS_PER_PICTURE: Final = 10
"""What each further one adds."""


def default_steps(num_pictures: int) -> int:
    """Return how many steps a number of pictures deserves."""
    return FIRST_STEPS + STEPS_PER_PICTURE * (num_pictures - 1)

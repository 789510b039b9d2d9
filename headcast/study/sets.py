"""Questions about people in, sets of them out in which nobody is seen twice: each rater gets one set.

All pictures made from one shot have its hair, clothes and background. Who sees two of them compares these, however good
either is, and a real frame that lies near another is suspected alike.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np


def draw_sets(identities: Sequence[str], random: np.random.Generator) -> list[list[int]]:
    """Share questions out over as few sets as keep everybody single, as evenly as that allows.

    Takes whom each question shows; returns each set's questions, in an order drawn at random.
    """
    of_person: dict[str, list[int]] = defaultdict(list)
    for number in random.permutation(len(identities)).tolist():
        of_person[identities[number]].append(number)
    sets: list[list[int]] = [[] for _ in range(max(map(len, of_person.values()), default=0))]
    for numbers in sorted(of_person.values(), key=len, reverse=True):
        smallest = sorted(sets, key=len)
        for own, number in zip(smallest, numbers, strict=False):
            own.append(number)
    return [random.permutation(own).tolist() for own in sets]


def set_name(number: int) -> str:
    """Return the folder of a set, 1 and up."""
    return f"set_{number}"

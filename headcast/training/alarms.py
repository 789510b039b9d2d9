"""What a run's figures say is going wrong: figures in, warnings out, one line each.

The failures are those that reproductions of this method report most. A loss that is not finite needs no alarm: it
stops the run where it arises (paper_step.py).
"""

from collections.abc import Callable, Mapping
from typing import Final

Figures = Mapping[str, float]

LEAST_CONTRAST: Final = 0.1
LEAST_HINGE: Final = 0.05
LEAST_MARGIN: Final = 0.05
LEAST_EMBEDDING_RISE: Final = 0.02
LEAST_EMBEDDING_RISE_WITHOUT_WARP: Final = 0.10
LEAST_MOUTH_RISE: Final = 0.15


def step_alarms(figures: Figures, earlier: Figures) -> list[str]:
    """What the mean figures of two stretches of steps in a row both show: one alone may be a bad moment."""
    checks = (one_colour, discriminator_dominates, discriminator_does_not_learn)
    return [warning for check in checks if (warning := check(figures)) and check(earlier)]


def validation_alarms(figures: Figures) -> list[str]:
    """What a validation shows."""
    checks: tuple[Callable[[Figures], str | None], ...] = (
        no_content_gradient,
        embedding_ignored_beside_the_warp,
        embedding_ignored,
        landmarks_ignored,
    )
    return [warning for check in checks if (warning := check(figures))]


def one_colour(figures: Figures) -> str | None:
    """Frames collapse to one colour, black or red (after an unlucky step, or with gradients in the wrong place)."""
    contrast = figures.get("contrast", 1.0)
    if contrast >= LEAST_CONTRAST:
        return None
    return (
        f"the frames collapse to one colour: {contrast:.1%} of the targets' contrast; go back to an earlier checkpoint"
    )


def discriminator_dominates(figures: Figures) -> str | None:
    """Hinges at rest: the discriminator tells every frame, and the generator learns nothing from it."""
    hinge = figures.get("discriminator", 1.0)
    if hinge >= LEAST_HINGE:
        return None
    return f"the discriminator dominates: its loss is {hinge:.3f}; lower its learning rate or augment what it sees"


def discriminator_does_not_learn(figures: Figures) -> str | None:
    """Equal scores for real and generated frames: the discriminator learns nothing, and so teaches nothing."""
    if "real_score" not in figures:
        return None
    margin = figures["real_score"] - figures["generated_score"]
    if margin >= LEAST_MARGIN:
        return None
    return (
        f"the discriminator does not learn: real frames score {margin:+.3f} above generated ones; "
        "raise its learning rate"
    )


def no_content_gradient(figures: Figures) -> str | None:
    """A content term that the generator cannot follow, as with a feature network that detaches its input."""
    if figures["content_gradient"] > 0.0 or figures["loss"] <= 0.0:
        return None
    return "a content term has no gradient with respect to the frame; check the feature networks"


def embedding_ignored_beside_the_warp(figures: Figures) -> str | None:
    """The warped shot says who it is, and the embedding is decoration."""
    rise = figures["other_embedding"]
    if figures["without_warp"] == 0.0:
        return None  # it reads no warped shot
    return _too_small(rise, LEAST_EMBEDDING_RISE, "the embedding is hardly used beside the warped shot")


def embedding_ignored(figures: Figures) -> str | None:
    """The frame is the same whoever it is."""
    rise = figures["other_embedding_without_warp"]
    return _too_small(rise, LEAST_EMBEDDING_RISE_WITHOUT_WARP, "the embedding is hardly used")


def landmarks_ignored(figures: Figures) -> str | None:
    """The mouth is the same whatever the landmarks say."""
    rise = figures["other_landmarks_mouth"]
    return _too_small(rise, LEAST_MOUTH_RISE, "the landmark image hardly moves the mouth")


def _too_small(rise: float, wanted: float, text: str) -> str | None:
    return f"{text}: {rise:.1%}, wanted {wanted:.0%}" if rise < wanted else None

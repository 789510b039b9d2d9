"""Settings of a training run: checked, frozen, with defaults for each preset of the networks."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final


@dataclass(frozen=True)
class LossWeights:
    """The weight of each loss term; a term of weight 0 is not computed."""

    vgg19: float = 0.0  # content loss on the whole frame
    vggface: float = 0.0  # content loss of the face network on the whole frame
    pyramid: float = 0.0  # Charbonnier on a Laplacian pyramid, weighted by region
    mouth: float = 0.0  # content loss on the mouth box
    eyes: float = 0.0  # content loss on the box of both eyes
    crop: float = 0.0  # VGG19 content loss on one random square of the frame
    adversarial: float = 0.0
    feature_matching: float = 0.0
    embedding_match: float = 0.0


@dataclass(frozen=True)
class TrainingConfig:
    """How a model is meta-trained; the data (batch size, number of shots) belong to the episodes."""

    preset: str = "lite"  # sizes of the networks
    seed: int = 0
    num_samples: int | None = None  # stop after so many episodes ...
    minutes: float | None = None  # ... or so much training time; one of the two is given
    learning_rate: float = 3e-4  # embedder and generator
    discriminator_learning_rate: float = 3e-4  # discriminator and video embeddings
    adam_betas: tuple[float, float] = (0.5, 0.99)
    adam_epsilon: float = 1e-8
    warmup_steps: int = 100  # the rate climbs from 0
    final_rate_share: float = 0.02  # ... and falls on a cosine to this share of itself; 1 keeps it constant
    num_discriminator_steps: int = 1  # per step of embedder and generator
    adversarial_start: float = 0.15  # share of the run without discriminator
    average_decay: float = 0.999  # of the running average of embedder and generator, which is what is saved
    drop_warp: float = 0.12  # probability of training without the warped shot: the paper's pure form
    drop_mouth_and_eyes: float = 0.25  # probability of erasing them from the warped shot
    drop_embedding: float = 0.1  # probability of the mean embedding instead of the person's
    augment_discriminator: bool = True  # differentiable augmentation of all that it sees
    crop_size: int = 128  # side of the random square of the `crop` term, pixels
    precision: str = "auto"  # bf16 where the machine computes it natively, f32 elsewhere; or one of the two
    num_parts: int = 1  # compute a batch in so many parts, for one that is too large for the memory
    sizes: tuple[tuple[float, int], ...] = ()  # (share of the run, side of the frames), in turn; () is full size
    compile_networks: bool = False  # needs a C++ compiler; worth it for runs of hours
    log_steps: int = 50  # between two lines of stats.jsonl
    validate_steps: int = 500  # between two validations; each saves checkpoint and state
    weights: LossWeights = field(default_factory=LossWeights)

    def __post_init__(self) -> None:
        if (self.num_samples is None) == (self.minutes is None):
            raise ValueError("give either num_samples or minutes")
        if (self.num_samples or self.minutes or 0) <= 0:
            raise ValueError("num_samples or minutes must be positive")
        for name in ("drop_warp", "drop_mouth_and_eyes", "drop_embedding", "adversarial_start", "average_decay"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} must lie in 0..1, got {getattr(self, name)}")
        for name in ("log_steps", "validate_steps", "num_discriminator_steps", "num_parts", "crop_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.precision not in ("auto", "bf16", "f32"):
            raise ValueError(f"precision must be auto, bf16 or f32, got {self.precision!r}")
        if self.sizes and abs(sum(share for share, _ in self.sizes) - 1.0) > 1e-6:
            raise ValueError(f"the shares of sizes must add up to 1, got {self.sizes}")

    def size_at(self, progress: float, full_size: int) -> int:
        """The side of the frames when the share `progress` of the run is over."""
        end = 0.0
        for share, size in self.sizes:
            end += share
            if progress < end:
                return size
        return full_size

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TrainingConfig":
        """Rebuild from plain values; an unknown key is a ValueError that lists the known ones."""
        _refuse_unknown(cls, values)
        weights = values.get("weights", {})
        _refuse_unknown(LossWeights, weights)
        changed: dict[str, Any] = {"weights": LossWeights(**weights)}
        if "adam_betas" in values:
            changed["adam_betas"] = tuple(values["adam_betas"])
        if "sizes" in values:
            changed["sizes"] = tuple((share, size) for share, size in values["sizes"])
        return cls(**{**values, **changed})


_LITE: Final[Mapping[str, Any]] = {
    "weights": LossWeights(
        pyramid=2.0, mouth=0.06, eyes=0.04, crop=0.15, adversarial=0.3, feature_matching=10.0, embedding_match=0.1
    ),
}

_PAPER: Final[Mapping[str, Any]] = {
    "learning_rate": 5e-5,
    "discriminator_learning_rate": 2e-4,
    "adam_betas": (0.0, 0.999),
    "adam_epsilon": 1e-5,
    "warmup_steps": 0,
    "final_rate_share": 1.0,
    "num_discriminator_steps": 2,
    "adversarial_start": 0.0,
    "drop_embedding": 0.0,
    "augment_discriminator": False,
    "weights": LossWeights(vgg19=0.15, vggface=0.025, adversarial=1.0, feature_matching=10.0, embedding_match=10.0),
}

_SMALL_PAPER: Final[Mapping[str, Any]] = {  # where a short run on one core departs from the paper: docs/paper.md
    **_PAPER,
    "learning_rate": 4e-4,
    "discriminator_learning_rate": 4e-4,
    "warmup_steps": 100,
    "final_rate_share": 0.05,
    "num_discriminator_steps": 1,
    "adversarial_start": 0.3,
    "weights": LossWeights(
        vgg19=0.15, vggface=0.025, pyramid=5.0, adversarial=1.0, feature_matching=10.0, embedding_match=10.0
    ),
}

_DEFAULTS: Final = {"paper": _PAPER, "tiny_paper": _PAPER, "small_paper": _SMALL_PAPER}


def training_config(preset: str, **changes: Any) -> TrainingConfig:
    """The defaults of a preset with `changes`: the paper's second version for `paper`, ours for `lite`."""
    _refuse_unknown(TrainingConfig, changes)
    return TrainingConfig(**{"preset": preset, **_DEFAULTS.get(preset, _LITE), **changes})


def _refuse_unknown(config_class: type, values: Mapping[str, Any]) -> None:
    known = sorted(setting.name for setting in fields(config_class))
    if unknown := sorted(set(values) - set(known)):
        raise ValueError(f"unknown training setting {unknown[0]!r}; known: {', '.join(known)}")

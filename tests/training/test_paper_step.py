"""The paper's step against its equations in NumPy, with a discriminator and a feature network that fit in a line."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from headcast.errors import HeadcastError
from headcast.training.augment import draw_augmentation
from headcast.training.config import LossWeights
from headcast.training.content import FeatureNetworks
from headcast.training.episode import EpisodeBatch
from headcast.training.paper_step import Setup, discriminator_loss, generator_loss, update

Array = NDArray[np.float64]
WEIGHTS = LossWeights(vgg19=0.15, adversarial=1.0, feature_matching=10.0, embedding_match=5.0)
SQUARES = torch.zeros(0)
RATE = 0.01


class PlainDiscriminator(nn.Module):
    """D of equation 3 whose V is the mean of each of the six channels."""

    def __init__(self) -> None:
        super().__init__()
        self.general = nn.Linear(6, 1)

    def forward(self, frames, landmark_images, identity):
        both = torch.cat([frames, landmark_images], dim=1)
        vector = both.mean(dim=(2, 3))  # V(x, y)
        return (vector * identity).sum(dim=1) + self.general(vector).squeeze(1), [both**2, vector]


def features(images):
    """Two activation maps of what stands for VGG19."""
    return [images, 3.0 * images[:, :1]]


@pytest.fixture
def setup() -> Setup:
    torch.manual_seed(0)
    return Setup(PlainDiscriminator(), FeatureNetworks(features), WEIGHTS, "f32")


@pytest.fixture
def batch(batch: EpisodeBatch) -> EpisodeBatch:
    """Four episodes of 16 pixels with random pictures."""
    random = torch.Generator().manual_seed(1)
    target, conditioning = (torch.rand(4, channels, 16, 16, generator=random) for channels in (3, 13))
    return replace(batch, target=target, conditioning=conditioning)


@pytest.fixture
def generated() -> torch.Tensor:
    return torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def vectors() -> tuple[torch.Tensor, torch.Tensor]:
    """Video embeddings W_i and mean embeddings e_hat."""
    random = torch.Generator().manual_seed(3)
    return torch.randn(4, 6, generator=random), torch.randn(4, 6, generator=random)


def array(tensor: torch.Tensor) -> Array:
    return tensor.detach().numpy().astype(np.float64)


def mean_l1(one: Array, other: Array) -> float:
    return float(np.abs(one - other).mean())


def scores_of(setup: Setup, frames: Array, batch: EpisodeBatch, identity: Array) -> Array:
    """Equation 3: V(x, y)^T (W_i + w0) + b."""
    vector = np.concatenate([frames, array(batch.conditioning[:, :3])], axis=1).mean(axis=(2, 3))
    w0, b = array(setup.discriminator.general.weight)[0], array(setup.discriminator.general.bias)[0]
    return np.array([row @ (own + w0) + b for row, own in zip(vector, identity, strict=True)])


def terms_of(setup: Setup, frames: Array, batch: EpisodeBatch, identity: Array, embeddings: Array) -> dict[str, float]:
    """The four terms of equations 1 and 2."""
    target, landmark_images = array(batch.target), array(batch.conditioning[:, :3])
    squares = [np.concatenate([each, landmark_images], axis=1) ** 2 for each in (frames, target)]
    vectors = [np.sqrt(each).mean(axis=(2, 3)) for each in squares]
    return {
        "vgg19": mean_l1(frames, target) + 3.0 * mean_l1(frames[:, 0], target[:, 0]),
        "adversarial": -scores_of(setup, frames, batch, identity).mean(),
        "feature_matching": (mean_l1(*squares) + mean_l1(*vectors)) / 2,
        "embedding_match": mean_l1(embeddings, identity),
    }


def total(terms: dict[str, float]) -> float:
    """Equation 1."""
    return (
        0.15 * terms["vgg19"]
        + 1.0 * terms["adversarial"]
        + 10.0 * terms["feature_matching"]
        + 5.0 * terms["embedding_match"]
    )


def test_the_generators_loss_is_that_of_equations_1_and_2(setup, batch, generated, vectors) -> None:
    identity, embeddings = vectors
    loss, terms = generator_loss(setup, batch, generated, SQUARES, identity, embeddings)
    expected = terms_of(setup, array(generated), batch, array(identity), array(embeddings))
    assert {name: term.item() for name, term in terms.items()} == pytest.approx(expected, rel=1e-5)
    assert loss.item() == pytest.approx(total(expected), rel=1e-5)


def test_few_shot_learning_leaves_out_the_match_and_a_start_without_discriminator_all_but_content(
    setup, batch, generated, vectors
) -> None:
    _, few_shot = generator_loss(setup, batch, generated, SQUARES, torch.zeros(4, 6))
    assert list(few_shot) == ["vgg19", "adversarial", "feature_matching"]
    _, early = generator_loss(setup, batch, generated, SQUARES, None, vectors[1])
    assert list(early) == ["vgg19"]


def test_the_discriminators_loss_is_the_hinge_of_equation_4(setup, batch, generated, vectors) -> None:
    identity = 4.0 * vectors[0]  # some scores beyond the hinge's corners, some inside
    loss, figures = discriminator_loss(setup, batch, generated, identity)
    real = scores_of(setup, array(batch.target), batch, array(identity))
    made = scores_of(setup, array(generated), batch, array(identity))
    assert (np.abs([real, made]) > 1).any() and (np.abs([real, made]) < 1).any()
    assert loss.item() == pytest.approx((np.maximum(0, 1 + made) + np.maximum(0, 1 - real)).mean(), rel=1e-5)
    assert figures["real_score"].item() == pytest.approx(real.mean(), rel=1e-5)
    assert figures["generated_score"].item() == pytest.approx(made.mean(), rel=1e-5)


def test_the_first_update_goes_down_the_generators_loss_and_leaves_the_discriminator(
    setup, batch, generated, vectors
) -> None:
    brightness = nn.Parameter(torch.tensor(0.1))  # all that this generator learns
    identity, embeddings = (nn.Parameter(each) for each in vectors)
    optimizer = torch.optim.SGD([brightness, identity, embeddings], RATE)
    before = [value.clone() for value in setup.discriminator.parameters()]
    start, own, mean = brightness.item(), array(identity).copy(), array(embeddings).copy()

    def loss_at(value: float) -> float:
        return total(terms_of(setup, array(generated) + value, batch, own, mean))

    loss = generator_loss(setup, batch, generated + brightness, SQUARES, identity, embeddings)
    means = update([loss], [optimizer], "in a test")
    assert means["feature_matching"] == pytest.approx(loss[1]["feature_matching"].item())
    slope = (loss_at(start + 1e-4) - loss_at(start - 1e-4)) / 2e-4
    assert brightness.item() == pytest.approx(start - RATE * slope, abs=1e-5)
    # L_MCH alone reaches e_hat and W_i, by 5 times the sign of their difference over their number
    pull = 5.0 * np.sign(mean - own) / mean.size
    np.testing.assert_allclose(array(embeddings), mean - RATE * pull, atol=1e-6)
    np.testing.assert_allclose(array(identity), own + RATE * pull, atol=1e-6)
    for value, old in zip(setup.discriminator.parameters(), before, strict=True):
        assert torch.equal(value, old) and value.grad is None and value.requires_grad


def test_the_second_update_goes_down_the_hinge_by_hand(setup, batch, generated, vectors) -> None:
    identity = nn.Parameter(0.1 * vectors[0])  # all scores inside of the hinge, where its slope is 1
    general = setup.discriminator.general
    w0, b, own = array(general.weight).copy(), array(general.bias).copy(), array(identity).copy()
    optimizer = torch.optim.SGD([*setup.discriminator.parameters(), identity], RATE)
    figures = update([discriminator_loss(setup, batch, generated, identity)], [optimizer], "in a test")
    assert max(abs(figures["real_score"]), abs(figures["generated_score"])) < 1
    difference = array(generated - batch.target).mean(axis=(2, 3))  # V(x_hat, y) - V(x, y) in the frame's channels
    slope = np.concatenate([difference, np.zeros((4, 3))], axis=1)  # ... and in those of y, which both share
    np.testing.assert_allclose(array(general.weight), w0 - RATE * slope.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(array(identity), own - RATE * slope / 4, atol=1e-6)
    np.testing.assert_allclose(array(general.bias), b, atol=1e-6)  # as much up as down


def test_a_batch_in_parts_is_one_step_down_their_mean(setup, batch, generated) -> None:
    brightness = [nn.Parameter(torch.tensor(0.1)) for _ in range(2)]
    rows = (slice(0, 2), slice(2, 4))
    for value, pieces in zip(brightness, ((slice(0, 4),), rows), strict=True):
        parts = [
            generator_loss(setup, batch.rows(each), generated[each] + value, SQUARES, torch.zeros(len(batch), 6)[each])
            for each in pieces
        ]
        update(parts, [torch.optim.SGD([value], RATE)], "in a test", num_parts=len(pieces))
    assert brightness[0].item() != pytest.approx(0.1, abs=1e-4)
    assert brightness[1].item() == pytest.approx(brightness[0].item(), abs=1e-6)


def test_real_and_generated_frames_are_changed_alike(setup, batch, generated) -> None:
    change = draw_augmentation(4, 16, torch.Generator().manual_seed(5))
    nobody = torch.zeros(4, 6)
    _, plain = generator_loss(setup, batch, generated, SQUARES, nobody)
    _, changed = generator_loss(setup, batch, generated, SQUARES, nobody, augmentation=change)
    assert changed["adversarial"] != plain["adversarial"] and changed["vgg19"] == plain["vgg19"]
    _, equal = generator_loss(setup, batch, batch.target, SQUARES, nobody, augmentation=change)
    assert equal["feature_matching"] == 0
    _, scores = discriminator_loss(setup, batch, batch.target, nobody, change)
    assert scores["real_score"] == scores["generated_score"]


def test_a_loss_that_is_not_finite_is_named_before_anything_changes(setup, batch, generated) -> None:
    brightness = nn.Parameter(torch.tensor(0.1))
    loss = generator_loss(setup, batch, generated + brightness * torch.inf, SQUARES, torch.zeros(4, 6))
    with pytest.raises(HeadcastError, match=r"^the loss term 'vgg19' became inf at step 3; wait$"):
        update([loss], [torch.optim.SGD([brightness], RATE)], "at step 3; wait")
    assert brightness.item() == pytest.approx(0.1)

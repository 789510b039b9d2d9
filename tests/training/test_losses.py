import math

import pytest
import torch

from headcast.training.losses import (
    CHARBONNIER_EPSILON,
    adversarial_loss,
    content_loss,
    crop_boxes,
    embedding_match_loss,
    feature_matching_loss,
    hinge_loss,
    perceptual_distance,
    pyramid_loss,
)


def test_content_loss_sums_the_layers_means() -> None:
    generated = [torch.zeros(2, 1, 2, 2), torch.zeros(2, 4)]
    target = [torch.full((2, 1, 2, 2), 3.0), torch.full((2, 4), -0.5)]
    assert content_loss(generated, target).item() == 3.5
    assert content_loss(target, target).item() == 0


def test_perceptual_distance_compares_directions_not_sizes() -> None:
    east = torch.tensor([30.0, 0.0]).reshape(1, 2, 1, 1).expand(2, 2, 3, 3)
    north = torch.tensor([0.0, 70.0]).reshape(1, 2, 1, 1).expand(2, 2, 3, 3)
    assert perceptual_distance([east], [2 * east]).item() == pytest.approx(0, abs=1e-4)
    assert perceptual_distance([east], [north]).item() == pytest.approx(2 / 2, abs=1e-4)
    later = perceptual_distance([east, east], [-east, north]).item()  # the second map counts twice as much
    assert later == pytest.approx(4 / 2 + 2, abs=1e-3)


def test_perceptual_distance_counts_where_the_weights_are() -> None:
    east, north = torch.zeros(1, 2, 4, 4), torch.zeros(1, 2, 4, 4)
    east[:, 0], north[:, 1] = 10.0, 10.0
    half_turned = torch.cat([east[..., :2], north[..., 2:]], dim=3)  # wrong in the right half
    weights = torch.zeros(1, 1, 8, 8)
    weights[..., :4] = 3.0
    assert perceptual_distance([half_turned], [east], weights).item() == pytest.approx(0, abs=1e-6)
    assert perceptual_distance([half_turned], [east], weights.flip(3)).item() == pytest.approx(2 / 2, abs=1e-4)
    assert perceptual_distance([half_turned], [east]).item() == pytest.approx(1 / 2, abs=1e-4)


def test_hinge_by_hand() -> None:
    real, generated = torch.tensor([2.0, 0.0]), torch.tensor([-2.0, 0.5])
    assert hinge_loss(real, generated).item() == (0 + 1) / 2 + (0 + 1.5) / 2
    assert adversarial_loss(generated).item() == 0.75


def test_feature_matching_is_a_mean_over_layers_and_leaves_the_real_side_alone() -> None:
    generated = [torch.zeros(1, 2, requires_grad=True), torch.zeros(1, 8, requires_grad=True)]
    real = [torch.full((1, 2), 4.0, requires_grad=True), torch.full((1, 8), 2.0, requires_grad=True)]
    loss = feature_matching_loss(generated, real)
    loss.backward()
    assert loss.item() == 3
    assert generated[0].grad is not None and real[0].grad is None


def test_embedding_match_pulls_both_sides() -> None:
    embeddings, vectors = torch.ones(1, 4, requires_grad=True), torch.zeros(1, 4, requires_grad=True)
    loss = embedding_match_loss(embeddings, vectors)
    loss.backward()
    assert loss.item() == 1
    assert embeddings.grad is not None and vectors.grad is not None
    assert torch.equal(embeddings.grad, -vectors.grad)


def test_pyramid_loss_is_zero_on_equal_images_and_grows_with_the_difference() -> None:
    image = torch.rand(1, 3, 16, 16)
    assert pyramid_loss(image, image).item() == 0
    near, far = (pyramid_loss(image + step * torch.randn_like(image), image).item() for step in (0.01, 0.1))
    assert 0 < near < far


def test_a_flat_difference_stands_in_the_lowest_level_alone() -> None:
    image, step = torch.zeros(1, 3, 16, 16), 0.5
    expected = math.sqrt(step**2 + CHARBONNIER_EPSILON**2) - CHARBONNIER_EPSILON
    floor = 0.0  # the upper levels see a difference of zero
    assert pyramid_loss(image + step, image).item() == pytest.approx(expected + floor, rel=1e-5)


def test_region_weights_choose_where_the_loss_looks() -> None:
    target, generated = torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)
    generated[..., :8] = 1.0  # wrong on the left
    left = torch.zeros(1, 1, 16, 16)
    left[..., :8] = 1.0
    assert pyramid_loss(generated, target, 1 - left).item() == 0
    assert pyramid_loss(generated, target, left).item() > pyramid_loss(generated, target).item() > 0
    torch.testing.assert_close(
        pyramid_loss(generated, target, 7 * left), pyramid_loss(generated, target, left)
    )  # only the weights' proportions count


def test_a_crop_of_whole_pixels_is_a_slice() -> None:
    images = torch.rand(2, 3, 20, 30)
    boxes = torch.tensor([[4.0, 6.0, 8.0, 10.0], [0.0, 1.0, 8.0, 10.0]])
    crops = crop_boxes(images, boxes, (10, 8))
    torch.testing.assert_close(crops[0], images[0, :, 6:16, 4:12], atol=1e-5, rtol=0)
    torch.testing.assert_close(crops[1], images[1, :, 1:11, 0:8], atol=1e-5, rtol=0)


def test_a_resampled_crop_keeps_a_gradient_picture_and_lets_the_gradient_through() -> None:
    ramp = torch.arange(32.0).expand(1, 1, 32, 32).clone().requires_grad_()
    crop = crop_boxes(ramp, torch.tensor([[8.0, 8.0, 16.0, 16.0]]), (8, 8))
    expected = 8 + 2 * torch.arange(8.0) + 0.5  # centres of pixels twice as large
    torch.testing.assert_close(crop[0, 0, 3], expected, atol=1e-4, rtol=0)
    crop.sum().backward()
    assert ramp.grad is not None and ramp.grad.sum().item() == pytest.approx(64, rel=1e-4)

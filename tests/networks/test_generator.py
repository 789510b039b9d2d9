import openvino
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from headcast.networks.generator import GeneratorOutput
from headcast.networks.lite_generator import INITIAL_WARP_WEIGHT, VALIDITY, WARPED, LiteGenerator
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.types import CONDITIONING_MAPS


def random_conditioning(size: int, count: int = 1) -> torch.Tensor:
    images, maps = torch.rand(count, 6, size, size) * 2 - 1, torch.rand(count, len(CONDITIONING_MAPS), size, size)
    return torch.cat([images, maps], dim=1)


def tiny_generator() -> LiteGenerator:
    generator = build_model(PRESETS["tiny"], seed=0).generator
    assert isinstance(generator, LiteGenerator)
    return generator.eval()


def stirred(generator: LiteGenerator) -> LiteGenerator:
    """Large random weights in the head, so that every part of the composition shows."""
    torch.manual_seed(1)
    torch.nn.init.normal_(generator.head.weight, std=0.5)
    return generator


@pytest.mark.parametrize("size", [64, 128])
def test_lite_starts_as_the_warped_shot_at_any_size(size: int) -> None:
    generator, conditioning = tiny_generator(), random_conditioning(size)
    conditioning[:, VALIDITY] = 1.0
    output = generator(conditioning, generator.project(torch.rand(1, 16)))
    assert (output.image - conditioning[:, WARPED]).abs().max() < 0.02
    assert output.warp_weight.mean().item() == pytest.approx(INITIAL_WARP_WEIGHT, abs=0.01)


def test_lite_never_shows_the_warped_shot_where_it_is_not_valid() -> None:
    generator, conditioning = stirred(tiny_generator()), random_conditioning(64)
    conditioning[:, VALIDITY, :, :32] = 0.0
    output = generator(conditioning, generator.project(torch.rand(1, 16)))
    assert (output.warp_weight[..., :32] == 0).all() and (output.warp_weight[..., 32:] > 0).any()
    assert torch.equal(output.image[..., :32], output.synthesis[..., :32])


def test_lite_output_is_the_stated_blend_and_stays_in_range() -> None:
    generator, conditioning = stirred(tiny_generator()), random_conditioning(64, count=2)
    image, synthesis, weight = generator(conditioning, generator.project(torch.rand(2, 16)))
    torch.testing.assert_close(image, weight * conditioning[:, WARPED] + (1 - weight) * synthesis, atol=1e-5, rtol=0)
    assert image.abs().max() <= 1 and synthesis.abs().max() == 1  # the change is large enough to be clipped
    assert weight.min() >= 0 and weight.max() <= 1


def test_a_clipped_pixel_can_find_its_way_back() -> None:
    generator, conditioning = tiny_generator().train(), random_conditioning(64)
    conditioning[:, WARPED], conditioning[:, VALIDITY] = 1.0, 0.0
    generator.head.bias.data.fill_(0.5)  # pushes every white pixel beyond white
    output = generator(conditioning, generator.project(torch.rand(1, 16)))
    (output.synthesis + 1.0).square().mean().backward()  # the target is black
    assert output.synthesis.max().item() == pytest.approx(1.0)
    assert (generator.head.bias.grad[:12] > 0).all()


def test_the_embedding_and_the_landmark_image_change_the_frame() -> None:
    generator, conditioning = stirred(tiny_generator()), random_conditioning(64)
    embedding = torch.rand(1, 16)
    frame = generator(conditioning, generator.project(embedding)).image
    assert not torch.allclose(frame, generator(conditioning, generator.project(embedding + 1)).image, atol=1e-3)
    moved = conditioning.clone()
    moved[:, :3] = moved[:, :3].flip(3)
    assert not torch.allclose(frame, generator(moved, generator.project(embedding)).image, atol=1e-3)


def test_paper_generator_reads_the_landmark_image_alone() -> None:
    generator = build_model(PRESETS["tiny_paper"], seed=0).generator.eval()
    output = generator(torch.rand(2, 3, 64, 64), generator.project(torch.rand(2, 16)))
    assert isinstance(output, GeneratorOutput) and generator.conditioning_channels == 3
    assert output.image.shape == (2, 3, 64, 64) and output.image.abs().max() < 1
    assert torch.equal(output.image, output.synthesis) and not output.warp_weight.any()


def test_a_reduced_generator_is_the_same_on_a_smaller_picture_and_keeps_the_shot_s_detail() -> None:
    torch.manual_seed(3)
    small = stirred(LiteGenerator((8, 8, 16), 1, 16)).eval()
    torch.nn.init.normal_(small.head.weight, std=0.02)
    reduced = LiteGenerator((8, 8, 16), 1, 16, reduction=2).eval()
    reduced.load_state_dict(small.state_dict())
    conditioning = random_conditioning(32).repeat_interleave(2, 2).repeat_interleave(2, 3)
    conditioning[:, WARPED] *= 0.3  # nothing is clipped
    detail = 0.2 * torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(32, 32)  # gone in the mean of two by two pixels
    detailed = conditioning.clone()
    detailed[:, WARPED] += detail
    parameters = reduced.project(torch.rand(1, 16))
    plain, output = reduced(conditioning, parameters), reduced(detailed, parameters)
    torch.testing.assert_close(output.warp_weight, plain.warp_weight)
    torch.testing.assert_close(output.image - plain.image, detail.expand(1, 3, 64, 64), atol=1e-5, rtol=0)
    expected = small(conditioning[:, :, ::2, ::2], parameters).synthesis
    mean = torch.nn.functional.avg_pool2d(plain.synthesis, 2)
    assert (mean - expected).abs().mean() < 0.5 * (expected - conditioning[:, WARPED, ::2, ::2]).abs().mean()


def test_the_stem_reads_pixels_as_if_they_were_unshuffled() -> None:
    stem, pixels = stirred(tiny_generator()).stem, torch.rand(2, 13, 64, 48)
    expected = torch.relu(stem.first(torch.nn.functional.pixel_unshuffle(pixels, 2)))
    expected = torch.relu(stem.second(expected))
    assert expected.std() > 0.01
    torch.testing.assert_close(stem(pixels), expected, atol=1e-5, rtol=1e-5)


def test_lite_costs_at_most_one_and_a_half_gflop_a_frame() -> None:
    with torch.device("meta"):
        generator = build_model(PRESETS["lite"], seed=0).generator
        conditioning, embedding = torch.empty(1, 13, 256, 256), torch.empty(1, 256)
    with FlopCounterMode(display=False) as counter:
        output = generator(conditioning, generator.project(embedding))
    assert output.image.shape == (1, 3, 256, 256)
    assert 1e9 < counter.get_total_flops() < 1.5e9


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # which OpenVINO 2026 still uses
@pytest.mark.parametrize(("precision", "tolerance"), [("f32", 1e-4), ("bf16", 0.05)])
def test_openvino_draws_the_same_frame(precision: str, tolerance: float) -> None:
    generator, conditioning = stirred(tiny_generator()), random_conditioning(64)
    torch.nn.init.normal_(generator.head.weight, std=0.05)
    with torch.no_grad():
        inputs = conditioning, generator.project(torch.rand(1, 16))
        expected = generator(*inputs)
        converted = openvino.convert_model(generator, example_input=inputs)
    compiled = openvino.Core().compile_model(converted, "CPU", {"INFERENCE_PRECISION_HINT": precision})
    results = compiled([tensor.numpy() for tensor in inputs])
    for index in range(3):
        torch.testing.assert_close(torch.from_numpy(results[index]), expected[index], atol=tolerance, rtol=0)

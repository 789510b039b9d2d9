import pytest
import torch

from headcast.networks.model import Model, build_model
from headcast.networks.presets import PRESETS
from headcast.training.personal import PersonalNetworks, score_bound

FORMS = ["tiny", "tiny_paper"]
"""The small form of `lite` and that of `paper`."""


@pytest.fixture(params=FORMS)
def model(request: pytest.FixtureRequest) -> Model:
    built = build_model(PRESETS[request.param], seed=1)
    for network in (built.embedder, built.generator, built.discriminator):
        network.eval()
    return built


@pytest.fixture
def embedding(model: Model) -> torch.Tensor:
    return torch.rand(1, model.config.embedding_size, generator=torch.Generator().manual_seed(2))


def test_the_first_frame_is_the_feed_forward_models(model: Model, embedding: torch.Tensor) -> None:
    conditioning = torch.rand(2, 13, 64, 64)
    with torch.no_grad():
        parameters = model.generator.project(embedding)  # P e
        expected = model.generator(conditioning[:, : model.generator.conditioning_channels], parameters.repeat(2, 1))
        frames = PersonalNetworks(model, embedding, ()).generate(conditioning)
    torch.testing.assert_close(frames, expected.image)


def test_the_first_score_is_the_meta_trained_one_for_the_embedding(model: Model, embedding: torch.Tensor) -> None:
    frames, landmark_images = torch.rand(2, 2, 3, 64, 64).unbind()
    with torch.no_grad():
        expected, expected_maps = model.discriminator(frames, landmark_images, embedding)  # V^T (e + w0) + b
        personal = PersonalNetworks(model, embedding, ()).discriminator
        scores, maps = score_bound(personal, frames, landmark_images)
    torch.testing.assert_close(scores, expected)
    for mine, theirs in zip(maps, expected_maps, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_the_identity_vector_keeps_the_embeddings_length_and_is_free(model: Model, embedding: torch.Tensor) -> None:
    personal = PersonalNetworks(model, 100 * embedding, ()).discriminator
    general = model.discriminator.general.weight
    torch.testing.assert_close(personal.general.weight, general + 100 * embedding)  # w' = w0 + e
    before = personal.general.weight.detach().clone()
    scores, _ = score_bound(personal, torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64))
    scores.sum().backward()
    torch.optim.SGD(personal.parameters(), 0.1).step()
    assert not torch.equal(personal.general.weight, before)


def test_only_the_named_parts_and_the_adain_parameters_learn() -> None:
    model = build_model(PRESETS["tiny"], seed=1)
    networks = PersonalNetworks(model, torch.rand(1, 16), ("up", "head"))
    assert {name.split(".")[0] for name in networks.moving()} == {"up", "head", "adain_parameters"}


def test_the_projection_is_dropped_and_all_else_learns_where_no_part_is_named(model: Model) -> None:
    networks = PersonalNetworks(model, torch.rand(1, 16), ())
    parts = {name.split(".")[0] for name, _ in networks.generator.named_parameters()}
    assert {name.split(".")[0] for name in networks.moving()} == parts - {"projection"} | {"adain_parameters"}


def test_tuning_never_touches_the_model(model: Model, embedding: torch.Tensor) -> None:
    before = {name: value.clone() for name, value in model.generator.state_dict().items()}
    networks = PersonalNetworks(model, embedding, ())
    with torch.no_grad():
        for value in networks.moving().values():
            value.add_(1.0)
    for name, value in model.generator.state_dict().items():
        torch.testing.assert_close(value, before[name])


def test_a_pull_goes_its_share_of_the_way_back_and_a_snapshot_brings_all_back(model: Model) -> None:
    networks = PersonalNetworks(model, torch.rand(1, 16), ())
    start = networks.snapshot()
    with torch.no_grad():
        for value in networks.moving().values():
            value.add_(1.0)
    networks.pull_to_start(0.25)
    for name, value in networks.moving().items():
        torch.testing.assert_close(value.detach(), start[name] + 0.75)
    networks.restore(start)
    for name, value in networks.moving().items():
        assert torch.equal(value.detach(), start[name])

import pytest
import torch
from safetensors.torch import save_file

from headcast.networks.features import load_vgg19
from headcast.training.config import LossWeights
from headcast.training.content import FeatureNetworks, content_terms, random_squares
from headcast.training.episode import EpisodeBatch

ALL = LossWeights(vgg19=1, vggface=1, pyramid=1, mouth=1, eyes=1, crop=1)


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> FeatureNetworks:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("vgg") / "vgg.safetensors"
    save_file({"features.0.weight": torch.randn(64, 3, 3, 3) * 0.1, "features.0.bias": torch.zeros(64)}, path)
    return FeatureNetworks(load_vgg19(path), None)


def squares(batch: EpisodeBatch) -> torch.Tensor:
    return random_squares(len(batch), 64, 32, torch.Generator().manual_seed(0))


def test_every_term_is_zero_on_the_target_itself(batch: EpisodeBatch, features: FeatureNetworks) -> None:
    terms = content_terms(batch.target, batch, squares(batch), features, ALL)
    assert sorted(terms) == ["crop", "eyes", "mouth", "pyramid", "vgg19"]  # no VGGFace here
    assert all(term.item() == 0 for term in terms.values())


def test_without_vgg_the_offline_terms_stand_in(batch: EpisodeBatch) -> None:
    terms = content_terms(batch.target + 0.1, batch, squares(batch), FeatureNetworks(), ALL)
    assert sorted(terms) == ["eyes", "mouth", "pyramid"]
    assert all(term.item() > 0 for term in terms.values())


def test_each_region_sees_its_own_place(batch: EpisodeBatch, features: FeatureNetworks) -> None:
    generated = batch.target.clone()
    generated[:, :, 46:50, 26:38] += 0.5  # inside the mouth's box
    for networks in (features, FeatureNetworks()):
        terms = content_terms(generated, batch, squares(batch), networks, ALL)
        assert terms["mouth"].item() > 0 and terms["eyes"].item() == 0 and terms["pyramid"].item() > 0


def test_a_term_of_weight_zero_is_not_computed(batch: EpisodeBatch, features: FeatureNetworks) -> None:
    terms = content_terms(batch.target, batch, squares(batch), features, LossWeights(mouth=1.0))
    assert list(terms) == ["mouth"]


def test_squares_lie_inside_the_image() -> None:
    boxes = random_squares(200, 64, 48, torch.Generator().manual_seed(0))
    assert boxes[:, :2].min() == 0 and (boxes[:, :2] + boxes[:, 2:]).max() == 64
    assert random_squares(1, 32, 128, torch.Generator()).tolist() == [[0, 0, 32, 32]]

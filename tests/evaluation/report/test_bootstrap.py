import numpy as np
import pytest
from scipy.stats import bootstrap

from headcast.evaluation.report.bootstrap import compare_paired, mean_interval


def test_means_and_relative_difference_by_hand() -> None:
    result = compare_paired([1.0, 2.0, 3.0], [2.0, 4.0, 6.0], seed=0)
    assert (result.num_identities, result.first, result.second) == (3, 2.0, 4.0)
    assert result.difference == -2.0 and result.relative == -0.5
    # each identity is halved, so every resample is: no doubt is left about the ratio
    assert result.relative_interval == pytest.approx((-0.5, -0.5))
    assert result.difference_interval[0] < -2 < result.difference_interval[1]


def test_interval_agrees_with_scipys() -> None:
    generator = np.random.default_rng(1)
    first = generator.normal(1.0, 0.3, 40)
    second = first + generator.normal(0.1, 0.1, 40)
    reference = bootstrap((first - second,), np.mean, method="percentile", n_resamples=9999, rng=2)
    result = compare_paired(first.tolist(), second.tolist(), seed=3)
    expected = (reference.confidence_interval.low, reference.confidence_interval.high)
    assert result.difference_interval == pytest.approx(expected, abs=0.003)


def test_interval_covers_the_truth_about_95_times_in_100() -> None:
    generator = np.random.default_rng(4)
    hits = 0
    for trial in range(200):
        difference = generator.normal(0.5, 1.0, 40)
        low, high = compare_paired((difference + 3).tolist(), [3.0] * 40, seed=trial).difference_interval
        hits += low < 0.5 < high
    assert 180 <= hits <= 198


def test_pairing_matters() -> None:
    generator = np.random.default_rng(5)
    people = generator.normal(1.0, 0.5, 30)  # people differ much more than the rivals do
    paired = compare_paired((people - 0.05).tolist(), people.tolist(), seed=0)
    shuffled = compare_paired((people - 0.05).tolist(), generator.permutation(people).tolist(), seed=0)
    assert paired.difference_interval[1] < 0 < shuffled.difference_interval[1]


def test_same_seed_same_interval_and_missing_figures_are_left_out() -> None:
    first, second = [1.0, 2.0, float("nan"), 4.0], [1.5, 2.5, 3.0, 4.1]
    result = compare_paired(first, second, seed=7)
    assert result == compare_paired([1.0, 2.0, 4.0], [1.5, 2.5, 4.1], seed=7)
    assert result.num_identities == 3


def test_refuses_what_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="there are 2 and 3"):
        compare_paired([1.0, 2.0], [1.0, 2.0, 3.0], seed=0)
    with pytest.raises(ValueError, match="at least two identities, not 1"):
        compare_paired([1.0, float("nan")], [1.0, 2.0], seed=0)


def test_a_ratio_to_nothing_is_not_finite_but_the_difference_is() -> None:
    result = compare_paired([1.0, 0.5], [0.0, 0.0], seed=0)
    assert not np.isfinite(result.relative) and result.difference == 0.75
    assert np.isfinite(result.difference_interval).all()


def test_the_interval_of_a_mean_is_about_two_standard_errors() -> None:
    values = np.random.default_rng(0).normal(3, 2, 400)
    low, high = mean_interval([*values, float("nan")], seed=0)
    assert (high - low) == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.05)
    assert low < values.mean() < high
    assert mean_interval([2.0], seed=0) == (2.0, 2.0)
    with pytest.raises(ValueError, match="at least one finite figure"):
        mean_interval([float("nan")], seed=0)

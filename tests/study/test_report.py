import numpy as np
import pytest
from scipy.stats import binom, binomtest

from headcast.errors import DataError
from headcast.study.answers import Answers
from headcast.study.report import both_resampled, report_study, text_lines, wilson_interval


@pytest.mark.parametrize(("found", "asked"), [(0, 5), (5, 5), (10, 30), (333, 1000)])
def test_wilsons_interval_holds_the_shares_that_do_not_contradict_the_answers(found, asked):
    """Wilson 1927: the limits are the shares from which the answers lie 1.96 standard errors away."""
    for limit in wilson_interval(found, asked):
        if 0 < limit < 1:
            standard_error = np.sqrt(limit * (1 - limit) / asked)
            assert abs(found / asked - limit) / standard_error == pytest.approx(1.959964, abs=1e-4)


def test_wilsons_interval_is_scipys():
    for asked in (1, 2, 7, 30, 1000):
        for found in sorted({0, 1, asked // 3, asked - 1, asked}):
            expected = binomtest(found, asked).proportion_ci(method="wilson")
            assert wilson_interval(found, asked) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_refuses_what_is_no_share():
    for found, asked in ((2, 1), (-1, 3), (0, 0)):
        with pytest.raises(ValueError, match="num_found must lie from 0 to num_answers"):
            wilson_interval(found, asked)


@pytest.mark.parametrize("by", ["participants", "people"])
def test_answers_that_hang_together_count_once(by):
    """Half of 20 participants (or people) are always right: the interval is that of 20 coins, not of 400."""
    rows, columns = (index.ravel() for index in np.indices((20, 20)))
    found = (rows if by == "participants" else columns) < 10
    low, high = both_resampled(found, rows, columns, seed=0)
    assert (low, high) == pytest.approx(tuple(binom.ppf((0.025, 0.975), 20, 0.5) / 20), abs=0.03)
    assert wilson_interval(200, 400) == pytest.approx((0.451, 0.549), abs=0.001)


def test_both_kinds_of_chance_add_up():
    """Owen (2007): variance by participants, by people, and the answers' own thrice, once in each of the first two."""
    rows, columns = (index.ravel() for index in np.indices((30, 30)))
    likely = 0.2 + 0.3 * (rows < 15) + 0.3 * (columns < 15)
    found = np.random.default_rng(0).random(900) < likely
    one = np.zeros_like(rows)
    participants, people, both = (
        np.diff(both_resampled(found, *drawn, seed=1))[0] for drawn in ((rows, one), (one, columns), (rows, columns))
    )
    own = 2 * 1.96 * np.sqrt((likely * (1 - likely)).mean() / 900)
    assert both == pytest.approx(np.sqrt(participants**2 + people**2 + own**2), rel=0.03)


def test_the_interval_holds_the_truth_where_wilsons_often_does_not():
    """60 studies of 8 participants and 40 people, both of whom differ as people do."""
    random = np.random.default_rng(3)
    rows, columns = (index.ravel() for index in np.indices((8, 40)))

    def likely(participants, people):
        return 1 / (1 + np.exp(0.4 - 0.5 * random.normal(size=participants) - 0.5 * random.normal(size=people)))

    truth = likely(100_000, 100_000).mean()
    held = []
    for trial in range(60):
        found = random.random((8, 40)) < likely((8, 1), (1, 40))
        low, high = both_resampled(found.ravel(), rows, columns, seed=trial)
        wilson = wilson_interval(int(found.sum()), found.size)
        held.append((low <= truth <= high, wilson[0] <= truth <= wilson[1]))
    ours, independent = np.mean(held, 0)
    assert ours >= 0.93 and independent < 0.8


def take_part(study, answers, num_right, num_answers=4):
    """Answer as many questions, the first `num_right` of them rightly."""
    participant = answers.start()
    for number in range(num_answers):
        question = answers.progress(participant).next
        wrong = next(picture for picture in question.pictures if picture != question.generated)
        answers.choose(participant, question.name, question.generated if number < num_right else wrong)


def test_shares_by_hand(make_study):
    study = make_study()
    answers = Answers(study)
    for num_right in (4, 4, 0):
        take_part(study, answers, num_right)
    take_part(study, answers, 1, num_answers=1)
    report = report_study(study.folder)
    assert (report.overall.num_found, report.overall.num_answers) == (9, 13)
    assert report.overall.share == pytest.approx(9 / 13)
    assert (report.num_participants, report.num_complete, report.num_questions) == (4, 3, 4)
    assert list(report.people) == ["anna", "ben", "cleo", "dora"]
    assert sum(found.num_found for found in report.people.values()) == 9
    assert sum(found.num_answers for found in report.people.values()) == 13
    low, high = report.overall.interval
    wilson = wilson_interval(9, 13)
    assert low <= wilson[0] and wilson[1] <= high and (low, high) != wilson
    assert report.verdict == "not to be told from guessing with these answers"
    assert text_lines(report)[0].startswith("found out: 69.2% (")
    assert report == report_study(study.folder)


@pytest.mark.parametrize(("num_right", "verdict"), [(4, "more than guessing: participants can tell"), (0, "less than")])
def test_the_verdict_compares_the_interval_with_guessing(make_study, num_right, verdict):
    study = make_study()
    answers = Answers(study)
    for _ in range(4):
        take_part(study, answers, num_right)
    report = report_study(study.folder)
    assert report.verdict.startswith(verdict)
    assert report.overall.interval == wilson_interval(4 * num_right, 16)  # never a width of 0


def test_nobody_has_answered(make_study):
    study = make_study()
    Answers(study).start()
    with pytest.raises(DataError, match=r"nobody has answered the study in .* yet; run `headcast study serve"):
        report_study(study.folder)

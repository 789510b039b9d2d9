import pytest

from headcast.reenact.stopwatch import KEPT, Stopwatch


def test_a_stopwatch_knows_its_quantiles_and_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("headcast.reenact.stopwatch.time.perf_counter", lambda: now[0])
    watch = Stopwatch()
    for number in range(KEPT + 101):
        with watch("stage"):
            now[0] += number
    assert watch.seconds["stage"] == sum(range(KEPT + 101))
    assert watch.quantile("stage", 0.0) == 101  # the oldest are no longer kept
    assert watch.quantile("stage", 1.0) == KEPT + 100
    watch.forget()
    assert not watch.seconds

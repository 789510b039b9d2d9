from headcast.live.pace import Pace


def test_delay_and_pace_are_apart():
    pace = Pace()
    assert (pace.rate, pace.delay()) == (0.0, 0.0)
    for number in range(401):  # 20 a second, one in ten late
        pace.add(number / 20, number / 20 + (0.3 if number % 10 == 0 else 0.1))
    assert abs(pace.rate - 20) < 1e-9
    assert abs(pace.delay() - 100) < 1e-6 and abs(pace.delay(0.95) - 300) < 1e-6

from headcast.evaluation import machine
from headcast.evaluation.machine import describe_machine


def test_machine_is_described() -> None:
    described = describe_machine()
    assert all(described.values())
    assert "torch " in described["versions"] and described["memory"].endswith("GiB")


def test_a_missing_package_is_said(monkeypatch) -> None:
    monkeypatch.setattr(machine, "PACKAGES", ("torch", "no-such-package"))
    assert describe_machine()["versions"].endswith("no-such-package missing")

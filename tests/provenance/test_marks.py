from datetime import datetime, timezone

import pytest

from headcast.errors import HeadcastError
from headcast.provenance.marks import DIGITAL_SOURCE_TYPE, Marks, creation_time, fingerprint

FACTS = {
    "kind": "composite talking head",
    "model": "lite",
    "model_sha256": "0123abcd",
    "source_sha256": ("a" * 64, "b" * 64),
}


def test_the_metadata_says_that_the_file_is_synthetic_in_words_and_in_the_standard_term():
    marks = Marks(**FACTS, version="1.2", created="2026-01-31T23:59:59Z", seed=7)
    metadata = marks.to_metadata()
    assert metadata["comment"].startswith(
        "Synthetic: made with Headcast 1.2 (composite talking head) on 2026-01-31T23:59:59Z."
    )
    assert metadata["digital_source_type"] == DIGITAL_SOURCE_TYPE
    assert DIGITAL_SOURCE_TYPE.endswith("/compositeWithTrainedAlgorithmicMedia")
    assert metadata["headcast_source_sha256"] == "a" * 64 + " " + "b" * 64
    assert metadata["headcast_seed"] == "7"
    assert "headcast_consent" not in metadata and "headcast_driving_sha256" not in metadata


def test_a_fingerprint_is_the_sha256_of_the_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"abc")  # the example of FIPS 180-4
    assert fingerprint(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    path.write_bytes(b"a" * 1_000_000 + b"a" * 2_000_000)
    assert len(fingerprint(path)) == 64


def test_the_time_is_now_in_utc_or_what_source_date_epoch_says(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    made = datetime.strptime(creation_time(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    assert abs((datetime.now(timezone.utc) - made).total_seconds()) < 5
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86399")
    assert Marks(**FACTS).created == "1970-01-01T23:59:59Z"
    for wrong in ("yesterday", "9" * 30):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", wrong)
        with pytest.raises(HeadcastError, match=f"SOURCE_DATE_EPOCH is '{wrong}', expected seconds since 1970"):
            creation_time()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": ""}, "kind is '', expected one line of 1 to 500 printable"),
        ({"consent": "a\nb"}, r"consent is 'a\\nb', expected one line"),
        ({"consent": "x" * 501}, "expected one line of 1 to 500"),
        ({"created": "2026"}, "created is '2026', expected a time such as"),
        ({"model_sha256": "xyz"}, "model_sha256 is 'xyz', expected 8 to 64 hexadecimal"),
        ({"source_sha256": ("a" * 63,)}, "source_sha256 is 'aaa.*expected SHA-256"),
        ({"source_sha256": ("a" * 64,) * 33}, "source_sha256 is"),
        ({"driving_sha256": "talk"}, "driving_sha256 is 'talk', expected SHA-256"),
        ({"seed": -1}, r"seed is -1, expected 0 to 2\^64 - 1"),
    ],
)
def test_refuses_facts_that_could_not_be_read_back(wrong, message):
    with pytest.raises(ValueError, match=message):
        Marks(**FACTS | wrong)

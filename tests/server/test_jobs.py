import threading
import time
from types import SimpleNamespace

import pytest

pytest.importorskip("fastapi", reason="the server needs headcast[studio]")

from headcast.errors import FaceError, MediaError
from headcast.media.video import open_video
from headcast.provenance.verify import read_marks
from headcast.server.jobs import Jobs


@pytest.fixture
def jobs(tmp_path):
    with Jobs(tmp_path / "jobs") as jobs:
        yield jobs


def ended(get, seconds=60):
    """Wait for a job to end; `get` returns it anew."""
    end = time.monotonic() + seconds
    while get()["state"] in ("waiting", "running"):
        assert time.monotonic() < end
        time.sleep(0.02)
    return get()


def state(job):
    return ended(lambda: vars(job))["state"]


class Gate:
    """Work that goes on when it is told to."""

    def __init__(self):
        self.began, self.go = threading.Event(), threading.Event()

    def __call__(self, folder, tell):
        (folder / "half").write_text("x")
        self.began.set()
        while not self.go.wait(0.01):
            tell(3, 10)
        return {"answer": 42}


def test_one_after_another_in_order(jobs):
    first, second = Gate(), Gate()
    jobs_made = [jobs.submit("animation", {}, work) for work in (first, second)]
    assert first.began.wait(5) and not second.began.wait(0.1)
    assert jobs.waiting() == [jobs_made[1]]
    for work in (first, second):
        work.go.set()
    assert [state(job) for job in jobs_made] == ["done", "done"]
    assert jobs_made[0].result == {"answer": 42} and (jobs_made[0].folder / "half").exists()
    jobs.delete(jobs_made[0].id)
    assert not jobs_made[0].folder.exists()
    with pytest.raises(MediaError, match="no such job"):
        jobs.find(jobs_made[0].id)


def test_a_cancelled_job_stops_and_leaves_nothing(jobs):
    running, waiting = Gate(), Gate()
    first, second = (jobs.submit("animation", {}, work) for work in (running, waiting))
    assert running.began.wait(5)
    jobs.delete(second.id)
    assert second.state == "cancelled"
    jobs.delete(first.id)
    assert state(first) == "cancelled" and not first.folder.exists()
    assert not waiting.began.is_set() and not second.folder.exists()
    after = Gate()
    after.go.set()
    assert state(jobs.submit("animation", {}, after)) == "done"


@pytest.mark.parametrize("error", [FaceError("no face in x"), OSError(28, "No space left"), ZeroDivisionError("oops")])
def test_a_job_that_fails_says_why_and_leaves_nothing(jobs, error, caplog):
    def work(folder, tell):
        (folder / "half").write_text("x")
        raise error

    job = jobs.submit("animation", {}, work)
    assert state(job) == "failed" and not job.folder.exists()
    assert str(error) in job.error and ("defect" in job.error) == isinstance(error, ZeroDivisionError)


def test_the_queue_has_an_end(jobs, monkeypatch):
    monkeypatch.setattr("headcast.server.jobs.MAX_WAITING_JOBS", 1)
    work = Gate()
    jobs.submit("animation", {}, work)
    assert work.began.wait(5)
    jobs.submit("animation", {}, work)
    with pytest.raises(MediaError, match="wait already"):
        jobs.submit("animation", {}, work)
    work.go.set()


def test_what_is_left_is_estimated_from_what_was_done(jobs, monkeypatch):
    work = Gate()
    job = jobs.submit("animation", {}, work)
    assert work.began.wait(5)
    while job.done < 3:
        time.sleep(0.01)
    job.first = 100.0
    with monkeypatch.context() as clock:
        clock.setattr("headcast.server.jobs.time", SimpleNamespace(monotonic=lambda: 104.0))
        assert job.seconds_left == pytest.approx(4 / 2 * 7)  # two pieces took four seconds, seven are left
    work.go.set()


def test_a_photo_is_animated_and_the_video_is_marked(client, send, short_motion, tmp_path):
    motion = send(short_motion, "short.motion")
    asked = {"avatar": "astronaut", "file": motion["id"], "options": {"strength": 0.5}}
    started = client.post("/api/jobs", json=asked)
    assert started.status_code == 202
    job = ended(lambda: client.get(f"/api/jobs/{started.json()['id']}").json())
    assert job["state"] == "done" and (job["done"], job["expected"]) == (6, 6)
    assert (job["asked"]["avatar_name"], job["asked"]["driving_name"]) == ("Eileen Collins", "short.motion")
    video = tmp_path / "result.mp4"
    video.write_bytes(client.get(f"/api/jobs/{job['id']}/video").content)
    with open_video(video) as frames:
        assert (frames.num_frames, frames.size) == (6, (512, 512))
    marks = read_marks(video)
    assert marks is not None and marks.created == job["result"]["marks"]["created"]
    part = client.get(f"/api/jobs/{job['id']}/video", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    client.delete(f"/api/jobs/{job['id']}")
    assert client.get(f"/api/jobs/{job['id']}/video").status_code == 422


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"avatar": "nobody", "motion": "nod"}, "no such avatar"),
        ({"avatar": "hopper"}, "one of them"),
        ({"avatar": "hopper", "motion": "nod", "file": "x"}, "one of them"),
        ({"avatar": "hopper", "motion": "../nod"}, "there are blink"),
        ({"avatar": "hopper", "file": "x"}, "no such file"),
        ({"avatar": "hopper", "motion": "nod", "options": {"strength": 9}}, "strength"),
        ({"avatar": "hopper", "motion": "nod", "options": {"strength": "1"}}, "strength"),
        ({"avatar": "hopper", "motion": "nod", "options": {"checkpoint": "/etc/passwd"}}, "checkpoint"),
        ({"avatar": "hopper", "motion": "nod", "output": "/tmp/x.mp4"}, "output"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(client, asked, word):
    answer = client.post("/api/jobs", json=asked)
    assert answer.status_code == 422 and word in answer.json()["error"] and "\n" not in answer.json()["error"]

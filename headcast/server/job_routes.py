"""Work that takes long: asked for, watched, cancelled, its result fetched."""

from dataclasses import asdict
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse

from headcast.errors import MediaError
from headcast.geometry.builtin import builtin_motion_names
from headcast.provenance.verify import read_marks
from headcast.reenact.animate import animate_file
from headcast.reenact.options import AnimateOptions
from headcast.server.gallery import Person
from headcast.server.jobs import DONE, WAITING, Job, Tell
from headcast.server.models import AnimationAsked, AnimationOptions, JobAnswer
from headcast.server.uploads import MOTION, PHOTO, VIDEO
from headcast.server.workplace import Workplace, workplace_of

router = APIRouter(prefix="/api/jobs", tags=["jobs"])


@router.post("", status_code=HTTPStatus.ACCEPTED)
async def animate(request: Request, asked: AnimationAsked) -> JobAnswer:
    """Animate somebody by a file that was sent, or by a built-in motion."""
    workplace = workplace_of(request)
    person = workplace.gallery.find(asked.avatar)
    if (asked.file is None) == (asked.motion is None):
        raise MediaError("give a file or a motion, one of them")
    if asked.motion is not None and asked.motion not in builtin_motion_names():
        raise MediaError(f"no built-in motion of that name; there are {', '.join(builtin_motion_names())}")
    upload = workplace.uploads.find(asked.file, VIDEO, MOTION, PHOTO) if asked.file else None
    driving = upload.path if upload else str(asked.motion)
    names = {"avatar_name": person.name, "driving_name": upload.name if upload else asked.motion}
    kind = {"driving_kind": upload.kind if upload else "builtin"}
    work = partial(_animate, person, driving, asked.options)
    return answer_job(workplace, workplace.jobs.submit("animation", asked.model_dump() | names | kind, work))


@router.get("")
async def list_jobs(request: Request) -> list[JobAnswer]:
    """All jobs, the oldest first."""
    workplace = workplace_of(request)
    return [answer_job(workplace, job) for job in workplace.jobs.all()]


@router.get("/{job}")
async def get_job(request: Request, job: str) -> JobAnswer:
    """One job: its place in the queue, its progress, its result."""
    workplace = workplace_of(request)
    return answer_job(workplace, workplace.jobs.find(job))


@router.delete("/{job}")
async def delete_job(request: Request, job: str) -> JobAnswer:
    """Cancel a job that is not done; forget one that is, with its result."""
    workplace = workplace_of(request)
    return answer_job(workplace, workplace.jobs.delete(job))


@router.get("/{job}/video", response_class=FileResponse)
async def get_video(request: Request, job: str) -> FileResponse:
    """The video that an animation made."""
    found = workplace_of(request).jobs.find(job)
    if found.state != DONE or found.kind != "animation":
        raise MediaError("this job has no video")
    return FileResponse(
        found.folder / "result.mp4", media_type="video/mp4", filename="headcast.mp4", content_disposition_type="inline"
    )


def answer_job(workplace: Workplace, job: Job) -> JobAnswer:
    """What clients are told of a job."""
    jobs = workplace.jobs
    kind: Any = job.kind
    state: Any = job.state
    waiting = jobs.waiting()
    num_running = sum(other.state == "running" for other in jobs.all())
    return JobAnswer(
        id=job.id,
        kind=kind,
        state=state,
        asked=job.asked,
        num_before=waiting.index(job) + num_running if state == WAITING and job in waiting else 0,
        done=job.done,
        expected=job.expected,
        seconds_left=job.seconds_left,
        error=workplace.uploads.in_words(job.error) if job.error else None,
        result=job.result,
    )


def _animate(
    person: Person, driving: str | Path, options: AnimationOptions, folder: Path, tell: Tell
) -> dict[str, Any]:
    """Do an animation job."""
    output = folder / "result.mp4"
    tell(0, 0)
    settings = AnimateOptions(**options.model_dump(), progress=tell)
    result = animate_file(person.opened(), driving, output, settings)
    marks = read_marks(output)
    return {
        "num_frames": result.num_frames,
        "rate": float(result.rate),
        "size": list(result.size),
        "seconds": round(result.seconds, 2),
        "num_bytes": output.stat().st_size,
        "marks": asdict(marks) if marks else None,
    }

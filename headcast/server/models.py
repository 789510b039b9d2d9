"""What requests hold and answers say, for the documentation of the API and its strict reading."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from headcast.limits import MAX_SHOTS

Id = Annotated[str, Field(min_length=1, max_length=64)]
Points = list[list[float]]


class Asked(BaseModel):
    """A request's body: no key beyond those that are known, no number that is written as a text."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FileAnswer(BaseModel):
    """One file that was sent."""

    id: str
    kind: Literal["photo", "video", "motion", "avatar"]
    name: str
    num_bytes: int
    size: tuple[int, int] | None
    seconds: float | None


class FaceAnswer(BaseModel):
    """The face of a photo: where it is, and what to say of it before anything is made."""

    found: bool
    size: tuple[int, int]
    """Of the picture in whose pixels all else is."""
    box: tuple[float, float, float, float]
    handles: dict[str, tuple[float, float]]
    lines: list[Points]
    advice: list[str]


class AvatarAsked(Asked):
    """Whom to make ready."""

    files: Annotated[list[Id], Field(min_length=1, max_length=MAX_SHOTS)]
    name: Annotated[str, Field(max_length=100)] = ""
    scale: Annotated[float, Field(ge=0.5, le=2.0)] = 1.0
    handles: dict[str, Any] | None = None


class AvatarAnswer(BaseModel):
    """One person who can be animated."""

    id: str
    name: str
    kind: Literal["example", "photo", "avatar"]
    has_file: bool
    photos: list[str]
    """The files that it was made from, the one that moves first."""
    scale: float
    """Of the square around the head, beside the usual one."""


class PersonAsked(Asked):
    """Photos of one person."""

    files: Annotated[list[Id], Field(min_length=1, max_length=MAX_SHOTS)]


class TuneAsked(PersonAsked):
    """Photos to tune an avatar from."""

    name: Annotated[str, Field(max_length=100)] = ""
    consent: Annotated[str | None, Field(max_length=500)] = None
    steps: Annotated[int | None, Field(ge=1, le=5000)] = None


class AnimationOptions(Asked):
    """How to animate; the defaults suit a portrait photo and a talking driver."""

    relative: bool = True
    strength: Annotated[float, Field(ge=0.0, le=3.0)] = 1.0
    region: Literal["all", "expression", "pose", "lips", "eyes"] = "all"
    smooth: bool = True
    paste_back: bool = True
    audio: Literal["driving", "none"] = "driving"
    compare: bool = False


class AnimationAsked(Asked):
    """Who shall move like what: a file that was sent, or a built-in motion."""

    avatar: Id
    file: Id | None = None
    motion: Annotated[str | None, Field(max_length=64)] = None
    options: AnimationOptions = AnimationOptions()


class JobAnswer(BaseModel):
    """One piece of work and what has become of it."""

    id: str
    kind: Literal["animation", "avatar"]
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    asked: dict[str, Any]
    num_before: int
    """How many jobs come first."""
    done: int
    expected: int
    seconds_left: float | None
    error: str | None
    result: dict[str, Any]


class SessionAsked(Asked):
    """Whom to show, and how."""

    avatar: Id
    format: Literal["jpeg", "webp", "rgba"] = "jpeg"
    max_side: Annotated[int, Field(ge=64, le=1920)] = 1024
    strength: Annotated[float, Field(ge=0.0, le=3.0)] = 1.0
    relative: bool = True


class SessionAnswer(BaseModel):
    """A session: connect to the WebSocket at `path`."""

    id: str
    path: str
    avatar: str
    format: str
    synthetic: Literal[True] = True
    worker: str | None
    """Which worker of a Ray cluster made the last frame."""
    marks: dict[str, str]


class StillAsked(Asked):
    """A picture to keep."""

    avatar: Id
    controls: dict[str, Any]
    format: Literal["png", "jpg", "webp"] = "png"


class StatusAnswer(BaseModel):
    """What this server is and can do."""

    run: str
    """Another one after each start of the server."""
    version: str
    can_tune: bool
    motions: list[str]
    controls: dict[str, float]
    """Each control lies within plus and minus this."""

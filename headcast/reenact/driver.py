"""One driving frame's landmarks in, one output frame out, stage by stage.

Sessions and evaluation go through this, so what is measured is what ships.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from headcast.avatars.avatar import Avatar
from headcast.geometry.retarget import Retargeter, find_reference
from headcast.inpainting.network import side_for
from headcast.inpainting.remembered import filled
from headcast.media.side_by_side import in_background
from headcast.reenact.beyond import go_on
from headcast.reenact.close_up import make_close_ups
from headcast.reenact.compose import Composer, compose_square
from headcast.reenact.generated import Generated
from headcast.reenact.monochrome import find_tone_curve, in_tones
from headcast.reenact.runtime import make_runtime
from headcast.reenact.sitter import Sitter, measured_shots
from headcast.types import Image, Landmarks
from headcast.warping.edges import FREE
from headcast.warping.warp import WarpedShot, Warper


class Stages(Protocol):
    """What a session asks of its stages; `Driver` has the real ones. Threads may generate and finish side by side."""

    @property
    def runtime_name(self) -> str:
        """What the generator runs on, for people."""

    def measure_from(self, driving: Sequence[Landmarks]) -> None:
        """Choose what the driver's motion is measured from."""

    def retarget(self, driving: Landmarks) -> Landmarks:
        """Return the sitter's landmarks for the driver's."""

    def condition(self, landmarks: Landmarks) -> WarpedShot:
        """Carry the shot to the sitter's landmarks."""

    def generate(self, warped: WarpedShot) -> Generated:
        """Generate the square frame."""

    def finish(self, generated: Generated, warped: WarpedShot) -> Image:
        """Put a generated frame back into the photo."""


class Driver:
    """Animates one sitter; the avatar's further shots show expressions that the sitter's own does not.

    driver = Driver(sitter, make_avatar(load_weights(path), [sitter.shot]))
    driver.measure_from(some_driving_landmarks)
    frame = driver(driving_landmarks)
    """

    def __init__(
        self,
        sitter: Sitter,
        avatar: Avatar,
        *,
        relative: bool = True,
        strength: float = 1.0,
        region: str = "all",
        paste_back: bool = True,
        device: str = "auto",
        precision: str = "auto",
        at_once: int = 1,
    ) -> None:
        """Prepare to animate; `at_once` threads will generate frames side by side."""
        self._sitter = sitter
        self._relative, self._strength, self._region = relative, strength, region
        avatar = replace(avatar, shots=measured_shots(sitter, avatar.shots[1:]))  # the first is the sitter's own
        first, *others = avatar.shots
        # compiled beside each other, and while the shot is taken apart
        generate = in_background(lambda: make_runtime(avatar, device=device, precision=precision, at_once=at_once))
        close_ups = in_background(lambda: make_close_ups(avatar, sitter, precision, at_once))
        if paste_back:  # the composer fills what the person hides, at the photo's size
            grow = partial(go_on, side=side_for(sitter.patch_size))  # one network for both: each takes a tenth of a GiB
            self._warp = Warper(first, sitter.edges, others, grow=grow, follows=True)
            revealed = self._warp.revealed
            self._composer: Callable[[], Composer] | None = in_background(lambda: Composer(sitter, others, revealed))
        else:
            self._warp, self._composer = Warper(first, FREE, others, filled, follows=True), None
        self._close_ups, self._generate = close_ups(), generate()
        self._tones = find_tone_curve(sitter.shot.image)
        self._retarget: Retargeter | None = None

    @property
    def runtime_name(self) -> str:
        """What the generator runs on, for people."""
        return self._generate.name

    def measure_from(self, driving: Sequence[Landmarks]) -> None:
        """Choose what the driver's motion is measured from, by some of its frames; needed before the first frame."""
        sitter = self._sitter.shot.landmarks
        reference = find_reference(driving, sitter, relative=self._relative)
        self._retarget = Retargeter(
            sitter, reference, relative=self._relative, strength=self._strength, region=self._region
        )

    def __call__(self, driving: Landmarks) -> Image:
        """Return the output frame for driving landmarks (478, 3) in the driver's own pixels."""
        warped = self.condition(self.retarget(driving))
        return self.finish(self.generate(warped), warped)

    def retarget(self, driving: Landmarks) -> Landmarks:
        """Return the sitter's landmarks, in pixels of the shot, for the driver's."""
        if self._retarget is None:
            raise ValueError("measure_from() must be called before the first frame")
        return self._retarget(driving)

    def condition(self, landmarks: Landmarks) -> WarpedShot:
        """Carry the shot to the sitter's landmarks: all that the generator reads."""
        return self._warp(landmarks)

    def generate(self, warped: WarpedShot) -> Generated:
        """Generate the square frame and its close-ups; a monochrome photo stays monochrome."""
        whole = self._generate.start(warped.conditioning)
        parts = [close_up.start(warped) for close_up in self._close_ups]  # cut while the networks compute
        generated = whole()
        if self._tones is not None:
            generated = replace(generated, image=in_tones(generated.image, self._tones))
        return replace(generated, close_ups=tuple(picture for painted in parts for picture in painted()))

    def finish(self, generated: Generated, warped: WarpedShot) -> Image:
        """Put a generated frame back into the photo, where that was asked for."""
        if self._composer is None:
            return compose_square(generated, warped, self._warp.background)
        return self._composer()(generated, warped)

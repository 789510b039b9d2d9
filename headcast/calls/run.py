"""What a user wants of a call in; the call, with camera, sound, page and room, until somebody hangs up, out."""

import asyncio
import contextlib
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from headcast.calls.call import Call
from headcast.calls.devices import FileSound, Microphone, Speaker
from headcast.calls.look import make_look
from headcast.calls.peer import CallError, Peer
from headcast.calls.room import Room
from headcast.calls.seen import SeenFace
from headcast.calls.shown import ShownFace
from headcast.errors import MediaError
from headcast.live.camera import open_camera
from headcast.live.performance import LiveControls
from headcast.live.run import Sink
from headcast.reenact.source import Source


@dataclass(frozen=True)
class CallOptions:
    """How to call: by a room, or by lines of text, of which `line` is the one to answer."""

    source: Path
    camera: str = "0"
    sound: bool = True
    room: str | None = None
    line: str | None = None
    max_side: int = 768
    ice_servers: tuple[str, ...] = ()
    seconds: float | None = None


@dataclass(frozen=True)
class CallSummary:
    """What a call was like."""

    seconds: float
    num_sent_bytes: int
    num_shown: int
    num_packets: int
    num_unreadable: int
    num_late: int


def run_call(
    options: CallOptions,
    source: Source,
    sinks: Sequence[Sink],
    controls: LiveControls,
    *,
    say: Callable[[str], None],
    ask: Callable[[str], str],
    is_over: Callable[[], bool] = lambda: False,
) -> CallSummary:
    """Call until one side hangs up, `is_over` or Ctrl-C; HeadcastError for what does not come about.

    `source` is what is in the file of the options. `say` tells people a line, `ask` asks them for one.
    """
    return asyncio.run(_run(options, source, sinks, controls, say, ask, is_over))


async def _run(
    options: CallOptions,
    source: Source,
    sinks: Sequence[Sink],
    controls: LiveControls,
    say: Callable[[str], None],
    ask: Callable[[str], str],
    is_over: Callable[[], bool],
) -> CallSummary:
    camera = open_camera(options.camera)
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="headcast-call-")))
        speaker = _speaker(options, say)
        if speaker is not None:
            stack.callback(speaker.close)
        look = make_look(source, options.source, folder)
        shown = ShownFace(sinks, speaker, controls, max_side=options.max_side)
        stack.callback(shown.close)
        call = Call(look, shown, folder, say, can_hear=options.sound)
        if options.sound:
            own = FileSound(Path(options.camera), call.take_samples) if _is_file(options.camera) else None
            heard = own or Microphone(call.take_samples)
            stack.callback(heard.close)
        seen = SeenFace(camera, call.see)
        stack.callback(seen.close)
        talking = asyncio.ensure_future(_talk(call, options, say, ask))
        try:
            while not (talking.done() or is_over() or seen.is_over):
                if options.seconds is not None and time.monotonic() - started > options.seconds:
                    break
                await asyncio.wait([talking], timeout=0.2)
            if talking.done():
                talking.result()
            if seen.error is not None:
                raise seen.error
        finally:
            talking.cancel()
            sent = 0 if call.peer is None else call.peer.sent_bytes
            await call.close()
        counts = shown.receiver.counts
        return CallSummary(
            time.monotonic() - started, sent, shown.num_shown, counts.shown, counts.unreadable, counts.late
        )


async def _talk(call: Call, options: CallOptions, say: Callable[[str], None], ask: Callable[[str], str]) -> None:
    if options.room is not None:
        say(f"waiting in the room {options.room}")
        return await Room(call, options.room, say, options.ice_servers).run()
    peer = call.new_peer(ice_servers=options.ice_servers)
    if options.line is None:
        say("send the other side this line; it answers with headcast call --answer:")
        say(await peer.invite())
        if not await _accept(peer, ask):
            return say("no answer was given; hung up")
    else:
        line = options.line if options.line != "-" else await _asked(ask, "paste the line, then press Enter: ")
        try:
            answer = await peer.answer(line)
        except ValueError as error:
            raise CallError(f"{error}") from error
        say("send this line back:")
        say(answer)
    await call.run(peer)
    if not call.ended.done():
        raise CallError("the connection broke; call again, or meet in a room (--room), which connects anew by itself")
    await call.ended


async def _accept(peer: Peer, ask: Callable[[str], str]) -> bool:
    """Ask for the answer until it is one; False where the input ends."""
    question = "paste the line that comes back, then press Enter: "
    while True:
        line = await _asked(ask, question)
        if not line:
            return False
        try:
            await peer.accept(line)
            return True
        except ValueError as error:
            question = f"{error}\npaste it again: "


def _speaker(options: CallOptions, say: Callable[[str], None]) -> Speaker | None:
    """The speaker; with a video for a camera, on a machine that has none, the call goes on without."""
    if not options.sound:
        return None
    try:
        return Speaker()
    except (MediaError, ModuleNotFoundError):
        if not _is_file(options.camera):
            raise
        say("no speaker here: the other side is not heard")
        return None


async def _asked(ask: Callable[[str], str], question: str) -> str:
    """Ask in a thread that a call which ends in the meantime does not wait for."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[str] = loop.create_future()

    def tell(line: str) -> None:
        if not answered.done():
            answered.set_result(line)

    def run() -> None:
        line = ask(question)
        with contextlib.suppress(RuntimeError):  # the call is over
            loop.call_soon_threadsafe(tell, line)

    threading.Thread(target=run, name="headcast-question", daemon=True).start()
    return await answered


def _is_file(camera: str) -> bool:
    return re.fullmatch(r"[0-9]{1,2}", camera) is None

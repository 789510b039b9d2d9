"""Hypothesis strategies: a sound file in, damaged and hostile ones out, by bytes or along the file's structure."""

import copy
import io
import json
import tarfile
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

DEEP = json.loads("[" * 300 + "]" * 300)
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2, 3, 255, 2**31, 2**62, 2**63, 2**64, -(2**63), 10**30, 10**400,
    0.0, 0.5, -1.5, 1e-320, 1e20, 1e308, float("nan"), float("inf"), float("-inf"),
    "", "0", "1", "-1", "1/0", "0/1", "1e100000000", "1" * 30, "9" * 5000, "nan", "inf", "30000/1001",
    "..", "../..", "/etc/passwd", "a\0b", "\x1b[31m", "\u202e", "\ud800", "ä" * 5000, "{}", "[" * 5000,
    [], {}, [[]], [None], {"": None}, [0] * 1000, DEEP,
]  # fmt: skip
NUMBERS = [0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1]


_VALUE = st.integers(0, len(VALUES) - 1).map(lambda number: copy.deepcopy(VALUES[number]))  # trees change their parts


class Damage(NamedTuple):
    """How to damage a file; the file itself may be large, and Hypothesis keeps what it draws."""

    faults: tuple[tuple[str, int, int, bytes], ...]
    base: "Base"

    def content(self) -> bytes:
        content = bytearray(self.base.content())
        for fault, place, size, value in self.faults:
            place %= len(content) + 1
            if fault == "set":
                content[place : place + len(value)] = value
            elif fault == "cut":
                del content[place : place + size]
            elif fault == "end":
                del content[place:]
            elif fault == "double":
                content[place:place] = content[place : place + size]
            else:
                content[place:place] = value
        return bytes(content)


class Base:
    """What stays the same of a file: its beginning may be replaced."""

    def __init__(self, start: bytes, rest: bytes = b"") -> None:
        self.start, self.rest = start, rest

    def content(self) -> bytes:
        return self.start + self.rest

    def __repr__(self) -> str:
        return f"{self.start[:2000]!r} and {len(self.rest)} bytes"


_NUMBER_BYTES = [value.to_bytes(8, order) for value in NUMBERS for order in ("little", "big")]
_PLACES = st.one_of(st.integers(0, 600), st.integers(0, 1 << 30))  # most formats say at the beginning what they are
_FAULT = st.tuples(
    st.sampled_from(("set", "set", "set", "cut", "end", "double", "insert")),
    _PLACES,
    st.sampled_from((1, 2, 8, 64, 512, 5000)),
    st.one_of(st.binary(min_size=1, max_size=1), st.binary(max_size=64), st.sampled_from(_NUMBER_BYTES)),
)


def damaged(base: bytes) -> st.SearchStrategy[Damage]:
    """One to four faults: bytes changed, cut, doubled or put in, or a number that means much."""
    whole = Base(base)
    return st.lists(_FAULT, min_size=1, max_size=4).map(lambda faults: Damage(tuple(faults), whole))


@st.composite
def twisted(draw: st.DrawFn, tree: Any) -> Any:
    """A JSON value with one to three of its parts replaced, removed, added or put elsewhere."""
    tree = json.loads(json.dumps(tree))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(tree))
        if not places:
            return draw(_VALUE)
        parent, key = places[draw(st.integers(0, len(places) - 1))]
        fault = draw(st.sampled_from(("replace", "replace", "remove", "add", "swap")))
        if fault == "replace":
            parent[key] = draw(_VALUE)
        elif fault == "remove":
            del parent[key]
        elif fault == "swap":
            other, place = places[draw(st.integers(0, len(places) - 1))]
            parent[key] = json.loads(json.dumps(other[place]))
        elif isinstance(parent, dict):
            parent[draw(st.sampled_from(("extra", "", "__metadata__", "../x", "\ud800")))] = draw(_VALUE)
        else:
            parent.append(draw(_VALUE))
    return tree


def as_json(tree: Any) -> Base:
    return Base(json.dumps(tree).encode())


def twisted_json(base: bytes) -> st.SearchStrategy[Any]:
    """A JSON file: damaged as bytes, or as a tree, perhaps with a mark before it."""
    trees = twisted(json.loads(base)).map(as_json)
    return st.one_of(damaged(base), trees, trees.map(lambda text: Base(b"\xef\xbb\xbf" + text.start)))


def twisted_safetensors(base: bytes) -> st.SearchStrategy[Any]:
    """A safetensors file: damaged as bytes, or by what its header says, or by what the texts in it say."""
    length = int.from_bytes(base[:8], "little")
    header, data = json.loads(base[8 : 8 + length]), base[8 + length :]
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))  # the writer's order is another each time

    def rebuilt(tree: Any) -> Base:
        text = json.dumps(tree).encode()
        return Base(len(text).to_bytes(8, "little") + text, data)

    def with_notes(name: str) -> st.SearchStrategy[Base]:
        notes = json.loads(header["__metadata__"][name])
        changed = lambda tree: {**header, "__metadata__": {**header["__metadata__"], name: json.dumps(tree)}}  # noqa: E731
        return twisted(notes).map(changed).map(rebuilt)

    inner = [with_notes(name) for name, text in header["__metadata__"].items() if text[:1] in "{["]
    metadata = twisted(header["__metadata__"]).map(lambda tree: rebuilt({**header, "__metadata__": tree}))
    return st.one_of(damaged(base), twisted(header).map(rebuilt), metadata, *inner)


def twisted_tar(base: bytes) -> st.SearchStrategy[Any]:
    """A tar file: damaged as bytes, its members changed, renamed, doubled, or of another kind, with sums that fit."""
    with tarfile.open(fileobj=io.BytesIO(base)) as tar:
        members = [(member.name, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
    kinds = st.sampled_from([b"0", b"0", b"0", b"\0", b"S", b"L", b"K", b"x", b"g", b"1", b"2", b"5", b"7", b"Z"])
    sizes = st.one_of(st.none(), st.none(), st.sampled_from([0, 1, 511, 513, 1 << 20, 8**11 - 1]))
    names = st.one_of(st.none(), st.none(), st.sampled_from(["", "../../x", "a.json", "a.0000.jpg", "x" * 99, "ä.mp4"]))

    @st.composite
    def rebuilt(draw: st.DrawFn) -> Base:
        chosen = [members[draw(st.integers(0, len(members) - 1))] for _ in range(draw(st.integers(1, 3)))]
        blocks = []
        for name, content in (members if draw(st.booleans()) else []) + chosen:
            if draw(st.integers(0, 3)) == 0:
                content = draw(_content(name, content)).content()
            blocks.append(_block(draw(names) or name, draw(kinds), draw(sizes), content))
        return Base(b"".join(blocks) + bytes(draw(st.sampled_from((0, 512, 1024)))))

    return st.one_of(damaged(base), rebuilt())


def _content(name: str, content: bytes) -> st.SearchStrategy[Any]:
    return twisted_json(content) if name.endswith(".json") else damaged(content)


def _block(name: str, kind: bytes, size: int | None, content: bytes) -> bytes:
    """One member with a checksum that fits, whatever else it claims."""
    block = bytearray(512)
    length = len(content) if size is None else size
    fields = (
        (0, name.encode()[:99]),
        (124, f"{length:011o}\0".encode()),
        (148, b" " * 8),
        (156, kind),
        (257, b"ustar\0"),
    )
    for place, value in fields:
        block[place : place + len(value)] = value
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block) + content + bytes(-len(content) % 512)


def _places(tree: Any) -> Any:
    """All places in a tree: the table or list, and the key or number in it."""
    keys: Any = list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield tree, key
        yield from _places(tree[key])


Strategy = Callable[[bytes], "st.SearchStrategy[Any]"]
"""What it draws has a `content()`."""

"""Cells, lines and pictures in, pieces of an HTML page that needs nothing but itself out; all text is escaped."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Final

STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 84rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
th, td { padding: .15rem .7rem; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left }
.aside { background: #f4f4f0; padding: .5rem 1rem }
.curves { display: flex; flex-wrap: wrap; gap: 1rem } svg { font: 11px system-ui, sans-serif }
img { width: 100%; max-width: 64rem; display: block } .scroll { overflow-x: auto }
"""


def page(title: str, note: str, parts: Iterable[str]) -> str:
    """Return a whole page; `note` stands in its source alone."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    body = "\n".join(parts)
    return f'<!doctype html><html lang="en">{head}<!-- {escape(note)} --><body>\n{body}\n</body></html>'


def heading(level: int, text: str) -> str:
    """Return a heading."""
    return f"<h{level}>{escape(text)}</h{level}>"


def paragraph(text: str) -> str:
    """Return a paragraph."""
    return f"<p>{escape(text)}</p>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose first column names the rows."""
    first = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{first}</tr>{body}</table></div>'


def titled_list(title: str, lines: Sequence[str]) -> list[str]:
    """Return a heading and a list; nothing where there is no line."""
    if not lines:
        return []
    return [heading(2, title), f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"]


def pictures(named: Iterable[tuple[str, Path]]) -> list[str]:
    """Embed the JPEG pictures that are there, each under its name."""
    return [
        f'<p>{escape(name)}<img alt="" src="data:image/jpeg;base64,{base64.b64encode(path.read_bytes()).decode()}"></p>'
        for name, path in named
        if path.is_file()
    ]

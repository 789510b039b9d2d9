"""What a command found, in; one JSON line or a few lines for people, out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Report:
    """The end of a command: the lines for people, the same as data for programs, and the exit code."""

    lines: tuple[str, ...]
    data: Mapping[str, object] = field(default_factory=dict)
    exit_code: int = 0

    def as_json(self, command: str) -> str:
        """One line; `ok` is True where the exit code is 0, paths and fractions are written as text."""
        return json.dumps({"command": command, "ok": self.exit_code == 0, **self.data}, default=str)


def failure_as_json(command: str, message: str) -> str:
    """The one line of a command that ended in an error that the user can fix."""
    return json.dumps({"command": command, "ok": False, "error": message})

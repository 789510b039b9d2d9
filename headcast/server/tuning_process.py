"""What to tune in, as JSON in the first argument; an avatar file out, and lines of JSON that say how far it is."""

import json
import sys
from pathlib import Path
from typing import Any

from headcast.errors import HeadcastError, needs_torch


def main() -> None:
    """Tune; the last line has the result or the error."""
    asked = json.loads(sys.argv[1])
    try:
        _say(result=_tune(asked))
    except ModuleNotFoundError as error:
        _say(error=str(needs_torch("tuning", error)))
    except HeadcastError as error:
        _say(error=str(error))


def _tune(asked: dict[str, Any]) -> dict[str, Any]:
    from headcast.personalization.personalize import PersonalizeOptions, personalize

    options = PersonalizeOptions(
        steps=asked["steps"], consent=asked["consent"], progress=lambda share: _say(done=round(100 * share))
    )
    result = personalize([Path(file) for file in asked["files"]], asked["output"], options)
    return {
        "num_shots": result.num_shots,
        "num_steps": result.num_steps,
        "seconds": round(result.seconds, 1),
        "reason": result.reason,
        "dropped": list(result.dropped),
    }


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()

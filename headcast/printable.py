"""Any text in, the same safe to print out: no letter of it moves the cursor, colours or turns a terminal's writing."""


def printable(text: str) -> str:
    r"""Text on one line, with what is no visible letter (line ends and broken bytes too) written as an escape.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in text)


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape", "surrogatepass").decode()


def brief(error: object, most: int = 120) -> str:
    """What a library says about a file, on one line, and short: it may quote the file."""
    return printable(" ".join(str(error).split())[:most]) or type(error).__name__

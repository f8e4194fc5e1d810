"""Stable names: their 32-bit addresses, and the nearest valid one to a name that is not."""

import zlib
from collections.abc import Iterable
from difflib import get_close_matches


def name_hash(text: str) -> int:
    """Return the 32-bit address of a stable name (CRC-32 of its UTF-8 bytes), as every random draw uses it.

    Parameters
    ----------
    text
        A name such as ``stage.transition``. Positions in a file never enter an address.
    """
    return zlib.crc32(text.encode("utf-8"))


def nearest(name: object, options: Iterable[str]) -> str | None:
    """Return the option most like `name`, or None if none is near."""
    table = {option.casefold(): option for option in options}
    found = get_close_matches(str(name).casefold(), table, n=1, cutoff=0.5)
    return table[found[0]] if found else None


def suggestion(name: object, options: Iterable[str], limit: int = 12) -> str:
    """Say what was expected and the nearest valid name: `expected a, b or c; did you mean b?`."""
    options = sorted(options)
    shown = ", ".join(options[:limit]) + (f" … ({len(options)} in all)" if len(options) > limit else "")
    text = f"expected one of {shown}" if options else "expected none"
    near = nearest(name, options)
    return f"{text}; did you mean {near!r}?" if near else text

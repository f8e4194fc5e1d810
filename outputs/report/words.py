"""Numbers and chances as people say them: rounded, with units, and with words that always mean the same chance."""

from __future__ import annotations

import math

from outputs.money_axis import MINUS

LEAST_RUNS_FOR_WORDS = 20  # of fewer runs a chance is told in runs: a word would claim more than they show
# Words for a chance, each up to and including the per cent beside it. The words, and where each stands, are those of the probability yardstick of the
# Professional Head of Intelligence Assessment (UK government, 2018; published), whose bands have gaps: these meet in the middle of each (derived).
CHANCES = (
    (7.5, "a remote chance"),
    (22.5, "highly unlikely"),
    (37.5, "unlikely"),
    (52.5, "a realistic possibility"),
    (77.5, "likely"),
    (92.5, "highly likely"),
    (100.0, "almost certain"),
)
RULE_OF_THREE = 3.0  # what never happened in n runs may yet have a chance of 3/n (95 %; Hanley and Lippman-Hand, 1983)


def significant(value: float, digits: int = 2) -> float:
    """Return a value rounded to so many significant digits; of a whole number of fewer digits, itself."""
    if value == 0.0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def outward(value: float, up: bool, digits: int = 3) -> str:
    """Return a bound without its sign rounded away from what is inside it: up, or down, to so many significant digits, whole numbers at most."""
    size = abs(value)
    step = 1.0 if size < 1.0 else 10.0 ** max(0, math.floor(math.log10(size)) - digits + 1)
    return f"{(math.ceil if up else math.floor)(round(size / step, 9)) * step:,.0f}"


def count(value: float, digits: int = 2) -> str:
    """Return a count without its sign as it is said: 133 is `130`, 17.9 `18`, 0.4 `less than 1`; 0 is `none`."""
    size = abs(value)
    if size < 0.05:
        return "none"
    if size < 0.95:
        return "less than 1"
    return f"{significant(size, digits):,.0f}"


def more(value: float) -> str:
    """Return a change in words: `130 fewer`, `18 more`, `no more`."""
    return "no more" if abs(value) < 0.05 else f"{count(value)} {'more' if value > 0 else 'fewer'}"


def between(low: float, high: float) -> str:
    """Return a range of changes in words, the smaller first: `62 to 240 fewer`, `between 2 fewer and 5 more`."""
    if low < 0.0 < high and abs(low) >= 0.05 and abs(high) >= 0.05:
        return f"between {more(low)} and {more(high)}"
    small, large = sorted((low, high), key=abs)
    word = "more" if large > 0 else "fewer"
    if abs(large) < 0.05:
        return "no more and no fewer"
    if count(small) == count(large):
        return f"about {count(large)} {word}"
    return f"up to {count(large)} {word}" if abs(small) < 0.95 else f"{count(small)} to {count(large)} {word}"


def pounds(value: float, digits: int = 2) -> str:
    """Return pounds as they are said: £176,049,600 is `£180 million`, £278,000 `£280,000`; a minus before what is below nothing."""
    size = significant(abs(value), digits)  # the only rounding: what follows writes the digits that are left
    if size < 1000.0:  # less is noise of sums
        return "nothing" if size < 500.0 else f"{MINUS if value < 0 else ''}£{significant(abs(value), 1):,.0f}"
    sign = MINUS if value < 0 else ""
    for unit, word in ((1e9, "billion"), (1e6, "million")):
        if size >= unit:
            places = max(0, digits - 1 - math.floor(math.log10(size / unit)))
            text = f"{size / unit:,.{places}f}"
            return f"{sign}£{text.rstrip('0').rstrip('.') if places else text} {word}"
    return f"{sign}£{size:,.0f}"


def pounds_between(low: float, high: float) -> str:
    """Return a range of amounts: `£62 million to £240 million`, `£60 million less to £83 million more` where it holds both."""
    if low < -500.0 and high > 500.0:
        return f"{pounds(-low)} less to {pounds(high)} more"
    small, large = sorted((low, high), key=abs)
    word = " less" if large < 0 else " more"
    return f"about {pounds(abs(large))}{word}" if pounds(abs(small)) == pounds(abs(large)) else f"{pounds(abs(small))} to {pounds(abs(large))}{word}"


def millions(value: float, signed: bool = False, digits: int | None = None) -> str:
    """Return a cell of a table in millions of pounds: `1,114.1`, `+15.4`, `−2.31`: two decimals below ten."""
    if not math.isfinite(value):
        return NOT_KNOWN
    if digits is None:
        digits = 1 if abs(value) >= 9.995e6 else 2
    text = f"{abs(value) / 1e6:,.{digits}f}"
    return ("" if not text.strip("0.,") else MINUS if value < 0 else "+" if signed else "") + text


def figure(value: float, signed: bool = False) -> str:
    """Return a cell of a table: whole from 100 on, one decimal below, two below 1."""
    if not math.isfinite(value):
        return NOT_KNOWN
    size = abs(value)
    digits = 0 if size >= 99.95 else 1 if size >= 0.995 or size == 0.0 else 2
    text = f"{size:,.{digits}f}"
    return ("" if not text.strip("0.,") else MINUS if value < 0 else "+" if signed else "") + text


def interval(low: float, high: float, show=figure) -> str:
    """Return a 90 % interval of changes for a cell: `+2.0 to +5.1`."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return NOT_KNOWN
    return f"{show(low, True)} to {show(high, True)}"


NOT_KNOWN = "not known"


def per_cent(share: float) -> str:
    """Return a share as a whole per cent; what is not quite none or all is not said to be."""
    if 0.0 < share < 0.005:
        return "less than 1 %"
    if 0.995 < share < 1.0:
        return "more than 99 %"
    return f"{100.0 * share:.0f} %"


def share(of: float) -> str:
    """Return a cell of a table that holds shares of runs: `37 %`, `none`."""
    return "none" if of == 0.0 else per_cent(of)


def of_runs(of: float, runs: int) -> str:
    """Return a share of runs: `37 % of runs`, `none of 30 runs`; of few runs, `2 of 3 runs`."""
    if of == 0.0:
        return f"none of {runs} runs"
    return f"{round(of * runs)} of {runs} runs" if runs < LEAST_RUNS_FOR_WORDS else f"{per_cent(of)} of runs"


def word_of(of: float, runs: int) -> str:
    """Return the word for a chance, none stronger than so many runs can bear: of 30, neither remote nor almost certain."""
    least = RULE_OF_THREE / runs
    borne = of if least >= 0.5 else min(max(of, least), 1.0 - least)
    return next(word for most, word in CHANCES if 100.0 * borne <= most + 1e-9)


def chance(of: float, runs: int) -> str:
    """Return a chance in words with its share of runs; of few runs, in runs."""
    if runs < LEAST_RUNS_FOR_WORDS:
        return f"in {of_runs(of, runs)}"
    return f"{word_of(of, runs)}: {of_runs(of, runs)}"


def chance_table() -> list[tuple[str, str]]:
    """Return each word and the per cents it stands for."""
    least, rows = 0.0, []
    for most, word in CHANCES:
        rows.append((word, f"{least:g} to {most:g} %" if not rows else f"over {least:g} to {most:g} %"))
        least = most
    return rows


UNITS = {  # unit of a measure: as a row of a table says it; nothing where the label says it already
    "children (each time)": "children, counted each time",
    "a family-year": "",
    "a child-year": "",
    "days a child-year": "days",
    "a hundred child-years": "",
}
ASIDE = " (the Review's 135,000)"  # of one label: a figure of England's, which a row of some authorities must not seem to be


def labelled(label: str, unit: str, *more: str) -> str:
    """Return a measure's label with its unit, and what else is said of it, in brackets."""
    parts = [part for part in (UNITS.get(unit, unit), *more) if part]
    return label.replace(ASIDE, "") + (f" ({'; '.join(parts)})" if parts else "")


def sentence(text: str) -> str:
    """Return text with a capital at its start."""
    return text[:1].upper() + text[1:]

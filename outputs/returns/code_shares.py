"""Which of several codes of one meaning a synthetic return has: shares by source, and one addressed draw each.

The shares are `scenarios/data/return_code_shares.csv`: published ones where the Department counts the codes apart, a judgement (`assumed`) where not.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import NamedTuple

import pandas as pd

from scenarios.names import name_hash
from sim.births import address_of
from sim.kernels.rng import uniform

NO_YEAR = 0
STREAM_NAMES = {0: "family", 1: "unaccompanied", 2: "unaccompanied", 3: "disabled"}  # by the number events have


class Person(NamedTuple):
    """A child's address: stream, number of the family in it, and birth order (-1: the family itself)."""

    stream: int
    family: int
    slot: int

    @property
    def unaccompanied(self) -> bool:
        """Whether the child arrived alone."""
        return STREAM_NAMES[self.stream] == "unaccompanied"


@cache
def table() -> pd.DataFrame:
    """Return the shares: field, meaning, code, first_year, last_year (0: no limit), share, source, status."""
    with (files("scenarios") / "data" / "return_code_shares.csv").open(encoding="utf-8") as file:
        found = pd.read_csv(file, dtype={"code": str, "first_year": "Int64", "last_year": "Int64"})
    return found.fillna({"first_year": NO_YEAR, "last_year": NO_YEAR})


@cache
def shares(field: str, meaning: str, year: int = NO_YEAR) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Return the codes of a meaning that a return's year has, and their cumulative shares.

    Raises
    ------
    KeyError
        If there is none.
    """
    rows = table()
    rows = rows[(rows["field"] == field) & (rows["meaning"] == meaning)]
    if year != NO_YEAR:
        rows = rows[(rows["first_year"] <= year) & ((rows["last_year"] == NO_YEAR) | (rows["last_year"] >= year))]
    if rows.empty:
        raise KeyError(f"no code of {field} for {meaning} in {year}")
    total = rows["share"].sum()
    return tuple(rows["code"]), tuple(accumulate(rows["share"] / total))


class Draws:
    """Addressed draws of what the log does not hold."""

    def __init__(self, seed: int, code: int) -> None:
        self.seed, self.code = seed, code

    def pick(self, who: Person, field: str, meaning: str, occurrence: int = 0, year: int = NO_YEAR) -> str:
        """Return a code of a meaning: one uniform a person, field and occurrence."""
        codes, cumulative = shares(field, meaning, year)
        if len(codes) == 1:
            return codes[0]
        u = uniform(self.seed, 0, who.family, address_of(self.code, who.stream, who.slot + 1), name_hash(f"returns.{field}"), occurrence % 2**32)
        return codes[min(bisect_right(cumulative, u), len(codes) - 1)]

"""The children of synthetic returns: who they are, and what of them no event says (sex, ethnicity, a home), drawn by address.

Identifiers are a child's address written down, so they are the same in every return of a seed and authority, whatever months are asked for: family
number x 4 + stream is the `family` of an event log, and that times 8 + birth order is the child. They begin with SYN, as no authority's do.
"""

from __future__ import annotations

import math
import string
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from outputs.returns.code_shares import STREAM_NAMES, Draws, Person
from sim.kernels.layout import YEAR
from sim.model import EPOCH

EPOCH_DAY = np.datetime64(EPOCH.isoformat(), "D")
ADULT_DAYS = 18.0 * YEAR
LETTERS = [letter for letter in string.ascii_uppercase if letter not in "CIKMOV"]  # of the second half of a postcode
STARTS_SCHOOL_YEARS = 5


def day(time: float) -> np.datetime64:
    """Return the date of a time of the log (days since 1 April 1990)."""
    return _date(math.floor(time))


@cache
def _date(days: int) -> np.datetime64:
    return EPOCH_DAY + np.timedelta64(days, "D")


def day_number(date: np.datetime64) -> int:
    """Return the day of the log that a date is."""
    return int((date - EPOCH_DAY).astype(int))


@cache
def add_years(date: np.datetime64, years: int) -> np.datetime64:
    """Return the same day some years on (or, negative, back); of 29 February, 1 March where there is none."""
    month = date.astype("datetime64[M]")
    return (month + 12 * years).astype("datetime64[D]") + (date - month.astype("datetime64[D]"))


def date_of_birth(birth: float) -> np.datetime64:
    """Return the date whose 18th anniversary is the day the simulation turns the child 18.

    The engine's years have 365.25 days, a calendar's do not: this is the day of birth, or the one beside it, and leaving care at 18 is exact.
    """
    return add_years(day(birth + ADULT_DAYS), -18)


@dataclass
class People:
    """Children by address.

    Attributes
    ----------
    draws
        Of what no event says.
    births
        Person -> birth (day of the log).
    born_by
        Person -> the first day a return has to have the child born by: the start of the first period of care.
    """

    draws: Draws
    births: dict[Person, float] = field(default_factory=dict)
    born_by: dict[Person, np.datetime64] = field(default_factory=dict)

    def birthday(self, who: Person) -> np.datetime64:
        """Return the child's date of birth."""
        born = date_of_birth(self.births[who])
        return min(born, self.born_by.get(who, born))

    def number(self, who: Person) -> str:
        """Return the child's identifier."""
        return f"SYN{(who.family * 4 + who.stream) * 8 + who.slot:08d}"

    def family(self, who: Person) -> str:
        """Return the family's identifier, the same for siblings."""
        return f"SYNF{who.family * 4 + who.stream:07d}"

    def sex(self, who: Person) -> str:
        """Return 1 (male) or 2 (female)."""
        return self.draws.pick(who, "SEX", _alone(who))

    def ethnicity(self, who: Person) -> str:
        """Return the code of the family's ethnicity."""
        return self.draws.pick(_family(who), "ETHNIC", _alone(who))

    def need(self, who: Person) -> str:
        """Return the family's category of need."""
        return self.draws.pick(_family(who), "NEED", STREAM_NAMES[who.stream])

    def no_pupil_number(self, who: Person, on: np.datetime64) -> str:
        """Return why there is no unique pupil number (none is made up): too young for school, from abroad, or not known."""
        if on < add_years(self.birthday(who), STARTS_SCHOOL_YEARS):
            return "UN1"
        return "UN2" if who.unaccompanied else "UN4"

    def postcode(self, who: Person) -> str:
        """Return a postcode of the home, in ZZ, where no place is; siblings share it."""
        n = who.family * 4 + who.stream
        n, last = divmod(n, len(LETTERS))
        n, first = divmod(n, len(LETTERS))
        n, sector = divmod(n, 10)
        return f"ZZ{n % 99 + 1} {sector}{LETTERS[first]}{LETTERS[last]}"


def _family(who: Person) -> Person:
    return who._replace(slot=-1)


def _alone(who: Person) -> str:
    return "unaccompanied" if who.unaccompanied else "elsewhere"

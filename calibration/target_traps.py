"""The traps of the published figures, each a rule with a name: which rows it is about, and what is done with them.

Effects, in the order of their strength:

`input`    what the figure counts is imposed on a simulation (referrals, unaccompanied children), never fitted;
`exclude`  the row is shown but not used to fit, nor to estimate noise or trends;
`inflate`  the row is used with more noise: `amount` is a standard deviation of the logarithm, added in squares;
`note`     the row is used as it is; the rule says what to remember.

A rule looks at the row alone (area, measure, year), never at later years.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from calibration.target_measures import OF_CHILDREN_IN_NEED, TARGETS
from calibration.uasc import ENTRY_AUTHORITIES

Effect = Literal["input", "exclude", "inflate", "note"]
PANDEMIC_YEAR = 2021
FAMILIES_FIRST_YEAR = 2027  # the first whole year after the switch-over of April 2026
SPLIT = ("North Northamptonshire", "West Northamptonshire", "Cumberland", "Westmorland and Furness")
OF = {name: target.of for name, target in TARGETS.items()}


@dataclass(frozen=True)
class Trap:
    """A rule about rows of targets.

    Attributes
    ----------
    name : str
        As it stands in the column `traps` of the targets.
    effect : str
        `input`, `exclude`, `inflate` or `note`.
    amount : float
        Of `inflate`: standard deviation of the logarithm. All are assumed.
    why : str
        The reason, in a sentence.
    where : callable
        Long frame of targets -> mask of its rows.
    """

    name: str
    effect: Effect
    amount: float
    why: str
    where: Callable[[pd.DataFrame], pd.Series]


def _of(rows: pd.DataFrame, *groups: str) -> pd.Series:
    """Return the mask of rows whose measure is of some groups of children."""
    return rows.measure.map(OF).isin(groups)


TRAPS = (
    Trap("referrals_imposed", "input", 0.0, "referrals are an input (ruling 29)", lambda r: r.measure == "referrals"),
    Trap("uasc_imposed", "input", 0.0, "unaccompanied children's starts are imposed and their stock follows: all growth in care from 2021 to 2023",
         lambda r: r.measure == "uasc_at31"),
    Trap("court_weeks_imposed", "input", 0.0, "court weeks are an input, England's, up to the last published year (national.csv)",
         lambda r: r.measure == "court_weeks"),
    Trap("pandemic_year", "exclude", 0.0, "the year ending March 2021 is a shock on referrals, which are imposed; what followed is not fitted",
         lambda r: (r.year_ending == PANDEMIC_YEAR) & ~_of(r, "uasc") & (r.kind != "stock")),
    Trap("pandemic_stock", "inflate", 0.05, "stocks of 31 March 2021 still hold what the pandemic delayed",
         lambda r: (r.year_ending == PANDEMIC_YEAR) & ~_of(r, "uasc") & (r.kind == "stock")),
    Trap("supported_accommodation_recoded", "exclude", 0.0, "supported accommodation not yet registered was counted as other placements in 2024",
         lambda r: (r.measure == "supported_pct") & (r.year_ending == 2024)),
    Trap("assessments_2014", "exclude", 0.0, "few authorities made single assessments in 2014",
         lambda r: (r.measure == "assessments") & (r.year_ending <= 2014)),
    Trap("hampshire_2024", "exclude", 0.0, "Hampshire's children in need of 2024 are its figures of 2023",
         lambda r: (r.area == "Hampshire") & (r.year_ending == 2024) & _of(r, *OF_CHILDREN_IN_NEED)),
    Trap("hampshire_2025_referrals", "exclude", 0.0, "Hampshire's referrals of 2025 are recorded otherwise: 30,502 to 41,142",
         lambda r: (r.area == "Hampshire") & (r.year_ending >= 2025) & _of(r, "front door")),
    Trap("isle_of_wight_with_hampshire", "inflate", 0.15, "it shares Hampshire's front door and its recording (2,083 referrals per 10,000)",
         lambda r: (r.area == "Isle of Wight") & (r.year_ending >= 2024) & _of(r, "front door")),
    Trap("hackney_2021_2022", "exclude", 0.0, "Hackney's children in need of 2021 and 2022 are its figures of 2020",
         lambda r: (r.area == "Hackney") & r.year_ending.isin([2021, 2022]) & _of(r, *OF_CHILDREN_IN_NEED)),
    Trap("england_with_hampshire", "inflate", 0.01, "England's children in need of 2024 and 2025 hold Hampshire's",
         lambda r: (r.area == "England") & r.year_ending.isin([2024, 2025]) & _of(r, *OF_CHILDREN_IN_NEED)),
    Trap("boundary_split", "inflate", 0.15, "a predecessor's figure, shared by children: its parts need not have been alike",
         lambda r: (r.basis == "predecessor") & r.area.isin(SPLIT)),
    Trap("boundary_merged", "inflate", 0.05, "figures of predecessors added up; Christchurch came from Dorset",
         lambda r: (r.basis == "predecessor") & ~r.area.isin(SPLIT)),
    Trap("dorset_before_2020", "exclude", 0.0, "Dorset lost Christchurch in April 2019",
         lambda r: (r.area == "Dorset") & (r.year_ending < 2020) & (r.kind != "share")),
    Trap("entry_authority", "exclude", 0.0, "children pass through where they arrive, a start and an end within weeks: use measures without them",
         lambda r: r.area.isin(ENTRY_AUTHORITIES) & (r.measure.isin(["cla_started", "cla_ceased"]) | _older(r))),
    Trap("uasc_starts_estimated", "note", 0.0, "unaccompanied children's starts are not published by authority: from stocks (calibration/uasc.py)",
         lambda r: r.measure.isin(["cla_started_non_uasc", "cla_ceased_non_uasc"]) & (r.area != "England")),
    Trap("cpp_ended_2025", "inflate", 0.01, "authorities' ended plans of 2025 are a published rate times population",
         lambda r: (r.measure == "cpp_ended") & (r.year_ending == 2025)),
    Trap("families_first", "exclude", 0.0, "from the switch to Family Help, early help is recorded with children in need: another series",
         lambda r: (r.year_ending >= FAMILIES_FIRST_YEAR) & _of(r, *OF_CHILDREN_IN_NEED)),
    Trap("families_first_begun", "inflate", 0.05, "authorities that began Families First early record early help with children in need",
         lambda r: (r.year_ending == FAMILIES_FIRST_YEAR - 1) & _of(r, *OF_CHILDREN_IN_NEED)),
    Trap("too_small", "exclude", 0.0, "fewer than 2,000 children: no rate of its own (City of London, Isles of Scilly)", lambda r: r.too_small),
)  # fmt: skip
BY_NAME = {trap.name: trap for trap in TRAPS}


def _older(rows: pd.DataFrame) -> pd.Series:
    """Return the mask of starts and ends at 10 and over, where unaccompanied children are."""
    return rows.measure.str.match(r"cla_(started|ceased)_(10_to_15|16|17|18)")


def apply_traps(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with columns `traps` (names), `use` (input, fit, exclude) and `log_sd_trap`.

    Parameters
    ----------
    rows : DataFrame
        Columns area, measure, year_ending, kind, basis, too_small.
    """
    names = pd.Series([[] for _ in range(len(rows))], index=rows.index)
    variance = np.zeros(len(rows))
    excluded, imposed = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
    for trap in TRAPS:
        mask = trap.where(rows).to_numpy(dtype=bool)
        for found in names[mask]:
            found.append(trap.name)
        variance += np.where(mask & (trap.effect == "inflate"), trap.amount**2, 0.0)
        excluded |= mask & (trap.effect == "exclude")
        imposed |= mask & (trap.effect == "input")
    use = np.where(excluded, "exclude", np.where(imposed, "input", "fit"))
    return rows.assign(traps=names.map("; ".join), use=use, log_sd_trap=np.sqrt(variance))

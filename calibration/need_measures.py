"""What the Department counts, counted from an authority's own records of need, so that an import can be checked against published figures.

Names are those of the panel (`calibration/data/la_panel.csv`). Rules: Characteristics of children in need, methodology: a referral with no further
action is no episode of need; referrals, assessments, enquiries, conferences and plans are counted as often as they happened, children in need and
on plans at 31 March once each. Published children in need are corrected further (episodes that overlap or touch across returns are joined, and what
an authority did not return is estimated), so `cin_*` agree to a few per cent, the rest to late corrections.
"""

from __future__ import annotations

import pandas as pd

from calibration.need_records import NeedRecords
from calibration.record_days import year_end, year_start

STARTED = {
    "referrals": "referral", "s47": "section_47", "icpc": "initial_conference", "cpp_started": "child_protection_plan",
    "cin_started": "child_in_need", "cinplan_started": "child_in_need_plan",
}  # fmt: skip
ENDED = {"assessments": "assessment", "cpp_ended": "child_protection_plan", "cin_ended": "child_in_need", "cinplan_ended": "child_in_need_plan"}
AT_31_MARCH = {"cpp_at31": "child_protection_plan", "cin_at31": "child_in_need", "cinplan_at31": "child_in_need_plan"}
CUT_OFF = "not_returned_again"


def counted(records: NeedRecords, year_ending: int) -> pd.Series:
    """Return the measures of a year ending 31 March, by name; NaN for what the records cannot tell.

    Percentages are of referrals (`nfa_pct`, `rereferral_pct`) or of plans started (`cpp_subsequent_pct`). Referrals within twelve months of an
    earlier one need a return of the year before; second and later plans, the count that returns state with each.

    Raises
    ------
    ValueError
        If the year is not covered.
    """
    first, last = pd.Timestamp(year_start(year_ending)), pd.Timestamp(year_end(year_ending))
    if first < pd.Timestamp(records.first) or last > pd.Timestamp(records.last):
        raise ValueError(f"the records cover {records.first} to {records.last}, not the year ending 31 March {year_ending}")
    spells = records.spells
    begun = spells[spells["start"].between(first, last)]
    over = spells[spells["end"].between(first, last) & (spells["outcome"] != CUT_OFF)]
    figures: dict[str, float] = {name: (begun["stage"] == stage).sum() for name, stage in STARTED.items()}
    figures |= {name: (over["stage"] == stage).sum() for name, stage in ENDED.items()}
    figures |= {name: records.open_at(last.date(), stage)["child"].nunique() for name, stage in AT_31_MARCH.items()}
    referred = begun[begun["stage"] == "referral"]
    plans = begun.loc[begun["stage"] == "child_protection_plan", "earlier"].dropna()
    figures |= {
        "children_referred": referred["child"].nunique(),
        "children_s47": begun.loc[begun["stage"] == "section_47", "child"].nunique(),
        "nfa_pct": _percent(referred["outcome"] == "no_further_action"),
        "cpp_subsequent_pct": _percent(plans > 0),
        "rereferral_pct": _percent(_again(spells, referred)) if first >= pd.Timestamp(year_start(records.first.year + 2)) else float("nan"),
    }
    return pd.Series(figures, dtype=float, name=year_ending)


def _percent(holds: pd.Series) -> float:
    """Return the percentage for which something holds; NaN of none."""
    return 100.0 * float(holds.mean()) if len(holds) else float("nan")


def _again(spells: pd.DataFrame, referred: pd.DataFrame) -> pd.Series:
    """Whether each referral is within twelve months of an earlier one of the same child."""
    referrals = spells[spells["stage"] == "referral"]
    before = referrals.groupby("child")["start"].shift()  # spells are in order of start
    return (referrals["start"] <= before + pd.DateOffset(months=12))[referred.index]

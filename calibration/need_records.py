"""Histories of need as every reader of records leaves them: children, their spells in stages of the pathway, and what an import could not use.

A *spell* is one child in one stage, from a day to a day. Readers hand over what returns say (`assembled`); what cannot be used is left out here, by
reason, whatever return it came from. Nothing holds an identifier: a child is its row number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from calibration.care_records import DataQuality
from calibration.record_days import DAY

STAGES = (
    "referral", "assessment", "child_in_need", "child_in_need_plan", "section_47", "initial_conference", "child_protection_plan",
    "pre_proceedings", "family_group_decision",
)  # fmt: skip
EVENTS = frozenset({"referral", "initial_conference", "family_group_decision"})  # of one day
NOT_RETURNED_AGAIN = "not_returned_again"
UNBORN_FOR = pd.Timedelta(days=365)  # longest before a birth that anything is begun for an unborn child: a pregnancy, and a date misjudged
OLDEST_YEARS = 26  # care leavers are supported, and counted in need, to 25
LONGEST_CODE = 4
CHILD_COLUMNS = ["pseudonym", "birth", "unborn", "sex", "disabled"]
SPELL_COLUMNS = ["child", "stage", "start", "end", "outcome", "code", "earlier"]


@dataclass(frozen=True)
class NeedRecords:
    """Histories of need of one authority.

    Attributes
    ----------
    children
        One row a child, in an order of content, never of identifiers: `pseudonym` (keyed hash, of this import alone), `birth` (day; the expected one
        while `unborn`), `unborn` (bool), `sex` (`male`, `female` or empty), `disabled` (bool).
    spells
        One row a spell, by child, start and stage: `child` (row of children), `stage` (of `STAGES`), `start`, `end` (days; NaT while open; events
        end the day they start), `outcome` (in the pathway's words, empty while open), `code` (the return's own, where it has one), `earlier` (plans
        before this one, as the return counts them; NA but for `child_protection_plan`).
        A `section_47` that needed no conference has an outcome but no end: no return holds it.
        An outcome `not_returned_again` is no ending but where the records stop: what was open in a return and is missing in the next.
    first, last
        Days that the returns cover.
    quality
        What was read and what could not be used.
    """

    children: pd.DataFrame
    spells: pd.DataFrame
    first: date
    last: date
    quality: DataQuality

    def open_at(self, day: date, stage: str) -> pd.DataFrame:
        """Return the spells of a stage that are open at the end of a day: begun, and not ended on it or before."""
        at = pd.Timestamp(day)
        spells = self.spells[self.spells["stage"] == stage]
        ended = (spells["end"] <= at) | (spells["end"].isna() & (spells["outcome"] != ""))
        return spells[(spells["start"] <= at) & ~ended]


def count_unknown(quality: DataQuality, field: str, codes: pd.Series) -> None:
    """Count codes that no guide knows; one too long to be a code is counted as `longer`, and never repeated."""
    for code, rows in codes.value_counts().items():
        quality.unknown_codes[field, code if len(str(code)) <= LONGEST_CODE else "longer"] += int(rows)


def assembled(children: pd.DataFrame, spells: pd.DataFrame, first: date, last: date, quality: DataQuality) -> NeedRecords:
    """Return records of what a reader found, without what cannot be used.

    Parameters
    ----------
    children
        `CHILD_COLUMNS`, one row a pseudonym; `birth` NaT if no return has it.
    spells
        `SPELL_COLUMNS` with `pseudonym` in place of `child`; days NaT where unreadable or not stated; `bad_end` (bool: an end was stated that is no
        day), `limit` (last day of the return a row is from).
    first, last, quality
        As of `NeedRecords`; what is left out is added to `quality`.
    """
    children, spells = (table.astype({"pseudonym": object}) for table in (children, spells))  # of which pandas looks up plain ones faster
    usable = _usable(spells.merge(children, on="pseudonym", how="left"), quality)
    event = usable["stage"].isin(EVENTS)
    usable["end"] = usable["end"].mask(event, usable["start"])
    known = children[children["pseudonym"].isin(usable["pseudonym"])]
    without = int((~children["pseudonym"].isin(usable["pseudonym"])).sum())
    if without:
        quality.left_out["children", "nothing about the child could be used"] += without
    ordered, numbered = _in_order(known, usable[["pseudonym", *[name for name in SPELL_COLUMNS if name != "child"]]])
    return NeedRecords(ordered, numbered, first, last, quality)


def _usable(spells: pd.DataFrame, quality: DataQuality) -> pd.DataFrame:
    """Return the spells that can be used, the others counted by the first reason that holds."""
    start, end, birth, limit = (spells[name].astype(DAY) for name in ("start", "end", "birth", "limit"))
    late = end > limit
    end = end.mask(late)
    reasons = {
        "no birth date of the child": birth.isna(),
        "no start, or none that is a day": start.isna(),
        "starts after the last day of its return": start > limit,
        "starts over a year before birth": start < birth - UNBORN_FOR,
        f"starts after the child turned {OLDEST_YEARS}": start > birth + pd.Timedelta(days=round(OLDEST_YEARS * 365.25)),
        "its end is not a day": spells["bad_end"].astype(bool),
        "ends before it starts": end < start,
    }
    left = pd.Series(True, index=spells.index)
    for reason, holds in reasons.items():
        for stage, rows in spells.loc[left & holds, "stage"].value_counts().items():
            quality.left_out[stage, reason] += int(rows)
        left &= ~holds
    for stage, rows in spells.loc[left & late, "stage"].value_counts().items():
        quality.changes[stage, "ends after the last day of its return: taken as open"] += int(rows)
    kept = spells.assign(start=start, end=end)
    kept[["outcome", "code"]] = kept[["outcome", "code"]].mask(late, "")
    return kept[left].copy()


def _in_order(children: pd.DataFrame, spells: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return children ordered by what is known of them, spells included, and their spells numbered so; equal ones are interchangeable."""
    columns = ["start", "stage", "end", "outcome", "code", "earlier"]
    texts = [spells[name].astype(str).fillna("") for name in columns]
    said = texts[0].str.cat(texts[1:], sep="|")
    whole: dict[str, list[str]] = {}
    for pseudonym, text in sorted(zip(spells["pseudonym"], said, strict=True)):
        whole.setdefault(pseudonym, []).append(text)
    known = children.set_index("pseudonym")
    parts = [known["unborn"].astype(str), known["sex"], known["disabled"].astype(str), known.index.map(whole).map("||".join).to_series(known.index)]
    key = known["birth"].astype(str).fillna("").str.cat(parts, sep="|")
    ordered = known.loc[key.sort_values(kind="stable").index].reset_index()[CHILD_COLUMNS]
    number = pd.Series(range(len(ordered)), index=ordered["pseudonym"], dtype="int64")
    numbered = spells.assign(child=number.reindex(spells["pseudonym"]).to_numpy())
    numbered = numbered.sort_values(["child", *columns], kind="stable", ignore_index=True)[SPELL_COLUMNS]
    return ordered, numbered.astype({"start": DAY, "end": DAY, "earlier": "Int16", "child": "int64"})

"""What is true of a log about children in need: flows and stocks by month, straight from the log."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from outputs.returns.care import OPEN
from outputs.returns.need import ASSESSMENT, CONFERENCE, ENQUIRY, HELD, NO_ASSESSMENT_OUTCOME, PLAN, PRE_PROCEEDINGS, REFERRAL, NeedEpisode
from outputs.returns.people import EPOCH_DAY

STARTS = {REFERRAL: "referrals", ENQUIRY: "section_47_enquiries", PLAN: "plans_started", PRE_PROCEEDINGS: "pre_proceedings_started"}
MEASURES = (
    "referrals", "episodes_begun_otherwise", "assessments_completed", "section_47_enquiries", "initial_conferences", "plans_started", "plans_ended",
    "pre_proceedings_started", "children_in_need_at_end", "children_on_a_plan_at_end",
)  # fmt: skip


def monthly_need(episodes: Sequence[NeedEpisode], begins: float, month_ends: Sequence[float]) -> pd.DataFrame:
    """Return children by month: date (its last day), and `MEASURES`.

    Parameters
    ----------
    begins, month_ends
        The first day, and the day of the log after each month.
    """
    counts = {name: Counter() for name in MEASURES}
    edges = [begins, *month_ends]

    def count(name: str, time: float) -> None:
        """Count an event in its month."""
        if begins <= time < month_ends[-1]:
            counts[name][bisect_right(edges, time) - 1] += 1

    def hold(name: str, start: float, end: float) -> None:
        """Count who is there as months end: an event at the instant a month begins belongs to it."""
        first = bisect_right(month_ends, start)
        for month in range(first, len(month_ends)):
            if end < month_ends[month]:
                break
            counts[name][month] += 1

    for episode in episodes:
        hold("children_in_need_at_end", episode.start, episode.end)
        if not episode.referred:
            count("episodes_begun_otherwise", episode.start)
        for spell in episode.spells:
            if spell.stage in STARTS:
                count(STARTS[spell.stage], spell.start)
            if spell.stage == ASSESSMENT and spell.ended_by not in NO_ASSESSMENT_OUTCOME:
                count("assessments_completed", spell.end)
            elif spell.stage == CONFERENCE and spell.ended_by in HELD and spell.end < OPEN:
                count("initial_conferences", spell.end)
            elif spell.stage == PLAN:
                hold("children_on_a_plan_at_end", spell.start, spell.end)
                count("plans_ended", spell.end)
    dates = [EPOCH_DAY + np.timedelta64(int(end) - 1, "D") for end in month_ends]
    return pd.DataFrame({"date": dates} | {name: [counts[name][month] for month in range(len(dates))] for name in MEASURES})

"""Records by hand: a few children whose histories can be read off, and returns of a made-up authority."""

from datetime import date

import pandas as pd

from calibration.care_records import CareRecords, DataQuality

FIRST, LAST = date(2018, 4, 1), date(2021, 3, 31)
NEVER = pd.NaT


def days(*texts):
    return pd.to_datetime(pd.Series(texts)).astype("datetime64[s]")


def by_hand() -> CareRecords:
    """Three children: one who moves and goes home, one still in care, one who comes in on the second-last day."""
    children = pd.DataFrame({
        "pseudonym": ["a", "b", "c"], "birth": days("2008-01-01", "2010-01-01", "2012-01-01"), "sex": ["1", "2", "1"],
        "unaccompanied": [False, False, False], "family": [0, 1, 1],
    })  # fmt: skip
    stays = pd.DataFrame({
        "child": [0, 0, 1, 2], "period": [0, 0, 1, 2], "start": days("2018-06-01", "2019-03-31", "2019-02-01", "2021-03-30"),
        "end": days("2019-03-31", "2020-03-31", NEVER, NEVER), "placement": ["in_house_foster", "childrens_home", "kinship_foster", "kinship_foster"],
        "code": ["U6", "K2", "U3", "U3"], "provider": ["PR1", "PR4", "PR1", "PR1"], "start_known": [True] * 4,
        "ended_by": ["moved", "reunified", "", ""],
    })  # fmt: skip
    legal = pd.DataFrame({
        "child": [0, 1, 1, 2], "period": [0, 1, 1, 2], "start": days("2018-06-01", "2019-02-01", "2019-09-01", "2021-03-30"),
        "end": days("2020-03-31", "2019-09-01", NEVER, NEVER), "legal_status": ["section_20", "interim_care_order", "care_order", "section_20"],
    })  # fmt: skip
    return CareRecords(children, stays, legal, FIRST, LAST, DataQuality())

"""From rows of episodes, as returned year after year, to histories in care: reconciled, cleaned, joined; whatever is not used or changed is counted.

The rules, in order:

1. A row that is not whole is left out: no child, birth or start; an end before its start; a start outside the child's first 18 years or after its
   return.
2. Short breaks (V3, V4) are left out: they are not looked-after children in published counts.
3. Of rows of one child and one start, the latest return's counts; within a return, the one that ends last.
4. A row that a later return should repeat, and does not, ends where the child's next begins, or else at the end of its return's year.
5. A row that overlaps the child's next ends where that begins. Care ends at the 18th birthday.
6. Rows that follow on the same day or the next are one period of care, if the first says so (X1) or says nothing. Rows of a period that change
   neither placement nor carer are one stay; those of one legal status one row of legal status.
7. When care began is known if a period's first row says that it did (S), or says nothing. Returns hold no rows that ended before the first of them,
   so a child who had moved before then is seen from the last move on.
8. Children are siblings if the headers say so (a column FAMILY), or if their care began within a week of each other from one home postcode.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from calibration.care_records import DataQuality
from scenarios.ssda903_codes import codes, placement_of
from sim.caseload import LEGAL_STATUSES, PLACEMENTS

CODED = ("RNE", "LS", "PLACE", "PLACE_PROVIDER", "REC")
DAY = np.timedelta64(1, "D")
SAME_HOME_AT_MOST = 8  # children of one postcode: more is a block of flats, or a postcode that stands for none
SAME_START = 7 * DAY
TABLE = "episodes"


def histories(
    episodes: pd.DataFrame, headers: pd.DataFrame, unaccompanied: set[int], names: np.ndarray, last: date, quality: DataQuality
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return children, stays and legal statuses as `CareRecords` holds them.

    Parameters
    ----------
    episodes, headers
        Rows of all returns: children as numbers, days as datetime64[s], codes as positions in the guide's lists (-1 none, -2 not known).
    unaccompanied
        Numbers of children in a table of unaccompanied asylum-seeking children.
    names
        Keyed hashes by number of child.
    last
        The last day that is known.
    quality
        Added to.
    """
    births = _births(headers, quality)
    rows = _whole(episodes, births, quality)
    if rows.empty:
        return pd.DataFrame(), rows, rows
    rows = _reconciled(rows, int(episodes["year"].max()), quality)
    rows = _ended(rows, np.datetime64(last), quality)
    rows = _with_periods(rows)
    rows = _with_placements(rows, quality)
    stays, legal = _stays(rows, quality), _legal(rows)
    children = _with_families(_children(rows, births, unaccompanied, names), rows, quality)
    return in_order(children, stays, legal)


def _births(headers: pd.DataFrame, quality: DataQuality) -> pd.DataFrame:
    """Return birth, sex and family by child, of the latest return that has a date of birth."""
    reasons = {
        "no identifier of a child": headers["child"] < 0,
        "date of birth cannot be read": headers["DOB_unreadable"],
        "no date of birth": headers["DOB"].isna(),
    }
    whole = headers[~_left_out("header", reasons, len(headers), quality)].sort_values(["child", "year"], kind="stable")
    changed = int((whole.drop_duplicates(["child", "DOB"])["child"].value_counts() > 1).sum())
    if changed:
        quality.changes["header", "date of birth differs between returns: the latest used"] += changed
    return whole.drop_duplicates("child", keep="last").set_index("child")[["DOB", "sex", "family"]]


def _whole(episodes: pd.DataFrame, births: pd.DataFrame, quality: DataQuality) -> pd.DataFrame:
    """Return the rows that can be used, each with its child's birth and 18th birthday."""
    rows = episodes.reset_index(drop=True)
    known = births["DOB"].reindex(rows["child"]).to_numpy()
    rows["birth"], rows["adult"] = known, eighteenth_birthday(known)
    ends_of_years = pd.to_datetime(rows["year"].astype(str) + "-03-31", errors="coerce").to_numpy().astype("datetime64[s]")
    breaks = _positions("LS", "short_breaks")
    reasons = {
        "no identifier of a child": rows["child"] < 0,
        "no header with a date of birth": rows["birth"].isna(),
        "start cannot be read": rows["DECOM_unreadable"],
        "no start": rows["DECOM"].isna(),
        "end cannot be read": rows["DEC_unreadable"],
        "ends before it starts": rows["DEC"] < rows["DECOM"],
        "starts after its return's year": rows["DECOM"] > ends_of_years,
        "starts before birth": rows["DECOM"] < rows["birth"],
        "starts at 18 or over": rows["DECOM"] >= rows["adult"],
        "short breaks (V3, V4), not counted as looked after": rows["LS"].isin(breaks),
    }
    left = _left_out(TABLE, reasons, len(rows), quality)
    return rows[~left].drop(columns=["DECOM_unreadable", "DEC_unreadable"])


def _left_out(table: str, reasons: dict[str, pd.Series], rows: int, quality: DataQuality) -> np.ndarray:
    """Return which rows are left out, each counted under the first of the reasons that holds."""
    left = np.zeros(rows, dtype=bool)
    for reason, here in reasons.items():
        new = here.to_numpy(dtype=bool) & ~left
        if new.any():
            quality.left_out[table, reason] += int(new.sum())
        left |= new
    return left


def eighteenth_birthday(births: np.ndarray) -> np.ndarray:
    """Return the 18th birthdays of births (datetime64)."""
    return birthday(births, 18)


def birthday(births: np.ndarray, years: int) -> np.ndarray:
    """Return the birthdays of births (datetime64) at an age; of 29 February, 1 March where there is none."""
    days = births.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    of_month = days - months.astype("datetime64[D]")
    return ((months + years * 12).astype("datetime64[D]") + of_month).astype("datetime64[s]")


def _reconciled(rows: pd.DataFrame, last_year: int, quality: DataQuality) -> pd.DataFrame:
    """Return one row a child and start (rules 3 and 4)."""
    order = rows.assign(open=rows["DEC"].isna()).sort_values(["child", "DECOM", "year", "open", "DEC"], kind="stable")
    key = ["child", "DECOM"]
    again = order.duplicated(key, keep="last")
    once_a_year = order.duplicated([*key, "year"], keep="last")
    resubmitted = int((again & ~once_a_year).sum())
    if resubmitted:
        quality.changes[TABLE, "submitted again in a later return: the latest used"] += resubmitted
    if once_a_year.any():
        quality.changes[TABLE, "of one child and start as another row of its return: the one that ends last used"] += int(once_a_year.sum())
    kept = order[~again].drop(columns="open")
    lost = kept["DEC"].isna() & (kept["year"] < last_year)
    following = _next(kept, "DECOM")
    ends = pd.to_datetime(kept["year"].astype(str) + "-03-31").astype("datetime64[s]")
    if lost.any():
        quality.changes[TABLE, "open, and missing from the next return: ended at the year's end, or where the child's next begins"] += int(lost.sum())
    kept.loc[lost, "DEC"] = np.where(following[lost].notna() & (following[lost] < ends[lost]), following[lost], ends[lost])
    return kept


def _next(rows: pd.DataFrame, column: str) -> pd.Series:
    """Return what the child's next row has in a column; nothing after the last."""
    return rows.groupby("child", sort=False)[column].shift(-1)


def _ended(rows: pd.DataFrame, last: np.datetime64, quality: DataQuality) -> pd.DataFrame:
    """Return rows whose ends neither overlap the next, nor pass the 18th birthday or the last day known (rule 5)."""
    following = _next(rows, "DECOM")
    over = following.notna() & (rows["DEC"].isna() | (rows["DEC"] > following))
    if over.any():
        quality.changes[TABLE, "overlaps the child's next: ended where that begins"] += int(over.sum())
    rows["joined"] = over
    rows.loc[over, "DEC"] = following[over]
    adult = rows["adult"] <= np.where(rows["DEC"].isna(), last.astype("datetime64[s]"), rows["DEC"])
    beyond = adult & (rows["DEC"].isna() | (rows["DEC"] > rows["adult"]))
    if beyond.any():
        quality.changes[TABLE, "goes on after the 18th birthday: ended there"] += int(beyond.sum())
    rows.loc[beyond, "DEC"] = rows.loc[beyond, "adult"]
    later = rows["DEC"] > last
    if later.any():
        quality.changes[TABLE, "ends after the last day known: taken as open"] += int(later.sum())
        rows.loc[later, "DEC"] = pd.NaT
    return rows


def _with_periods(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with `follows`, whether each goes on from the one before, and the number of its period of care (rule 6)."""
    same = rows["child"] == rows["child"].shift()
    before, said = rows["DEC"].shift(), rows["REC"].shift()
    goes_on = said.isin([*_positions("REC", "next_episode"), -1, -2]) | rows["joined"].shift(fill_value=False)
    rows["follows"] = (same & goes_on & (rows["DECOM"] - before <= DAY)).to_numpy()
    ends = rows["follows"].shift(-1, fill_value=False)
    rows.loc[ends, "DEC"] = rows["DECOM"].shift(-1)[ends]  # the day between two rows of a period belongs to the first
    rows["period"] = np.cumsum(~rows["follows"].to_numpy()) - 1
    return rows


def _with_placements(rows: pd.DataFrame, quality: DataQuality) -> pd.DataFrame:
    """Return rows with placement, code and provider as text, and legal status as a position in `LEGAL_STATUSES`."""
    places, providers = list(codes("PLACE")), list(codes("PLACE_PROVIDER"))
    table = np.array([[_placement(place, provider) for provider in [*providers, "", ""]] for place in [*places, "", ""]], dtype=np.int8)
    rows["placement"] = table[rows["PLACE"], rows["PLACE_PROVIDER"]]  # -1 and -2 count from the end: what is not known
    unknown = int((rows["PLACE"] < 0).sum())
    if unknown:
        quality.changes[TABLE, "placement missing or not known: counted as another placement"] += unknown
    statuses = np.array([*(LEGAL_STATUSES.index(code.meaning) if code.meaning in LEGAL_STATUSES else 0 for code in codes("LS").values()), 0, 0])
    rows["legal_status"] = statuses[rows["LS"]].astype(np.int8)
    if (rows["LS"] < 0).any():
        quality.changes[TABLE, "legal status missing or not known: counted as section 20"] += int((rows["LS"] < 0).sum())
    return rows


def _placement(place: str, provider: str) -> int:
    """Return the position of a placement; `other_placement` for none."""
    return PLACEMENTS.index(placement_of(place, provider) or "other_placement")


def _stays(rows: pd.DataFrame, quality: DataQuality) -> pd.DataFrame:
    """Return one row a child in a placement: rows that change neither placement nor carer are joined."""
    moved = rows["RNE"].isin([*_positions("RNE", "placement"), *_positions("RNE", "start")])
    silent = rows["RNE"] < 0
    differs = (rows["placement"] != rows["placement"].shift()) | (silent & (rows["PLACE"] != rows["PLACE"].shift()))
    begins = (~rows["follows"] | moved | differs).to_numpy()
    joined = int((~begins).sum())
    if joined:
        quality.changes[TABLE, "changes only legal status, or placement with the same carer: joined to the row before"] += joined
    ends_at = np.append(np.flatnonzero(begins)[1:], len(rows)) - 1
    starts, ends = rows[begins], rows.iloc[ends_at]
    places, providers = np.array([*codes("PLACE"), "", ""], dtype=object), np.array([*codes("PLACE_PROVIDER"), "", ""], dtype=object)
    stays = starts[["child", "period", "DECOM"]].rename(columns={"DECOM": "start"}).reset_index(drop=True)
    stays["end"] = ends["DEC"].to_numpy()
    stays["placement"] = np.array(PLACEMENTS, dtype=object)[starts["placement"]]
    stays["code"], stays["provider"] = places[starts["PLACE"]], providers[starts["PLACE_PROVIDER"]]
    stays["start_known"] = starts.groupby("period")["RNE"].transform("first").isin([*_positions("RNE", "start"), -1, -2]).to_numpy()
    last_of_period = np.append(stays["period"].to_numpy()[1:] != stays["period"].to_numpy()[:-1], True)
    stays["ended_by"] = np.where(stays["end"].isna(), "", np.where(last_of_period, _exits(ends, quality, last_of_period), "moved"))
    return stays


def _exits(ends: pd.DataFrame, quality: DataQuality, last_of_period: np.ndarray) -> np.ndarray:
    """Return what each last row of a period ended in: by the return's code, at 18 by age."""
    meanings = np.array([*(code.meaning for code in codes("REC").values()), "", ""], dtype=object)[ends["REC"]]
    at_18 = (ends["DEC"] >= ends["adult"] - DAY).to_numpy()
    unclear = np.isin(meanings, ["", "next_episode"]) & ~at_18 & last_of_period & ends["DEC"].notna().to_numpy()
    if unclear.any():
        quality.changes[TABLE, "ends without a reason, and no row follows: counted as leaving care for another reason"] += int(unclear.sum())
    early = (meanings == "aged_out") & ~at_18 & last_of_period & ends["DEC"].notna().to_numpy()
    if early.any():
        quality.changes[TABLE, "ends for an 18th birthday that is still to come: counted as leaving care for another reason"] += int(early.sum())
    return np.where(at_18, "aged_out", np.where(np.isin(meanings, ["", "next_episode", "aged_out"]), "other_exit", meanings))


def _legal(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a child on a legal status."""
    begins = (~rows["follows"] | (rows["legal_status"] != rows["legal_status"].shift())).to_numpy()
    ends_at = np.append(np.flatnonzero(begins)[1:], len(rows)) - 1
    legal = rows.loc[begins, ["child", "period", "DECOM"]].rename(columns={"DECOM": "start"}).reset_index(drop=True)
    legal["end"] = rows["DEC"].to_numpy()[ends_at]
    legal["legal_status"] = np.array(LEGAL_STATUSES, dtype=object)[rows["legal_status"].to_numpy()[begins]]
    return legal


def _children(rows: pd.DataFrame, births: pd.DataFrame, unaccompanied: set[int], names: np.ndarray) -> pd.DataFrame:
    """Return the children who have rows, by number."""
    numbers = rows["child"].unique()
    children = births.reindex(numbers).rename(columns={"DOB": "birth"})
    children["pseudonym"] = names[numbers]
    children["unaccompanied"] = np.isin(numbers, np.fromiter(unaccompanied, dtype=np.int64, count=len(unaccompanied)))
    return children


def _with_families(children: pd.DataFrame, rows: pd.DataFrame, quality: DataQuality) -> pd.DataFrame:
    """Return children with the number of their family (rule 8)."""
    first = rows.drop_duplicates("child").set_index("child")[["DECOM", "home"]].reindex(children.index)
    stated = children["family"] >= 0
    shared = first["home"].map(first.loc[first["home"] >= 0, "home"].value_counts()).fillna(0)
    homely = (~stated & (first["home"] >= 0) & (shared <= SAME_HOME_AT_MOST)).to_numpy()
    at_home = first[homely].sort_values(["home", "DECOM"])
    new = (at_home["home"] != at_home["home"].shift()) | (at_home["DECOM"] - at_home["DECOM"].shift() > SAME_START)
    keys = pd.Series([f"own {number}" for number in children.index], index=children.index, dtype=object)
    keys[at_home.index] = [f"home {number}" for number in np.cumsum(new.to_numpy())]
    keys[stated] = [f"stated {number}" for number in children.loc[stated, "family"]]
    linked = int(keys.duplicated(keep=False).sum())
    if linked:
        quality.changes["children", "linked to siblings in care"] += linked
    return children.assign(family=pd.factorize(keys)[0])


def in_order(children: pd.DataFrame, stays: pd.DataFrame, legal: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return all three with children numbered by what is known of them, so that nothing depends on identifiers, or on how rows were in order.

    Twins may be alike in all but what comes later: the last key is a sum of hashes of every stay and legal status.
    """
    facts = children.assign(start=stays.groupby("child")["start"].min(), content=_content(stays) + _content(legal))
    order = facts.sort_values(["birth", "start", "sex", "unaccompanied", "content"], kind="stable").index
    position = pd.Series(np.arange(len(order)), index=order)
    ordered = children.loc[order].reset_index(drop=True)
    ordered["family"] = pd.factorize(ordered["family"])[0]
    renumbered = [_renumbered(frame, position) for frame in (stays, legal)]
    return ordered[["pseudonym", "birth", "sex", "unaccompanied", "family"]], *renumbered


def _content(rows: pd.DataFrame) -> pd.Series:
    """Return a number for what a child's rows say (a sum of hashes, by child)."""
    hashes = pd.util.hash_pandas_object(rows.drop(columns=["child", "period"]), index=False)
    return hashes.groupby(rows["child"]).sum()


def _renumbered(frame: pd.DataFrame, position: pd.Series) -> pd.DataFrame:
    """Return rows by child, in the children's new order."""
    moved = frame.assign(child=position.reindex(frame["child"]).to_numpy()).sort_values(["child", "start"], kind="stable").reset_index(drop=True)
    return moved.assign(period=pd.factorize(moved["period"])[0])


def _positions(field: str, meaning: str) -> list[int]:
    """Return the positions, in the guide's list of a field, of the codes that mean this."""
    return [position for position, code in enumerate(codes(field).values()) if code.meaning == meaning]

"""Rows of synthetic SSDA903 episodes from hand-made histories, the codes they draw, and the truth beside them."""

import math

import numpy as np
import pandas as pd
import pytest

from outputs.returns.care import Period, Spell, returned
from outputs.returns.code_shares import Draws, Person, shares, table
from outputs.returns.episodes import episodes_of, year_of
from outputs.returns.people import ADULT_DAYS, EPOCH_DAY, People, add_years, date_of_birth, day
from outputs.returns.ssda903 import ssda903_returns
from outputs.returns.truth import monthly_flows, monthly_stock, rates
from scenarios.ssda903_codes import codes, placement_of

pytestmark = pytest.mark.unit

WHO, ALONE = Person(0, 12, 1), Person(1, 7, 0)
OPEN = math.inf


def at(date: str, hour: float = 12.0) -> float:
    return float((np.datetime64(date) - EPOCH_DAY).astype(int)) + hour / 24.0


def spells(*rows: tuple, until: float) -> list[Spell]:
    """Spells that follow each other from (what, start, same carer or not)."""
    ends = [row[1] for row in rows[1:]] + [until]
    return [Spell(row[0], row[1], end, i, len(row) > 2) for i, (row, end) in enumerate(zip(rows, ends, strict=True))]


def period(placements: list[tuple], legal: list[tuple], end: float = OPEN, exit_: str = "", who: Person = WHO, **more) -> Period:
    return Period(who, placements[0][1], 0, end, exit_, placements=spells(*placements, until=end), legal=spells(*legal, until=end), **more)


def people(born: str = "2012-06-01", who: Person = WHO, seed: int = 1) -> People:
    return People(Draws(seed, 880), {who: at(born)})


def rows(one: Period, of: People | None = None) -> list[tuple]:
    found = episodes_of(one, of or people(who=one.who))
    return [(str(row.starts), row.reason_new, row.legal_status, row.place, row.provider, str(row.ends or ""), row.reason_ended) for row in found]


def test_a_history_becomes_rows_a_placement_and_legal_status():
    one = period(
        [("with_parents", at("2020-01-10")), ("secure_home", at("2020-05-01")), ("authority_childrens_home", at("2020-06-02"))],
        [("section_20", at("2020-01-10")), ("interim_care_order", at("2020-03-04")), ("care_order", at("2020-06-02", 15.0))],
        at("2021-02-03"), "child_arrangements_order",
    )  # fmt: skip
    found = rows(one)
    provider = found[2][4]
    assert provider in ("PR2", "PR5")
    assert found == [
        ("2020-01-10", "S", "V2", "P1", "PR0", "2020-03-04", "X1"),
        ("2020-03-04", "L", "C1", "P1", "PR0", "2020-05-01", "X1"),
        ("2020-05-01", "P", "C1", "K1", provider, "2020-06-02", "X1"),
        ("2020-06-02", "B", "C2", "K2", "PR1", "2021-02-03", "E41"),
    ]


def test_the_last_of_a_days_changes_counts():
    one = period(
        [("secure_home", at("2020-01-10", 1.0)), ("with_parents", at("2020-01-10", 9.0)), ("secure_home", at("2020-02-01", 8.0)),
         ("with_parents", at("2020-02-01", 9.0)), ("secure_home", at("2020-03-01", 3.0))],
        [("interim_care_order", at("2020-01-10", 1.0))], at("2020-03-01", 20.0), "moved_area",
    )  # fmt: skip
    assert [row[:4] for row in rows(one)] == [("2020-01-10", "S", "C1", "P1"), ("2020-02-01", "P", "C1", "P1")]
    assert rows(one)[-1][5:] == ("2020-03-01", "E3")  # a move on the day care ended is no row


def test_a_period_within_a_day_is_in_no_return():
    one = period([("with_parents", at("2020-01-10", 1.0))], [("interim_care_order", at("2020-01-10", 1.0))], at("2020-01-10", 23.0), "relatives")
    assert rows(one) == []


@pytest.mark.parametrize("seed", range(1, 9))
def test_approval_of_a_carer_is_no_move(seed):
    one = period(
        [("kinship_foster_provisional", at("2020-01-10")), ("kinship_foster", at("2020-05-01"), True)],
        [("care_order", at("2020-01-10"))],
    )  # fmt: skip
    found = episodes_of(one, people(seed=seed))
    assert found[0].place in ("U2", "U3")
    later = [(row.reason_new, row.place) for row in found[1:]]
    assert later in ([], [("T", "U1")], [("T", "U3")])
    assert (later == []) == (len({row.place for row in found}) == 1)
    assert {row.provider for row in found} == {"PR1"}
    assert [row.reason_place_change for row in found[:-1]] == ["PLACE"] * (len(found) - 1)


def test_approval_and_order_on_one_day_are_both_with_the_same_carer():
    for seed in range(1, 30):
        one = period(
            [("kinship_foster_provisional", at("2020-01-10")), ("kinship_foster", at("2020-05-01"), True)],
            [("interim_care_order", at("2020-01-10")), ("care_order", at("2020-05-01"))],
        )  # fmt: skip
        found = episodes_of(one, people(seed=seed))
        assert found[1].reason_new == ("U" if found[1].place != found[0].place else "L")
        assert found[0].reason_place_change == ("PLACE" if found[1].reason_new == "U" else "")


@pytest.mark.parametrize(("exit_", "kept", "legal", "who", "expected"), [
    ("aged_out", True, "care_order", WHO, {"E17"}), ("aged_out", False, "care_order", WHO, {"E5", "E6", "E7"}),
    ("aged_out", False, "remand", WHO, {"E14"}), ("other_exit", False, "remand", WHO, {"E9", "E14"}),
    ("other_exit", False, "section_20", ALONE, {"E8", "E15", "E16"}), ("other_exit", False, "section_20", WHO, {"E2", "E8", "E16"}),
])  # fmt: skip
def test_exits_have_codes_that_fit(exit_, kept, legal, who, expected):
    one = period([("secure_home", at("2020-01-10"))], [(legal, at("2020-01-10"))], at("2020-09-01"), exit_, who, stays_put=kept)
    found = {rows(one, people(who=who, seed=seed))[-1][-1] for seed in range(60)}
    assert found <= expected
    assert len(found) > 1 or len(expected) == 1


def test_supported_accommodation_is_coded_by_the_guide_of_its_year():
    for start, expected in (("2024-03-31", {"H5", "P2"}), ("2024-04-01", {"K3"})):
        one = period([("supported_accommodation", at(start))], [("section_20", at(start))])
        assert {rows(one, people("2006-01-01", seed=seed))[0][3] for seed in range(40)} == expected


def test_a_return_holds_what_is_open_in_its_year_as_known_on_31_march():
    one = period(
        [("with_parents", at("2018-01-10")), ("secure_home", at("2020-03-31")), ("with_parents", at("2020-04-01"))],
        [("interim_care_order", at("2018-01-10"))], at("2021-04-01"), "relatives",
    )  # fmt: skip
    found = ssda903_returns([one], people(), range(2019, 2024))
    said = {
        year: [(str(start)[:10], str(end)[:10], reason) for start, end, reason in zip(t.DECOM, t.DEC, t.REC, strict=True)]
        for year, t in ((year, tables["episodes"]) for year, tables in found.items())
    }
    assert said == {
        2019: [("2018-01-10", "NaT", "")],
        2020: [("2018-01-10", "2020-03-31", "X1"), ("2020-03-31", "NaT", "")],
        2021: [("2020-03-31", "2020-04-01", "X1"), ("2020-04-01", "NaT", "")],
        2022: [("2020-04-01", "2021-04-01", "E13")],
        2023: [],
    }
    assert [len(tables["header"]) for tables in found.values()] == [1, 1, 1, 1, 0]


def test_leaving_at_18_is_on_the_birthday():
    for birth in np.arange(at("1999-12-20"), at("2004-03-10"), 0.37):
        born, leaves = date_of_birth(birth), day(birth + ADULT_DAYS)
        assert add_years(born, 18) == leaves or str(leaves)[5:] == "02-29"
        assert abs((born - day(birth)).astype(int)) <= 1


def test_every_code_is_the_returns_and_means_what_it_stands_for():
    places = table()[table()["field"] == "PLACE"]
    for row in places.itertuples():
        code, stage = codes("PLACE")[row.code], row.meaning.split(":")[0]
        assert code.first_year <= max(row.first_year, 2017), row.code
        assert not code.last_year or 0 < row.last_year <= code.last_year, row.code
        provider = "PR1" if stage in ("in_house_foster", "authority_childrens_home", "kinship_foster") else "PR4"
        assert placement_of(row.code, provider) == returned(stage)
    for field in ("LS", "REC"):
        for row in table()[table()["field"] == field].itertuples():
            meaning, expected = codes(field)[row.code].meaning, row.meaning.split(":")[0]
            assert meaning == expected or expected == "aged_out", row.code  # at 18 other codes say where to
    assert set(table().loc[table()["field"] == "PLACE_PROVIDER", "code"]) <= set(codes("PLACE_PROVIDER"))
    assert set(table()["status"]) == {"published", "derived", "assumed"}
    assert (table()["share"] > 0).all()
    assert (table()["source"].str.strip() != "").all()


def test_draws_have_their_shares_and_an_address():
    draws = Draws(3, 880)
    names, cumulative = shares("REC", "reunified")
    picked = pd.Series([draws.pick(Person(0, i, 0), "REC", "reunified") for i in range(3000)]).value_counts()
    assert picked[names[0]] / 3000 == pytest.approx(cumulative[0], abs=4 * math.sqrt(cumulative[0] * (1 - cumulative[0]) / 3000))
    assert draws.pick(WHO, "SEX", "elsewhere") == Draws(3, 880).pick(WHO, "SEX", "elsewhere")
    assert shares("PLACE", "supported_accommodation", 2025)[0] == ("K3",)
    with pytest.raises(KeyError):
        shares("PLACE", "tent")


def test_the_truth_of_one_child():
    one = period(
        [("kinship_foster_provisional", at("2020-04-11", 0)), ("kinship_foster", at("2020-07-01", 0), True), ("secure_home", at("2020-10-08", 0))],
        [("care_order", at("2020-04-11", 0))], at("2021-02-03"), "relatives",
    )  # fmt: skip
    begins, ends, who = at("2020-04-01", 0), at("2021-04-01", 0), people("2015-10-09")
    found = rates([one], who, begins, ends)
    happened = found[found.occurrences > 0].set_index("event")
    assert happened.loc["entry"].tolist() == ["1_to_4", "", "kinship_foster", 1, pytest.approx(365 / 365.25)]
    assert happened.loc["placement_move", ["age_band", "time_in_care", "placement"]].tolist() == ["1_to_4", "56_to_181_days", "kinship_foster"]
    assert happened.loc["relatives", ["age_band", "time_in_care", "placement"]].tolist() == ["5_to_9", "182_to_364_days", "secure_home"]
    exposed = found[found.event == "relatives"].set_index(["age_band", "time_in_care", "placement"]).exposure_years * 365.25
    assert exposed.sum() == pytest.approx(one.end - one.start)
    assert exposed["1_to_4", "14_to_55_days", "kinship_foster"] == pytest.approx(42)
    month_ends = [at(date, 0) for date in ("2020-05-01", "2020-10-01", "2020-11-01", "2021-03-01")]
    stock = monthly_stock([one], who, month_ends)
    assert [(str(row.date)[:10], row.age_band, row.placement) for row in stock.itertuples()] == [
        ("2020-04-30", "1_to_4", "kinship_foster"), ("2020-09-30", "1_to_4", "kinship_foster"), ("2020-10-31", "5_to_9", "secure_home"),
    ]  # fmt: skip
    flows = monthly_flows([one], who, begins, ends)
    assert [tuple(row) for row in flows.itertuples(index=False)] == [
        ("2020-04", "started", "care_order", "1_to_4", 1), ("2021-02", "ceased", "relatives", "5_to_9", 1),
    ]  # fmt: skip
    assert year_of(np.datetime64("2021-03-31")) == 2021
    assert year_of(np.datetime64("2021-04-01")) == 2022

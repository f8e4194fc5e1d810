"""`carecurve forecast --cin`: need forecast beside care, from returns made up for the purpose, against what is known of them."""

import csv
import re
from datetime import date, timedelta

import pandas as pd
import pytest
from command_line import call
from test_annex_a import TEMPLATE, who

from calibration.cin_census import read_cin_census
from calibration.identifiers import Pseudonyms
from calibration.need_histories import care_periods, need_spans, open_spans
from calibration.ssda903 import read_ssda903
from sim.need_caseload import PLAN, STAGES

pytestmark = pytest.mark.e2e
ORIGIN, UNTIL = "2024-03-31", "2025-03-31"


@pytest.fixture(scope="module")
def returns(tmp_path_factory):
    """Torbay's returns of four years."""
    from carecurve import cli

    folder = tmp_path_factory.mktemp("returns") / "torbay"
    with pytest.raises(SystemExit) as stop:
        cli.main(["synth", str(folder), "--area", "Torbay", "--from", "2021-04", "--until", "2025-03", "--seed", "3", "--quiet"])
    assert not stop.value.code
    return folder


@pytest.fixture(scope="module")
def forecast(returns):
    """A forecast from a year before the returns end, of which that year is the truth."""
    from carecurve import cli

    folder = returns.parent / "forecast"
    asked = ["--ssda903", returns / "ssda903", "--cin", returns / "cin", "--origin", ORIGIN, "--until", UNTIL, "--runs", 250, "--unsuppressed"]
    with pytest.raises(SystemExit) as stop:
        cli.main(["forecast", *map(str, asked), "-o", str(folder), "--quiet"])
    assert not stop.value.code
    return folder


def rows(folder, age_band="total", stage="total") -> pd.DataFrame:
    table = pd.read_csv(folder / "need_forecast.csv")
    return table[(table["age_band"] == age_band) & (table["stage"] == stage)].set_index("date")


def test_it_begins_with_the_records_own_count(returns, forecast):
    need = read_cin_census(returns / "cin", Pseudonyms())
    counts = {name: need.open_at(date.fromisoformat(ORIGIN), name)["child"].nunique() for name in ("child_in_need", "child_protection_plan")}
    assert rows(forecast).loc[ORIGIN, "mean"] == counts["child_in_need"] > 100
    assert rows(forecast, stage="child_protection_plan").loc[ORIGIN, "mean"] == counts["child_protection_plan"] > 5
    bands = pd.read_csv(forecast / "need_forecast.csv").query("date == @ORIGIN and age_band != 'total' and stage != 'total'")
    assert bands["mean"].sum() == counts["child_in_need"]


def test_on_every_day_stages_hold_whom_the_records_do(returns):
    pseudonyms = Pseudonyms()
    need, care = read_cin_census(returns / "cin", pseudonyms), read_ssda903(returns / "ssda903", "", pseudonyms)
    spans = need_spans(need, care_periods(care))
    for days in range(0, 1370, 171):
        day = date(2021, 6, 30) + timedelta(days)
        here = open_spans(spans, day)
        plans = need.open_at(day, "child_protection_plan")["child"]
        assert here["child"].is_unique
        assert set(here["child"]) == set(need.open_at(day, "child_in_need")["child"]) | set(plans)
        assert set(here.loc[here["placement"] == PLAN, "child"]) == set(plans)
        in_care = care.children["pseudonym"].iloc[care.stays.loc[(care.stays["start"] <= str(day)) & ~(care.stays["end"] <= str(day)), "child"]]
        looked_after = need.children["pseudonym"].iloc[here.loc[here["placement"] == STAGES.index("looked_after"), "child"]]
        assert set(looked_after) <= set(in_care)
        assert len(looked_after) > 0.7 * len(in_care)


def test_what_came_of_it_lies_within_its_intervals(returns, forecast):
    """95 % intervals against 24 true numbers; dependent ones, so that one that leaves is likely to leave for months."""
    truth = pd.read_csv(returns / "truth" / "need_monthly.csv").set_index("date")
    held = []
    for stage, name in (("total", "children_in_need_at_end"), ("child_protection_plan", "children_on_a_plan_at_end")):
        told = rows(forecast, stage=stage).iloc[1:]
        assert len(told) == 12
        true = truth.loc[told.index, name]
        held += list((told["p025"] <= true) & (true <= told["p975"]))
        assert (told["p975"] < 2.2 * told["p025"]).all() or stage != "total"  # and they say something
    assert sum(held) >= 22
    flows = pd.read_csv(forecast / "need_starts_and_ends.csv").query("group == 'child_protection_plan' and flow == 'stages_begun'")
    assert flows["p025"].sum() < truth.loc[flows["date"], "plans_started"].sum() < flows["p975"].sum()
    starts = pd.read_csv(forecast / "need_starts_and_ends.csv").query("group == 'total'").pivot_table(index="date", columns="flow", values="mean")
    change = (starts["episodes_begun"] - starts["episodes_ended"]).sum()
    assert change == pytest.approx(rows(forecast)["mean"].iloc[-1] - rows(forecast)["mean"].iloc[0], abs=0.02)


def test_it_says_so_in_a_line_hides_small_numbers_and_holds_no_identifier(returns, tmp_path, capsys):
    asked = ("--ssda903", returns / "ssda903", "--cin", returns / "cin", "--until", "2025-06-30", "--runs", 60, "-o", tmp_path / "f")
    status, out, _ = call(capsys, "forecast", *asked)
    assert status == 0
    assert re.search(r"Children in need, [\d,]+ now: [\d,]+ expected on 30 June 2025 \(95 % of runs .*; on a child protection plan, \d+ now: ", out)
    assert (tmp_path / "f" / "data_quality_children_in_need_census.html").exists()
    first = pd.read_csv(tmp_path / "f" / "need_forecast.csv").query("date == '2025-03-31'")
    assert "c" in set(first["mean"])
    shown = pd.to_numeric(first["mean"], errors="coerce").dropna()
    assert not shown.between(1, 5).any()
    xml = "".join(path.read_text() for path in (returns / "cin").glob("*.xml"))
    identifiers = set(re.findall(r"<LAchildID>([^<]+)<", xml))
    texts = [path.read_text() for path in (tmp_path / "f").iterdir() if path.suffix in (".csv", ".html", ".json")]
    words = set(re.findall(r"[A-Za-z0-9_-]+", " ".join(texts)))
    assert len(identifiers) > 500
    assert not identifiers & words


def test_a_census_that_does_not_cover_the_origin_is_refused(returns, tmp_path, capsys):
    last = max((returns / "cin").glob("*.xml"))
    (tmp_path / "cin").mkdir()
    for path in (returns / "cin").glob("*.xml"):
        if path != last:
            (tmp_path / "cin" / path.name).write_bytes(path.read_bytes())
    asked = ("--ssda903", returns / "ssda903", "--cin", tmp_path / "cin", "--until", "2026-03-31", "-o", tmp_path / "f")
    status, out, err = call(capsys, "forecast", *asked)
    assert status != 0
    assert "the census covers 2021-04-01 to 2024-03-31, and the forecast begins after 2025-03-31" in out + err
    assert not (tmp_path / "f").exists()


def test_an_annex_a_is_where_need_begins(returns, tmp_path, capsys):
    """Thirty children in need on 12 May 2025, eight of them on a plan and ten looked after."""
    people = [who(f"X{n}", f"{n % 28 + 1:02d}/03/20{10 + n % 12}") for n in range(30)]
    lists = {
        6: [[*person, "b) No", "01/02/2025", "12/05/2025" if n else "01/05/2025", "", ""] for n, person in enumerate(people)],
        7: [[*person, "b) No", "01/03/2025", "12/05/2025", "", 0] for person in people[:8]],
        8: [[*person, "b) No", "b) No", "01/04/2025", "01/04/2025", "C2", "", "01/04/2025", "U6", "PR1", "12/05/2025"] for person in people[20:]],
    }  # fmt: skip
    (tmp_path / "annex").mkdir()
    for number, table in lists.items():
        with (tmp_path / "annex" / f"List {number}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([TEMPLATE[number], *table])
    asked = ("--ssda903", returns / "ssda903", "--cin", returns / "cin", "--annex-a", tmp_path / "annex", "--until", "2025-08-31", "--runs", 40)
    status, out, err = call(capsys, "forecast", *asked, "--unsuppressed", "-o", tmp_path / "f")
    assert status == 0, out + err
    first = pd.read_csv(tmp_path / "f" / "need_forecast.csv").query("date == '2025-05-12' and age_band == 'total'").set_index("stage")["mean"]
    assert first.to_dict() == {"child_in_need": 12, "child_protection_plan": 8, "looked_after": 10, "aged_18_and_over": 0, "total": 30}

"""Synthetic returns of a simulated authority: whole, valid, the same children as the log's in every layout, and the engine's own counts."""

import json

import numpy as np
import pandas as pd
import pytest
from command_line import call
from defusedxml import ElementTree

from outputs.returns.folder import SyntheticReturns
from outputs.returns.people import EPOCH_DAY, add_years
from outputs.returns.ssda903 import year_bounds
from outputs.returns.truth_need import monthly_need
from scenarios.loading import load
from scenarios.ssda903_codes import codes, placement_of
from scenarios.timeline import add_months, month_range
from sim import engine
from sim.history import history_model
from sim.kernels import layout as L
from sim.model import day_of
from sim.whole_log import WholeLog, whole_log

pytestmark = pytest.mark.e2e

AREA, FROM, UNTIL = "Rutland", "2022-04", "2024-03"
SYNTH = ("--area", AREA, "--from", FROM, "--until", UNTIL, "--quiet")


@pytest.fixture(scope="module")
def returns() -> SyntheticReturns:
    return SyntheticReturns(whole_log(load("baseline"), AREA, FROM, UNTIL, 4))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The same returns in the three layouts, and the first again."""
    from carecurve import cli

    there = tmp_path_factory.mktemp("synth")
    for name, layout in (("years", "years"), ("single", "single"), ("xml", "xml"), ("again", "years")):
        with pytest.raises(SystemExit) as stop:
            cli.main(["synth", str(there / name), *SYNTH, "--seed", "4", "--layout", layout])
        assert not stop.value.code
    return there


def month_ends() -> list[float]:
    return [day_of(add_months(month, 1)) for month in month_range(FROM, UNTIL)]


def whole_histories(returns: SyntheticReturns) -> pd.DataFrame:
    """Every row of all returns once, as the last return that holds it has it."""
    rows = pd.concat([tables["episodes"] for tables in returns.ssda903.values()])
    return rows.drop_duplicates(["CHILD", "DECOM", "LS", "PLACE", "RNE"], keep="last").sort_values(["CHILD", "DECOM"], kind="stable")


def births(returns: SyntheticReturns) -> pd.Series:
    return pd.concat([tables["header"] for tables in returns.ssda903.values()]).drop_duplicates("CHILD").set_index("CHILD")["DOB"]


def in_care(rows: pd.DataFrame, date: np.datetime64) -> pd.DataFrame:
    return rows[(rows["DECOM"] <= date) & (rows["DEC"].isna() | (rows["DEC"] > date))]


def test_stocks_of_returns_are_the_logs_and_the_engines_at_every_months_end(returns):
    rows, born = whole_histories(returns), births(returns)
    truth = returns.truth_stock
    stages = [i for i, name in enumerate(returns.log.stages) if returns.log.pathway.stages[name].in_care]
    for month, end in enumerate(month_ends()):
        date = EPOCH_DAY + np.timedelta64(int(end) - 1, "D")
        here = in_care(rows, date)
        assert here["CHILD"].is_unique
        assert len(here) == returns.log.tally.children_end[0, month, stages].sum() == returns.log.tally.looked_after_end[0, month].sum()
        ages = [sum(date >= add_years(born[child].to_numpy().astype("datetime64[D]"), years) for years in (1, 5, 10, 16)) for child in here["CHILD"]]
        placed = [placement_of(place, provider) for place, provider in zip(here["PLACE"], here["PLACE_PROVIDER"], strict=True)]
        bands = np.array(["under_1", "1_to_4", "5_to_9", "10_to_15", "16_to_17"], object)[ages]
        counted = pd.Series(1, index=pd.MultiIndex.from_arrays([bands, placed])).groupby(level=[0, 1]).sum()
        said = truth[truth["date"] == date].set_index(["age_band", "placement"])["children"]
        assert counted.to_dict() == said.to_dict()
        by_engine = returns.log.tally.looked_after_end[0, month].sum(axis=1)  # birthdays lie within a day of the engine's
        assert np.abs(np.bincount(ages, minlength=5) - by_engine).sum() <= 4


def test_sequences_are_valid(returns):
    rows = whole_histories(returns)
    born = births(returns)
    adult = {child: add_years(date.to_numpy().astype("datetime64[D]"), 18) for child, date in born.items()}
    one_day = np.timedelta64(1, "D")
    seen = set()
    for child, own in rows.groupby("CHILD"):
        before = None
        for row in own.itertuples():
            seen.add(row.RNE)
            assert born[child] <= row.DECOM < adult[child]
            assert pd.isna(row.DEC) or row.DECOM < row.DEC <= adult[child] + one_day
            if before is None:
                pass
            elif before.REC == "X1":
                legal, place = row.LS != before.LS, (row.PLACE, row.PLACE_PROVIDER) != (before.PLACE, before.PLACE_PROVIDER)
                assert row.DECOM == before.DEC
                assert row.RNE in {"L", "P", "T", "B", "U"}
                assert legal == (row.RNE in {"L", "B", "U"})
                assert not (row.RNE == "L" and place)
                assert not (row.RNE in {"T", "U"} and row.PLACE == before.PLACE)
                assert (before.REASON_PLACE_CHANGE != "") == (row.RNE != "L")
            else:
                assert row.RNE == "S"
                assert row.DECOM >= before.DEC
            before = row
        assert before.REC != "X1"
        assert pd.isna(before.DEC) == (before.REC == "")
    assert {"S", "L", "P", "T"} <= seen
    firsts = rows[rows["RNE"] == "S"]
    assert (firsts["DECOM"] >= np.datetime64("1995-04-01")).all()
    assert set(rows["REC"]) <= {*codes("REC"), ""}
    ends = [(child, end.to_numpy().astype("datetime64[D]")) for child, end in zip(rows["CHILD"], rows["DEC"], strict=True)]
    at_18 = [abs(end - adult[child]) <= one_day for child, end in ends]
    assert set(rows.loc[at_18, "REC"]) <= {"E17", "E5", "E6", "E7", "E14", "X1"}


def test_children_in_care_before_the_returns_have_their_true_start(returns):
    """Every child's first row in the log is a start, and the first return's rows of who was in care already are of it."""
    first = returns.ssda903[min(returns.years)]["episodes"]
    begins = year_bounds(min(returns.years))[0]
    care = {returns.people.number(p.who): p for p in returns.periods}
    earlier = first[(first["RNE"] == "S") & (first["DECOM"] < begins)]
    assert len(earlier) > 3
    assert all(np.floor(care[child].start) >= day_of("1997-04") for child in earlier["CHILD"])
    running = {p.who for p in returns.periods if p.start < day_of(FROM) <= p.end}
    assert {returns.people.number(who) for who in running} <= set(first["CHILD"])


def test_flows_and_exposure_are_the_engines(returns):
    log, found = returns.log, returns.truth_rates
    cells = found.drop_duplicates(["age_band", "time_in_care", "placement"])
    days = log.tally.unit_days[0, :, log.stages.index("looked_after")].sum()
    assert cells.loc[cells["time_in_care"] != "", "exposure_years"].sum() * 365.25 == pytest.approx(days, rel=1e-9)
    assert found.loc[found["event"] == "entry", "occurrences"].sum() == log.tally.started[0].sum()
    exits = found[~found["event"].isin(["entry", "placement_move"])].groupby("event")["occurrences"].sum()
    assert exits.sum() == log.tally.ceased[0].sum()
    for name, count in exits.items():
        assert count == log.tally.entered[0, :, log.stages.index(name)].sum()


def test_births_are_those_of_the_engines_families():
    past = history_model(load("baseline"), AREA, FROM)
    tally, state = engine.simulate(past, None, past.first, add_months(past.first, 35), 4, 0, log=True)
    families = state.families[0][state.families[0]["used"] == 1]
    assert set(families["stream"].tolist()) >= {0, 3}
    made = WholeLog((past, past), tally.log, tally, 4).births(list(zip(families["stream"].tolist(), families["id"].tolist(), strict=True)))
    for family, births in zip(families, made, strict=True):
        assert family["births"][: family["n_children"]].tolist() == pytest.approx(births, abs=1e-6)


@pytest.mark.parametrize(("stage", "measure"), [
    ("referral", "referrals"), ("section_47", "section_47_enquiries"), ("child_protection_plan", "plans_started"),
])  # fmt: skip
def test_flows_of_need_are_the_engines_month_by_month(returns, stage, measure):
    log = returns.log
    found = monthly_need(returns.need, day_of(FROM), month_ends())[measure].to_numpy()
    netted = np.zeros(len(found), int)
    for (time, name), children in returns.households.netted.items():
        if name == stage and log.begins <= time < log.ends:
            netted[np.searchsorted(month_ends(), time, side="right")] += children
    assert (found - netted).tolist() == log.tally.entered_children[0, :, log.stages.index(stage)].tolist()
    assert netted.sum() <= 0.01 * found.sum()


def test_the_census_counts_a_years_referrals_enquiries_conferences_and_plans(returns):
    """Counted from the XML by the Department's rules: dates in the year, a referral each, drawn source 5A apart."""
    truth = monthly_need(returns.need, day_of(FROM), month_ends())
    for year in returns.years:
        first, last = (str(date) for date in year_bounds(year))
        root = ElementTree.fromstring(returns.cin_return(year))
        of_year = truth[(truth["date"] >= first) & (truth["date"] <= last)].sum(numeric_only=True)

        def dated(path: str, root=root, first=first, last=last) -> int:
            return sum(first <= element.text <= last for element in root.iterfind(f"Children/Child/CINdetails/{path}"))

        own = [d for d in root.iterfind("Children/Child/CINdetails") if first <= d.findtext("CINreferralDate") <= last]
        assert sum(d.findtext("ReferralSource") != "5A" for d in own) == of_year["referrals"]
        assert sum(d.findtext("ReferralSource") == "5A" for d in own) == of_year["episodes_begun_otherwise"]
        assert dated("Section47/S47ActualStartDate") == of_year["section_47_enquiries"]
        assert dated("ChildProtectionPlans/CPPstartDate") == of_year["plans_started"]
        assert dated("ChildProtectionPlans/CPPendDate") == of_year["plans_ended"]
        assert dated("Assessments/AssessmentAuthorisationDate") == of_year["assessments_completed"]
        assert dated("Section47/DateOfInitialCPC") + dated("DateOfInitialCPC") == of_year["initial_conferences"]
        details = root.findall("Children/Child/CINdetails")
        still_open = [d for d in details if not d.findtext("CINclosureDate") and d.findtext("ReferralNFA") == "false"]
        assert len(still_open) == truth.loc[truth["date"] == last, "children_in_need_at_end"].item()
        on_plan = [plan for plan in root.iterfind("Children/Child/CINdetails/ChildProtectionPlans") if not plan.findtext("CPPendDate")]
        assert len(on_plan) == truth.loc[truth["date"] == last, "children_on_a_plan_at_end"].item()
        assert (root.find("Children/Child/ChildIdentifiers/Sex") is None) == (year < 2025)
        assert root.find(".//PreProceedingsandFGDM") is None


def test_pre_proceedings_are_returned_from_2026():
    later = SyntheticReturns(whole_log(load("baseline"), AREA, "2025-04", "2026-03", 4))
    root = ElementTree.fromstring(later.cin_return(2026))
    blocks = root.findall(".//PreProceedingsandFGDM")
    started = [block for block in blocks if block.findtext("PPStartDate") >= "2025-04-01"]
    assert len(started) == monthly_need(later.need, day_of("2025-04"), [day_of("2026-04")])["pre_proceedings_started"].item() > 0
    assert root.find(".//Sex") is not None


def test_conferences_are_the_engines(returns):
    log = returns.log
    names = log.model.transition_names
    held = sum(log.tally.fired_children[0, :, names.index(f"initial_conference.{name}")].sum() for name in ("plan", "no_plan"))
    assert abs(monthly_need(returns.need, day_of(FROM), month_ends())["initial_conferences"].sum() - held) <= 3  # who turns 18 meanwhile


def test_siblings_can_be_told(returns):
    together = [p.who for p in returns.periods if p.who.stream == 0]
    tables = pd.concat([t["header"] for t in returns.ssda903.values()]).drop_duplicates("CHILD").set_index("CHILD")
    families = {returns.people.number(who): (who.stream, who.family) for who in together if returns.people.number(who) in tables.index}
    said = tables.loc[list(families), "FAMILY"]
    assert said.nunique() == len(set(families.values())) < len(families)


def test_identifiers_are_the_same_in_both_returns_and_look_synthetic(returns):
    year = max(returns.years)
    children = {e.text for e in ElementTree.fromstring(returns.cin_return(year)).iterfind("Children/Child/ChildIdentifiers/LAchildID")}
    assert set(returns.ssda903[year]["header"]["CHILD"]) <= children
    assert all(name.startswith("SYN") for name in children)


def read_folder(folder, layout: str) -> dict[tuple, list]:
    """Return rows of episodes and headers by year, as text with ISO dates."""
    if layout == "single":
        found = {name: pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False) for name in ("header", "episodes", "uasc")}
        return {
            (name, year): sorted(table[table["YEAR"] == year].drop(columns=["LA", "YEAR"]).itertuples(index=False, name=None))
            for name, table in found.items() for year in ("2023", "2024")
        }  # fmt: skip
    found = {}
    for year in ("2023", "2024"):
        for name in ("header", "episodes", "uasc"):
            table = pd.read_csv(folder / year / f"{name}.csv", dtype=str, keep_default_na=False)
            for column in table.columns.intersection(["DOB", "DECOM", "DEC", "DUC"]):
                table[column] = [f"{d[6:]}-{d[3:5]}-{d[:2]}" if d else "" for d in table[column]]
            found[name, year] = sorted(table.itertuples(index=False, name=None))
    return found


def test_layouts_hold_the_same_rows(folders):
    years, single = read_folder(folders / "years" / "ssda903", "years"), read_folder(folders / "single" / "ssda903", "single")
    assert years == single
    assert all(years.values())
    columns = pd.read_csv(folders / "years" / "ssda903" / "2024" / "episodes.csv", nrows=0).columns
    for year in ("2023", "2024"):
        root = ElementTree.parse(folders / "xml" / "ssda903" / f"ssda903-{year}.xml").getroot()
        rows = []
        for child in root.iterfind("CHILD"):
            for row in child.iterfind("EPISODE"):
                text = {"CHILD": child.findtext("HEADER/CHILDID"), "PLACE": row.findtext("PL")}
                values = [text.get(column, row.findtext(column) or "") for column in columns]
                rows.append(tuple(f"{v[6:]}-{v[3:5]}-{v[:2]}" if v[2:3] == "/" else v for v in values))
        assert sorted(rows) == years["episodes", year]
        assert len(root.findall("CHILD")) == len(years["header", year])
        assert sum(child.findtext("HEADER/UASC") == "1" for child in root.iterfind("CHILD")) == len(years["uasc", year])


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(folders, tmp_path, capsys):
    one, again = folders / "years", folders / "again"
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert all((one / path).read_bytes() == (again / path).read_bytes() for path in files)
    status, out, _ = call(capsys, "synth", tmp_path / "other", *SYNTH, "--seed", "5", "--no-cin")
    assert status == 0
    assert "Returns in" in out
    assert not (tmp_path / "other" / "cin").exists()
    assert not (tmp_path / "other" / "truth" / "need_monthly.csv").exists()
    assert (tmp_path / "other" / "ssda903" / "2024" / "episodes.csv").read_bytes() != (one / "ssda903" / "2024" / "episodes.csv").read_bytes()


def test_a_folder_says_that_it_is_synthetic(folders):
    words = (folders / "years" / "README.txt").read_text()
    assert words.startswith("SYNTHETIC DATA")
    assert "seed 4" in words
    about = json.loads((folders / "years" / "manifest.json").read_text())
    assert (about["scenario"], about["area"], about["seed"], about["layout"]) == ("baseline", AREA, 4, "years")


@pytest.mark.parametrize(("options", "said"), [
    (("--layout", "xls"), "no layout"), (("--from", "2022-05"), "whole years"), (("--until", "2021-03"), "whole years"),
    (("--from", "2001-04"), "too early"), (("--area", "England"), "no return"), (("--area", "Atlantis"), "Atlantis"),
])  # fmt: skip
def test_a_mistake_writes_nothing(capsys, tmp_path, options, said):
    status, _, err = call(capsys, "synth", tmp_path / "out", *SYNTH, *options)
    assert status == 2
    assert said in " ".join(err.split())
    assert not list(tmp_path.iterdir())


def test_a_reform_dated_before_the_returns_is_refused(capsys, tmp_path):
    status, _, err = call(capsys, "synth", tmp_path / "out", "--area", AREA, "--scenario", "early-help", "--from", "2027-04", "--until", "2028-03")
    assert status == 2
    assert "2026-04" in err
    assert not list(tmp_path.iterdir())


def test_every_childs_history_ends_where_the_log_does(returns):
    events = returns.log.events
    assert (np.diff(events["time"]) >= 0).all()
    assert events["time"][-1] < day_of(add_months(UNTIL, 1))
    assert (events["event"][events["time"] == events["time"][0]] == L.ARRIVAL).any()

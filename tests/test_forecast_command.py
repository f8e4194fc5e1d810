"""`carecurve forecast` on a synthetic authority's returns: what it writes, what it hides, what it refuses, and records that are small or odd."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import call
from hostile_files import HOSTILE
from records_sample import EPISODE, HEADER, ORIGIN, RETURNS, SAMPLE, by_years, episode, header, write_returns, write_rows
from scipy.optimize import linprog

from carecurve import cli
from carecurve.forecasting import Question, forecast
from sim.caseload import AGE_BANDS, PLACEMENTS

pytestmark = pytest.mark.e2e

FIGURES = ["mean", "p025", "p10", "p25", "p50", "p75", "p90", "p975"]
FILES = {
    "forecast.csv", "starts_and_leavers.csv", "costs.csv", "outturn.csv", "bridge.csv", "full_year_effect.csv", "high_cost_tail.csv", "forecast.png",
    "data_quality_ssda903.html", "data_quality_ssda903.csv", "manifest.json",
}  # fmt: skip
UNTIL = "2024-03-31"
TRUE_AGES = dict(zip(("BIRTH_TO_ONE", "ONE_TO_FIVE", "FIVE_TO_TEN", "TEN_TO_SIXTEEN", "SIXTEEN_TO_EIGHTEEN"), AGE_BANDS, strict=True))
FOSTERING = ("kinship_foster", "in_house_foster", "agency_foster")


def run(*arguments) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["forecast", *(str(argument) for argument in arguments), "--quiet"])
    assert not stop.value.code


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> Path:
    """The sample's forecast as it comes, and with small numbers."""
    there = tmp_path_factory.mktemp("forecast")
    asked = ("--ssda903", RETURNS, "--since", "2020-04-01", "--until", UNTIL, "--runs", 60)
    run(*asked, "-o", there / "hidden")
    run(*asked, "--unsuppressed", "-o", there / "open")
    return there


def table(folder: Path, name: str = "forecast.csv") -> pd.DataFrame:
    return pd.read_csv(folder / name)


def grid(rows: pd.DataFrame, figure: str = "mean") -> pd.DataFrame:
    """One date's rows as age bands by placements, totals last."""
    return rows.pivot_table(index="age_band", columns="placement", values=figure, aggfunc="first").loc[[*AGE_BANDS, "total"], [*PLACEMENTS, "total"]]


# What is written ----------------------------------------------------------------------------------------------------------------------------------


def test_the_folder_holds_every_file(folders):
    assert {path.name for path in (folders / "hidden").iterdir()} == FILES
    about = json.loads((folders / "hidden" / "manifest.json").read_text())
    assert (about["origin"], about["rates_since"], about["returns_cover"]) == ("2022-03-31", "2020-04-01", ["2016-04-01", "2022-03-31"])
    assert about["small_numbers_hidden"] is True
    assert str(SAMPLE) not in json.dumps(about)


@pytest.mark.parametrize("kind", ["hidden", "open"])
def test_rows_are_monthly_by_age_band_and_placement(folders, kind):
    rows = table(folders / kind)
    assert list(rows.columns) == ["date", "age_band", "placement", *FIGURES]
    ends = pd.date_range("2022-03-31", UNTIL, freq="ME").strftime("%Y-%m-%d")
    assert rows["date"].unique().tolist() == ends.tolist()
    assert set(rows["age_band"]) == {*AGE_BANDS, "total"}
    assert set(rows["placement"]) == {*PLACEMENTS, "total"}
    assert len(rows) == 25 * 6 * 12
    assert not rows.duplicated(["date", "age_band", "placement"]).any()


def test_totals_are_the_sums_of_their_rows(folders):
    rows = table(folders / "open")
    for _, of_day in rows.groupby("date"):
        means = grid(of_day).to_numpy(float)
        rounding = 0.0005 * 12 + 1e-9
        np.testing.assert_allclose(means[:-1].sum(axis=0), means[-1], atol=rounding)
        np.testing.assert_allclose(means[:, :-1].sum(axis=1), means[:, -1], atol=rounding)
    assert (rows[FIGURES[1:]].diff(axis=1).iloc[:, 1:] >= -1e-9).all(axis=None)  # quantiles in order
    assert (rows[FIGURES] >= 0).all(axis=None)


def test_the_opening_row_is_the_truth(folders):
    opening = grid(table(folders / "open").query("date == '2022-03-31'"))
    truth = pd.read_csv(SAMPLE / "true_stock_monthly.csv").query("date == '2022-03-31'")
    by_age = truth.groupby(truth["age_bin"].map(TRUE_AGES))["children"].sum()
    assert opening["total"].drop("total").to_dict() == by_age.reindex(AGE_BANDS, fill_value=0).astype(float).to_dict()
    assert opening.loc["total", "total"] == truth["children"].sum()
    for category, placements in (("FOSTERING", FOSTERING), ("SUPPORTED", ("supported_accommodation",))):
        of_category = truth[truth["category"] == category]
        theirs = of_category.groupby(of_category["age_bin"].map(TRUE_AGES))["children"].sum()
        assert opening.loc[list(AGE_BANDS), list(placements)].sum(axis=1).to_dict() == theirs.reindex(AGE_BANDS, fill_value=0).astype(float).to_dict()
    rows = table(folders / "open").query("date == '2022-03-31'")[FIGURES]
    assert rows.eq(rows["mean"], axis=0).all(axis=None)  # nothing is uncertain of it


def test_the_truth_lies_within_the_forecast(folders):
    truth = pd.read_csv(SAMPLE / "true_stock_monthly.csv").groupby("date")["children"].sum()
    rows = table(folders / "open").query("age_band == 'total' and placement == 'total'").set_index("date")
    assert (rows["p025"] <= truth.reindex(rows.index)).all()
    assert (truth.reindex(rows.index) <= rows["p975"]).all()


def test_stocks_and_flows_agree(folders):
    stock = table(folders / "open").query("age_band == 'total' and placement == 'total'")["mean"].to_numpy()
    flows = table(folders / "open", "starts_and_leavers.csv").query("group == 'total'").pivot_table(index="date", columns="flow", values="mean")
    np.testing.assert_allclose(np.diff(stock), flows["starts"] - flows["leavers"], atol=0.0025)
    np.testing.assert_allclose(flows["leavers"], flows["leavers_by_reason"], atol=0.0015)


def test_costs_by_month_add_up_to_the_outturn(folders):
    costs = table(folders / "open", "costs.csv")
    outturn = table(folders / "open", "outturn.csv").query("prices == 'nominal'")
    year = pd.to_datetime(costs["date"]).map(lambda day: day.year + (day.month > 3))
    by_month = costs.groupby([year.rename("year_ending"), "budget_line"])["mean"].sum()
    by_year = outturn.set_index(["year_ending", "budget_line"])["mean"]
    np.testing.assert_allclose(by_month.reindex(by_year.index), by_year, rtol=1e-6, atol=0.02 * 12)
    assert (outturn["months"] == 12).all()
    lines = by_year.drop("total", level=1).groupby("year_ending").sum()
    np.testing.assert_allclose(lines, by_year.xs("total", level=1), rtol=1e-6)


def test_the_bridge_adds_up(folders):
    for _, rows in table(folders / "open", "bridge.csv").groupby("year_ending"):
        parts = rows.set_index("part")["gbp"]
        assert parts.iloc[:-1].sum() == pytest.approx(parts["cost of the year"], abs=0.05)


def test_the_same_seed_is_the_same_forecast_whatever_the_layout_and_identifiers(folders, tmp_path):
    """As a folder a year, with other identifiers in another order, and on one thread."""
    years = by_years(tmp_path / "years")
    for path in years.rglob("*.csv"):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        frame["CHILD"] = frame["CHILD"].map(lambda name: f"X{9_999_999 - int(name) * 7 % 1_000_003}")
        frame.iloc[::-1].sort_values("CHILD", kind="stable").to_csv(path, index=False)
    run("--ssda903", years, "--since", "2020-04-01", "--until", UNTIL, "--runs", 60, "--workers", 1, "-o", tmp_path / "again")
    for name in ("forecast.csv", "costs.csv", "bridge.csv", "starts_and_leavers.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (folders / "hidden" / name).read_bytes(), name


def test_markov_has_the_same_columns_and_no_cost(tmp_path):
    run("--ssda903", RETURNS, "--since", "2020-04-01", "--until", UNTIL, "--compat", "markov", "--unsuppressed", "-o", tmp_path / "markov")
    rows = table(tmp_path / "markov")
    assert list(rows.columns) == ["date", "age_band", "placement", *FIGURES]
    theirs = pd.read_csv(SAMPLE / "ref_cs_demand_model_regional.csv").groupby("date")["predicted"].sum()
    total = rows.query("age_band == 'total' and placement == 'total'").set_index("date")["mean"]
    assert (total.iloc[1:] - theirs.reindex(total.index[1:])).abs().max() < 0.5
    names = {path.name for path in (tmp_path / "markov").iterdir()}
    assert names == {"forecast.csv", "manifest.json", "data_quality_ssda903.html", "data_quality_ssda903.csv"}


# What is hidden -----------------------------------------------------------------------------------------------------------------------------------


def limits(counts: np.ndarray, hidden: np.ndarray) -> list[tuple[float, float]]:
    """What a reader can tell of each hidden small count of a table with totals, by linear programming over its sums."""
    cells = np.arange(counts.size).reshape(counts.shape)
    left, right = [], []
    for line in [*cells, *cells.T]:
        row = np.zeros(counts.size)
        row[line[:-1]], row[line[-1]] = 1.0, -1.0
        left.append(row)
        right.append(0.0)
    free = [((1, 5) if 1 <= n <= 5 else (6, None)) if h else (n, n) for n, h in zip(counts.ravel(), hidden.ravel(), strict=True)]
    found = []
    for cell in np.flatnonzero(hidden.ravel() & (counts.ravel() >= 1) & (counts.ravel() <= 5)):
        target = np.zeros(counts.size)
        target[cell] = 1.0
        low, high = linprog(target, A_eq=left, b_eq=right, bounds=free), linprog(-target, A_eq=left, b_eq=right, bounds=free)
        found.append((low.fun, -high.fun))
    return found


def test_small_numbers_are_hidden_and_cannot_be_worked_out(folders):
    truth = grid(table(folders / "open").query("date == '2022-03-31'")).to_numpy(float).astype(int)
    shown = table(folders / "hidden")
    hidden = (grid(shown.query("date == '2022-03-31'")) == "c").to_numpy()
    assert ((truth >= 1) & (truth <= 5)).any()
    assert hidden[(truth >= 1) & (truth <= 5)].all()
    assert not hidden[truth == 0].any()
    assert not (hidden.sum(axis=0) == 1).any()
    assert not (hidden.sum(axis=1) == 1).any()
    assert all(high - low > 0.999 for low, high in limits(truth, hidden))
    for _, rows in shown.groupby("date"):  # the same groups on every date, in every figure: else one date would tell of another
        assert all(((grid(rows, figure) == "c").to_numpy() == hidden).all() for figure in FIGURES)


def test_costs_of_few_children_are_hidden(folders):
    """A budget line's pounds are children times a price that is known: one of 1 to 5 children on the day of origin shows neither."""
    opening = grid(table(folders / "open").query("date == '2022-03-31'")).loc["total"]
    few = {name for name in PLACEMENTS if 1 <= opening[name] <= 5}
    assert few
    for name in ("costs.csv", "outturn.csv"):
        rows = table(folders / "hidden", name)
        hidden = rows["mean"] == "c"
        lines = set(rows.loc[hidden, "budget_line"])
        assert few & set(rows["budget_line"]) <= lines
        assert len(lines) != 1  # alone it would be the total less the others
        assert "total" not in lines
        assert (rows.loc[hidden, [name for name in rows.columns if name in (*FIGURES, "p80")]] == "c").all(axis=None)
        assert all(rows.loc[rows["budget_line"] == line, "mean"].eq("c").all() for line in lines)
        assert not table(folders / "open", name)["mean"].astype(str).eq("c").any()


def test_the_lines_say_what_is_hidden(tmp_path, capsys):
    status, out, err = call(capsys, "forecast", "--ssda903", RETURNS, "--until", "2022-06-30", "--runs", 20, "-o", tmp_path / "told")
    assert status == 0
    assert "274 children in care on 31 March 2022." in out
    assert "Groups of 1 to 5 children are shown as c" in out
    assert "Traceback" not in err


# What is refused ----------------------------------------------------------------------------------------------------------------------------------

REFUSED = [
    (("--until", "next year"), "--until next year: no day; expected YYYY-MM-DD"),
    (("--until", "2022-03-31"), "--until 2022-03-31: no month ends after 2022-03-31"),
    (("--until", "2020-03-31"), "no month ends after"), (("--until", "2052-03-31"), "more than 10 years after"),
    (("--until", UNTIL, "--since", "2010-04-01"), "the returns cover 2016-04-01 to 2022-03-31"),
    (("--until", UNTIL, "--since", "2022-03-31"), "expected a day"), (("--until", UNTIL, "--since", "2022-03-20"), "expected a day"),
    (("--until", UNTIL, "--origin", "2023-03-31"), "--origin 2023-03-31: the returns cover"),
    (("--until", UNTIL, "--origin", "01/04/2022"), "--origin 01/04/2022: no day"),
    (("--until", UNTIL, "--area", "Atlantis"), "Atlantis"), (("--until", UNTIL, "--reform", "early-help"), "--reform needs --area"),
    (("--until", UNTIL, "--compat", "prophet"), "--compat prophet: expected markov"),
    (("--until", UNTIL, "--compat", "markov", "--costs", "x.csv"), "SSDA903 alone"),
    (("--until", UNTIL, "--budget", "-5"), "--budget -5"), (("--until", UNTIL, "--authority", "Elsewhere"), "holds no rows of 'Elsewhere'"),
    (("--until", UNTIL, "--costs", "none.csv"), "there is no such file"), (("--until", UNTIL, "--annex-a", "none.xlsx"), "there is no such file"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_what_cannot_be_answered_is_refused_and_nothing_written(options, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = call(capsys, "forecast", "--ssda903", RETURNS, *options, "-o", tmp_path / "out", "--quiet")
    assert status == 2
    assert message in " ".join(err.split())
    assert err.count("\n") <= 2
    assert "Traceback" not in err
    assert not out
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "content"),
    [("nothing.csv", None), ("empty.csv", b""), ("notes.docx", b"x"), ("binary.csv", bytes(range(256)) * 9), ("other.csv", b"A,B\n1,2\n"),
     ("headers.csv", b"CHILD,SEX,DOB\nQX900417,1,2010-01-01\n")],
)  # fmt: skip
def test_files_that_are_no_returns_are_refused(name, content, tmp_path, capsys, monkeypatch):
    given, here = tmp_path / "given", tmp_path / "here"
    given.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    if content is not None:
        (given / name).write_bytes(content)
    status, out, err = call(capsys, "forecast", "--ssda903", given / name, "--until", UNTIL, "-o", "out", "--quiet")
    assert status == 2
    assert name in err
    assert "QX900417" not in out + err
    assert "Traceback" not in err
    assert not list(here.iterdir())


@pytest.mark.parametrize("case", [("archive", "flat bomb"), ("path", "up"), next(case for case in HOSTILE if case[0] == "XML")], ids=" ".join)
def test_hostile_files_are_refused(case, tmp_path, capsys, monkeypatch):
    given, here = tmp_path / "given", tmp_path / "here"
    given.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    path, _ = HOSTILE[case](given)
    status, _, err = call(capsys, "forecast", "--ssda903", path, "--until", UNTIL, "-o", "out", "--quiet")
    assert status == 2
    assert "Traceback" not in err
    assert not list(here.iterdir())


def test_a_folder_that_is_there_is_kept(tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    status, _, err = call(capsys, "forecast", "--ssda903", RETURNS, "--until", UNTIL, "-o", tmp_path / "out", "--quiet")
    assert status == 2
    assert err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


# Records that are small or odd ----------------------------------------------------------------------------------------------------------------------


def ask(folder: Path, **options):
    until = options.pop("until", date(2022, 3, 31))
    return forecast(Question(folder, until, runs=10, hide=options.pop("hide", False), **options))


def opening_of(found) -> pd.DataFrame:
    rows = found.tables["forecast.csv"]
    return grid(rows[rows["date"] == found.origin]).astype(float)


def all_finite(found) -> bool:
    return all(np.isfinite(one.select_dtypes("number").to_numpy(float)).all() for one in found.tables.values())


def small(name: str) -> tuple[dict, list, list]:
    """Returns by year, headers and unaccompanied children of a small or odd authority; two of them in care on 31 March 2021 unless it says so."""
    pair = [episode("A", "2019-06-01"), episode("B", "2020-06-01")]
    after_a_move = [episode("A", "2016-06-01", end="2020-08-01", rec="X1"), episode("A", "2020-08-01", rne="P"), episode("B", "2020-12-01", rne="P")]
    headers = [header("A"), header("B", "2012-03-04", sex="")]
    return {
        "no leavers": ({2021: pair}, headers, []),
        "only one placement": ({2020: pair[:1], 2021: pair}, headers, []),
        "twins": ({2021: [episode("A", home="TQ1 1AA"), episode("B", home="TQ1 1AA")]}, [header("A", "2016-02-29"), header("B", "2016-02-29")], []),
        "over 18": ({2021: [*pair, episode("C", "2015-01-01", rne="P")]}, [*headers, header("C", "2001-01-01")], []),
        "unaccompanied only": ({2021: pair}, headers, [{"CHILD": "A"}, {"CHILD": "B"}]),
        "no start known": ({2021: [episode("A", "2019-06-01", rne="P"), episode("B", "2020-06-01", rne="P")]}, headers, []),
        "codes unknown": ({2021: [episode("A", place="Q9", ls="", rne="", provider=""), episode("B", place="", ls="ZZ", rne="?")]}, headers, []),
        "newborn": ({2021: [*pair[:1], episode("B", "2021-03-31")]}, [header("A"), header("B", "2021-03-31")], []),
        "infant seen from a move on": ({2021: after_a_move}, [header("A"), header("B", "2020-11-30")], []),
    }[name]  # fmt: skip


ODD = ["no leavers", "only one placement", "twins", "over 18", "unaccompanied only", "no start known", "codes unknown", "newborn",
       "infant seen from a move on"]  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_small_and_odd_returns_are_forecast(name, tmp_path):
    found = ask(write_returns(tmp_path / "returns", *small(name)))
    assert found.origin == date(2021, 3, 31)
    assert opening_of(found).loc["total", "total"] == 2
    assert all_finite(found)
    assert len(found.tables["forecast.csv"]) == 13 * 6 * 12


def test_one_child_is_forecast_and_nothing_of_it_shown(tmp_path, capsys):
    folder = write_returns(tmp_path / "returns", {2021: [episode()]}, [header()])
    status, out, _ = call(capsys, "forecast", "--ssda903", folder, "--until", "2022-03-31", "--runs", 10, "-o", tmp_path / "out")
    assert status == 0
    assert "children in care on" not in out
    rows = table(tmp_path / "out")
    assert (rows.query("age_band == 'total' and placement == 'total'")[FIGURES] == "c").all(axis=None)
    assert not (tmp_path / "out" / "forecast.png").exists()
    assert "Placements in" not in out
    for name in ("costs.csv", "outturn.csv", "bridge.csv", "full_year_effect.csv", "high_cost_tail.csv"):
        figures = [column for column in table(tmp_path / "out", name).columns if column in (*FIGURES, "p80", "gbp", "value")]
        assert (table(tmp_path / "out", name)[figures] == "c").all(axis=None), name


def test_nobody_in_care_is_forecast_as_none_but_those_to_come(tmp_path):
    left = [episode(f"C{n}", f"2020-05-{n + 1:02d}", end="2021-01-01", rec="E4A") for n in range(12)]
    found = ask(write_returns(tmp_path / "returns", {2021: left}, [header(f"C{n}") for n in range(12)]))
    assert opening_of(found).loc["total", "total"] == 0
    assert all_finite(found)


def test_an_extract_within_the_year_starts_from_its_day(tmp_path):
    rows = [episode(f"C{n}", f"2021-0{4 + n % 4}-{1 + n:02d}") for n in range(25)]
    years = {2021: [episode(f"D{n}", "2020-05-05") for n in range(8)], 2022: [*rows, *(episode(f"D{n}", "2020-05-05") for n in range(8))]}
    found = ask(write_returns(tmp_path / "returns", years, [header(row["CHILD"]) for row in years[2022]]), until=date(2023, 3, 31))
    assert found.origin == date(2021, 7, 24)
    assert opening_of(found).loc["total", "total"] == 33
    assert found.tables["forecast.csv"]["date"].nunique() == 1 + 21
    bridge = found.tables["bridge.csv"]
    for _, parts in bridge.groupby("year_ending"):
        assert parts["gbp"].iloc[:-1].sum() == pytest.approx(parts["gbp"].iloc[-1])


def test_a_window_shorter_than_a_year(tmp_path):
    found = ask(RETURNS, since=date(2021, 12, 1), until=date(2022, 6, 30))
    assert opening_of(found).loc["total", "total"] == 274
    assert all_finite(found)


def test_an_earlier_origin_is_forecast_from_what_was_then(tmp_path):
    found = ask(RETURNS, origin=date(2020, 3, 31), until=date(2020, 6, 30))
    truth = pd.read_csv(SAMPLE / "true_stock_monthly.csv").query("date == '2020-03-31'")["children"].sum()
    assert opening_of(found).loc["total", "total"] == truth


def test_one_of_several_authorities_is_forecast(tmp_path):
    rows = [episode("A", LA="Torbay", YEAR="2021"), episode("B", LA="Plymouth", YEAR="2021")]
    write_rows(tmp_path / "episodes.csv", EPISODE, rows)
    write_rows(tmp_path / "header.csv", HEADER, [header("A", LA="Torbay", YEAR="2021"), header("B", LA="Plymouth", YEAR="2021")])
    assert opening_of(ask(tmp_path, authority="Torbay")).loc["total", "total"] == 1
    assert ORIGIN == date(2022, 3, 31)

"""The workbook of a results folder: it holds the folder's figures to the last digit, its totals add up, and no text in it is a formula."""

import re
import zipfile
from dataclasses import replace
from functools import cache

import numpy as np
import openpyxl
import pandas as pd
import pytest
from experiment_sample import comparison, results
from workbook_sample import blocks, computed, needs_libreoffice, records, without_values

from carecurve.api import further_tables
from outputs.naming import scenario_name
from outputs.store import write
from outputs.workbook import WORKBOOK, data, read_tables, write_workbook
from outputs.workbook.told import Told
from scenarios.loading import load
from scenarios.register import register
from scenarios.timeline import year_name
from sim.kept_register import kept_register
from sim.results import Comparison, open_results

pytestmark = pytest.mark.e2e
NAMED = {"Gross cost to the authorities": "cost_gross", "Net cost to the authorities": "cost_net", "Cost to all payers together": "cost_exchequer"}
TOTALS = ("cost_gross", "cost_net", "cost_exchequer", "cost_net_cumulative")
SHEETS = ["Contents", "Answer", "Cost curve", "Gross and net", "Contingency", "Placements by line", "Placements by month", "Bridge", "Benefits",
          "Children", "Authorities", "Own home", "Assumptions", "Data"]  # fmt: skip


@cache
def noisy():
    """Return an invented comparison whose lines, runs and scenarios all differ, so that no sum is right by accident."""
    both = comparison(noise=3.0)
    draw = np.random.default_rng(3)

    def apart(one, by):
        """Return results with every line and measure multiplied by a number of its own in each run and year."""
        costs = one.costs * (1.0 + 0.3 * draw.random(one.costs.shape)) * by
        register = kept_register(load(one.scenario))
        return replace(one, costs=costs, annual=one.annual + by, metadata={**one.metadata, "register": register})

    return Comparison(apart(both.baseline, 1.0), (apart(both.reforms[0], 1.07),), both.metadata)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    both = noisy()
    return write(both, tmp_path_factory.mktemp("results") / "out", more=further_tables(both))


@pytest.fixture(scope="module")
def book(folder):
    return openpyxl.load_workbook(folder / WORKBOOK, data_only=True)


@pytest.fixture(scope="module")
def recomputed(folder, tmp_path_factory):
    """Return the workbook as it is, and without the values of its formulas, both as LibreOffice computes them."""
    there = tmp_path_factory.mktemp("libreoffice")
    return computed([folder / WORKBOOK, without_values(folder / WORKBOOK, there / "without_values.xlsx")], there)


def test_every_sheet_is_one_question_with_its_notes_and_a_link(book, folder):
    assert book.sheetnames == SHEETS
    links = {cell.value: cell.hyperlink.location for row in book["Contents"].iter_rows() for cell in row if cell.hyperlink}
    assert links == {name: f"'{name}'!A1" for name in SHEETS[1:]}
    for sheet in book.worksheets:
        words = "\n".join(str(sheet.cell(row, 1).value or "") for row in range(1, 11))
        assert sheet["A1"].value.endswith("?") or sheet.title == "Contents"
        assert "Two boroughs" in words
        assert re.search("Source|Status", words), sheet.title
        if sheet.title not in ("Contents", "Assumptions"):
            assert sheet["A2"].hyperlink.location == "Contents!A1" or "Contents" in sheet["A2"].hyperlink.location
            assert re.search("2024-25 prices|Children, at the end|Counts of children|One row for each", words), sheet.title
            assert "percentiles" in words
        assert sheet.tables, sheet.title
        assert (sheet.page_setup.orientation, sheet.sheet_properties.pageSetUpPr.fitToPage) == ("landscape", True)
    for name in ("Gross and net", "Placements by month", "Assumptions", "Data"):
        assert book[name].freeze_panes
    with zipfile.ZipFile(folder / WORKBOOK) as parts:
        names = parts.namelist()
        drawings = [parts.read(name).decode() for name in names if re.match("xl/drawings/drawing", name)]
    assert not any("vba" in name.lower() for name in names)
    charts = sum(name.startswith("xl/charts/chart") for name in names)
    described = [words for drawing in drawings for words in re.findall('descr="([^"]*)"', drawing)]
    assert len(described) == charts > 8
    assert all(len(words) > 40 for words in described)


def test_cost_totals_are_those_of_summary_csv_to_the_last_digit_it_holds(book, folder):
    """summary.csv keeps ten significant digits: the unrounded value of the workbook, written so, must be the same text's number."""
    table = pd.read_csv(folder / "summary.csv")
    table = table[table.measure.isin(TOTALS) | table.measure.str.startswith("cost_")]
    labels = {one.scenario: scenario_name(one) for one in noisy().scenarios}
    told = {(labels[row.scenario], row.area, row.measure, year_name(row.year_ending)): row for row in table.itertuples()}
    rows = {(row["Scenario"], row["Area"], row["Measure"], row["Financial year"]): row for row in records(book["Data"])
            if row["Figure"] == "value" and row["Kind"] in ("total", "cost line")}  # fmt: skip
    assert rows.keys() == told.keys()
    assert len(rows) > 500
    for key, row in rows.items():
        assert float(f"{row['Mean']:.10g}") == told[key].mean
        assert float(f"{row['P50']:.10g}") == told[key].p50


@needs_libreoffice
def test_totals_computed_by_libreoffice_are_those_of_the_data_to_the_penny(recomputed):
    """Opened as it is, and with the values of its formulas taken out, it comes to the same: totals are the sums of lines, before any rounding."""
    for book in recomputed:
        data = {(row["Scenario"], row["Measure"], row["Financial year"]): row["Mean"] for row in records(book["Data"])
                if row["Figure"] == "value" and row["Area"] == "Two boroughs"}  # fmt: skip
        both = noisy()
        for one, block in zip(both.scenarios, blocks(book["Gross and net"], "Line"), strict=True):
            head = list(block[""])
            since = [f"{year - 1}-{year % 100}" for year in (2026, 2027, 2028)]
            for words, name in NAMED.items():
                row = block[words]
                for year in (year_name(year) for year in one.years):
                    assert row[head.index(year)] == pytest.approx(data[scenario_name(one), name, year], abs=0.005)
                assert row[head.index("All years")] == pytest.approx(sum(data[scenario_name(one), name, year] for year in since), abs=0.01)
            gross, income, net = (block[f"{words} the authorities"][4] for words in ("Gross cost to", "Income of", "Net cost to"))
            assert net == pytest.approx(gross + income, abs=0.005)
            cash = block["Net cost to the authorities, in cash of the year"]
            nominal = one.nominal().sel(line=one.payers("authority")).sum(["line", "area"]).mean("replicate")
            assert cash[4 : 4 + len(one.years)] == pytest.approx(nominal.to_numpy(), rel=1e-9)
        bridge = blocks(book["Bridge"], "Item")
        for block, name in zip(bridge, ("cost_net", "cost_exchequer"), strict=True):
            for column, year in enumerate(("2025-26", "2026-27", "2027-28"), 2):
                change = data[both.reforms[0].label, name, year] - data["Current plans", name, year]
                assert block["Total"][column] == pytest.approx(change, abs=0.02)
        placed = blocks(book["Placements by line"], "Budget line")
        assert len(placed) == 2
        lines = [row[2] for key, row in placed[0].items() if key not in ("", "All placements")]
        assert placed[0]["All placements"][2] == pytest.approx(sum(lines), abs=0.005)


@needs_libreoffice
def test_every_formula_comes_to_the_value_it_was_written_with(recomputed, book):
    """What programs show that compute nothing is what the formula comes to, on every sheet."""
    formulas = count = 0
    for name in SHEETS:
        for row in book[name].iter_rows():
            for cell in row:
                found = recomputed[1][name][cell.coordinate].value
                count += 1
                if isinstance(cell.value, float | int) and not isinstance(cell.value, bool):
                    formulas += 1
                    assert found == pytest.approx(cell.value, rel=1e-9, abs=1e-6), (name, cell.coordinate)
                elif isinstance(cell.value, str):
                    assert found == cell.value, (name, cell.coordinate)
    assert formulas > 5000
    assert count > formulas


def test_percentiles_are_of_sums_run_by_run(book):
    both = noisy()
    rows = {(row["Scenario"], row["Financial year"]): row for row in records(book["Contingency"])}
    for one in both.scenarios:
        net = one.net().sum("area").sel(year_ending=[2026, 2027, 2028]).to_numpy()
        row = rows[scenario_name(one), "All years together"]
        low, high = np.quantile(net.sum(axis=1), [0.1, 0.8])
        assert (row["Mean"], row["P10"], row["P80"]) == pytest.approx((net.sum(axis=1).mean(), low, high))
        assert row["P80 above the mean"] == pytest.approx(high - net.sum(axis=1).mean())
        years = [rows[scenario_name(one), year]["P80"] for year in ("2025-26", "2026-27", "2027-28")]
        assert years == pytest.approx(np.quantile(net, 0.8, axis=0))
        assert sum(years) - row["P80"] > 1.0  # what adding them up would have given
    change = both.cost_difference("early-help").sum("area").sel(year_ending=[2026, 2027, 2028]).to_numpy()
    answer = {row["Figure"]: row for row in records(book["Answer"]) if "Share of runs" in row}
    row = answer["Net cost to the authorities, 2025-26 to 2027-28"]
    assert (row["Mean"], row["P90"]) == pytest.approx((change.sum(axis=1).mean(), np.quantile(change.sum(axis=1), 0.9)))


def test_months_are_of_children_and_no_cost_is_made_up(book):
    both = noisy()
    rows = records(book["Placements by month"])
    assert len(rows) == 2 * both.baseline.monthly.sizes["month"]
    values = both.baseline.monthly.sel(measure="cla_at31").sum("area").to_numpy()
    assert [row["Children in care: P80"] for row in rows[: values.shape[1]]] == pytest.approx(np.quantile(values, 0.8, axis=0))
    assert rows[0]["Month"].strftime("%Y-%m") == "2024-04"
    assert not any("cost" in str(name).lower() or "£" in str(name) for name in rows[0])


def test_no_text_is_ever_a_formula(tmp_path):
    """Names from scenario files, and of areas, may begin with what a spreadsheet computes, or hold what XML cannot."""
    bad = '=cmd|"/C calc"!A0'
    both = noisy()
    areas = {"area": ["=1+1", "@SUM(A1)"]}
    named = [
        replace(one, label=label, scenario=f"mine-{label[-1]}",
                **{key: getattr(one, key).assign_coords(areas) for key in ("annual", "monthly", "costs")})
        for one, label in zip(both.scenarios, ("+base\x07line", bad), strict=True)
    ]
    path = write_workbook(Comparison(named[0], (named[1],), both.metadata | {"area_label": "=HYPERLINK(1)"}), {}, tmp_path / "x.xlsx")
    book = openpyxl.load_workbook(path)
    texts = {cell.value: cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)}
    for words in (bad, "=1+1", "@SUM(A1)", "+baseline"):
        assert texts[words] == "s", words
    formulas = [words for words, kind in texts.items() if kind == "f"]
    assert len(formulas) > 50
    assert not any("cmd" in words or "HYPERLINK" in words for words in formulas)
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            if name.startswith("xl/charts/chart"):
                assert "cmd" not in "".join(re.findall("<c:f>(.*?)</c:f>", parts.read(name).decode()))


def test_the_folder_alone_makes_the_same_bytes_again(folder, tmp_path):
    again = write_workbook(open_results(folder), read_tables(folder), tmp_path / "again.xlsx")
    assert again.read_bytes() == (folder / WORKBOOK).read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["again.xlsx"]


def test_one_scenario_has_no_sheet_of_differences(tmp_path):
    alone = Comparison(results(areas=("Bolton",)), (), {})
    book = openpyxl.load_workbook(write_workbook(alone, {}, tmp_path / "x.xlsx"), data_only=True)
    assert not {"Bridge", "Benefits", "Authorities"} & set(book.sheetnames)
    assert {row["Figure"] for row in records(book["Data"])} == {"value"}
    assert "made before numbers were kept" in "\n".join(str(book["Assumptions"].cell(row, 1).value) for row in range(1, 8))


def test_the_register_is_kept_and_shown_once(book):
    rows = records(book["Assumptions"], "Number")
    kept = {one: register(load(one)) for one in ("baseline", "early-help")}
    shown = {(row["Number"], str(row["Value"]), row["File"], row["Line"]): row for row in rows}
    assert len(shown) == len(rows)
    for one in kept["early-help"]:
        row = shown[one.path, one.value, one.file, one.line]
        assert (row["Status"], row["Source"]) == (one.status, one.source)
        assert (row["Scenarios"] == "all scenarios") == (one.file != "early-help.yaml")
    assert {"costs.staying_put_gbp_per_week", "deflators.2024-25"} <= {row["Number"] for row in rows}


def test_too_many_rows_leave_out_single_authorities_and_say_so(monkeypatch):
    told = Told(noisy(), {})
    rows, words = data.chosen(told)
    assert "few differences" in words
    together = [row for row in rows if row[1] == "Two boroughs"]
    few = sum(row[data.MEASURE] in data.FEW for row in together)
    everyone = {"Two boroughs", "Bolton", "Salford"}
    assert {row[1] for row in rows} == everyone
    for most, areas, said in ((len(together) + 2 * few, everyone, "only totals"), (len(together) + 2 * few - 1, {"Two boroughs"}, "too many")):
        monkeypatch.setattr(data, "MOST_ROWS", most)
        kept, words = data.chosen(told)
        assert {row[1] for row in kept} == areas
        assert len(kept) <= most
        assert said in words
        assert [row for row in kept if row[1] == "Two boroughs"] == together

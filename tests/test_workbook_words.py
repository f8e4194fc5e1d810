"""What a workbook says in words, and the numbers that carry decisions: contingency, what can be banked, who pays."""

from dataclasses import replace
from functools import cache

import numpy as np
import openpyxl
import pandas as pd
import pytest
from experiment_sample import comparison, results
from workbook_sample import blocks, records

from outputs.appraisal_benefits import benefits
from outputs.appraisal_terms import Terms
from outputs.appraisal_value import appraisal
from outputs.children import PAYER_WORDS
from outputs.tables import whole
from outputs.workbook import write_workbook
from outputs.workbook.answer import terms_of
from outputs.workbook.bridge import banked_from
from outputs.workbook.told import Told
from sim.results import Comparison

pytestmark = pytest.mark.e2e
YEARS = [2026, 2027, 2028]
REFORM = "early-help"


@cache
def both(**options):
    """Return an invented comparison whose runs differ."""
    found = comparison(noise=3.0, **options)
    draw = np.random.default_rng(11)
    apart = [replace(one, costs=one.costs * (1.0 + 0.2 * draw.random(one.costs.shape))) for one in found.scenarios]
    return Comparison(apart[0], (apart[1],), found.metadata)


def opened(found, tmp_path, tables=None):
    """Return the workbook of a comparison, with what its formulas came to."""
    return openpyxl.load_workbook(write_workbook(found, tables or {}, tmp_path / "x.xlsx"), data_only=True)


def texts(book):
    """Return every text of a workbook by sheet."""
    return {sheet.title: [str(cell.value) for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)] for sheet in book.worksheets}


def with_changes(lines, children=0.0, runs=5):
    """Return a comparison of one authority whose reform changes some lines (pounds by year from the branch on) and children in care, in every run."""
    base = results(areas=("Bolton",), cost_gbp=5e6, noise=0.0, runs=runs)
    costs, annual = base.costs.copy(), base.annual.copy()
    for line, change in lines.items():
        costs.loc[{"line": line, "year_ending": YEARS}] = costs.sel(line=line, year_ending=YEARS) + np.array(change, dtype=float)
    annual.loc[{"measure": "cla_at31"}] = annual.sel(measure="cla_at31") + np.asarray(children).reshape(1, -1, 1)
    reform = replace(base, scenario=REFORM, label="Early help", costs=costs, annual=annual)
    return Comparison(base, (reform,), {"area_label": "Bolton", "grossing": {}, "note": "", "missing_members": []})


def test_one_name_for_the_baseline_and_the_authorities(tmp_path):
    """The report's names: `Current plans` where the baseline is the shipped one; several authorities are not `the authority`."""
    found = both()
    said = texts(opened(found, tmp_path, {"benefits.csv": benefits(whole(found))}))
    for sheet, words in said.items():
        if sheet == "Assumptions":  # holds the words of scenario files
            continue
        assert not [text for text in words if "aseline" in text and "`baseline`" not in text and "(baseline)" not in text], sheet
        for text in words:
            if sheet != "Data" and "for an authority that knows" not in text:
                assert "the authority" not in text, (sheet, text)
    assert "Reforms against current plans (below 0: less, or fewer)" in said["Answer"]
    rows = {(row["Area"], row["Name"]) for row in records(openpyxl.load_workbook(tmp_path / "x.xlsx")["Data"])}
    assert {("Two boroughs", "Net cost to the authorities"), ("Bolton", "Net cost to the authority")} <= rows
    own = replace(found, baseline=replace(found.baseline, scenario="ours", label="Our plan"))
    assert "Reforms against “Our plan” (below 0: less, or fewer)" in texts(opened(own, tmp_path))["Answer"]
    alone = texts(opened(both(areas=("Bolton",)), tmp_path))
    assert not [text for text in alone["Gross and net"] + alone["Answer"] if "authorities" in text]


def test_contingency_is_above_the_mean(tmp_path):
    found = both()
    rows = {(row["Scenario"], row["Financial year"]): row for row in records(opened(found, tmp_path)["Contingency"])}
    net = found.baseline.net().sum("area").sel(year_ending=2028).to_numpy()
    row = rows["Current plans", "2027-28"]
    assert row["P80 above the mean"] == pytest.approx(np.quantile(net, 0.8) - net.mean())
    assert row["P90 above the mean"] == pytest.approx(np.quantile(net, 0.9) - net.mean())
    assert row["P90: share of the mean"] == pytest.approx((np.quantile(net, 0.9) - net.mean()) / net.mean())


def test_who_pays_by_another_way(tmp_path):
    """Totals of payers as sums over lines and runs, from the table of lines."""
    found = both()
    block = blocks(opened(found, tmp_path)["Gross and net"], "Line")[1]
    frame = found.reforms[0].costs.sum("area").to_dataframe("gbp").reset_index()
    frame = frame.join(pd.DataFrame(found.reforms[0].lines).T[["payer", "kind"]], on="line")
    means = frame.groupby(["payer", "kind", "year_ending"]).gbp.sum() / found.baseline.replicates
    at = list(block[""]).index("2026-27")
    assert block["Gross cost to the authorities"][at] == pytest.approx(means["authority", "cost", 2027])
    assert block["Income of the authorities"][at] == pytest.approx(means["authority", "income", 2027])
    others = set(frame.payer) - {"authority"}
    assert len(others) > 1
    for payer in others:
        assert block[f"Net cost to {PAYER_WORDS[payer]}"][at] == pytest.approx(means[payer][:, 2027].sum())
    assert block["Cost to all payers together"][at] == pytest.approx(frame[frame.year_ending == 2027].gbp.sum() / found.baseline.replicates)
    net = found.reforms[0].net().sum("area").sel(year_ending=2027).to_numpy()
    assert block["Net cost to the authorities: P80"][at] == pytest.approx(np.quantile(net, 0.8))


def test_nothing_is_banked_that_other_lines_spend(tmp_path):
    """Agency fostering falls below its budget, and bought homes grow by more: the class leaves the budget, the sum of what is cash does not."""
    for homes, year, chance in ((1.5e6, "\N{EN DASH}", None), (0.4e6, "2026-27", 1.0)):
        found = with_changes({"agency_foster": [0, -1e6, -1e6], "childrens_home": [0, homes, homes]})
        table = benefits(found)
        book = opened(found, tmp_path, {"benefits.csv": table})
        rows = {row["Class"]: row for row in records(book["Benefits"])}
        cut, growth = rows["Leaves the authority's budget of the branch year"], rows["Growth that the authority need not fund"]
        assert cut["All years"] + growth["All years"] == pytest.approx(2 * (1e6 - homes))
        assert (cut["Can be banked from"], cut["Probability"]) == (year, chance)
        said = " ".join(texts(book)["Benefits"])
        assert ("What grows most is “Children's homes, bought”" in said or "So nothing can be banked." in said) == (chance is None)
    stated = table[(table["class"] == "budget_reduction") & (table.line == "all") & (table.year_ending == "all")].bankable_from.iloc[0]
    assert stated == 2027  # by itself, the class could be banked in both cases


@pytest.mark.parametrize(("name", "stated", "cash", "expected"), [
    ("budget_reduction", 2027, [5.0, 1.0, 1.0], 2027), ("budget_reduction", 2027, [5.0, 1.0, -1.5], None),
    ("avoided_growth", 2026, [3.0, -1.0, -1.0], 2026),
    ("budget_reduction", 2028, [9.0, 9.0, 0.0], None), ("elsewhere", 2027, [-5.0, -5.0, -5.0], 2027), ("all", float("nan"), [5.0, 5.0, 5.0], None),
])  # fmt: skip
def test_from_when_a_class_can_be_banked(name, stated, cash, expected):
    assert banked_from(name, stated, np.array(cash), YEARS) == expected


@pytest.mark.parametrize(("children", "said"), [
    ([-2, 3, 1, 1, 0.35], "about as many as on current plans (between 1 fewer and 2 more, P10 to P90)"),
    ([-12, -8, -10, -9, -11], "10 fewer than on current plans (8 to 12 fewer, P10 to P90)"),
    ([-20, 9, -10, -9, -11],
     "may be more or fewer, on average 8 fewer than on current plans (between 16 fewer and 2 more, P10 to P90); fewer in 80 % of runs"),
])  # fmt: skip
def test_children_in_care_in_words(tmp_path, children, said):
    """Noise is not told as fact, and a mean of 0.67 is not `1 more children`."""
    answer = texts(opened(with_changes({}, children), tmp_path))["Answer"]
    assert f"Children in care on 31 March 2028: {said}." in answer


def test_pounds_in_words(tmp_path):
    for change, said in (
        (2e6, "£4 million more than on current plans (about £4 million more, P10 to P90); less in no run"),
        (-2e6, "£4 million less than on current plans (about £4 million less, P10 to P90); less in every run"),
        (0.0, "about as much as on current plans"),
    ):
        answer = texts(opened(with_changes({"agency_foster": [0, change, change]}), tmp_path))["Answer"]
        assert [text for text in answer if text.startswith(f"Cost to the authority over 2025-26 to 2027-28: {said}")], (change, answer[:8])
    found = with_changes({"agency_foster": [0, 1e6, 1e6]})
    spread = found.reforms[0].costs + 0.0
    spread.loc[{"line": "agency_foster", "year_ending": 2028, "replicate": [0, 1]}] -= 9e6
    answer = texts(opened(replace(found, reforms=(replace(found.reforms[0], costs=spread),)), tmp_path))["Answer"]
    said = "may be more or less, on average £1.6 million less than on current plans (£7 million less to £2 million more"
    assert any(said in text for text in answer)


def test_optimism_bias_is_said_where_it_is(tmp_path):
    """Present values and the sheet Benefits carry it; the net cost of the sheet Answer does not."""
    terms = Terms(optimism_bias_costs=0.4, optimism_bias_benefits=0.3, benefit_gbp_per_child_year=5.0, fixed_costs_persist_months=6.0)
    found = with_changes({"agency_foster": [0, -1e6, -1e6]})
    found = replace(found, metadata={**found.metadata, "appraisal": terms.told()})
    assert terms_of(Told(found, {})) == terms
    said = "Optimism bias (costs + 40 %, benefits − 30 %) is in present values and in the sheet Benefits; it is in no other figure of this workbook."
    book = opened(found, tmp_path, {"benefits.csv": benefits(found, terms)})
    words = texts(book)
    assert [sheet for sheet, lines in words.items() if any(said in line for line in lines)] == ["Answer", "Benefits"]
    rows = {row["Figure"]: row for row in records(book["Answer"]) if "Share of runs" in row}
    assert rows["Net cost to the authority, 2025-26 to 2027-28"]["Mean"] == pytest.approx(-2e6)
    value = appraisal(found, terms).set_index("measure").loc["net_present_fiscal_value_authority_gbp", "mean"]
    assert rows["Net present value to the authority"]["Mean"] == pytest.approx(value)
    assert value == pytest.approx(0.7 * 1e6 * (1 / 1.035 + 1 / 1.035**2))
    total = next(row for row in records(book["Benefits"]) if row["Class"] == "All benefit")
    assert total["All years"] == pytest.approx(0.7 * 2e6)


def test_most_that_is_out_at_any_one_time(tmp_path):
    """1 m, then 1 m, then 0.5 m back: 2 m is out at most, in no run in the last year; nothing says `before anything comes back`."""
    found = with_changes({"agency_foster": [1e6, 1e6, -5e5]})
    row = next(row for row in records(opened(found, tmp_path)["Answer"]) if row.get("Figure") == "Most that is out at any one time (net, added up)")
    assert (row["Mean"], row["Share of runs"], row["in which"]) == (pytest.approx(2e6), 0.0, "it still grows in the last year")

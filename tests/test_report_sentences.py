"""What the report says of tables that are invented, a few rows each: chances, what would pay, what can be banked, stop rules, terms, commands."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from experiment_sample import results
from report_sample import invented

from outputs.report import answer, authorities, commands, drivers, money, stop_rule, sureness, three_lines, words
from outputs.report.bridge import Bridge, from_starts, full_year_effect
from outputs.report.indicators import Indicator
from outputs.report.page import report_page
from outputs.report.source import Source
from sim.results import Comparison

pytestmark = pytest.mark.unit
REFORM = "regional-care-cooperative"
YEARS = (2025, 2026, 2027)


@pytest.fixture(scope="module")
def comparison():
    """An invented comparison of two reforms in one authority, 40 runs; one year before the branch and two after it."""
    return invented(("Bolton",), 40, YEARS)


def source_of(comparison, **tables) -> Source:
    """Return a source whose folder holds some tables alone: rows as dictionaries, of one reform in Bolton unless they say otherwise."""
    about = {"scenario": REFORM, "area": "Bolton", "year_ending": "all"}
    made = {f"{name}.csv": pd.DataFrame([about | row for row in rows]) for name, rows in tables.items()}
    return Source(Path("nowhere"), comparison, _tables=made)


def spread(mean, low, high):
    """Return the columns of a mean with its interval."""
    return {"mean": mean, "p05": low, "p50": mean, "p90": high, "p95": high}


def text_of(blocks):
    """Return all words of blocks."""
    said = []
    for block in blocks:
        if block.kind == "table":
            said += [block.caption, *block.head, *(cell for row in block.rows for cell in row)]
        elif block.kind == "points":
            said += block.items
        else:
            said += [block.text] if hasattr(block, "text") else [text_of(block.blocks)]
    return "\n".join(said)


def bridge_rows(**items):
    """Return rows of the cost bridge over all years: `section.item` by (mean, low, high) in millions."""
    return [
        {"measure": "net_cost", "section": section, "item": item, "label": item, **spread(*(1e6 * value for value in found))}
        for (section, item), found in ((key.split("__"), found) for key, found in items.items())
    ]


COOPERATIVE = {  # pounds in millions, as ten authorities had them: mean, 5 and 95 %
    "reform__running": (11.0, 11.0, 11.0), "placements__placements_volume": (0.2, -2.6, 2.2), "placements__placements_mix": (56.9, 24.8, 91.6),
    "placements__placements_chance": (-80.0, -300.0, 200.0), "placements__placements_commissioning": (-59.27, -125.2, 15.2),
    "x__total": (12.38, -55.2, 82.6),
}  # fmt: skip


# ---------------------------------------------------------------- the answer


def test_the_chance_is_of_fewer_children_and_the_range_holds_nine_of_ten_runs(comparison):
    reform = comparison[REFORM]
    fewer = reform.annual.copy(deep=True)
    base = comparison.baseline.annual.sel(measure="cla_at31", year_ending=2027).to_numpy()
    fewer.loc[{"measure": "cla_at31", "year_ending": 2027}] = base - np.linspace(10.0, 30.0, 40)
    source = source_of(
        replace(comparison, reforms=(comparison.reforms[0], replace(reform, annual=fewer))),
        differences=[{"measure": "cla_at31", "year_ending": "2027", **spread(-20.0, -29.0, -11.0)}],
        summary=[{"scenario": "baseline", "measure": "cla_at31", "year_ending": "2027", **spread(100.0, 90.0, 110.0)}],
        affordability=[{"payer": "all payers", "item": "reform_cost", "year_ending": "2027", **spread(1e6, 1e6, 1e6)}],
    )
    first = next(answer.sentences(source, source.reforms[1]))
    assert (
        "is highly likely (100 % of runs) to mean fewer children in care on 31 March 2027 than the 100 on current plans: 11 to 29 fewer in 9 of 10 "
        "runs" in first
    )


def test_what_happened_in_no_run_is_told_in_runs(comparison):
    source = source_of(
        comparison,
        appraisal=[{"measure": "break_even_year_authority", "probability": 0.0, **spread(np.nan, np.nan, np.nan)}],
        affordability=[{"payer": "authority", "item": "net", "year_ending": str(year), **spread(1e6, 1e6, 1e6)} for year in (2026, 2027)],
    )
    pays = list(answer.sentences(source, source.reforms[1]))[1]
    assert "recovered by March 2027 in none of 40 runs (a remote chance)" in pays


# ---------------------------------------------------------------- what would pay


def test_a_larger_saving_that_would_make_it_pay_is_named(comparison):
    """12.38 / 59.27 = 0.209: the saving must be 21 % larger. What placements happen to cost is chance, and no saving."""
    source = source_of(comparison, cost_bridge=bridge_rows(**COOPERATIVE))
    said = sureness._without_benefit(source, source.reforms[1])
    assert "no larger effect" not in said
    assert "“placements_commissioning” (£59 million over 2025-26 to 2026-27, not discounted), would have to be 21 % larger" in said


def test_no_larger_effect_pays_where_no_part_costs_less(comparison):
    worse = COOPERATIVE | {"placements__placements_commissioning": (3.0, 1.0, 4.0), "x__total": (71.1, 50.0, 90.0)}
    source = source_of(comparison, cost_bridge=bridge_rows(**worse))
    assert "no larger effect of the same kind would make it pay" in sureness._without_benefit(source, source.reforms[1])


def benefits(reduction, growth):
    """Return rows of the benefits by class, all years and the last, in millions."""
    found = {"all": reduction + growth, "budget_reduction": reduction, "avoided_growth": growth}
    return [
        {"class": name, "line": line, "label": "Homes", "year_ending": year, "bankable_from": 2026.0, "probability": 1.0, "stop": "It ends",
         **spread(1e6 * value, 1e6 * value, 1e6 * value)}
        for name, value in found.items() for year, line in (("2027", "all"), ("all", "all"), ("all", "home")) if (name, line) != ("all", "home")
    ]  # fmt: skip


def test_nothing_is_banked_where_other_lines_cost_more(comparison):
    source = source_of(comparison, benefits=benefits(28.1, -30.0))
    assert not money.can_be_banked(source, source.reforms[1])
    blocks = [*money._classes(source, source.reforms[1]), *money._by_line(source, source.reforms[1])]
    assert {row[4] for block in blocks if block.kind == "table" for row in block.rows} == {"–"}
    assert "nothing to bank" in text_of(blocks)
    assert "there is nothing to take out of a budget" in answer._could_leave(source, source.reforms[1])


def test_what_can_be_banked_has_its_year_and_a_rise_has_none(comparison):
    source = source_of(comparison, benefits=benefits(28.1, -3.0))
    table = next(iter(money._classes(source, source.reforms[1])))
    assert [row[4] for row in table.rows] == ["2025-26 (100 % of runs)", "2025-26 (100 % of runs)", "–"]


def test_the_peak_is_what_is_out_at_one_time_and_may_still_grow(comparison):
    row = spread(27e6, 5e6, 59e6)
    source = source_of(comparison, appraisal=[
        {"measure": "peak_funding_authority_gbp", "probability": 1.0, "probability_of": "", **row},
        {"measure": "peak_funding_year_authority", "probability": 0.45, "probability_of": money.GROWING, **spread(2027.0, 2026.0, 2027.0)},
    ])  # fmt: skip
    said = text_of(money._present_value(source, source.reforms[1]))
    assert "The most that is out at any one time (net cost so far, not discounted): £27 million on average" in said
    assert "In 45 % of runs it is still growing in 2026-27" in said
    assert "before anything comes back" not in said


# ---------------------------------------------------------------- terms


def test_break_even_is_on_the_terms_of_the_appraisal():
    """A pound spent saves 1.2 pounds: paid back at once; with 40 % of bias 1.4 pounds save 0.72, which never pays back."""
    base, reform = results("baseline", areas=("Bolton",), runs=20, years=YEARS), results("early-help", areas=("Bolton",), runs=20, years=YEARS)
    costs = base.costs.reindex(line=reform.costs.line, fill_value=0.0).copy(deep=True)
    costs.loc[{"line": "family_help", "year_ending": [2026, 2027]}] = 1e6
    costs.loc[{"line": "childrens_home", "year_ending": [2026, 2027]}] -= 1.2e6
    about = {"area_label": "Bolton", "grossing": {}}
    rows = [
        {"scenario": "early-help", "payer": "authority", "item": item, "year_ending": str(year), **spread(1e6, 1e6, 1e6)}
        for item in ("reform_cost", "net", "net_cumulative") for year in (2026, 2027)
    ]  # fmt: skip
    shares = {}
    for bias in (0.0, 0.4):
        told = {"appraisal": {"discount_rate_per_year": None, "declining": True, "optimism_bias_costs": bias, "optimism_bias_benefits": bias}}
        source = source_of(Comparison(base, (replace(reform, costs=costs),), about | told), affordability=rows)
        table = next(iter(money._curve_of(source, source.reforms[0])))
        shares[bias] = [row[-1] for row in table.rows]
        assert ("with optimism bias" in table.caption) == (bias > 0.0)
        assert ("without optimism bias" in three_lines._lines(source_of(source.each, summary=[
            {"scenario": name, "measure": "cost_net", "year_ending": str(year), **spread(1e6, 1e6, 1e6)}
            for name in ("baseline", "early-help") for year in (2026, 2027)
        ])).caption) == (bias > 0.0)  # fmt: skip
    assert shares == {0.0: ["100 %", "100 %"], 0.4: ["none", "none"]}


def test_the_terms_are_a_sentence(comparison):
    assert source_of(comparison).on_terms == "in 2024-25 prices, discounted at 3.5 % a year from the second year on, without optimism bias"
    told = {"discount_rate_per_year": 0.015, "optimism_bias_costs": 0.4, "optimism_bias_benefits": 0.2}
    source = source_of(replace(comparison, metadata={**comparison.metadata, "appraisal": told}))
    assert "discounted at 1.5 % a year" in source.on_terms
    assert "with optimism bias (rises of cost raised by 40 %, benefits cut by 20 %)" in source.on_terms


def test_england_is_said_to_be_grossed_and_from_what(comparison, monkeypatch):
    about = {**comparison.metadata, "grossing": {"spend": 1.1}, "coverage_of_england": {"children_in_care": 0.914}}
    source = source_of(replace(comparison, metadata=about))
    assert source.coverage == "England is grossed up from 1 authorities with 91 % of its children in care"
    monkeypatch.setattr("outputs.report.page.SECTIONS", ())
    monkeypatch.setattr("outputs.report.page.pictures", lambda source: {})
    monkeypatch.setattr(Source, "whole", comparison)
    assert "England is grossed up from" in report_page(source)


# ---------------------------------------------------------------- stop rules


def test_the_chance_that_any_bound_is_passed_is_counted():
    """Each of two measures is above its bound in one run of 20, not the same one: one or the other in 2 of 20."""
    first, second = np.full(20, 90.0), np.full(20, 4.0)
    first[3], second[8] = 101.0, 6.0
    assert stop_rule.any_above({"rereferrals": (first, first, "100"), "emergency_starts": (second, second, "5")}) == pytest.approx(0.1)


def test_bounds_are_rounded_away_from_what_they_hold():
    assert [words.outward(2259.4, up) for up in (False, True)] == ["2,250", "2,260"]
    assert [words.outward(2260.0, up) for up in (False, True)] == ["2,260", "2,260"]
    assert [words.outward(17.4, up) for up in (False, True)] == ["17", "18"]
    assert [words.outward(0.2, up) for up in (False, True)] == ["0", "1"]


def test_admissions_are_delivery_and_carry_their_unit():
    values = np.linspace(2259.0, 2336.0, 40)
    one = Indicator("intensive_help_admissions", "Families admitted to intensive family help", "year to March 2027", np.zeros(40), values, 1)
    said = stop_rule._bound(one)
    assert said.startswith("Delivery, not effect: re-plan if fewer than 2,260 families are seen (year to March 2027)")  # 5 %: 2,262.9
    assert "is not simulated" in said
    falls = Indicator("care_starts", "Care starts", "year to March 2027", np.full(40, 200.0), np.linspace(100.0, 139.0, 40), 1)
    assert stop_rule._bound(falls).startswith("Effect: stop or re-plan if more than 138 children are seen")  # 95 %: 137.05


def test_a_reform_that_turns_on_price_is_told_by_the_price_of_placements(comparison):
    source = source_of(comparison, cost_bridge=bridge_rows(**COOPERATIVE))
    reform = source.reforms[1]
    assert stop_rule.turns_on(source, reform) == "placements_commissioning"
    assert "The mean price of a week in placements could" in stop_rule.when_it_could(source, reform)
    volume = COOPERATIVE | {"placements__placements_volume": (-90.0, -300.0, 0.0)}
    assert "Children in care could" in stop_rule.when_it_could(source_of(comparison, cost_bridge=bridge_rows(**volume)), reform)


def test_no_measure_above_is_spoken_of_where_none_is_shown(comparison):
    source = source_of(comparison)
    said = " ".join(stop_rule._stops(source, source.reforms[1], 2027, [], []))
    assert "above" not in said
    assert "No measure moves by month 12" in said


# ---------------------------------------------------------------- the bridge, worked by hand


def in_care(starts, at_end, days, costs_gbp=3_652_500.0):
    """Return results of one run of 2025 to 2027: care starts, children in care on 31 March, days in care, and pounds of all placements."""
    found = results("baseline", areas=("Bolton",), runs=1, years=YEARS, noise=0.0)
    annual, costs = found.annual.copy(deep=True), found.costs.copy(deep=True)
    for measure, values in (("care_starts", starts), ("cla_at31", at_end), ("cla_at31_non_uasc", at_end), ("days_in_care", days)):
        annual.loc[{"measure": measure}] = values
    costs[...] = 0.0
    costs.loc[{"line": "agency_foster"}] = costs_gbp
    return replace(found, annual=annual, costs=costs)


def test_what_fewer_starts_cost_where_nobody_leaves():
    """36,525 days are 100 child-years: £36,525 each. One start fewer in 2026 is half a child-year then, and a whole one in 2027."""
    base = in_care([10, 10, 10], [100, 110, 120], 36_525)
    reform = in_care([10, 9, 10], [100, 109, 119], 36_525)
    np.testing.assert_allclose(from_starts(base, reform, [2026, 2027]), [[-18_262.5, -36_525.0]], rtol=1e-6)


def test_what_fewer_starts_cost_where_children_leave():
    """50 of 100 leave a year, so h = 0.5 and a start stays (1 - e^-0.5) / 0.5 = 0.786939 of a year on average.

    One start fewer: (1 - 0.786939) / 0.5 = 0.426123 child-years less in 2026, 0.786939 fewer in care at its end, and 0.786939^2 = 0.619273 in 2027.
    """
    base, reform = in_care([50, 50, 50], [100, 100, 100], 36_525), in_care([50, 49, 50], [100, 99, 99], 36_525)
    np.testing.assert_allclose(from_starts(base, reform, [2026, 2027]), [[-0.426123 * 36_525, -0.619273 * 36_525]], rtol=2e-6)


def test_the_full_year_effect_by_hand():
    """4 children fewer on the last 31 March, 2 fewer (730.5 days) over the year before it: 2 child-years less again, at £36,525."""
    base = in_care([50, 50, 50], [100, 100, 100], 36_525.0)
    reform = in_care([50, 50, 46], [100, 100, 96], [36_525.0, 36_525.0, 35_794.5])
    assert full_year_effect(base, reform, [2026, 2027], 2027) == pytest.approx((-73_050.0,) * 3)


# ---------------------------------------------------------------- single words and cells


@pytest.mark.parametrize(("low", "high", "said"), [(-1.7e6, 0.64e6, "may cost £340,000 less"), (-1.7e6, -0.1e6, "would cost £340,000 less")])
def test_a_full_year_effect_that_may_be_nothing_only_may_be(comparison, low, high, said):
    assert said in three_lines._full_year(source_of(comparison), Bridge({}, {}, (-340_000.0, low, high)), 2027)


def test_a_part_that_is_the_same_in_all_runs_has_no_range():
    found = Bridge({}, {"reform": (232.7e6, 232.7e6), "price": (-16.6e6, 9.27e6), "mix": (0.0, 0.0)}, None)
    cells = [three_lines._interval_of(found, key) for key in ("reform", "price", "mix", "volume")]
    assert cells == ["does not vary", "−16.6 to +9.27", "0.00 to 0.00", "–"]


def test_a_difference_of_nothing_has_no_sign():
    assert [sureness._pct(value) for value in (0.01, -0.04, 0.06, -2.34, np.nan)] == ["0.0 %", "0.0 %", "+0.1 %", "−2.3 %", "not known"]


def test_units_are_said_once_and_englands_figure_is_not_a_regions():
    assert words.labelled("Moves for each year in care", "a child-year", "2025-26") == "Moves for each year in care (2025-26)"
    assert words.labelled("Moves for each year in care", "a child-year") == "Moves for each year in care"
    label = "Section 47 enquiries less plans started (the Review's 135,000)"
    assert words.labelled(label, "children (each time)") == "Section 47 enquiries less plans started (children, counted each time)"


def test_the_year_that_was_tested_is_the_tables(comparison):
    row = {"scenario": "", "role": "outcome", "error_pct": 1.0, "median_abs_error_pct": 2.0, "label": "A", "unit": "children", "published": 1.0}
    told = [row | {"simulated": 1.0, "year_ending": "2031"}]
    assert "year ending March 2031, which rates were not fitted to" in text_of(sureness._tested(source_of(comparison, published_vs_simulated=told)))


def test_neighbours_are_counted_and_their_median_is_shown():
    known = authorities.Beside({}, {"cla_at31": {"A": 50.0, "B": 60.0, "C": 100.0}}, {"X": ["A", "B", "C"], "Y": ["A", "D"]})
    assert known.median("cla_at31", "X") == 60.0
    assert known.median("cla_at31", "Y") == 50.0
    assert known.counted(["X", "Y"]) == "2 to 3"
    assert known.counted(["X"]) == "3"


def test_several_authorities_are_not_one(comparison):
    one, two = source_of(comparison), source_of(invented(("Bolton", "Bury"), 2, YEARS))
    text = "Leaves the authority's budget: growth that the authority need not fund"
    assert one.several(text) == text
    assert two.several(text) == "Leaves the authorities' budget: growth that the authorities need not fund"
    assert (one.payer, two.payer, two.payers) == ("the authority", "the authorities", "the authorities’")


# ---------------------------------------------------------------- commands, and tables of one reform


def on_fit(comparison, fit="fitted.yaml", more=""):
    """Return a comparison whose scenarios are laid on a fit, as its manifest has it."""
    text = f"name: Fitted\nextends: baseline\nfitted: data\n{more}"
    laid = []
    for one in comparison.scenarios:
        pathway, base, *own = one.metadata["texts"].items()
        laid.append(replace(one, metadata={**one.metadata, "texts": dict([pathway, base, (fit, text), *own])}))
    return replace(comparison, baseline=replace(laid[0], scenario=Path(fit).stem, label="Fitted"), reforms=tuple(laid[1:]))


def test_the_command_says_on_what_scenarios_are_laid(comparison):
    source = source_of(on_fit(comparison))
    assert commands.command(source) == (
        "carecurve compare baseline early-help regional-care-cooperative --area Bolton --from 2025-04 --until 2027-03 --runs 40 --seed 1 "
        "--engine fast --on fitted -o runs/again"
    )
    assert commands.sensitivity(source, source.reforms[1]) == (
        "carecurve sensitivity baseline regional-care-cooperative --area Bolton --from 2025-04 --until 2027-03 --seed 1 --on fitted --method tornado"
    )
    assert source.name(source.base) == "Current plans"
    own = source_of(on_fit(comparison, "mine.yaml", "settings: {}\n"))
    assert "--on mine.yaml" in commands.command(own)
    assert own.name(own.base) == "Fitted"  # it may hold another policy


def test_the_command_has_what_else_made_the_folder(comparison, tmp_path):
    (tmp_path / "events.parquet").touch()
    deflated = replace(comparison.baseline, metadata={**comparison.baseline.metadata, "deflators": {"file": "treasury.csv", "index": {}}})
    terms = {"optimism_bias_costs": 0.4, "optimism_bias_benefits": 0.2, "discount_rate_per_year": 0.015}
    made = replace(comparison, baseline=deflated, metadata={**comparison.metadata, "appraisal": terms})
    source = replace(source_of(made, attribution=[{}]), folder=tmp_path)
    said = commands.command(source)
    assert "--deflators treasury.csv --discount-rate 0.015 --optimism-bias 0.4 --attribute --events -o" in said
    assert commands.left_out(source) == ["an optimism bias of benefits of 0.2, which is not that of costs"]
    assert "--on" not in commands.command(source_of(comparison))


def test_a_sensitivity_table_is_of_the_reform_it_names(comparison):
    bar = {"label": "price gain", "value_low": 0.0, "value_high": 0.1, "low": 1e6, "high": -1e6, "swing": 2e6}
    bar |= {"outcome": "net cost", "outcome_unit": "GBP"}
    named, unnamed = source_of(comparison, tornado=[bar]), source_of(comparison, tornado=[bar])
    unnamed._tables["tornado.csv"] = unnamed._tables["tornado.csv"].drop(columns="scenario")
    first, second = named.reforms
    assert named.sensitivity("tornado.csv", first) is None
    assert "turns most on price gain" in answer._turns_on(named, second)
    assert "price gain" not in answer._turns_on(named, first)
    assert "price gain" not in answer._turns_on(unnamed, second)
    said = text_of(drivers._tornados(named))
    assert "Which number moves the result of Regional Care Cooperative most" in said
    assert "carecurve sensitivity baseline early-help --area Bolton" in said
    assert "baseline regional-care-cooperative" not in said
    alone = source_of(replace(comparison, reforms=comparison.reforms[1:]))
    alone._tables["tornado.csv"] = unnamed._tables["tornado.csv"]
    assert alone.sensitivity("tornado.csv", alone.reforms[0]) is not None


# ---------------------------------------------------------------- contingency


def test_contingency_is_what_8_or_9_of_10_runs_need_above_the_mean(comparison):
    table, said = money._contingency(source_of(comparison))
    net = comparison.baseline.net().sel(year_ending=2027).to_numpy()[0] / 1e6
    ordered = np.sort(net)  # 40 runs: the 80th and 90th per cent lie between two of them
    p80, p90 = (ordered[int(at)] + (at - int(at)) * (ordered[int(at) + 1] - ordered[int(at)]) for at in (0.8 * 39, 0.9 * 39))
    row = table.rows[0]
    assert row[1] == words.millions(net.mean() * 1e6)
    assert (row[4], row[5]) == (words.millions(p80 * 1e6), words.millions(p90 * 1e6))
    assert (row[6], row[7]) == (words.millions((p80 - net.mean()) * 1e6, True), words.millions((p90 - net.mean()) * 1e6, True))
    assert "above the mean" in said.text

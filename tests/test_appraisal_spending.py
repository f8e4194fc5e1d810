"""Appraisal of levers that spend on ordinary lines, of help withdrawn, and of what is cash: examples worked by hand."""

from dataclasses import replace

import numpy as np
import pytest
from test_appraisal import of_lines, told_aloud

from outputs import appraisal
from outputs.appraisal import appraise
from outputs.appraisal_benefits import CLASSES, classified
from outputs.appraisal_flows import PAYERS, flows
from sim.results import Comparison

pytestmark = pytest.mark.unit
YEARS = (2025, 2026, 2027, 2028, 2029, 2030)  # one year of history, then years 0 to 4
V = 1 / 1.035


def compared(base, reform, levels, change):
    """Return a comparison of two runs: levels of lines in the baseline, and by line what the reform has more by run and year (or by year)."""
    wide = {line: np.zeros((2, 5)) + level for line, level in levels.items()}
    after = wide | {line: wide.get(line, 0.0) + np.broadcast_to(np.asarray(more, float), (2, 5)) for line, more in change.items()}
    both = of_lines(base, wide, YEARS), of_lines(reform, after, YEARS)
    return Comparison(both[0], (both[1],), {"area_label": "Bolton", "grossing": {}})


def summary(both, **options):
    return appraise(both, **options).summary.set_index("measure")


def test_pay_and_posts_are_costs_and_not_benefits_below_nothing():
    """Pay costs 60 more, agency workers 20 less, support 10: costs of 50 a year. Homes fall by 25: a benefit-cost ratio of one half."""
    levels = {"social_workers": 1000.0, "agency_social_workers": 200.0, "childrens_home": 500.0}
    change = {"social_workers": 60, "agency_social_workers": -20, "workforce_support": 10, "childrens_home": -25}
    found = summary(compared("baseline", "workforce-first", levels, change))
    weights = 1 + V + V**2 + V**3 + V**4
    assert found.loc["present_value_of_costs_authority_gbp", "mean"] == pytest.approx(50 * weights)
    assert found.loc["present_value_of_benefits_authority_gbp", "mean"] == pytest.approx(25 * weights)
    assert found.loc["benefit_cost_ratio_authority", ["mean", "p05", "p95"]].tolist() == pytest.approx([0.5] * 3)
    table = appraisal.affordability(compared("baseline", "workforce-first", levels, change))
    year = table[(table.payer == "authority") & (table.year_ending == 2027)].set_index("item")["mean"]
    assert year[["reform_cost", "net"]].tolist() == [50, 25]


def test_a_planned_cut_is_a_cost_below_nothing_and_no_benefit_and_optimism_leaves_it_as_it_is():
    """Family support is planned 290 lower from the second year; supported accommodation then costs 30 more."""
    levels = {"family_support": 900.0, "supported_accommodation": 100.0}
    change = {"family_support": [0, -290, -290, -290, -290], "supported_accommodation": [0, 30, 30, 30, 30]}
    both = compared("need-answers", "austerity", levels, change)
    (one,) = flows(both)
    assert one.costs(("authority",)).tolist() == [[0, -290, -290, -290, -290]] * 2
    assert one.benefits(("authority",)).tolist() == [[0, -30, -30, -30, -30]] * 2
    biased = one.with_optimism_bias(0.4, 0.4)
    assert biased.costs(("authority",)).tolist() == [[0, -290, -290, -290, -290]] * 2
    assert biased.benefits(("authority",)) == pytest.approx(1.4 * one.benefits(("authority",)))
    found = summary(both)
    assert np.isnan(found.loc["benefit_cost_ratio_authority", "mean"])
    assert found.loc["break_even_year_authority", "p50"] == 2027  # and not the year before the cut
    benefits = appraise(both).benefits
    assert benefits[benefits["class"] == "help_withdrawn"]["mean"].abs().max() == 0.0


def test_optimism_cuts_what_a_reform_hopes_to_save_and_raises_what_it_spends_on_the_baselines_lines():
    """A new line that saves 50 is hoped for: 30. Pay 60 more and agency workers 20 less are 40 together: 56."""
    hoped = compared("baseline", "early-help", {}, {"family_help": -50})
    assert [one.costs(PAYERS).mean() for one in flows(hoped, appraisal.terms_of(optimism_bias=0.4))] == [pytest.approx(-30)]
    spent = compared("baseline", "workforce-first", {"social_workers": 1000.0}, {"social_workers": 60, "agency_social_workers": -20})
    assert [one.costs(PAYERS).mean() for one in flows(spent, appraisal.terms_of(optimism_bias=0.4))] == [pytest.approx(56)]


def loop():
    """In millions, from the second year: agencies 10 and own carers 8 less; family support 25 less in run 1, 15 more in run 2; the reform costs 1."""
    levels = {"agency_foster": 1000.0, "family_support": 400.0, "in_house_foster": 300.0}
    change = {
        "agency_foster": [0, -10, -10, -10, -10], "in_house_foster": [0, -8, -8, -8, -8], "family_help": 1,
        "family_support": [[0, -25, -25, -25, -25], [0, 15, 15, 15, 15]],
    }  # fmt: skip
    return compared("baseline", "early-help", levels, {line: np.array(more, float) * 1e6 for line, more in change.items()})


def test_what_the_budget_no_longer_buys_of_help_is_a_class_of_its_own_both_ways():
    both = loop()
    (one,) = flows(both)
    parts = classified(one, 9.0)
    assert list(parts) == list(CLASSES)
    assert sum(parts.values()).sum(axis=1) == pytest.approx(one.benefits(PAYERS))
    withdrawn = parts["help_withdrawn"].sum(axis=1) / 1e6
    assert withdrawn.tolist() == [[0, 25, 25, 25, 25], [0, -15, -15, -15, -15]]
    assert parts["budget_reduction"].sum(axis=1)[0].tolist() == pytest.approx([0, 12e6, 18e6, 18e6, 18e6])  # 10, and 2 and then 8 of own carers'
    table = appraise(both).benefits
    rows = table[(table.year_ending == "all") & (table["class"] == "help_withdrawn")].set_index("line")
    assert rows["mean"].tolist() == [20e6, 20e6]  # the total, and the line: 4 years of 5
    assert rows.bankable_from.isna().all()
    assert rows.probability.isna().all()
    total = table[(table["class"] == "all") & (table.year_ending == "all")].iloc[0]
    assert total["mean"] == pytest.approx((4 * 18 + 20) * 1e6)
    assert (total.bankable_from, total.probability) == (2027, 1.0)  # of what can be banked


def test_help_withdrawn_is_never_announced_as_a_benefit():
    assert told_aloud(loop())[-1] == (
        "  Of £18.0m of benefit in 2029-30: £18.0m could leave the authority's budget, £0k is growth avoided, £0k is not cash yet, £0k is others' "
        "(benefits.csv). Beside it, £5.0m is spent less on help to families, which is no longer bought: not a saving."
    )
    only = compared("baseline", "early-help", {"family_support": 9e6}, {"family_support": -3e5})
    assert told_aloud(only)[-1] == (
        "  Other lines cost as much in 2029-30: there is nothing to bank. Beside it, £300k is spent less on help to families, which is no longer "
        "bought: not a saving."
    )
    more = compared("baseline", "early-help", {"family_support": 9e6}, {"family_support": 3e5})
    assert told_aloud(more)[-1].endswith("nothing to bank. Beside it, £300k more of help to families is bought.")


def cash_example():
    """A reform of 100 a year with which own carers cost 120 less: 20 saved in every year, but nine months on.

    Cash of the fall is 30 in year 0 and 120 after, so net cost in cash is 70, -20, -20, -20, -20: 70, 50, 30, 10, -10 so far. In run 2 carers cost
    what they did.
    """
    return compared("baseline", "early-help", {"in_house_foster": 1e3}, {"family_help": 100, "in_house_foster": [[-120] * 5, [0] * 5]})


def test_the_cash_view_by_hand():
    found = summary(cash_example())
    weights = V + V**2 + V**3 + V**4
    assert found.loc["net_present_fiscal_value_authority_gbp", "p95"] == pytest.approx(20 * (1 + weights) - 0.05 * 120 * (1 + weights))
    value = found.loc["net_present_fiscal_value_authority_cashable_gbp"]
    assert value["mean"] == pytest.approx((-70 + 20 * weights - 100 * (1 + weights)) / 2)
    assert value.probability == 0.5  # 20 x 3.6731 = 73.46: more than the 70 of the first year
    even, peak, when = (
        found.loc[name]
        for name in ("break_even_year_authority_cashable", "peak_funding_authority_cashable_gbp", "peak_funding_year_authority_cashable")
    )
    assert (even.p50, even.probability) == (2030, 0.5)
    assert (found.loc["break_even_year_authority", "p50"], found.loc["break_even_year_authority", "probability"]) == (2026, 0.5)
    assert (peak["mean"], peak.p10, peak.p90, peak.probability) == pytest.approx(((70 + 500) / 2, 70 + 43, 500 - 43, 1.0))
    assert (when.p05, when.p95, when.probability) == (2026, 2030, 0.5)
    at_once = summary(cash_example(), fixed_costs_persist_months=0)
    for row, unit in (("net_present_fiscal_value", "_gbp"), ("break_even_year", ""), ("peak_funding", "_gbp"), ("peak_funding_year", "")):
        plain, cash = (at_once.loc[f"{row}_authority{which}{unit}"] for which in ("", "_cashable"))
        assert cash[1:].equals(plain[1:]), row


def test_the_cash_view_is_read_aloud():
    both = cash_example()
    both = replace(both, baseline=replace(both.baseline, costs=both.baseline.costs * 1e4),
                   reforms=tuple(replace(one, costs=one.costs * 1e4) for one in both.reforms))  # fmt: skip
    lines = told_aloud(both)
    assert "Break-even: 2025-26 (probability 50%). " in lines[1]
    assert lines[4].startswith(
        "  Counting only cash (own carers, homes and posts go on costing for 9 months): break-even 2029-30 (probability 50%); most out at any one "
        "time £2.9m (P10 £1.1m, P90 £4.6m), in the median run by 2025-26; in 50% of runs still growing in the last year; "
        "net present value to the authority -£2.3m"
    )


def test_the_closing_lines_name_the_baseline_and_where_nothing_is_to_be_got_back():
    cut = compared("need-answers", "austerity", {"family_support": 9e6}, {"family_support": np.array([0, -3, -3, -3, -3]) * 1e6})
    lines = told_aloud(cut)
    assert lines[0] == "austerity, for the authority, against need-answers, 2024-25 prices:"
    assert lines[1] == (
        "  Break-even: 2026-27 (probability 100%); it costs nothing more up to any year in 100% of runs. "
        "No year costs anything, in the mean over runs."
    )
    assert lines[2] == "  Nothing is out at any time (net, added up)."
    nothing = "it costs nothing more up to any year in 100% of runs; most out at any one time nothing;"
    assert f"break-even 2026-27 (probability 100%); {nothing}" in lines[4]


def test_break_even_in_the_closing_lines_is_on_the_terms_of_the_appraisal():
    """A cost of 10 that 12 a year repay at once does not pay with optimism bias: 14 against 7.2."""
    both = compared("baseline", "early-help", {"agency_foster": 1e3}, {"family_help": 10, "agency_foster": -12})
    assert "Break-even: 2025-26 (probability 100%)" in told_aloud(both)[1]
    assert "Break-even: not within the horizon (probability 0%)" in told_aloud(both, optimism_bias=0.4)[1]

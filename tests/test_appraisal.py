"""Appraisal against an example worked by hand: two runs, forty years, both payers, both signs; and what must hold whatever the numbers."""

from dataclasses import replace

import numpy as np
import pytest
from experiment_sample import results

from carecurve.appraisal_lines import appraisal_lines
from outputs import appraisal
from outputs.appraisal import AppraisalError, Terms, appraise, terms_of
from outputs.appraisal_benefits import RULES, bankable, classified, earlier
from outputs.appraisal_flows import PAYERS, flows
from outputs.appraisal_terms import discount_factors
from outputs.tables import closing, whole
from scenarios.deflators import Deflators
from sim.cost_lines import BASE_LINES
from sim.results import Comparison

pytestmark = pytest.mark.unit

YEARS = tuple(range(2025, 2067))  # one year of history, then years 0 to 40
KEY = "early-help"


def of_lines(key, lines, years=YEARS, days=None, areas=("Bolton",)):
    """Return results of two runs: lines of cost -> pounds by run and year after the first (2, Y), the rest 0."""
    one = results(key, areas=areas, runs=2, years=years)
    annual, costs = one.annual * 0.0, one.costs * 0.0
    for line, values in lines.items():
        costs.loc[{"line": line, "year_ending": list(years[1:])}] = np.broadcast_to(np.asarray(values, float), (len(areas), 2, len(years) - 1))
    if days is not None:
        annual.loc[{"measure": "days_in_care", "year_ending": list(years[1:])}] = days
    return replace(one, annual=annual, costs=costs)


def by_run(*runs):
    """Return values by run and year from one number a run, or (the first year's, every later year's)."""
    return np.array([[run] * 41 if np.isscalar(run) else [run[0]] + [run[1]] * 40 for run in runs], float)


def example():
    """The worked example: what each line is less its level in the baseline.

                             run 1                        run 2
    family_help (own)      + 100 a year                 + 100 a year
    agency_foster          - 130 a year from year 1     0
    childrens_home         0                            + 20 a year
    courts                 - 10 a year                  + 5 a year
    child-years in care    - 2 a year                   0
    """
    levels = {"agency_foster": 1000.0, "childrens_home": 2000.0, "courts": 50.0}
    days = by_run(10_000.0, 10_000.0)
    before = of_lines("baseline", {line: by_run(level, level) for line, level in levels.items()}, days=days)
    change = {"family_help": by_run(100, 100), "agency_foster": by_run((0, -130), 0), "childrens_home": by_run(0, 20), "courts": by_run(-10, 5)}
    after = of_lines(KEY, {line: value + levels.get(line, 0.0) for line, value in change.items()}, days=days + by_run(-2 * 365.25, 0))
    return Comparison(before, (after,), {"area_label": "Bolton", "grossing": {}})


# Discount factors add up to A over years 0 to 40. Years 0 to 30 at 3.5 %: 1 + (1 - 1.035^-30) / 0.035 = 1 + 18.392045 = 19.392045. The factor of
# year 30 is 0.356278 (0.3563 in the Green Book's table); years 31 to 40 add 0.356278 x (1 - 1.03^-10) / 0.03 = 0.356278 x 8.530203 = 3.039126.
A = 22.431171


@pytest.fixture(scope="module")
def found():
    """The appraisal of the example at the default terms, by measure."""
    return appraise(example()).summary.set_index("measure")


def test_discount_factors_are_the_green_books():
    factors = discount_factors(130)
    published = {0: 1.0, 1: 0.9662, 10: 0.7089, 30: 0.3563, 31: 0.3459, 40: 0.2651, 75: 0.0942, 76: 0.0919, 125: 0.0274}
    assert {year: round(float(factors[year]), 4) for year in published} == published
    assert discount_factors(41).sum() == pytest.approx(A, abs=1e-5)
    assert discount_factors(41, 0.015, declining=False) == pytest.approx(1.015 ** -np.arange(41.0))
    assert discount_factors(32, 0.015)[-1] == pytest.approx(1.015**-30 / 1.010)
    assert discount_factors(90, 0.004)[-1] == pytest.approx(1.004**-30)  # a rate never falls below 0
    assert discount_factors(1).tolist() == [1.0]


def test_present_values_by_hand(found):
    """Run 1: the authority pays 100 A and saves 130 (A - 1): 30 A - 130 = 542.94. Run 2: it pays 120 A = 2691.74. Courts add 10 A and take 5 A."""
    value = found.loc["net_present_fiscal_value_authority_gbp"]
    assert value["mean"] == pytest.approx((542.935 - 2691.741) / 2, abs=0.01)
    assert (value.p05, value.p95) == pytest.approx((-2691.741 + 0.05 * 3234.676, 542.935 - 0.05 * 3234.676), abs=0.01)
    assert value.probability == 0.5
    exchequer = ((40 * A - 130) - 125 * A) / 2  # 767.247 and -2803.896
    assert found.loc["net_present_fiscal_value_exchequer_gbp", "mean"] == pytest.approx(exchequer, abs=0.01)
    assert found.loc["net_present_social_value_gbp", "mean"] == pytest.approx(exchequer, abs=0.01)
    assert found.loc["net_cost_authority_gbp", "mean"] == pytest.approx(((100 * 41 - 130 * 40) + 120 * 41) / 2)
    at_low = sum(1.015**-t for t in range(41))
    low = found.loc["net_present_fiscal_value_authority_at_flat_1_5_pct_gbp", "mean"]
    assert low == pytest.approx(((30 * at_low - 130) - 120 * at_low) / 2)


def test_costs_benefits_and_their_ratio_by_hand(found):
    """Benefits: 130 (A - 1) in run 1, and -20 A in run 2, where homes cost more; costs 100 A in both. Means: (55 A - 65) / 100 A = 0.5210."""
    assert found.loc["present_value_of_costs_authority_gbp", "mean"] == pytest.approx(100 * A, abs=0.01)
    assert found.loc["present_value_of_benefits_authority_gbp", "mean"] == pytest.approx(55 * A - 65, abs=0.01)
    ratio = found.loc["benefit_cost_ratio_authority"]
    assert ratio["mean"] == pytest.approx(0.5210, abs=1e-4)
    assert ratio.p50 == pytest.approx((130 * (1 - 1 / A) / 100 - 0.2) / 2, abs=1e-4)
    assert found.loc["benefit_cost_ratio_exchequer", "mean"] == pytest.approx((57.5 * A - 65) / (100 * A), abs=1e-4)
    for who in ("authority", "exchequer", "society"):
        less = found.loc[f"present_value_of_benefits_{who}_gbp", "mean"] - found.loc[f"present_value_of_costs_{who}_gbp", "mean"]
        name = "net_present_social_value_gbp" if who == "society" else f"net_present_fiscal_value_{who}_gbp"
        assert less == pytest.approx(found.loc[name, "mean"])


def test_at_the_switching_value_society_breaks_even(found):
    """Society loses 42.5 A + 65 in the mean; child-years out of care are 2 A in run 1 and none in run 2, A in the mean: 42.5 + 65 / A = 45.398."""
    value = found.loc["switching_value_gbp_per_child_year", "mean"]
    assert value == pytest.approx(45.398, abs=1e-3)
    assert found.loc["child_years_kept_out_of_care", "mean"] == pytest.approx(41)
    again = appraise(example(), benefit_gbp_per_child_year=value).summary.set_index("measure")
    assert again.loc["net_present_social_value_gbp", "mean"] == pytest.approx(0.0, abs=1e-6)
    assert again.loc["switching_value_gbp_per_child_year", "mean"] == pytest.approx(value)
    assert again.loc["net_present_fiscal_value_exchequer_gbp"].equals(found.loc["net_present_fiscal_value_exchequer_gbp"])


def test_break_even_the_worst_year_and_the_peak_by_hand(found):
    """Run 1 is 100, 70, 40, 10 and then -20 down: even from 2029-30, worst and deepest in its first year. Run 2 pays 120 in all 41 years."""
    even = found.loc["break_even_year_authority"]
    assert (even.probability, even.p05, even.p50) == (0.5, 2030, 2030)
    assert np.isnan(even.p90)
    assert np.isnan(even["mean"])
    assert found.loc["break_even_year_exchequer", "p05"] == 2029  # 90, 50, 10, -30
    assert found.loc["worst_year_authority", ["p05", "p50", "p95"]].tolist() == [2026] * 3
    assert found.loc["worst_year_net_cost_authority_gbp", "mean"] == pytest.approx(110)
    peak, year = found.loc["peak_funding_authority_gbp"], found.loc["peak_funding_year_authority"]
    assert (peak["mean"], peak.p10, peak.p90, peak.probability) == pytest.approx(((100 + 4920) / 2, 582, 4438, 1.0))
    assert (year.p05, year.p95, year.probability) == (2026, 2066, 0.5)
    cash = found.loc["peak_funding_authority_nominal_gbp", "mean"]  # prices rise by 2 % a year from 2024-25: year t is worth 1.02^(t + 1)
    assert cash == pytest.approx((100 * 1.02 + 120 * sum(1.02 ** (t + 1) for t in range(41))) / 2)


def test_cumulative_discounts_as_the_summary_does(found):
    table = appraisal.cumulative(example())
    assert table.year_ending.tolist() == list(YEARS[1:])
    assert table.net_gbp_mean.iloc[0] == table.present_value_gbp_mean.iloc[0] == pytest.approx(110)
    assert table.present_value_gbp_mean.iloc[-1] == pytest.approx(-found.loc["net_present_fiscal_value_authority_gbp", "mean"])
    even = appraisal.break_even_table(example()).set_index("by").probability
    assert even[["2029", "2030", "2066", "not within the horizon"]].tolist() == [0.0, 0.5, 0.5, 0.5]
    payers = appraisal.by_payer(example()).set_index("payer").gbp_mean
    assert payers["courts"] == pytest.approx(-2.5 * 41)
    assert payers["all payers"] == pytest.approx(payers.drop("all payers").sum())


def test_optimism_bias_is_a_switch():
    """With 40 %: cost 140. The authority's other lines rise by 10 in the mean of year 0 (x 1.4), and fall by 55 after (x 0.6); courts fall: x 0.6."""
    biased = appraise(example(), optimism_bias=0.4).summary.set_index("measure")
    first, second = -140 * A + 78 * (A - 1), -140 * A - 28 - 12 * (A - 1)
    assert biased.loc["net_present_fiscal_value_authority_gbp", "mean"] == pytest.approx((first + second) / 2, abs=0.01)
    assert biased.loc["net_present_fiscal_value_exchequer_gbp", "mean"] == pytest.approx((first + second + 3 * A) / 2, abs=0.01)
    assert biased.loc["child_years_kept_out_of_care", "mean"] == pytest.approx(0.6 * 41)
    plain = appraise(example()).summary.set_index("measure")
    for row in ("net_present_fiscal_value_authority", "net_present_social_value"):
        assert plain.loc[f"{row}_optimism_bias_40_pct_gbp"].equals(biased.loc[f"{row}_gbp"].rename(f"{row}_optimism_bias_40_pct_gbp"))
    apart = appraise(example(), optimism_bias=(0.4, 0.0)).summary.set_index("measure")
    first, second = -140 * A + 130 * (A - 1), -140 * A - 28 - 20 * (A - 1)
    assert apart.loc["net_present_fiscal_value_authority_gbp", "mean"] == pytest.approx((first + second) / 2, abs=0.01)


def test_affordability_is_gross_income_and_net_by_payer():
    """A grant of 30 more: income to the authority, a cost to its giver, nothing to all together."""
    grant = {"uasc_grant_income": by_run(-30, -30), "uasc_grant": by_run(30, 30)}
    before = of_lines("baseline", {})
    after = of_lines(KEY, {"family_help": by_run(100, 100), "courts": by_run(-10, -10), **grant})
    table = appraisal.affordability(Comparison(before, (after,), {}), terms_of(deflators=Deflators({2025: 1.0, 2026: 1.5, 2027: 2.0}, "x")))
    year = table[table.year_ending == 2027].set_index(["payer", "item"])["mean"]
    assert year["authority"].to_dict() == {"reform_cost": 100, "gross": 100, "income": 30, "net": 70, "net_nominal": 140, "net_cumulative": 140}
    assert year["grant"][["gross", "income", "net"]].tolist() == [30, 0, 30]
    assert year["courts"][["reform_cost", "gross", "net"]].tolist() == [0, -10, -10]
    assert year["all payers"][["gross", "income", "net"]].tolist() == [90, 0, 90]
    assert set(table.payer) == {"authority", "grant", "courts", "all payers"}  # payers it does not touch are left out
    assert set(table[table.item == "net_nominal"].unit) == {"GBP, nominal"}


def benefit_example():
    """Three years. Agency fostering rises by itself, own carers do not, a line appears, courts save."""
    years = (2025, 2026, 2027, 2028)
    before = {"agency_foster": [100, 110, 120], "in_house_foster": [100, 100, 100], "courts": [50, 50, 50]}
    after = {"agency_foster": [100, 105, 90], "in_house_foster": [100, 80, 80], "courts": [50, 50, 46], "staying_put": [0, 0, 3]}
    after["family_help"] = [9, 9, 9]
    return Comparison(of_lines("baseline", before, years), (of_lines(KEY, after, years),), {"area_label": "Bolton", "grossing": {}})


def test_benefits_by_class_by_hand():
    """Agency: falls of 5 and 30 against rises of 10 and 20 over the branch year: 5 and 20 are growth avoided, 10 leaves a budget.

    Own carers: a fall of 20 of which, nine months on, 5 is cash in the first year and 20 in the next. Courts' 4 are others'. A line that rises
    by 3 is growth: -3.
    """
    table = appraise(benefit_example()).benefits
    total = table[table.line == "all"].pivot(index="class", columns="year_ending", values="mean")
    assert total.loc["all"].tolist() == [0, 25, 30 + 20 + 4 - 3, 25 + 51]
    assert total.loc["avoided_growth"].tolist() == [0, 5, 17, 22]
    assert total.loc["budget_reduction"].tolist() == [0, 5, 30, 35]
    assert total.loc["non_cashable"].tolist() == [0, 15, 0, 15]
    assert total.loc["elsewhere"].tolist() == [0, 0, 4, 4]
    lines = table[table.year_ending == "all"].set_index(["class", "line"])
    own, bought = lines.loc[("budget_reduction", "in_house_foster")], lines.loc[("budget_reduction", "agency_foster")]
    assert (own.bankable_from, own.how, own.probability) == (2027, "decision", 1.0)
    assert (bought.bankable_from, bought.how) == (2028, "ends")
    assert "not let" in bought.stop
    assert np.isnan(lines.loc[("avoided_growth", "staying_put"), "bankable_from"])
    assert table[table["class"] == "non_cashable"].bankable_from.isna().all()
    assert "family_help" not in set(table.line)  # the reform's own cost is no benefit
    at_once = appraise(benefit_example(), fixed_costs_persist_months=0).benefits
    assert at_once[at_once["class"] == "non_cashable"]["mean"].abs().max() == 0.0


def test_every_pound_of_benefit_is_in_one_class_whatever_the_numbers():
    draw = np.random.default_rng(11)
    before, after = results("baseline", runs=6), results(KEY, runs=6)
    for one in (before, after):
        one.costs.values[...] *= draw.uniform(0.2, 1.8, one.costs.shape)
    both = Comparison(before, (after,), {"area_label": "Two boroughs", "grossing": {}})
    for months in (0.0, 9.0, 12.0, 30.0, 60.0):
        for one in flows(both):
            parts = classified(one, months)
            assert sum(parts.values()).sum(axis=1) == pytest.approx(one.benefits(PAYERS), abs=1e-4)
            assert not any(values[:, one.own].any() for values in parts.values())
    table = appraise(both).benefits
    in_all = table[(table.line == "all") & (table["class"] != "all")].groupby(["area", "year_ending"])["mean"].sum()
    total = table[table["class"] == "all"].set_index(["area", "year_ending"])["mean"]
    assert in_all.sort_index().to_numpy() == pytest.approx(total.sort_index().to_numpy(), abs=0.1)
    by_line = table[(table.year_ending == "all") & (table["class"] != "all")]
    for _, rows in by_line.groupby(["area", "class"]):
        assert rows[rows.line != "all"]["mean"].sum() == pytest.approx(rows[rows.line == "all"]["mean"].sum(), abs=0.1)


def test_costs_that_persist_are_earlier_years_costs():
    yearly = np.array([[4.0, 8.0, 0.0, 0.0]])
    assert earlier(yearly, 0.0).tolist() == yearly.tolist()
    assert earlier(yearly, 0.75).tolist() == [[1.0, 5.0, 6.0, 0.0]]
    assert earlier(yearly, 1.5).tolist() == [[0.0, 2.0, 6.0, 4.0]]
    assert earlier(yearly, 9.0).tolist() == [[0.0] * 4]


def test_the_bankable_year_is_the_first_from_which_it_stays():
    assert bankable(np.array([[1.0, -1, 2, 3], [1, -1, 2, -9]]), (2026, 2027, 2028, 2029)) == (None, pytest.approx(np.nan, nan_ok=True))
    assert bankable(np.array([[1.0, -1, 2, 3], [1, -1, 2, -2.5]]), (2026, 2027, 2028, 2029)) == (2028, 0.5)
    assert bankable(np.ones((2, 2)), (2026, 2027)) == (2026, 1.0)


def test_every_line_of_an_authority_has_a_rule():
    assert {line.key for line in BASE_LINES if line.payer == "authority"} - set(RULES) == set()
    assert set(RULES) - {line.key for line in BASE_LINES} == set()


def test_signs_where_a_ratio_or_a_switching_value_would_mean_nothing():
    """No ratio where a reform costs nothing of its own; no switching value where more children are in care; no peak where it only saves."""
    free = of_lines(KEY, {"agency_foster": by_run(-10, -10)}, days=by_run(10.0, 10.0))
    found = appraise(Comparison(of_lines("baseline", {}), (free,), {})).summary.set_index("measure")
    assert found.loc["benefit_cost_ratio_authority", ["mean", "p50"]].isna().all()
    assert np.isnan(found.loc["switching_value_gbp_per_child_year", "mean"])
    assert found.loc["net_present_fiscal_value_authority_gbp", "mean"] == pytest.approx(10 * A, abs=1e-3)
    assert found.loc["peak_funding_authority_gbp", ["mean", "p90", "probability"]].tolist() == [0, 0, 0]
    assert np.isnan(found.loc["peak_funding_year_authority", "p50"])
    assert found.loc["worst_year_net_cost_authority_gbp", "mean"] == pytest.approx(-10)
    assert np.isnan(found.loc["worst_year_authority", "p50"])
    assert found.loc["break_even_year_authority", "p95"] == 2026


def test_social_security_is_the_exchequers_and_not_societys():
    after = of_lines(KEY, {"family_help": by_run(100, 100)})
    after = replace(after, lines={key: {**line, "payer": "benefits"} if key == "family_help" else line for key, line in after.lines.items()})
    found = appraise(Comparison(of_lines("baseline", {}), (after,), {})).summary.set_index("measure")["mean"]
    assert found["net_present_fiscal_value_exchequer_gbp"] == pytest.approx(-100 * A, abs=1e-3)
    assert found["net_present_social_value_gbp"] == found["net_present_fiscal_value_authority_gbp"] == 0.0


def test_authorities_add_up_to_their_region():
    draw = np.random.default_rng(5)
    before, after = results("baseline"), results(KEY)
    after.costs.values[...] *= draw.uniform(0.5, 1.5, after.costs.shape)
    both = Comparison(before, (after,), {"area_label": "Two boroughs", "grossing": {}})
    apart, together = (appraisal.appraisal(part).set_index(["area", "measure"])["mean"] for part in (both, whole(both)))
    for measure in ("net_present_fiscal_value_authority_gbp", "present_value_of_benefits_society_gbp", "child_years_kept_out_of_care"):
        assert together["Two boroughs", measure] == pytest.approx(apart["Bolton", measure] + apart["Salford", measure])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"discount_rate": 3.5}, "such as 0.035"),
        ({"discount_rate": -0.01}, "discount rate"),
        ({"discount_rate": float("nan")}, "discount rate"),
        ({"optimism_bias": 40}, "such as 0.4"),
        ({"optimism_bias": (0.4, 1.2)}, "optimism bias of benefits"),
        ({"fixed_costs_persist_months": 100}, "0 to 60 months"),
        ({"benefit_gbp_per_child_year": -1}, "benefit_gbp_per_child_year"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused(options, message):
    with pytest.raises(AppraisalError, match=message):
        appraise(example(), **options)


def test_terms_default_to_the_scenarios_rate_and_the_shipped_assumption():
    terms = Terms()
    assert terms.told()["discount_rate_per_year"] is None
    assert 6 <= terms.persist_months <= 12
    assert terms.factors(3, 0.02) == pytest.approx(1.02 ** -np.arange(3.0))
    assert Terms(discount_rate=0.01).factors(3, 0.02) == pytest.approx(1.01 ** -np.arange(3.0))


def told_aloud(both, **options):
    """Return the lines of the console for the one reform of a comparison."""
    terms = terms_of(**options)
    made = appraise(both, terms)
    return list(appraisal_lines(made.summary, made.benefits, closing(both), terms.told()))


def test_the_lines_a_planner_reads_aloud_hold_the_tables_figures():
    scale = 1e6  # the example in millions
    both = example()
    both = replace(both, baseline=replace(both.baseline, costs=both.baseline.costs * scale),
                   reforms=tuple(replace(one, costs=one.costs * scale) for one in both.reforms))  # fmt: skip
    lines = told_aloud(both, discount_rate=0.035)
    assert lines[0] == "early-help, for the authority, against baseline, 2024-25 prices:"
    assert "Break-even: 2029-30 (probability 50%). Worst year: 2025-26, net cost £110.0m [£101.0m, £119.0m]." in lines[1]
    assert "£2.51bn (P10 £582.0m, P90 £4.44bn), in the median run by 2025-26; in 50% of runs still growing in the last year." in lines[2]
    assert "at 3.5 % (below 0: a loss): to the authority -£1.07bn" in lines[3]
    assert "Counting only cash (own carers, homes and posts go on costing for 9 months): break-even 2029-30 (probability 50%)" in lines[4]
    assert "41 child-years out of care" in lines[5]
    assert "worth £45.4m" in lines[5]
    # Agency fostering falls by 65 in the mean from a level that does not rise; homes rise by 10 above theirs: growth added.
    assert "Of £57.5m of benefit in 2065-66: £65.0m could leave the authority's budget, -£10.0m is growth avoided" in lines[6]
    assert "£2.5m is others' (benefits.csv). Below 0: added, not saved." in lines[6]
    assert "optimism bias: costs + 40%" in told_aloud(both, optimism_bias=0.4)[0]


def test_a_reform_that_only_costs_has_nothing_to_bank():
    lines = told_aloud(Comparison(of_lines("baseline", {}), (of_lines(KEY, {"family_help": by_run(1e6, 1e6)}),), {}))
    assert "Break-even: not within the horizon (probability 0%)" in lines[1]
    assert "does not keep children out of care in the mean over runs (0.0 child-years out of care [0.0, 0.0])" in lines[5]  # never -0.0
    assert "there is nothing to bank" in lines[6]

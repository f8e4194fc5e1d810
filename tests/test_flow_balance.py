"""The flow balance: what it aims at is published up to March 2024, and one step of it goes the right way."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from calibration.flow_balance import FLOWS, correct, exit_step, first_guess
from calibration.flow_england import TRENDING, exit_rates_by_age, homes_growth_2025, latest_over_mean
from calibration.flow_targets import AGE_BANDS, FIT_YEARS, HOMES_USE, YEARS, places_of, read_targets
from calibration.panel import DATA
from scenarios.areas import load_areas

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def targets():
    return read_targets()


class Balanced:
    """What would be seen if every flow were as aimed at."""

    def __init__(self, targets):
        n = len(targets.names)
        starts = targets.plan_starts
        by_age = targets.started.sum(axis=0)  # of children in care by age any will do: exits follow
        values = {
            "referrals": targets.referrals_fit,
            "nfa": targets.nfa_share * targets.referrals_fit,
            "not_in_need": targets.not_in_need_share * targets.referrals_fit,
            "s47": targets.s47_per_referral * targets.referrals_fit,
            "icpc": targets.icpc_per_s47 * targets.s47_per_referral * targets.referrals_fit,
            "cpp_started": starts, "cpp_at31": targets.plan_years * starts, "cin_at31": starts, "rereferred": starts,
            "ceased": targets.exit_rate * targets.in_care, "in_care": targets.in_care, "uasc": np.zeros(n),
        }  # fmt: skip
        for b, band in enumerate(AGE_BANDS):
            values[f"started_{band}"] = targets.started[:, b]
            values[f"in_care_{band}"] = np.full(n, by_age[b] / n)
            values[f"ceased_{band}"] = np.full(n, targets.exit_by_age[b - 1] * by_age[b] / n)
        values["ceased_under_1"] = targets.exits_under_1 * targets.started[:, 0]
        assert values.keys() == FLOWS.keys()
        self.means = values
        self.flows = {name: np.tile(value[:, None], len(YEARS)) for name, value in values.items()} | {"referrals": targets.referrals}

    def mean(self, flow):
        return self.means[flow]


def test_exits_by_age_are_england_of_2024_less_unaccompanied_children():
    rates = exit_rates_by_age()
    assert FIT_YEARS == (2022, 2023, 2024)
    assert rates[:2] == pytest.approx([6410 / 10740, 3710 / 15010])  # distributions.csv: ceased and in care, 1 to 4 and 5 to 9
    assert rates[2] == pytest.approx(0.14, abs=0.01)
    assert rates[3] == pytest.approx(0.13, abs=0.02)  # not the 18th birthday


def test_last_years_exits_by_age_predict_the_next_better_than_three_years_mean():
    table = pd.read_csv(DATA / "distributions.csv").query("geography == 'England' and year_ending <= 2024")
    under_16 = table[table.category.isin(["Under 1 year", "1 to 4 years", "5 to 9 years", "10 to 15 years"])]

    def by_year(indicator):
        rows = under_16[under_16.indicator == indicator].drop_duplicates(["year_ending", "category"], keep="last").astype({"value": float})
        return rows.pivot_table(index="year_ending", columns="category", values="value").reindex(range(2011, 2025)).to_numpy()

    rates = by_year("age_ceased") / by_year("age_31_march")  # from 2011; the stock of 2018 is not published by age
    mean, last, actual = (rates[:-3] + rates[1:-2] + rates[2:-1]) / 3.0, rates[2:-1], rates[3:]
    errors = [np.where(np.isnan(mean + last + actual), np.nan, abs(np.log(actual / guess))) for guess in (last, mean)]
    assert [np.nanmean(error) for error in errors] == pytest.approx([0.070, 0.105], abs=0.001)  # 2014 to 2024
    assert [np.nanmean(error[-5:]) for error in errors] == pytest.approx([0.053, 0.064], abs=0.001)  # 2020 to 2024


def test_trends_stand_at_the_last_year_known():
    assert latest_over_mean("nfa_share") == pytest.approx(6.3 / ((7.6 + 7.1 + 6.3) / 3))
    assert all(0.85 < latest_over_mean(quantity) < 1.15 for quantity in TRENDING)


def test_places_of_2025_rest_on_registered_places_not_on_where_children_were():
    growth = set()
    for area in list(load_areas().values())[:20]:
        own, bought = (dict(places_of(area)[f"{kind}_places"]) for kind in ("authority_childrens_home", "childrens_home"))
        homes = {year: own[year] + bought[year] for year in bought}
        assert homes[2024] == pytest.approx(area.value("children_in_homes", 2024) / HOMES_USE)
        growth |= {round(homes[2025] / homes[2024], 6)} if homes[2024] else set()
    assert growth == {round(homes_growth_2025(), 6)}


def test_a_balanced_run_moves_nothing(targets):
    rates = first_guess(targets)
    moved = correct(rates, Balanced(targets), targets, everywhere=False, pressed=False)
    some = (targets.nfa_share > 0) & (targets.not_in_need_share > 0)  # nothing of a kind published: its ratio falls to the floor
    assert some.sum() > 100
    for group, values in moved.ratio.items():
        assert values[some] == pytest.approx(rates.ratio[group][some], rel=0.02), group
    assert moved.by_age[targets.started > 0] == pytest.approx(1.0)
    assert moved.exits[:, 1:] == pytest.approx(np.ones((len(targets.names), 4)))
    for region in set(targets.regions):  # under one, a region's level stays; its authorities take their own shape
        here = np.array(targets.regions) == region
        assert np.average(moved.exits[here, 0], weights=targets.started[here, 0]) == pytest.approx(1.0)
    assert moved.new_families == pytest.approx(rates.new_families)


def test_too_many_exits_of_an_age_lower_that_age_alone_and_authorities_average_one(targets):
    seen = Balanced(targets)
    seen.means |= {"ceased_10_to_15": 1.2 * seen.means["ceased_10_to_15"], "ceased": 1.3 * seen.means["ceased"]}
    assert np.flatnonzero(exit_step(seen, targets) < 0.99).tolist() == [AGE_BANDS[1:].index("10_to_15")]
    moved = correct(replace(first_guess(targets)), seen, targets, everywhere=False, pressed=False)
    assert np.average(moved.ratio["care_exit"], weights=targets.in_care) == pytest.approx(1.0)

"""What was known when: the rule by column, and panels that hold no more."""

import numpy as np
import pytest

from calibration.panel import read_panel
from calibration.vintage import RULES, blank_later, file_is_known, rule_of, usable_until, vintage_table

pytestmark = pytest.mark.unit


def test_every_column_has_one_rule_and_the_workforce_lags_a_year():
    panel = read_panel()
    lags = {column: rule_of(column).lag_years for column in panel.measures}
    workforce = {"social_workers_fte", "cases_held", "cases_per_social_worker", *(c for c in panel.measures if c.startswith("sw_"))}
    assert {column for column, lag in lags.items() if lag} == workforce | {"children_low_income_pct"}
    assert rule_of("something_new").name == RULES[-1].name


def test_september_of_the_last_year_is_not_known_in_march():
    early = read_panel(vintage=2020)
    assert early.frame.year_ending.max() == 2020
    assert np.isnan(early.value("Kent", "social_workers_fte", 2020))
    assert early.value("Kent", "social_workers_fte", 2019) == read_panel().value("Kent", "social_workers_fte", 2019)
    assert early.value("Kent", "referrals", 2020) == read_panel().value("Kent", "referrals", 2020)


def test_blanking_changes_nothing_that_was_known():
    frame = read_panel().frame
    kept = blank_later(frame, 2018)
    for column in read_panel().measures:
        known = frame.year_ending <= usable_until(column, 2018)
        assert kept[column].sum() == pytest.approx(frame.loc[known, column].sum())


def test_files_of_one_date_are_known_from_their_publication():
    assert not file_is_known("population_by_age_mid_2022.csv", 2022)
    assert file_is_known("population_by_age_mid_2022.csv", 2023)
    assert file_is_known("population_by_age_mid_2022.csv", None)


def test_the_table_says_the_last_row_of_each_rule():
    table = vintage_table(2020).set_index("rule")["usable_until"]
    assert table["workforce"] == 2019
    assert table["children in need and in care"] == 2020

"""The backtest: nothing later than the origin is read, what is scored and what is not, tables and folder."""

import json

import numpy as np
import pandas as pd
import pytest
from backtest_sample import AREAS, changed, halfway, panel, poisoned

from calibration import scores
from calibration.backtest import INDICATORS, NON_UASC, OURS, PERSISTENCE, Backtest, BacktestError, baseline, labelled, with_non_uasc
from calibration.baselines import BASELINES
from calibration.national import national_table
from calibration.skill import (
    ALL,
    FORECAST_COLUMNS,
    SCORE_COLUMNS,
    forecasts_table,
    pit_histogram,
    pit_table,
    score,
    scores_table,
    skill_table,
)  # fmt: skip
from outputs.backtest_folder import BacktestTables, write_backtest
from outputs.store import StoreError

pytestmark = pytest.mark.statistical
METHODS = {OURS: halfway} | {name: baseline(name) for name in BASELINES}
RESAMPLES = 100


def backtest(base=None, methods=METHODS, origin=2017, horizon=3, **options):
    return Backtest(base or panel(), methods, origin, horizon, **options)


@pytest.fixture(scope="module")
def joined():
    return backtest().run()


@pytest.fixture(scope="module")
def scored(joined):
    return score(joined)


def tables(joined, scored):
    return BacktestTables(
        scores_table(joined, scored), scores_table(joined, scored, relative=False), forecasts_table(joined),
        skill_table(joined, scored, resamples=RESAMPLES), pit_table(joined, scored), pit_histogram(joined, scored), joined.excluded,
        national_table(joined),
    )  # fmt: skip


# ---------------------------------------------------------------- nothing leaks


@pytest.mark.parametrize("origin", [2016, 2019])
def test_later_years_change_no_forecast(origin):
    base = panel()
    methods = {name: baseline(name) for name in BASELINES}
    clean, dirty = (backtest(one, methods, origin, 2).run() for one in (base, poisoned(base, origin)))
    for name in methods:
        assert clean.samples[name].identical(dirty.samples[name])
    assert (clean.size == dirty.size).all()
    assert dirty.published == pytest.approx(100.0 * clean.published)  # what is scored did change


def test_methods_are_handed_nothing_later_than_the_origin():
    seen = []

    def watching(panel, origin, horizon, areas):
        seen.append(panel.frame["year_ending"].max())
        return halfway(panel, origin, horizon, areas)

    backtest(methods={OURS: watching}).run()
    assert seen == [2017]


# ---------------------------------------------------------------- what is scored


def excluded(found):
    return {(row.area, row.indicator, row.year_ending): row.why for row in found.excluded.itertuples()}


def test_cells_that_cannot_be_compared_are_left_out_and_named():
    cells = {
        ("Borough A", 2017, "s47"): np.nan, ("Borough B", 2019, "s47"): np.nan, ("Borough C", 2020, "s47"): None,
        ("Borough D", 2020, "la_code"): "899",
    }  # fmt: skip
    change = {("Borough E", "referrals", 2020): "counts contacts too"}
    found = backtest(changed(panel(), cells), recording_changes=change).run()
    told = excluded(found)
    assert {key for key in told if key[0] == "Borough A"} == {("Borough A", "s47", year) for year in (2018, 2019, 2020)}
    assert told["Borough A", "s47", 2018] == "not published or suppressed in 2017"
    assert told["Borough B", "s47", 2019] == "not published or suppressed in 2019"
    assert told["Borough C", "cla_at31", 2020] == "no row for the authority in that year"
    assert "number 803 became 899" in told["Borough D", "cla_at31", 2020]
    assert told["Borough E", "referrals", 2020] == "counts contacts too"
    assert len(told) == 3 + 1 + 2 * len(INDICATORS) + 1
    row = scores_table(found, score(found)).query("indicator == 's47' and horizon_years == 3")
    assert set(row["n"]) == {len(AREAS) - 3}  # the same for every method


def test_years_not_published_yet_are_forecast_and_not_scored():
    found = backtest(origin=2020, horizon=3).run()
    assert found.samples[OURS].sizes["horizon_years"] == 3
    assert np.isnan(found.published[:, :, 1:]).all()
    assert set(forecasts_table(found)["year_ending"]) == {2021}
    skill = skill_table(found, score(found), resamples=RESAMPLES)
    assert set(skill["horizon_years"]) == {1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"origin": 2021}, "nothing later than 2021"),
        ({"origin": 2013}, "years 2013 to 2021"),
        ({"origin": 2030}, "years 2013 to 2021"),
        ({"horizon": 0}, "horizon of 0"),
        ({"areas": ("Borough A", "Atlantis")}, "Atlantis"),
        ({"indicators": ("contacts",)}, "contacts"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(BacktestError, match=message):
        backtest(**options).run()


def test_a_method_that_answers_something_else_is_refused():
    def short(panel, origin, horizon, areas):
        return halfway(panel, origin, horizon - 1, areas)

    def silent(panel, origin, horizon, areas):
        return halfway(panel, origin, horizon, areas).sel(indicator=list(INDICATORS[1:]))

    for method, message in ((short, "other dimensions"), (silent, "no referrals")):
        with pytest.raises(BacktestError, match=message):
            backtest(methods={OURS: method}).run()


def test_named_authorities_are_scored_as_among_all(joined, scored):
    few = backtest(areas=("Borough C", "Borough A")).run()
    assert few.areas == ("Borough A", "Borough C")
    rows = [joined.areas.index(area) for area in few.areas]
    for name, one in score(few).items():
        assert one.crps == pytest.approx(scored[name].crps[rows])


# ---------------------------------------------------------------- tables


def test_scores_are_means_over_authorities_relative_to_size_known_at_the_origin(joined, scored):
    base = panel()
    table = scores_table(joined, scored)
    assert list(table.columns) == SCORE_COLUMNS
    assert len(table) == len(INDICATORS) * 3 * len(METHODS)
    samples = halfway(base.at_vintage(2017), 2017, 3, AREAS).sel(indicator="cla_at31", horizon_years=2).to_numpy()
    real = np.array([base.value(area, "cla_at31", 2019) for area in AREAS])
    size = np.array([np.mean([base.value(area, "cla_at31", year) for year in (2015, 2016, 2017)]) for area in AREAS])
    row = table.query("indicator == 'cla_at31' and horizon_years == 2 and method == @OURS").iloc[0]
    assert row["crps"] == pytest.approx(np.mean(scores.crps(samples, real) / size))
    assert row["interval_score80"] == pytest.approx(np.mean(scores.interval_score(samples, real) / size))
    assert row["mape"] == pytest.approx(np.mean(100 * np.abs(np.median(samples, axis=1) - real) / real))
    assert row["coverage80"] == pytest.approx(np.mean(scores.inside(samples, real, 80)))
    counts = scores_table(joined, scored, relative=False).query("indicator == 'cla_at31' and horizon_years == 2 and method == @OURS").iloc[0]
    assert counts["crps"] == pytest.approx(np.mean(scores.crps(samples, real)))


def test_forecasts_hold_what_is_scored(joined):
    table = forecasts_table(joined)
    assert list(table.columns) == FORECAST_COLUMNS
    assert len(table) == len(AREAS) * len(INDICATORS) * 3
    row = table.query("area == 'Borough B' and indicator == 's47' and year_ending == 2019").iloc[0]
    draws = joined.samples[OURS].sel(area="Borough B", indicator="s47", horizon_years=2).to_numpy()
    assert row["published"] == panel().value("Borough B", "s47", 2019)
    assert row["mean"] == pytest.approx(draws.mean())
    assert row["p10"] == pytest.approx(np.sort(draws)[9])  # the tenth of 99
    assert row["p90"] == pytest.approx(np.sort(draws)[89])


def perfect(base):
    """A forecaster that knows; for tests of verdicts only."""

    def forecast(panel, origin, horizon, areas):
        samples = halfway(panel, origin, horizon, areas)
        for area in areas:
            for i, one in enumerate(INDICATORS):
                for h in range(horizon):
                    samples[areas.index(area), i, h] = base.value(area, one, origin + h + 1)
        return samples

    return forecast


def test_verdicts_of_a_forecast_that_knows_one_that_is_wild_and_one_that_is_the_same():
    base = panel()

    def wild(panel, origin, horizon, areas):
        return 3.0 * halfway(panel, origin, horizon, areas)

    expected = ((perfect(base), "better"), (wild, "worse"), (METHODS[PERSISTENCE], "no difference"))
    for method, verdict in expected:
        found = backtest(base, {OURS: method, PERSISTENCE: METHODS[PERSISTENCE]}).run()
        table = skill_table(found, score(found), resamples=RESAMPLES)
        assert set(table["verdict"]) == {verdict}
        assert set(table["verdict_counts"]) == {verdict}
        if verdict == "better":
            assert table["gain_pct"].to_numpy() == pytest.approx(100.0)
        if verdict == "no difference":
            assert table["gain_pct"].to_numpy() == pytest.approx(0.0)


def test_a_few_authorities_get_no_verdict():
    few = backtest(areas=AREAS[:4]).run()
    table = skill_table(few, score(few), resamples=RESAMPLES)
    assert set(table["verdict"]) == {"too few authorities"}
    assert table["gain_pct"].notna().all()


def test_the_row_of_all_indicators_is_the_mean_gain_and_the_pooled_coverage(joined, scored):
    table = skill_table(joined, scored, resamples=RESAMPLES)
    one, each = (table[(table["indicator"] == ALL) == is_all].query("horizon_years == 3") for is_all in (True, False))
    assert one["gain_pct"].iloc[0] == pytest.approx(each["gain_pct"].mean())
    assert one["gain_pct_counts"].iloc[0] == pytest.approx(each["gain_pct_counts"].mean())
    assert one["coverage80"].iloc[0] == pytest.approx(np.average(each["coverage80"], weights=each["n"]))
    assert one["n"].iloc[0] == each["n"].sum()
    assert (table["difference_p05"] <= table["difference"]).all()
    assert (table["difference"] <= table["difference_p95"]).all()


def test_every_rank_is_in_the_histogram(joined, scored):
    ranks, bars = pit_table(joined, scored), pit_histogram(joined, scored)
    for method in METHODS:
        assert bars.query("method == @method")["authorities"].sum() == (ranks["method"] == method).sum()
    assert ranks["pit"].between(0, 1).all()
    assert (bars["expected_p025"] <= bars["expected_p975"]).all()


# ---------------------------------------------------------------- England


def test_england_is_the_sum_of_draws_grossed_up_at_the_origin(joined):
    base = panel()
    table = national_table(joined).query("indicator == 'cla_at31'").set_index(["method", "year_ending"])
    total = sum(base.value(area, "cla_at31", 2017) for area in AREAS)
    gross = base.value("England", "cla_at31", 2017) / total
    draws = joined.samples[OURS].sel(indicator="cla_at31", horizon_years=2).sum("area").to_numpy() * gross
    row = table.loc[(OURS, 2019)]
    assert row["mean"] == pytest.approx(draws.mean())
    assert row["p10"] == pytest.approx(np.sort(draws)[9])
    assert row["coverage_at_origin"] == pytest.approx(0.8)
    assert row["published"] == base.value("England", "cla_at31", 2019)
    flat = table.loc[(PERSISTENCE, 2019)]
    assert flat["mean"] == base.value("England", "cla_at31", 2017)
    assert flat["error_pct"] == pytest.approx(100 * (flat["mean"] / flat["published"] - 1))
    others = table[~table.index.get_level_values("method").isin([OURS, PERSISTENCE, "published"])]
    assert 95000.0 in set(others["mean"])


def test_an_authority_suppressed_at_the_origin_is_on_neither_side():
    base = changed(panel(), {("Borough A", 2017, "cla_at31"): np.nan})
    found = backtest(base, {OURS: halfway}).run()
    row = national_table(found).query("indicator == 'cla_at31' and method == @OURS and year_ending == 2018").iloc[0]
    total = sum(base.value(area, "cla_at31", 2017) for area in AREAS[1:])
    draws = found.samples[OURS].sel(indicator="cla_at31", horizon_years=1, area=list(AREAS[1:])).sum("area").to_numpy()
    assert row["mean"] == pytest.approx(draws.mean() * base.value("England", "cla_at31", 2017) / total)


def test_children_who_are_not_unaccompanied_are_shown_if_they_are_forecast():
    base = with_non_uasc(panel())
    assert base.value("Borough A", NON_UASC, 2017) == base.value("Borough A", "cla_at31", 2017) - 20.0

    def more(panel, origin, horizon, areas):
        found = halfway(panel, origin, horizon, areas)
        extra = labelled(found.sel(indicator=["cla_at31"]).to_numpy() - 20.0, areas, (NON_UASC,), horizon)
        return labelled(np.concatenate([found, extra], axis=1), areas, (*INDICATORS, NON_UASC), horizon)

    found = backtest(base, {OURS: more, PERSISTENCE: METHODS[PERSISTENCE]}).run()
    assert NON_UASC in set(national_table(found)["indicator"])
    assert NON_UASC not in set(scores_table(found, score(found))["indicator"])


# ---------------------------------------------------------------- folder


def test_the_folder_holds_tables_pictures_and_manifest_and_is_whole(tmp_path, monkeypatch):
    about = {"ours": OURS, "origin": 2017, "horizon_years": 3}
    few = backtest(indicators=("cla_at31",)).run()
    made = tables(few, score(few))
    folder = write_backtest(made, about, tmp_path / "out")
    written = {path.name for path in folder.iterdir()}
    names = ("scores", "scores_counts", "forecasts", "skill", "pit", "pit_histogram", "excluded", "national")
    pictures = {"cla_at31.png", "national.png"}
    assert written == {f"{name}.csv" for name in names} | pictures | {"manifest.json"}
    assert json.loads((folder / "manifest.json").read_text())["origin"] == 2017
    read = pd.read_csv(folder / "scores.csv")
    assert list(read.columns) == SCORE_COLUMNS
    assert read["crps"].to_numpy() == pytest.approx(made.scores["crps"].to_numpy())
    with pytest.raises(StoreError, match="holds results already"):
        write_backtest(made, about, folder)

    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("outputs.backtest_plots.indicator_figure", fails)
    with pytest.raises(StoreError, match="No space left"):
        write_backtest(made, about, folder, overwrite=True)
    assert {path.name for path in folder.iterdir()} == written
    assert [path.name for path in tmp_path.iterdir()] == ["out"]

"""The folder a calibration leaves, the scenario in it, and the lines read aloud."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fit_sample import AHEAD, AREAS, DRAWS, VINTAGE, sample, sample_calibration
from ruamel.yaml import YAML

from calibration.calibrate import check_records
from calibration.fit_check import COLUMNS
from calibration.panel import PanelError
from calibration.series import NAMES
from carecurve import calibrating
from carecurve.calibrating import Calibration, ship, write, write_scenario
from outputs.store import StoreError
from scenarios.draws import FittedDraws
from scenarios.loading import load

pytestmark = pytest.mark.e2e  # files and pictures are made


@pytest.fixture(scope="module")
def done():
    return Calibration(sample_calibration(), True, {"kind": "calibration", "all_areas": True, "until": VINTAGE})


@pytest.fixture(scope="module")
def folder(done, tmp_path_factory):
    return write(done, tmp_path_factory.mktemp("calibrated") / "fit")


def test_the_folder_is_whole(folder):
    pictures = {f"fit_{name}.png" for name in (*NAMES, "cla_at31_non_uasc")}
    files = {"fitted.yaml", "fitted_rates.csv", "fitted_draws.npz", "fitted_profiles.csv", "fitted_areas.csv", "parameters.yaml", "fit.csv",
             "inside.csv", "outside.csv", "identification.csv", "manifest.json"}  # fmt: skip
    assert {path.name for path in folder.iterdir()} == files | pictures
    assert json.loads((folder / "manifest.json").read_text())["kind"] == "calibration"
    assert tuple(pd.read_csv(folder / "fit.csv")) == COLUMNS


def test_the_parameters_read_back_as_they_were(folder, done):
    assert YAML(typ="safe").load((folder / "parameters.yaml").read_text(encoding="utf-8")) == done.found.parameters


def test_the_scenario_in_it_loads_the_fit(folder, done):
    scenario = load(folder / "fitted.yaml")
    assert set(scenario.synthetic) == set(AREAS)  # none of them ships
    profile = scenario.area("borough f")
    assert profile.value("population_0_17", 2020) == pytest.approx(sample()[0].profiles["Borough F"].value("population_0_17", 2020))
    wanted = {(record.quantity, record.year_ending): record.value for record in done.found.records if record.area == "Borough F"}
    assert {key: profile.series(key[0])[key[1]] for key in wanted} == pytest.approx(wanted, rel=1e-6)
    assert (len(scenario.draws), scenario.draws.first_year, len(scenario.draws.years)) == (DRAWS, VINTAGE + 1, AHEAD)
    assert scenario.settings == load("baseline").settings
    assert str(DRAWS) in scenario.description


def test_another_window_has_settings_of_its_own(done, tmp_path):
    """A fit until 2020: another past than the baseline's, prices of that year, and nothing of the policy that came later."""
    draws = FittedDraws(2021, done.found.draws.areas)
    earlier = replace(done, found=replace(done.found, years=tuple(range(2015, 2021)), draws=draws))
    write_scenario(earlier, tmp_path)
    scenario = load(tmp_path / "fitted.yaml")
    assert scenario.settings.published.model_dump() == {"first": 2015, "last": 2020, "last_census": 2019}
    assert scenario.history_settings == scenario.settings
    assert (scenario.settings.from_, scenario.settings.until, scenario.settings.price_base) == ("2020-04", "2023-03", "2019-20")
    assert scenario.settings.policy.families_first.switch_over == "2023-04"  # after the last month
    assert scenario.settings.workforce == load("baseline").settings.workforce


def test_a_reform_goes_on_top(folder, tmp_path):
    path = tmp_path / "both.yaml"
    path.write_text(f"name: Both\nextends: [{folder / 'fitted.yaml'}, early-help]\n")
    reform, base = load(path), load(folder / "fitted.yaml")
    assert [lever.name for lever in reform.levers if lever.name not in reform.committed] == ["family_help"]
    assert (reform.history_hash, reform.draws.digest) == (base.history_hash, base.draws.digest)


def test_results_there_already_are_kept(done, folder):
    before = (folder / "fit.csv").read_bytes()
    with pytest.raises(StoreError, match="holds results already"):
        write(done, folder)
    assert (folder / "fit.csv").read_bytes() == before


def test_the_lines_say_what_the_tables_hold(done):
    lines = done.lines()
    assert lines[0] == f"Fitted {len(AREAS)} authorities to figures up to March 2025; {DRAWS} draws of the years 2026 to 2028."
    inside = done.found.inside.set_index(["who", "measure"]).inside_pct
    (every,) = [line for line in lines if line.startswith("  all measures")]
    england, areas, median = (inside[who, "all measures"] for who in ("England", "all authorities", "median authority"))
    assert every == f"  all measures: England {35 * england / 100:.0f} of 35; {areas:.0f} % of 664 in authorities (median authority {median:.0f} %)"
    assert f"All {len(done.found.outside)} outside are in outside.csv." in lines
    assert lines[-1].startswith("Not told apart in ")
    both = "families referred for the first time (new_family_referrals) and children in need whose cases close (ratio_cin_end)"
    assert lines[-1].endswith(f"of authorities: {both} (identification.csv).")
    shipped = done.lines(folder=False)
    assert f"All {len(done.found.outside)} outside are in fitted_outside.csv." in shipped
    assert not any("identification.csv" in line for line in shipped)
    single = done.found.identification[(done.found.identification.area == "median authority") & (done.found.identification.with_figure == "")]
    worst = single.loc[single.posterior_over_prior_sd.idxmax()]
    assert f"({worst.figure}): its interval is {100 * (1 - worst.posterior_over_prior_sd):.0f} % narrower" in lines[-2]


def test_only_a_fit_of_everything_ships(done, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"all authorities of la_panel\.csv"):
        ship(done)
    with pytest.raises(ValueError, match=r"all authorities of la_panel\.csv"):
        ship(replace(done, stands_alone=False, about={"all_areas": False}))
    monkeypatch.setattr(calibrating, "SHIPPED", tmp_path)
    (tmp_path / "data").mkdir()
    made = ship(replace(done, stands_alone=False))
    data = ["fitted_rates.csv", "fitted_draws.npz", "fitted_outside.csv"]
    assert made == [tmp_path / "fitted.yaml", *(tmp_path / "data" / name for name in data)]
    assert {path.name for path in tmp_path.rglob("*.*")} == {"fitted.yaml", *data}
    assert len(pd.read_csv(made[-1])) == len(done.found.outside)
    assert "fitted: data" in made[0].read_text()


def test_a_panel_that_lacks_a_series_or_an_authority_is_refused():
    inputs, _, _ = sample()
    check_records(inputs, AREAS[:2])
    with pytest.raises(PanelError, match="Atlantis: no row in the year ending March 2025"):
        check_records(inputs, ("Borough A", "Atlantis"))
    values = np.where(np.arange(len(NAMES)) == NAMES.index("s47"), np.nan, [inputs.records.of(area)[0] for area in AREAS])
    with pytest.raises(PanelError, match="no usable figures of s47 up to 2025"):
        check_records(replace(inputs, records=replace(inputs.records, values=values)), None)

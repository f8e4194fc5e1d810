"""Scenarios that stand on fitted figures: laid over profiles, part of the past, with draws; and what is wrong with a folder."""

from dataclasses import replace

import numpy as np
import pytest
from fitted_folder import AREA, OTHER, PATHS, draws, figures, make, record
from scenario_files import at, expect, faults_of

from scenarios.areas import ENGLAND, UnknownNameError, england, find_area
from scenarios.draws import FittedDraws
from scenarios.fitted import AREAS, PROFILES, RATES, read_draws, write_draws, write_profiles
from scenarios.loading import load
from scenarios.register import register
from sim.model import compile_model
from sim.plan import ExperimentError, plan
from sim.selection import select

pytestmark = pytest.mark.unit

TEXT = "name: Fitted\nextends: baseline\nfitted: found\n"


@pytest.fixture
def scenario(tmp_path, write):
    """A fitted scenario of one authority, and its file."""
    make(tmp_path / "found")
    path = write(TEXT, "fitted.yaml")
    return load(path), path


def test_figures_lie_over_the_profile_and_no_other_changes(scenario):
    found, _ = scenario
    profile, shipped = found.area(AREA), find_area(AREA)
    assert profile.value("ratio_s47", 2023) == pytest.approx(1.03)
    assert profile.series("ratio_s47") == {year: pytest.approx(1 + (year - 2020) / 100) for year in (2020, 2023, 2025, 2026, 2030)}
    assert profile.value("ratio_cin_end") == 1.5
    assert {name for name in profile.records if profile.records[name] != shipped.records.get(name)} == {"ratio_s47", "ratio_cin_end"}
    assert found.draws.at(AREA, 1, 2027)["s47"] == 0.75


def test_own_figures_lie_over_fitted_ones(scenario, write):
    areas = "areas:\n  Bolton: {ratio_s47: {value: 2, unit: ratio, source: mine, status: assumed}}\n"
    assert load(write("name: Mine\nextends: fitted.yaml\n" + areas)).area(AREA).value("ratio_s47", 2023) == 2.0


def test_an_authority_that_was_not_fitted_cannot_be_run(scenario):
    with pytest.raises(UnknownNameError, match=r"no authority fitted in .*found called 'Bury'"):
        scenario[0].area(OTHER)


def test_figures_are_another_past_and_draws_are_not(scenario, tmp_path, write):
    found, path = scenario
    assert found.history_hash != load("baseline").history_hash
    make(tmp_path / "same_past", drawn=FittedDraws(2026, {AREA: {"s47": np.ones((2, 2))}}))
    make(tmp_path / "other_past", [replace(each, value=2.0 * each.value) for each in figures()])
    same, other = (load(write(TEXT.replace("found", name), f"{name}.yaml")) for name in ("same_past", "other_past"))
    assert (same.history_hash, same.hash == found.hash) == (found.history_hash, False)
    assert other.history_hash != found.history_hash
    assert load(path).hash == found.hash


def test_a_folder_that_changed_is_read_again(scenario, tmp_path):
    found, path = scenario
    assert load(path).fitted is found.fitted
    rates = tmp_path / "found" / RATES
    rates.write_text(rates.read_text().replace("1.03", "1.13000"))
    assert load(path).area(AREA).value("ratio_s47", 2023) == 1.13


def test_reforms_go_on_top_with_the_same_draws_and_past(scenario, write):
    found, _ = scenario
    reform = load(write("name: Both\nextends: [fitted.yaml, early-help]\n", "both.yaml"))
    assert [lever.name for lever in reform.levers if lever.name not in reform.committed] == ["family_help"]
    assert (reform.history_hash, reform.draws.digest) == (found.history_hash, found.draws.digest)
    assert plan([found, reform], select(AREA)).scenarios[1].area(AREA).value("ratio_s47", 2023) == pytest.approx(1.03)
    with pytest.raises(ExperimentError, match="different fitted draws"):
        plan([found, load("early-help")], select(AREA))


def test_the_compiled_model_has_the_fitted_ratio_times_the_draw(scenario):
    compiled = compile_model(scenario[0], (AREA,))
    k = compiled.transition_names.index("assessment.enquiry")
    base = np.array(compiled.pathway.stages["assessment"].transitions["enquiry"].rates_per_year.per_year) / 365.25
    for replicate, month, ratio in ((0, "2024-04", 1.05), (0, "2025-05", 1.06 * PATHS["s47"][0][0]), (1, "2030-01", 1.10 * PATHS["s47"][1][1])):
        model = compiled.for_draw(1, replicate)
        span = model.transitions[k]
        rates = model.rates[model.month_version[compiled.month(month)], 0, span["band"] : span["band"] + len(base)]
        assert rates == pytest.approx(base * ratio, rel=1e-3)  # draws are kept in half precision


def test_the_register_says_what_was_fitted(scenario):
    found, path = scenario
    (row,) = [row for row in register(found) if row.path == "fitted"]
    assert row.value == "1 authorities, 2 draws of 2026 to 2027"
    assert (row.file, row.line) == (str(path), 3)
    assert "up to March 2025" in row.source


def test_a_folder_with_profiles_stands_on_its_own(tmp_path, write):
    """An authority nobody ships, and one whose published figures are another panel's."""
    folder = make(tmp_path / "found", figures("Newtown") + figures(),
                  FittedDraws(2026, {area: {"s47": np.ones((2, 2))} for area in ("Newtown", AREA)}))  # fmt: skip
    children = replace(england().records["population_0_17"][-1], area="Newtown", value=54_321.0)
    newcomer = replace(find_area(OTHER), name="Newtown", code=20_000, records=find_area(OTHER).records | {"population_0_17": (children,)})
    known = replace(find_area(AREA), records=find_area(AREA).records | {"population_0_17": (replace(children, area=AREA),)})
    write_profiles(folder, {ENGLAND: england(), "Newtown": newcomer, AREA: known})
    found = load(write(TEXT, "fitted.yaml"))
    assert set(found.synthetic) == {"Newtown"}
    assert found.area("Newtown").code == 20_000
    for area in ("Newtown", AREA):
        assert found.area(area).value("population_0_17") == 54_321.0
        assert found.area(area).value("ratio_s47", 2023) == pytest.approx(1.03)
    assert select("newtown", synthetic=tuple(found.synthetic.values())).areas == ("Newtown",)
    assert found.area("Newtown").value("social_worker_cost") == pytest.approx(newcomer.value("social_worker_cost"), rel=1e-6)


def test_published_years_must_be_those_of_the_fit(scenario, tmp_path, write):
    with pytest.raises(ValueError, match="figures were fitted up to 2025"):
        scenario[0].with_published(2015, 2020)
    make(tmp_path / "later", drawn=draws(first_year=2027))
    path = write(TEXT.replace("found", "later"))
    expect(path, at(path, "later"), "fitted", "fitted to figures up to 2026, while published years end in 2025")


def test_what_is_no_folder_of_fitted_figures_is_refused(tmp_path, write):
    for value in ("nowhere", "3", "[a]", "''"):
        path = write(TEXT.replace("found", value))
        expect(path, at(path, value), "fitted", "expected a folder")
    (tmp_path / "found").mkdir()
    path = write(TEXT)
    messages = [str(fault) for fault in faults_of(path)]
    assert any("has no fitted_rates.csv" in message for message in messages)
    assert any(message.startswith(f"{path}:3:") for message in messages)


@pytest.mark.parametrize(("old", "new", "message"), [
    ("1.03", "often", "is 'often' in the year '2023', expected numbers"),
    ("1.03", "-1", "is -1.0, expected 0 or more"),
    ("2023", "1066", "1066 is not a year"),
    ("derived", "guessed", "status is 'guessed'"),
    ("area,quantity", "place,quantity", "expected area, quantity"),
])  # fmt: skip
def test_faults_of_a_file_have_their_lines(tmp_path, write, old, new, message):
    rates = make(tmp_path / "found") / RATES
    rates.write_text(rates.read_text().replace(old, new, 1))
    line = 1 if old.startswith("area") else next(n for n, text in enumerate(rates.read_text().splitlines(), 1) if new in text)
    found = [fault for fault in faults_of(write(TEXT)) if fault.file.endswith(RATES)]
    assert [(fault.line, message in fault.message) for fault in found] == [(line, True)]


def test_unknown_authorities_quantities_and_draws_are_refused(tmp_path, write):
    make(tmp_path / "a", [record("Atlantis", "ratio_s47", 2025, 1.0)], draws("Atlantis"))
    assert "'Atlantis', of which there is no profile" in str(faults_of(write(TEXT.replace("found", "a")))[0])
    make(tmp_path / "b", [record(AREA, "ratio_s48", 2025, 1.0)])
    path = write(TEXT.replace("found", "b"))
    expect(path, at(path, "b\n", 1), "fitted", "unknown quantity 'ratio_s48'", "'ratio_s47'")
    make(tmp_path / "c", drawn=FittedDraws(2026, {AREA: {"s48": np.ones((1, 1))}}))
    assert "unknown quantity 's48'" in str(faults_of(write(TEXT.replace("found", "c")))[0])
    (make(tmp_path / "d") / "fitted_draws.npz").write_text("nothing")
    assert any("it is not a file of draws" in str(fault) for fault in faults_of(write(TEXT.replace("found", "d"))))
    folder = make(tmp_path / "e")
    (folder / PROFILES).write_text((folder / RATES).read_text())
    assert any(f"has {PROFILES} and no {AREAS}" in str(fault) for fault in faults_of(write(TEXT.replace("found", "e"))))


def test_draws_come_back_within_half_precision(tmp_path):
    paths = {area: {name: np.exp(np.linspace(-2.0, 2.0, 30).reshape(3, 10) * (k + 1)) for k, name in enumerate(("plan", "s47"))} for area in "ab"}
    write_draws(tmp_path / "draws.npz", FittedDraws(2030, paths))
    found = read_draws(tmp_path / "draws.npz")
    assert (found.first_year, len(found), list(found.years)) == (2030, 3, list(range(2030, 2040)))
    for area in "ab":
        for name, array in paths[area].items():
            assert found.areas[area][name] == pytest.approx(array, rel=2.0**-11)
    write_draws(tmp_path / "more.npz", FittedDraws(2030, paths))
    assert (tmp_path / "draws.npz").read_bytes() == (tmp_path / "more.npz").read_bytes()
    with pytest.raises(ValueError, match="expected multipliers between"):
        write_draws(tmp_path / "bad.npz", FittedDraws(2030, {"a": {"plan": np.full((1, 1), 1e4)}}))
    with pytest.raises(ValueError, match="different quantities"):
        write_draws(tmp_path / "bad.npz", FittedDraws(2030, {"a": {"plan": np.ones((1, 1))}, "b": {"s47": np.ones((1, 1))}}))

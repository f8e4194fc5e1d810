"""Growth of prices: drawn by address at one quantile, the same in every scenario; the past as it was; fixed by name; written and read again."""

from dataclasses import replace

import numpy as np
import pytest
from experiment_sample import compiled_and_tally
from scenario_files import HEAD, at, expect

import carecurve as cc
from scenarios.distributions import parse_distribution
from scenarios.loading import load
from scenarios.names import name_hash
from scenarios.register import register
from scenarios.schema import PRICES_DRAW, Settings
from scenarios.timeline import month_index
from sim.counting import annual
from sim.experiment import run_experiment
from sim.kernels.rng import uniform
from sim.model import compile_model, digest_of
from sim.placement_costs import PlacementCosts
from sim.plan import ExperimentError, plan
from sim.price_growth import price_index
from sim.selection import select

HOMES, FOSTER = "childrens_home", "agency_foster"


def model(name="baseline", **options):
    return compile_model(load(name), ("Rutland",), "2030-03", "2025-04", **options)


@pytest.mark.unit
def test_shipped_growth_keeps_the_means_stated():
    means = {name: growth.mean for name, growth in load("baseline").settings.prices.real_growth_per_year.items()}
    assert {name for name, mean in means.items() if mean == pytest.approx(0.04)} == {
        HOMES, "authority_childrens_home", "secure_home", "unregistered", "awaiting_secure_home"
    }  # fmt: skip
    assert sorted(means.values()) == pytest.approx([0.01] * 4 + [0.02] * 3 + [0.04] * 5)


@pytest.mark.unit
def test_all_placements_are_drawn_at_one_quantile_the_same_in_every_scenario():
    scenario = load("baseline")
    for replicate in range(5):
        u = uniform(1, replicate, 0, 0, name_hash(f"parameter.{PRICES_DRAW}"), 0)
        drawn = model().price_growth(1, replicate)
        assert drawn == {name: growth.quantile(u) for name, growth in scenario.settings.prices.real_growth_per_year.items()}
        assert model("kinship").price_growth(1, replicate) == drawn
        assert model(central=True).price_growth(1, replicate)[HOMES] == pytest.approx(0.04)
    ranks = [np.argsort(np.argsort([model().price_growth(1, r)[name] for r in range(5)])).tolist() for name in (HOMES, FOSTER)]
    assert ranks[0] == ranks[1]
    assert len(set(ranks[0])) == 5


@pytest.mark.unit
def test_apart_each_placement_has_its_own_draw(write):
    path = write(HEAD + "set:\n  settings.prices.rise_together: false\n")
    apart = compile_model(load(path), ("Rutland",), "2030-03", "2025-04")
    for name, growth in load(path).settings.prices.real_growth_per_year.items():
        u = uniform(1, 3, 0, 0, name_hash(f"parameter.{PRICES_DRAW}.{name}"), 0)
        assert apart.price_growth(1, 3)[name] == growth.quantile(u)


@pytest.mark.unit
def test_the_past_has_the_means_and_draws_begin_at_the_branch():
    """A home's price in the month n months after the branch is that of the branch times (1 + g)^(n / 12), g drawn."""
    past = compile_model(load("baseline"), ("Rutland",), branch="2025-04", history=True)
    assert digest_of(past.for_draw(1, 0)) == digest_of(past.for_draw(1, 7))
    compiled, stage = model(), model().stage_names.index(HOMES)
    branch = compiled.month("2025-04")
    found = [compiled.for_draw(1, replicate).care_price[stage] for replicate in (0, 1)]
    assert np.array_equal(found[0][:branch], found[1][:branch])
    assert np.array_equal(found[0][:branch], past.for_draw(1, 0).care_price[stage][:branch])
    assert found[0][branch] == pytest.approx(1.04 ** (6.5 / 12))  # from the middle of 2024-25
    assert found[0][branch] == pytest.approx(found[1][branch])
    for replicate, prices in enumerate(found):
        growth = compiled.price_growth(1, replicate)[HOMES]
        assert prices[branch + 36] / prices[branch] == pytest.approx((1 + growth) ** 3)
    assert found[0][-1] != found[1][-1]


@pytest.mark.unit
def test_costs_and_measures_of_cost_are_at_the_draw():
    compiled, tally, _ = compiled_and_tally()
    i = compiled.placement_names.index(HOMES)
    tally.let_days[:, :, i] = 10_000.0 * 7.0
    dear = {HOMES: 0.10}
    plain, drawn = (PlacementCosts(tally, compiled, growth).pounds()[0, :, i] for growth in (None, dear))
    assert drawn[:12] == pytest.approx(plain[:12])  # before the branch
    assert drawn[24] / plain[24] == pytest.approx(1.10 / 1.04)
    index = np.array([month_index("2025-04") + 24])
    names = tuple(compiled.placement_names)
    assert price_index(compiled, index, names, dear)[0, names.index(FOSTER)] == pytest.approx(1.01 ** (6.5 / 12))  # not named: stays
    assert annual(tally, compiled, dear).sum() != annual(tally, compiled).sum()


@pytest.mark.unit
def test_a_number_or_another_distribution_takes_its_place(write):
    text = HEAD + """settings:
  prices:
    real_growth_per_year:
      childrens_home: {uniform: [0.02, 0.06], source: mine, status: assumed}
      agency_foster: {value: 0.02, source: mine, status: assumed}
set:
  settings.prices.real_growth_per_year.unregistered: 0.073
"""
    growth = load(write(text)).settings.prices.real_growth_per_year
    assert str(growth[HOMES]) == "uniform(0.02, 0.06)"
    assert (growth[FOSTER].is_fixed, growth[FOSTER].mean, growth["unregistered"].mean) == (True, 0.02, 0.073)
    assert sorted(load(write(text)).uncertain_prices) == sorted(each.name for each in growth.values() if not each.is_fixed)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("entry", "where", "parts"),
    [
        ("{triangular: [0.0, 0.04], source: x, status: assumed}", "triangular", ("expected [low, mode, high]",)),
        ("{uniform: [0.0, 0.7], source: x, status: assumed}", "", ("can be 0 to 0.7 a year", "expected a share such as 0.04")),
        ("{uniform: [0.0, 0.07], status: assumed}", "", ("the key 'source' is missing",)),
        ("4 %", "", ("expected a number",)),
    ],
)
def test_what_is_no_growth_is_refused_where_it_stands(write, entry, where, parts):
    path = write(HEAD + f"settings:\n  prices:\n    real_growth_per_year:\n      childrens_home: {entry}\n")
    place = at(path, {"": entry, "triangular": "[0.0, 0.04]"}[where])
    expect(path, place, ".".join(filter(None, ["settings.prices.real_growth_per_year.childrens_home", where])), *parts)


@pytest.mark.unit
def test_the_register_holds_distributions_with_their_units_and_the_switch():
    rows = {row.path: row for row in register(load("baseline"))}
    row = rows["settings.prices.real_growth_per_year.childrens_home.triangular"]
    assert (row.value, row.unit, row.status) == ("0, 0.047, 0.073", "share per year", "assumed")
    assert rows["settings.prices.rise_together"].value == "on"


@pytest.mark.unit
@pytest.mark.parametrize(
    "data",
    [
        {"value": 0.02, "range": [0.0, 0.03]}, {"triangular": [0.0, 0.01, 0.05], "unit": "share"}, {"uniform": [-0.01, 0.04]},
        {"normal": {"mean": 0.02, "interval_90": [0.0, 0.04]}}, {"lognormal": {"median": 0.02, "interval_95": [0.01, 0.04]}},
    ],
)  # fmt: skip
def test_a_distribution_written_and_read_again_is_the_same(data):
    made = parse_distribution(data | {"source": "x", "status": "assumed"})
    again = parse_distribution(made.as_data())
    assert again.numbers == pytest.approx(made.numbers)
    assert replace(again, numbers=made.numbers) == made


@pytest.mark.unit
def test_settings_written_and_read_again_are_the_same():
    settings = load("baseline").settings
    again = Settings.model_validate(settings.model_dump(mode="json", by_alias=True))
    assert again.prices.real_growth_per_year == settings.prices.real_growth_per_year


# ---------------------------------------------------------------- fixed numbers


@pytest.mark.unit
def test_a_fixed_number_is_the_same_in_every_replicate_and_others_are_drawn():
    compiled = model("early-help")
    name = "family_help.effects.care_entry.hazard_ratio"
    fixed = compiled.with_fixed({name: 0.7, f"{PRICES_DRAW}.{HOMES}": 0.06})
    for replicate in (0, 1):
        own, plain = fixed.draws(1, replicate), compiled.draws(1, replicate)
        assert own["family_help.care_entry", "hazard_ratio"] == 0.7
        assert {key: value for key, value in own.items() if key != ("family_help.care_entry", "hazard_ratio")} == {
            key: value for key, value in plain.items() if key != ("family_help.care_entry", "hazard_ratio")
        }
        assert fixed.price_growth(1, replicate) == compiled.price_growth(1, replicate) | {HOMES: 0.06}


@pytest.mark.unit
def test_a_scaled_number_is_fixed_in_the_levers_own_terms():
    """Kinship's take-up acts as a multiple of the share in the file: fixed at a value, every use of it is at that value."""
    compiled = model("kinship")
    drawn = compiled.draws(1, 2)
    values = {name: item.quantile(uniform(1, 2, 0, 0, name_hash(f"parameter.{name}"), 0)) for name, item in compiled.scenario.uncertain.items()}
    assert any(item.factor != 1.0 for action in compiled.actions for item in action.distributions().values())
    assert compiled.with_fixed(values).draws(1, 9) == drawn


@pytest.mark.unit
def test_a_name_that_is_not_uncertain_is_refused():
    with pytest.raises(ExperimentError, match=r"did you mean 'family_help\.fidelity'"):
        plan([load("baseline"), load("early-help")], select("Rutland", None, False), fixed={"family_help.fidelty": 0.7})


@pytest.mark.e2e
def test_fixing_numbers_at_what_a_run_drew_gives_the_same_run_to_the_bit():
    scenarios, where = [load("baseline"), load("early-help")], select("Rutland", None, False)
    compiled = model("early-help")
    values = {name: item.quantile(uniform(1, 1, 0, 0, name_hash(f"parameter.{name}"), 0)) for name, item in scenarios[1].uncertain.items()}
    values |= {f"{PRICES_DRAW}.{name}": value for name, value in compiled.price_growth(1, 1).items()}
    plain = run_experiment(plan(scenarios, where, until="2028-03", runs=2))
    fixed = run_experiment(plan(scenarios, where, until="2028-03", runs=2, fixed=values))
    for own, other in zip(plain.scenarios, fixed.scenarios, strict=True):
        for name in ("annual", "costs"):
            assert getattr(own, name).sel(replicate=1).equals(getattr(other, name).sel(replicate=1))
        assert not own.costs.sel(replicate=0).equals(other.costs.sel(replicate=0))
    assert fixed["early-help"].metadata["fixed"] == values


@pytest.mark.e2e
def test_a_comparison_carries_prices_and_pairs_them():
    """The year before the branch costs the same in a run with drawn prices and with central ones; later ones do not, and runs stay paired."""
    drawn, central = (cc.compare("baseline", "kinship", area="Rutland", until="2029-03", runs=3, effects=effects) for effects in ("drawn", "central"))
    lines = ["childrens_home", "agency_foster"]
    before, after = ([each.baseline.costs.sel(line=lines, year_ending=year).to_numpy() for each in (drawn, central)] for year in (2025, 2029))
    assert np.array_equal(*before)
    assert not np.allclose(*after)
    difference = drawn.cost_difference("kinship").sel(year_ending=2025)
    assert (np.abs(difference) < 1e-6).all()

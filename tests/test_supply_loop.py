"""Supply of places inside the engines: both agree on it, the switch turns it off, a branch carries it on, levers reach it, children use it."""

import dataclasses

import numpy as np
import pytest
from changed_model import other_reference
from test_engines_agree import REGION, assert_same, both, compiled, later, present

from scenarios.actions_of_places import AddSupply, ScaleSupply
from scenarios.distributions import Distribution
from scenarios.timeline import MonthSeries
from sim import engine
from sim.compile_supply import owned_places
from sim.counting import Counts, annual
from sim.kernels import layout as L
from sim.kernels.supply import CLOSED, HELD, OPENED, SHIFTED
from sim.measures import MEASURES
from sim.model import CompiledModel

pytestmark = pytest.mark.e2e
AREA, FIRST, MONTHS, SEED = ("Bury",), "2025-04", 36, 1
KINDS = ("in_house_foster", "agency_foster", "authority_childrens_home", "childrens_home")


def with_supply(model: CompiledModel, actions=(), **rules: object) -> CompiledModel:
    """The model of a scenario with other rules of supply, and actions of its own."""
    settings = model.scenario.settings
    changed = settings.model_copy(update={"supply": settings.supply.model_copy(update=rules)})
    return dataclasses.replace(model, scenario=dataclasses.replace(model.scenario, settings=changed, actions=tuple(actions)), _drawn={})


def run(model, months=MONTHS, log=False, seed=SEED) -> L.Tally:
    return engine.simulate(model, present(model.areas, FIRST, seed), FIRST, later(FIRST, months - 1), seed, 0, log)[0]


def rows_of(model, kind: str) -> list[int]:
    return [c for c, row in enumerate(owned_places(model.pathway)) if row.kind == kind]


LEVERS = (
    AddSupply("test.homes", "authority_childrens_home", "authority", MonthSeries.of(5.0, "2025-06"), 6),
    ScaleSupply("test.kept", "in_house_foster", None, "exits", Distribution.fixed(0.5), MonthSeries.of(1.0, "2025-08")),
    ScaleSupply("test.moves", "agency_foster", None, "moves", Distribution.fixed(5.0), MonthSeries.of(1.0, "2025-08")),
    ScaleSupply("test.private", "childrens_home", "private", "entrants", Distribution.fixed(2.0), MonthSeries.of(1.0, "2025-08")),
)


@pytest.mark.parametrize("areas", [AREA, REGION], ids="+".join)
def test_engines_agree_while_supply_moves_and_levers_move_it(areas):
    """A region pools its market from the start, so that one authority's use opens another's places."""
    name = "regional-care-cooperative" if len(areas) > 1 else "baseline"
    pooling = [action for action in compiled(areas, name, FIRST).actions if type(action).__name__ == "Pool"]
    pooling = [dataclasses.replace(action, start=FIRST) for action in pooling]
    model = with_supply(compiled(areas, "baseline", FIRST), [*LEVERS, *pooling])
    fast, slow = both(model, present(areas, FIRST, SEED), FIRST, later(FIRST, MONTHS - 1), SEED)
    assert_same(fast, slow)
    assert slow.supply.tobytes() == fast.supply.tobytes()
    assert bool(fast.far.any()) == (len(areas) > 1)
    own = rows_of(model, "authority_childrens_home")
    assert (fast.supply[:, -1, own, HELD] > fast.supply[:, 0, own, HELD] + 3.0).all()


def test_use_above_the_reference_opens_bought_places_and_below_closes_them():
    model, last = compiled(AREA, "baseline", FIRST), MONTHS - 1
    base, tight, slack = (run(other_reference(model, times)) for times in (1.0, 0.5, 2.0))
    for kind in ("agency_foster", "childrens_home"):
        private = rows_of(model, kind)[0]
        assert tight.supply[0, last, private, HELD] > base.supply[0, last, private, HELD] > slack.supply[0, last, private, HELD], kind
    for kind in ("in_house_foster", "authority_childrens_home"):
        assert tight.supply[0, last, rows_of(model, kind), HELD] == pytest.approx(slack.supply[0, last, rows_of(model, kind), HELD])


def test_switched_off_supply_is_as_published_to_the_last_bit_and_levers_still_act():
    model = compiled(AREA, "baseline", FIRST)
    off = with_supply(model, follows_use=False)
    arrays, first = off.for_draw(SEED, 0), off.month(FIRST)
    without = run(off)
    assert without.supply[..., HELD].tobytes() == arrays.supply_planned[:, :, first : first + MONTHS].transpose(0, 2, 1).tobytes()
    assert (run(other_reference(model, 0.5)).supply != without.supply).any()
    assert (run(with_supply(model, LEVERS, follows_use=False)).supply[0, -1, :, HELD] != without.supply[0, -1, :, HELD]).any()


def test_a_run_cut_while_places_are_begun_goes_on_as_if_it_had_not_been():
    model, cut = other_reference(compiled(AREA, "baseline", FIRST), 0.7), 15
    whole = run(model)
    half, state = engine.simulate(model, present(AREA, FIRST, SEED), FIRST, later(FIRST, cut - 1), SEED, 0)
    rest, _ = engine.simulate(model, state, later(FIRST, cut), later(FIRST, MONTHS - 1), SEED, 0)
    assert np.concatenate([half.supply, rest.supply], axis=1).tobytes() == whole.supply.tobytes()
    assert whole.supply[0, cut, :, HELD].tobytes() != whole.supply[0, -1, :, HELD].tobytes()


def test_what_opens_and_closes_is_what_changes():
    model = with_supply(compiled(AREA, "baseline", FIRST), LEVERS)
    tally = run(model)
    change = np.diff(tally.supply[0, :, :, HELD], axis=0)
    assert change == pytest.approx((tally.supply[0, 1:, :, OPENED] - tally.supply[0, 1:, :, CLOSED] + tally.supply[0, 1:, :, SHIFTED]), abs=1e-9)


def test_new_homes_of_the_authority_are_lived_in():
    """Ten more own places: children move into them from bought ones; places by state add up."""
    model = compiled(AREA, "baseline", FIRST)
    more = with_supply(model, [AddSupply("test.homes", "authority_childrens_home", "authority", MonthSeries.of(12.0, FIRST), 6)])
    tallies = {"base": run(model), "more": run(more)}
    values = {key: annual(tally, model)[0, :, -1] for key, tally in tallies.items()}
    names = list(MEASURES)
    own, bought = (model.placement_names.index(kind) for kind in KINDS[2:])

    def share_bought(tally):
        made = tally.planned_actual.sum(axis=(0, 1))[own]
        return made[bought] / (made[own] + made[bought])

    def value(key, measure):
        return values[key][names.index(measure)]

    def filled(item, kind):
        """Mean of places filled from the second year on, over seeds: a small authority's last day is chance."""
        place = model.place_names.index(kind)
        return np.mean([run(item, seed=seed).places_end[0, 12:, place, 1].mean() for seed in (1, 2, 3, 4)])

    assert filled(more, "authority_childrens_home") > filled(model, "authority_childrens_home") + 2.0
    assert filled(more, "childrens_home") < filled(model, "childrens_home")
    assert share_bought(tallies["more"]) < share_bought(tallies["base"])
    for key in values:
        for kind in KINDS:
            said = "approved" if kind.endswith("foster") else "registered"
            states = [value(key, f"{kind}_places_{state}") for state in ("not_available", "filled", "vacant")]
            assert value(key, f"{kind}_places_{said}") == pytest.approx(sum(states))
            assert min(states) >= 0.0
        assert value(key, "in_house_foster_places_not_available") == pytest.approx(0.24 * value(key, "in_house_foster_places_approved"), abs=1.0)


def test_a_child_in_a_bought_place_of_the_type_lives_as_planned():
    model = compiled(AREA, "baseline", FIRST)
    tally = run(model)
    counts, names = Counts(tally, model), model.placement_names
    foster, agency, home, bought = (names.index(kind) for kind in KINDS)
    made = tally.planned_actual.sum(axis=(0, 1))
    assert made[foster, agency] > 0
    assert made[home, bought] > 0
    assert counts.placements_bought.sum() == made[foster, agency] + made[home, bought]
    assert counts.placements_not_as_planned.sum() == made.sum() - np.trace(made) - counts.placements_bought.sum()
    assert made[foster, home] + made[foster, bought] <= counts.placements_not_as_planned.sum()

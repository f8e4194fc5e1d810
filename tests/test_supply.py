"""Supply of places by its rule alone: balance at the reference, both directions, lags, owners, moves that are zero-sum, and what levers do."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scenario_files import HEAD, faults_of
from test_pathway_file import own_pathway

from scenarios.actions_of_places import AddSupply, ScaleSupply
from scenarios.distributions import Distribution
from scenarios.loading import load
from scenarios.timeline import MonthSeries
from sim.compile_supply import owned_places
from sim.kernels.handles import pack
from sim.kernels.layout import MODEL_FIELDS
from sim.kernels.supply import CLOSED, HELD, MONTHS_KEPT, OPENED, SHIFT, places_open, supply_month
from sim.model import compile_model

pytestmark = pytest.mark.unit
AREA, FIRST, MONTHS = "Leeds", "2025-04", 120
OWN, PRIVATE, VOLUNTARY, OWN_HOME, PRIVATE_HOME, VOLUNTARY_HOME = range(6)


@pytest.fixture(scope="module")
def baseline():
    return load("baseline")


def lived(scenario, actions=(), use=0.0, change=None, months=MONTHS, shifts=False):
    """Live months of an authority's supply with use this much above its reference: what is held, opened and closed (months, owners).

    Shares of markets stay unless they may shift: what opens and closes is told apart from them.
    """
    compiled = compile_model(replace(scenario, actions=tuple(actions)), (AREA,))
    model = compiled.for_draw(1, 0)
    if not shifts:
        model = model._replace(supply_rules=model.supply_rules * (np.arange(7) != SHIFT))
    if change:
        change(model)
    handle, first = pack(model, MODEL_FIELDS), compiled.month(FIRST)
    held, begun = model.supply_planned[0, :, first - 1].copy(), np.ones((len(model.owner_kind), MONTHS_KEPT))
    counted = np.zeros((months, len(held), 4))
    for month in range(months):
        supply_month(handle.address, held, begun, counted[month], np.maximum(model.reference_use[0] + use, 0.0), 0, first + month)
    return SimpleNamespace(held=counted[..., HELD], opened=counted[..., OPENED], closed=counted[..., CLOSED], model=model, compiled=compiled)


def scaled(what, ratio, place="in_house_foster", owner=None):
    return ScaleSupply(f"test.{what}", place, owner, what, Distribution.fixed(ratio), MonthSeries.of(1.0, FIRST))


def test_owners_are_those_of_the_pathway_and_hold_what_is_published(baseline):
    run = lived(baseline, months=1)
    rows = owned_places(baseline.pathway)
    assert [(row.kind, row.sector) for row in rows] == [
        ("in_house_foster", "authority"), ("agency_foster", "private"), ("agency_foster", "voluntary"),
        ("authority_childrens_home", "authority"), ("childrens_home", "private"), ("childrens_home", "voluntary"),
    ]  # fmt: skip
    profile, month = baseline.area(AREA), run.compiled.month("2025-03")
    for kind in ("in_house_foster", "agency_foster", "authority_childrens_home", "childrens_home"):
        mine = [c for c, row in enumerate(rows) if row.kind == kind]
        assert run.model.supply_planned[0, mine, month].sum() == pytest.approx(profile.value(f"{kind}_places", 2025))


def test_at_the_reference_use_as_many_open_as_leave_and_supply_stays_to_the_last_bit(baseline):
    run = lived(baseline)
    assert (run.held == run.held[0]).all()
    assert (run.opened == run.closed).all()
    assert run.closed[:12, PRIVATE].sum() == pytest.approx((0.126 + 0.014) * run.held[0, PRIVATE], rel=0.2)
    assert places_open(195.0 - 1e-12) == 195


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_use_beyond_the_reference_moves_private_supply_most_and_an_authoritys_own_not_at_all(baseline, sign):
    run = lived(baseline, use=0.05 * sign)
    grown = sign * (run.held[-1] / run.held[0] - 1.0)
    assert grown[PRIVATE_HOME] > 0.05
    assert grown[PRIVATE] > grown[VOLUNTARY] > 0.0
    assert [grown[c] for c in (OWN, OWN_HOME, VOLUNTARY_HOME)] == pytest.approx([0.0] * 3, abs=1e-3)
    for c, lag in ((PRIVATE, 6), (PRIVATE_HOME, 12)):  # none opens, or fails to, before it can
        assert (run.held[:lag, c] == run.held[0, c]).all()
        assert sign * (run.held[lag + 1, c] - run.held[0, c]) > 0.0


def test_a_share_of_a_market_shifts_at_once_to_who_uses_more_of_it_and_away_from_who_uses_less(baseline):
    """Hand-worked: at a use a tenth above the reference a share grows by 0.87 / 12 x 0.1 of itself in the first month; own places have no share."""
    held = lived(baseline).held[0]
    for sign in (1.0, -1.0):
        def tenth(model, sign=sign):
            model.reference_use[:] = 0.8

        run = lived(baseline, use=0.08 * sign, change=tenth, shifts=True)
        grown = run.held[0] / held - 1.0
        assert grown == pytest.approx([0.0 if c in (OWN, OWN_HOME) else sign * 0.87 / 12 * 0.1 for c in range(6)], abs=1e-12)
        assert sign * (run.held[-1, VOLUNTARY_HOME] / held[VOLUNTARY_HOME] - 1.0) > 0.3
    assert (lived(baseline, shifts=True).held == held).all()
    assert (lived(load_with(baseline, follows_use=False), use=0.1, shifts=True).held == held).all()


def test_entrants_keep_within_bounds(baseline):
    often, never, balanced = (lived(baseline, use=use) for use in (5.0, -5.0, 0.0))
    assert often.opened[-1, PRIVATE_HOME] == pytest.approx(4.1 * balanced.opened[-1, PRIVATE_HOME])
    assert never.opened[-1, PRIVATE_HOME] == pytest.approx(0.25 * balanced.opened[-1, PRIVATE_HOME])
    assert never.held[-1, PRIVATE_HOME] > 0.6 * balanced.held[-1, PRIVATE_HOME]  # homes leave no faster than they do


def test_the_switch_leaves_supply_as_published_whatever_the_use(baseline):
    off = load_with(baseline, follows_use=False)
    assert (lived(off, use=0.3).held == lived(baseline).held).all()
    assert (lived(baseline, use=0.3).held != lived(baseline).held).any()


def load_with(scenario, follows_use):
    supply = scenario.settings.supply.model_copy(update={"follows_use": follows_use})
    return replace(scenario, settings=scenario.settings.model_copy(update={"supply": supply}))


# ---------------------------------------------------------------- moves between sides


@pytest.mark.parametrize("ratio", [0.0, 3.0])
def test_moves_from_agencies_to_the_authority_are_zero_sum(baseline, ratio):
    """More (or fewer) change sides; the total of both stays what it was, to rounding."""
    run = lived(baseline, [scaled("moves", ratio, "agency_foster")])
    foster = [OWN, PRIVATE, VOLUNTARY]
    total = run.held[:, foster].sum(axis=1)
    assert total == pytest.approx(np.full(MONTHS, lived(baseline).held[0, foster].sum()), rel=1e-12)
    assert (run.held[-1, OWN] - run.held[0, OWN]) * (ratio - 1.0) > 1.0
    assert run.opened[0, foster].sum() == pytest.approx(run.closed[0, foster].sum())


def test_moves_balance_without_a_lever_however_unlike_the_sides(baseline):
    def lopsided(model):
        model.supply_planned[:, PRIVATE] *= 0.05

    run = lived(baseline, change=lopsided)
    assert (run.held == run.held[0]).all()


# ---------------------------------------------------------------- what levers do


def test_more_approvals_act_after_their_lag_and_fewer_exits_at_once(baseline):
    more, kept = (lived(baseline, [scaled(what, ratio)]) for what, ratio in (("entrants", 1.2), ("exits", 0.8)))
    base = lived(baseline)
    assert (more.held[:6] == base.held[:6]).all()
    assert more.held[-1, OWN] > 1.1 * base.held[-1, OWN]
    assert kept.held[0, OWN] > base.held[0, OWN]
    assert kept.held[-1, OWN] > 1.1 * base.held[-1, OWN]
    for run in (more, kept):
        assert (run.held[:, OWN_HOME:] == base.held[:, OWN_HOME:]).all()
    assert lived(baseline, [scaled("entrants", 0.8)]).held[-1, OWN] < 0.9 * base.held[-1, OWN]
    assert lived(baseline, [scaled("exits", 1.2)]).held[-1, OWN] < 0.9 * base.held[-1, OWN]


def test_one_owner_can_be_named(baseline):
    run, base = lived(baseline, [scaled("exits", 2.0, "childrens_home", "private")]), lived(baseline)
    assert run.held[-1, PRIVATE_HOME] < 0.8 * base.held[-1, PRIVATE_HOME]
    assert (run.held[:, VOLUNTARY_HOME] == base.held[:, VOLUNTARY_HOME]).all()


def test_levers_act_with_the_response_switched_off(baseline):
    assert lived(load_with(baseline, follows_use=False), [scaled("entrants", 1.2)]).held[-1, OWN] > lived(baseline).held[-1, OWN]


def test_places_begun_open_after_their_time_and_stay(baseline):
    begun = AddSupply("test.homes", "authority_childrens_home", "authority", MonthSeries.of(10.0, "2026-01"), 18)
    run, base = lived(baseline, [begun]), lived(baseline)
    more = (run.held - base.held)[:, OWN_HOME]
    opens = run.compiled.month("2027-07") - run.compiled.month(FIRST)
    assert (more[:opens] == 0.0).all()
    assert more[opens:] == pytest.approx(np.full(MONTHS - opens, 8.0))  # four fifths of ten registered; those that leave are replaced
    assert (run.opened - base.opened)[opens, OWN_HOME] == pytest.approx(8.0 + 8.0 * 0.043 / 12)


# ---------------------------------------------------------------- a cooperative's own homes

def cooperative(write, begun):
    homes = "  levers.regional_care_cooperative.authority_homes."
    return write(
        f"name: With homes\nextends: regional-care-cooperative\nset:\n{homes}places_per_authority: 6\n{homes}from: {begun}\n"
        f"{homes}capital_gbp_per_place: 200000\n"
    )


def test_a_cooperative_opens_no_home_unless_told_to(write, baseline):
    (plain,) = [lever for lever in load("regional-care-cooperative").levers if lever.kind == "regional_care_cooperative"]
    assert plain.authority_homes.places_per_authority == 0.0
    assert not [action for action in plain.actions(baseline.pathway) if isinstance(action, AddSupply)]
    found = [action for action in load(cooperative(write, "2026-10")).actions if action.name.startswith("regional_care_cooperative.")]
    (added,) = [action for action in found if isinstance(action, AddSupply)]
    assert (added.place, added.owner, added.months_to_open, added.places.at("2026-09"), added.places.at("2026-10")) == (
        "authority_childrens_home", "authority", 18, 0.0, 6.0,
    )  # fmt: skip
    (capital,) = [action for action in found if action.name.endswith("homes_capital")]
    assert capital.basis == "gbp_once_per_authority"
    assert capital.amount.mean * capital.series.at("2026-10") == 1_200_000.0


def test_homes_before_the_cooperative_are_refused(write):
    (fault,) = faults_of(cooperative(write, "2025-10"))
    assert fault.path.startswith("levers.regional_care_cooperative")
    assert "are begun in 2025-10, before the start 2026-04" in fault.message


# ---------------------------------------------------------------- faults


AUTHORITY_OWNS = "authority:\n          share: *all_of_it\n          exits_per_year: {value: 0.043"


@pytest.mark.parametrize(
    ("old", "new", "dotted", "message"),
    [
        ("share: {value: 0.85", "share: {value: 0.80", "agency_foster.supply.owners", "shares: sum to 0.95, expected 1"),
        (
            "{soonest: 12, latest: 24", "{soonest: 12, latest: 6", "authority_childrens_home.supply.months_to_open.latest",
            "is 6, expected 12 (the soonest) to 36",
        ),
        ("{low: 0.25, high: 4.1", "{low: 1.25, high: 4.1", "childrens_home.supply.owners.private.entrants.low", "does not hold 1"),
        (
            "moves_per_year: {in_house_foster:", "moves_per_year: {in_house_fosters:",
            "agency_foster.supply.moves_per_year.in_house_fosters", "did you mean 'in_house_foster'?",
        ),
        (
            "moves_per_year: {agency_foster: &foster_moves",
            "share_follows_use_per_year: {value: 1, source: s, status: assumed}\n      moves_per_year: {agency_foster: &foster_moves",
            "in_house_foster.supply.share_follows_use_per_year", "no share of a market",
        ),
        (
            AUTHORITY_OWNS, AUTHORITY_OWNS.replace("authority", "private"), "authority_childrens_home.supply.owners",
            "its owners are private; expected authority alone",
        ),
    ],
)  # fmt: skip
def test_a_supply_that_cannot_be_is_refused_by_file_line_and_field(write, old, new, dotted, message):
    scenario, pathway = own_pathway(write, old, new)
    found = [fault for fault in faults_of(scenario) if fault.path == f"places.{dotted}"]
    assert found, [str(fault) for fault in faults_of(scenario)]
    assert message in found[0].message
    assert found[0].file == str(pathway)
    text = pathway.read_text()
    assert abs(found[0].line - 1 - text[: text.index(new)].count("\n")) <= 1


def test_one_kinds_number_can_be_set_though_the_file_states_it_once_for_several(write):
    changed = load(write(HEAD + "set:\n  places.agency_foster.supply.owners.private.exits_per_year: 0.13\n")).epochs(FIRST)[0][1].places
    rates = {kind: {sector: owner.exits_per_year.value for sector, owner in place.owners.items()} for kind, place in changed.items()}
    assert rates["agency_foster"] == {"private": 0.13, "voluntary": 0.126}
    assert rates["in_house_foster"] == {"authority": 0.126}

"""Where placements are: bands by hand, what moves them and what does not, numbers against their sources, both engines, whose beds are whose."""

import dataclasses

import numpy as np
import pytest
from changed_model import other_reference
from experiment_sample import compiled_and_tally
from scenario_files import HEAD, faults_of
from test_engines_agree import REGION, both, compiled, later, present

from calibration import distance as sources
from calibration.panel import read_panel
from calibration.profile_distance import MEASURE
from scenarios.areas import england, load_areas
from scenarios.loading import load
from scenarios.pathway_checks import check_pathway
from sim import engine
from sim.compile_areas import Figures
from sim.compile_distance import distances, shares_of
from sim.counting import Counts, annual
from sim.kernels.distance import ELSEWHERE, FAR_IN, FAR_OUT, NEAR_IN, NEAR_OUT, band_of, far_odds
from sim.measures import MEASURES
from sim.state import compact, join
from sim.whereabouts import beds, imported

SHARES = np.array([0.4, 0.3, 0.1, 0.2])
PATHWAY = load("baseline").pathway
DISTANCE = PATHWAY.placement_plans.distance
AREA, FIRST, SEED = ("Bolton",), "2025-04", 1


def spread(shares=SHARES, odds=1.0, elsewhere=False, draws=2000):
    """The share of each band over an even grid of draws."""
    found = [band_of(shares, odds, elsewhere, (i + 0.5) / draws) for i in range(draws)]
    return np.bincount(found, minlength=4) / draws


# ---------------------------------------------------------------- by hand


@pytest.mark.unit
def test_bands_have_their_shares_and_odds_multiply_those_of_far_ones():
    assert spread() == pytest.approx(SHARES)
    weights = SHARES * [1, 1, 2, 2]
    assert spread(odds=2.0, draws=26_000) == pytest.approx(weights / weights.sum(), abs=1e-3)


@pytest.mark.unit
def test_greater_odds_never_lower_the_band_a_draw_falls_in():
    for u in np.linspace(0.001, 0.999, 400):
        least, own, most = (band_of(SHARES, odds, False, u) for odds in (0.5, 1.0, 2.0))
        assert least <= own <= most


@pytest.mark.unit
def test_a_place_in_another_authority_is_out_of_the_area():
    assert spread(elsewhere=True)[[NEAR_IN, FAR_IN]].tolist() == [0.0, 0.0]
    assert spread(elsewhere=True, odds=0.5)[FAR_OUT] == pytest.approx(0.25, abs=1e-3)  # 0.1 of 0.4
    own_only = np.array([0.9, 0.0, 0.1, 0.0])
    assert {band_of(own_only, 1.0, True, u) for u in (0.1, 0.99)} == {NEAR_OUT}


@pytest.mark.unit
def test_odds_follow_use_both_ways_within_limits_and_may_be_turned_off():
    assert far_odds(0.8, 0.8, 0.5, 0.5, 2.0) == 1.0
    assert far_odds(0.88, 0.8, 0.5, 0.5, 2.0) == pytest.approx(1.05)
    assert far_odds(0.4, 0.8, 0.5, 0.5, 2.0) == pytest.approx(0.75)
    assert far_odds(0.9, 0.1, 0.5, 0.5, 2.0) == 2.0
    assert far_odds(0.0, 0.8, 2.0, 0.5, 2.0) == 0.5
    assert far_odds(0.9, 0.1, 0.0, 0.5, 2.0) == 1.0
    assert far_odds(0.9, 0.0, 2.0, 0.5, 2.0) == 1.0


# ---------------------------------------------------------------- numbers


@pytest.mark.unit
def test_shares_are_those_their_sources_give():
    made = sources.shares()
    assert set(made) == set(DISTANCE.families.shares)
    for stage, row in DISTANCE.families.shares.items():
        assert row == pytest.approx(made[stage], abs=0.0011), stage
    for stage, row in sources.unaccompanied().items():
        assert DISTANCE.unaccompanied.shares[stage] == pytest.approx(row, abs=0.0006), stage
    slope, error, rows = sources.response_to_use()
    assert (round(slope, 2), round(error, 2)) == (-0.14, 0.10)
    assert rows > 400


@pytest.mark.unit
def test_englands_placements_at_these_shares_are_as_far_as_published():
    """With the children of 31 March 2024 in each placement, unaccompanied ones left out: 14,590 of them over 20 miles and out of the area."""
    children = {stage: float(sides.sum()) for table in (sources.foster_localities(), sources.home_localities()) for stage, sides in table.items()}
    for stage, placement in (("supported_accommodation", sources.SUPPORTED), ("with_parents", sources.PARENTS),
                             ("adoption_placement", sources.ADOPTION), ("other_placement", sources.OTHER)):  # fmt: skip
        children[stage] = float(sources.bands_of(placement).sum())
    found = sum(n * np.array(DISTANCE.families.shares[stage]) for stage, n in children.items())
    assert found == pytest.approx([39_060, 18_710, 3_450, 14_590], rel=0.02)
    homes = children["childrens_home"] * np.array(DISTANCE.families.shares["childrens_home"])
    assert homes[2:].sum() / homes.sum() == pytest.approx(0.49, abs=0.01)  # national.csv childrens_home_over_20_miles_pct, 2024


@pytest.mark.unit
def test_an_authority_moves_englands_shares_and_no_one_fills_more_beds_than_are_filled():
    shares = np.array(DISTANCE.families.shares["childrens_home"])
    nation = england()
    occupancy = nation.value("children_in_homes", 2023) / nation.value("childrens_home_places_in_area", 2023)
    for name, profile in load_areas().items():
        row = shares_of(Figures(profile), "childrens_home", shares)
        assert row.sum() == pytest.approx(1.0)
        inside = profile.value("in_area_share_childrens_home")
        assert inside * profile.value("children_in_homes", 2023) <= 1.2 * occupancy * profile.value("childrens_home_places_in_area", 2023) + 1, name
        odds = profile.value("far_out_of_area_odds")
        assert (row[FAR_OUT] / row[NEAR_OUT]) / (shares[FAR_OUT] / shares[NEAR_OUT]) == pytest.approx(odds)


@pytest.mark.unit
def test_own_homes_are_in_the_area_and_both_kinds_together_as_the_profile_says():
    shares = {stage: np.array(DISTANCE.families.shares[stage]) for stage in ("authority_childrens_home", "childrens_home")}
    together = 0
    for name, profile in load_areas().items():
        places = {stage: profile.value(f"{stage}_places") for stage in shares}
        rows = {stage: shares_of(Figures(profile), stage, row) for stage, row in shares.items()}
        assert rows["authority_childrens_home"][[NEAR_OUT, FAR_OUT]].tolist() == [0.0, 0.0]
        own, inside = places["authority_childrens_home"] / sum(places.values()), profile.value("in_area_share_childrens_home")
        bought = rows["childrens_home"]
        outside = bought[NEAR_OUT] + bought[FAR_OUT] / profile.value("far_out_of_area_odds")
        found = own + (1.0 - own) * (1.0 - outside / (outside + bought[NEAR_IN] + bought[FAR_IN]))
        assert found == pytest.approx(max(inside, own)), name
        together += own <= inside
    assert together > 100


@pytest.mark.unit
def test_authorities_published_as_far_have_greater_odds():
    frame = read_panel().frame
    rows = frame[(frame.level == "local_authority") & (frame.year_ending == 2024)].set_index("name")[MEASURE].dropna()
    odds = np.array([load_areas()[name].value("far_out_of_area_odds") for name in rows.index])
    assert np.corrcoef(np.log(odds), rows)[0, 1] > 0.8


@pytest.mark.unit
def test_every_placement_has_a_place_in_the_table_and_nothing_else_has(tmp_path):
    def complaints(**shares):
        families = DISTANCE.families.model_copy(update={"shares": shares})
        plans = PATHWAY.placement_plans.model_copy(update={"distance": DISTANCE.model_copy(update={"families": families})})
        return [str(one) for one in check_pathway(PATHWAY.model_copy(update={"placement_plans": plans}), ("family_help",))]

    shares = dict(DISTANCE.families.shares)
    assert complaints(**shares) == []
    left = {name: row for name, row in shares.items() if name != "childrens_home"}
    assert any("does not say where the placement 'childrens_home' is" in text for text in complaints(**left))
    assert any("unknown placement 'childrens_hom'" in text for text in complaints(**shares, childrens_hom=(1.0, 0.0, 0.0, 0.0)))
    path = tmp_path / "mine.yaml"
    path.write_text(HEAD + "set: {placement_plans.distance.families.shares.with_parents: [0.5, 0.4, 0.0, 0.0]}\n")
    assert any("sum to 0.9" in fault.message for fault in faults_of(path))
    path.write_text(HEAD + "set: {placement_plans.distance.far_response_to_use.value: -1}\n")
    assert any("far_response_to_use" in fault.path for fault in faults_of(path))


@pytest.mark.unit
def test_a_pathway_that_says_nothing_has_everybody_in_the_area():
    compiled_, _, _ = compiled_and_tally()
    plans = compiled_.pathway.placement_plans.model_copy(update={"distance": None})
    silent = dataclasses.replace(compiled_)
    silent.__dict__["pathway"] = compiled_.pathway.model_copy(update={"placement_plans": plans})
    tables = distances(silent)
    assert (tables["bands"][..., NEAR_IN] == 1.0).all()
    assert tables["bands"].sum() == tables["bands"][..., NEAR_IN].sum()
    assert tables["distance_rules"].tolist() == [0.0, 1.0, 1.0, 1.0]


# ---------------------------------------------------------------- beds


@pytest.mark.unit
def test_beds_of_an_area_are_its_own_childrens_or_imported_and_never_less_than_none():
    model, tally, _ = compiled_and_tally(last="2025-03")
    rows = [model.placement_names.index("childrens_home")]
    kind = [model.place_names.index(name) for name in ("authority_childrens_home", "childrens_home")]
    supply = np.floor(model.static.supply[:, kind, model.month("2024-04") : model.month("2025-03") + 1] + 1e-9).transpose(0, 2, 1)
    tally.places_end[:, :, kind, 0] = supply
    tally.where_end[0, :, rows, :4] = [10, 20, 5, 15]
    tally.where_end[1, :, rows, :4] = [500, 0, 0, 0]
    found, counts = annual(tally, model), Counts(tally, model)

    def value(name, area):
        return found[area, list(MEASURES).index(name), 0]

    registered = model.figures[0].get("childrens_home_places_in_area", 2025)
    nation = england()
    assert value("beds_in_area_at31", 0) == pytest.approx(registered)
    filled = registered * nation.value("children_in_homes", 2025) / 14_259
    assert value("homes_in_area_at31", 0) == 15
    assert value("homes_exported_at31", 0) == 35
    assert value("beds_imported_at31", 0) == pytest.approx(filled - 15)
    assert value("beds_net_imports_at31", 0) == pytest.approx(filled - 15 - 35)
    assert value("beds_imported_at31", 1) == 0.0
    tally.places_end[:, :, kind, 0] = 2 * supply  # twice the places: the area's beds have grown as much
    assert beds(counts)[0, -1] == pytest.approx(2 * registered)
    assert imported(counts)[0, -1] == pytest.approx(2 * filled - 15)


# ---------------------------------------------------------------- in the engines


def with_response(model, value: float):
    """A model whose odds of far placements answer use by so much."""
    distance = model.pathway.placement_plans.distance
    rule = distance.far_response_to_use.model_copy(update={"value": value})
    plans = model.pathway.placement_plans.model_copy(update={"distance": distance.model_copy(update={"far_response_to_use": rule})})
    made = dataclasses.replace(model, _drawn={})
    made.__dict__["pathway"] = model.pathway.model_copy(update={"placement_plans": plans})
    return made


def run(model, months=36, log=False):
    return engine.simulate(model, present(model.areas, FIRST, SEED), FIRST, later(FIRST, months - 1), SEED, 0, log)


@pytest.mark.e2e
@pytest.mark.parametrize(("times", "farther"), [(0.4, True), (2.5, False)])
def test_scarce_places_make_placements_far_and_nothing_else(times, farther):
    """With use above its reference all along, then below: places of a small authority are let when they stand empty, whatever their mean use."""
    model = compiled(AREA, "baseline", FIRST)
    (off, _), (on, _) = (run(other_reference(with_response(model, value), times), log=True) for value in (0.0, 2.0))
    assert np.array_equal(off.log, on.log)
    far = [tally.where_end[0, 12:][..., [FAR_IN, FAR_OUT]].sum() for tally in (off, on)]
    assert (far[1] > far[0]) if farther else (far[1] < far[0])
    assert off.where_end[..., :4].sum() == on.where_end[..., :4].sum()


@pytest.mark.e2e
def test_use_above_its_reference_makes_far_and_below_it_near():
    model = compiled(AREA, "baseline", FIRST)
    far = {}
    for reference in (0.3, 0.99):
        made = with_response(model, 2.0)
        arrays = made.for_draw(SEED, 0)
        arrays.reference_use[...] = reference
        far[reference] = run(made)[0].where_end[0, 12:][..., [FAR_IN, FAR_OUT]].sum()
    assert far[0.3] > far[0.99]


@pytest.mark.e2e
def test_bands_last_until_a_child_moves_and_are_kept_by_branches():
    """Unaccompanied children are never far; states are copied, joined and made compact with their bands."""
    model = compiled(AREA, "baseline", FIRST)
    tally, end = run(model)
    children = end.children[0][end.children[0]["used"] > 0]
    placed = children[children["stages"][:, 1] >= 0]
    assert np.bincount(placed["band"], minlength=4).tolist() == tally.where_end[0, -1, :, :4].sum(axis=0).tolist()
    alone = np.isin(end.families[0]["stream"][placed["family"]], (1, 2))
    assert alone.any()
    assert (placed["band"][alone] < 2).all()
    assert (placed["band"][~alone] >= 2).any()
    for other in (compact(end), join([end, end])):
        again = other.children[0][other.children[0]["used"] > 0]
        assert np.array_equal(again["band"], children["band"])


@pytest.mark.e2e
def test_children_whom_a_region_places_are_out_of_their_area_and_seldom_far():
    first = "2026-04"
    model = compiled(REGION, "regional-care-cooperative", first)
    fast, slow = both(model, present(REGION, first, 1), first, later(first, 35), 1)
    assert np.array_equal(fast.where_end, slow.where_end)
    _, end = engine.simulate(model, present(REGION, first, 1), first, later(first, 35), 1, 0)
    elsewhere = 0
    for a in range(len(REGION)):
        children = end.children[a][(end.children[a]["used"] > 0) & (end.children[a]["stages"][:, 1] >= 0)]
        moved = children["place_area"] != a
        elsewhere += moved.sum()
        assert np.isin(children["band"][moved], (NEAR_OUT, FAR_OUT)).all()
        assert moved.sum() == fast.where_end[a, -1, :, ELSEWHERE].sum()
    assert elsewhere > 0

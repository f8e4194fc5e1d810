"""Posts follow pressure: still at the reference, more vacancies above it, fewer below, within bounds; and what they cost."""

import numpy as np
import pytest
from experiment_sample import compiled_and_tally

from calibration.workforce import findings
from scenarios.loading import load
from sim.compile_areas import Figures
from sim.compile_workforce import flows_of, posts_of, rules_of
from sim.costing import Costing
from sim.counting import Counts
from sim.kernels.workforce import AGENCY, PERMANENT, VACANT, staff_month

pytestmark = pytest.mark.unit
SETTINGS = load("baseline").settings
AREAS = ("Leeds", "Wigan", "Bolton", "Kent", "Torbay", "Hillingdon", "Knowsley")
REFERENCE, CAPACITY = SETTINGS.pressure.reference.value, 1000.0


def start_of(area="Hillingdon"):
    """Return an authority's posts, its flows, and the rules."""
    figures, fastest = Figures(load("baseline").area(area)), SETTINGS.workforce.fastest_months.value
    posts = posts_of(figures, 2025, fastest)
    return posts, np.append(flows_of(figures, posts, 2025), [0.0, 1.0]), rules_of(SETTINGS.workforce, REFERENCE)


def months_at(work, months=120, area="Hillingdon", follows=True):
    """Return posts and capacity after some months of the same work in hand, and the posts at the start."""
    start, flows, rules = start_of(area)
    posts = start.copy()
    for _ in range(months):
        capacity = staff_month(posts, start, flows, rules, CAPACITY, work, follows)
    return posts, capacity, start


@pytest.mark.parametrize("area", AREAS)
def test_posts_stay_still_at_the_reference_pressure(area):
    posts, capacity, start = months_at(REFERENCE * CAPACITY, 360, area)
    assert posts == pytest.approx(start, rel=1e-9)
    assert capacity == pytest.approx(CAPACITY, rel=1e-9)


@pytest.mark.parametrize("area", AREAS)
def test_more_work_means_more_vacancies_and_less_capacity_and_less_work_the_reverse(area):
    more, less_capacity, start = months_at(1.2 * CAPACITY, area=area)
    fewer, more_capacity, _ = months_at(0.7 * CAPACITY, area=area)
    assert fewer[VACANT] < start[VACANT] < more[VACANT]
    assert fewer[PERMANENT] > start[PERMANENT] > more[PERMANENT]
    assert fewer[AGENCY] <= start[AGENCY] < more[AGENCY]
    assert less_capacity < CAPACITY < more_capacity


def test_what_is_lost_feeds_back_since_fewer_hold_the_same_work():
    start, flows, rules = start_of()
    posts, alone = start.copy(), start.copy()
    for _ in range(60):
        staff_month(posts, start, flows, rules, CAPACITY, 1.2 * CAPACITY, True)
        staff_month(alone, start, flows, rules, CAPACITY, 1.2 * CAPACITY * (alone[0] + alone[1]) / start[:2].sum(), True)
    assert posts[VACANT] > alone[VACANT] > start[VACANT]


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("work", [0.0, 100.0 * CAPACITY])
def test_nothing_runs_away_however_little_or_much_work(area, work):
    posts, capacity, start = months_at(work, 1200, area)
    clip, response = SETTINGS.workforce.turnover_multiplier, SETTINGS.workforce.turnover_response.value
    bound = clip.high if work else max(clip.low, 1.0 - response * REFERENCE)
    filled = start[PERMANENT] / start[VACANT] / bound  # leavers then are joiners
    assert posts[PERMANENT] / posts[VACANT] == pytest.approx(filled, rel=1e-6)
    assert posts[PERMANENT] + posts[VACANT] == pytest.approx(start[PERMANENT] + start[VACANT])
    assert (posts >= 0).all()
    assert posts[AGENCY] <= max(start[AGENCY], 0.5 * posts[PERMANENT]) + 1e-9
    assert 0.85 * CAPACITY < capacity < 1.1 * CAPACITY


def test_posts_that_do_not_follow_are_those_published_to_the_last_bit():
    posts, capacity, start = months_at(5.0 * CAPACITY, follows=False)
    assert posts.tolist() == start.tolist()
    assert capacity == CAPACITY
    nobody = np.zeros(3)
    assert staff_month(nobody.copy(), nobody, np.zeros(2), start_of()[2], CAPACITY, 900.0, True) == CAPACITY


def test_an_authority_without_vacancies_has_those_it_takes_to_replace_leavers():
    fastest = SETTINGS.workforce.fastest_months.value
    quantities = {"social_workers_fte": 120.0, "sw_agency_pct": 25.0, "sw_vacancy_pct": 0.0, "sw_turnover_pct": 10.0, "work_in_hand": 1.0}
    figures = Figures(load("baseline").area("Torbay"))
    figures.get = lambda quantity, year=None: quantities[quantity]
    posts = posts_of(figures, 2025, fastest)
    assert posts == pytest.approx([120.0, 40.0, fastest])  # one leaver a month
    assert flows_of(figures, posts, 2025) == pytest.approx([10.0 / 1200.0, 1.0 / fastest])


def test_the_model_holds_published_posts_until_the_month_after_the_last_census():
    compiled, _, _ = compiled_and_tally(areas=("Leeds",))
    model, figures = compiled.for_draw(1, 0), compiled.figures[0]
    assert model.workforce_from[0] == compiled.month(compiled.published.posts_end) == compiled.month("2025-10")
    for month, census in (("2025-03", 2024), ("2026-03", 2025), ("2027-03", 2025)):
        assert model.posts[0, compiled.month(month), PERMANENT] == figures.get("social_workers_fte", census)


def test_only_workers_more_or_fewer_than_published_cost_more_or_less():
    compiled, tally, drawn = compiled_and_tally()
    before = Costing(tally, compiled, drawn).by_month()
    tally.posts[0, 30, PERMANENT] -= 10.0
    tally.posts[0, 30, AGENCY] += 7.0
    after = Costing(tally, compiled, drawn).by_month()
    assert not before["agency_premium_change"].any()
    keys = ("social_workers", "agency_social_workers", "agency_premium_change")
    employed, agency, premium = (after[key][0, 30] - before[key][0, 30] for key in keys)
    assert employed < 0 < premium < agency
    assert agency == pytest.approx(-0.7 * employed)
    assert premium == pytest.approx(0.4 * agency)
    for key in keys:
        assert (after[key][1] == before[key][1]).all()


def test_posts_are_counted_at_the_end_of_the_year():
    compiled, tally, _ = compiled_and_tally()
    tally.posts[0, 35] = 80.0, 10.0, 20.0
    counts = Counts(tally, compiled)
    assert counts.posts(PERMANENT, VACANT)[0, 35] == 100.0
    assert counts.posts(AGENCY)[0, 35] == 10.0


def test_rules_are_what_the_census_says():
    found, rules = findings(), SETTINGS.workforce
    assert rules.turnover_response.value == pytest.approx(found["turnover on caseload, elasticity"] / REFERENCE, abs=0.01)
    assert found["turnover on caseload, elasticity"] / found["  standard error"] > 3
    assert rules.turnover_multiplier.low == pytest.approx(found["turnover over own mean, 5th centile"], abs=0.06)
    assert rules.turnover_multiplier.high == pytest.approx(found["turnover over own mean, 95th centile"], abs=0.06)
    assert 1.0 / rules.fastest_months.value == pytest.approx(found["vacancies filled a month, 95th centile"], abs=0.05)
    assert rules.agency_cover.range[0] < found["agency workers for each vacancy"] < rules.agency_cover.range[1]
    assert rules.agency_cap.value == pytest.approx(found["agency share of workers, 98th centile, per cent"] / 100, abs=0.01)

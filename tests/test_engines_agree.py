"""The two engines write the same event log, event for event, and count the same: areas, scenarios, seeds, regions.

Settings are small (a few hundred referrals a year, few places, short-handed teams) so that a slow engine runs them
quickly and everything that can be scarce is. What each combination exercised is read off its counters, and the required
numbers are asserted at the end.
"""

import dataclasses
from functools import cache
from types import MappingProxyType

import numpy as np
import pytest

import scenarios.loading
from scenarios.areas import AreaProfile, Record
from scenarios.draws import FittedDraws
from sim import engine, reference
from sim.kernels import layout as L
from sim.kernels.tally import FULL_PLACES, PEAK_PRESSURE
from sim.kernels.workforce import VACANT
from sim.model import CompiledModel, compile_model, day_of
from sim.state import join

pytestmark = pytest.mark.e2e

HISTORY_YEARS = 6  # before the branch; nobody is there at first
ROOMY = {"work_in_hand": 800.0, "in_house_foster_places": 30, "agency_foster_places": 20, "childrens_home_places": 9,
         "authority_childrens_home_places": 3, "family_help_places": 12}  # fmt: skip
SHORT = {"work_in_hand": 150.0, "in_house_foster_places": 8, "agency_foster_places": 4, "childrens_home_places": 2,
         "authority_childrens_home_places": 1, "family_help_places": 2}  # fmt: skip
SMALL = {"new_family_referrals": 300.0, "disabled_children_started": 3.0, "uasc_started": 5.0, 
         "uasc_passthrough_started": 2.0, "case_holders_fte": 20.0, "intensive_family_help_places": 1}  # fmt: skip
AREAS = {"Bolton": SHORT, "Bury": ROOMY, "Kent": SHORT, "Torbay": ROOMY}
REGION = ("Bolton", "Bury", "Salford")
BRANCH = {"baseline": "2025-04", "early-help": "2025-10", "kinship": "2025-10", "regional-care-cooperative": "2026-04"}
STARTS = {"early-help": "2026-04", "kinship": "2026-04"}  # levers start half a year after the branch, within stays
MONTHS = {"regional-care-cooperative": 36}  # places are pooled from its third year; else two years after the branch
SEEDS = (1, 2, 3, 4)

ALONE = [((area,), name, seed) for area in AREAS for name in ("baseline", "early-help", "kinship") for seed in SEEDS]
POOLED = [(REGION, "regional-care-cooperative", seed) for seed in (*SEEDS, 5)]
POOLED += [(REGION, "baseline", seed) for seed in SEEDS[:2]]
COMBINATIONS = ALONE + POOLED
seen: dict[tuple, dict[str, bool]] = {}


def later(month: str, months: int) -> str:
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + months
    return f"{number // 12}-{number % 12 + 1:02d}"


@cache
def compiled(areas: tuple[str, ...], name: str, branch: str, history: bool = False) -> CompiledModel:
    reach = np.ones((len(areas), len(areas)), np.int64)
    scenario = scenarios.loading.load(name)
    model = compile_model(scenario, areas, branch=branch, until=later(branch, 35), history=history, reach=reach)
    profiles = tuple(small(profile) for profile in model.profiles)
    return dataclasses.replace(model, profiles=profiles, first=later(branch, -12 * HISTORY_YEARS), _drawn={})


def small(profile: AreaProfile) -> AreaProfile:
    """An authority's profile with the size and supply of these tests; all else is its own."""
    figures = {
        quantity: (Record(profile.name, quantity, 2025, value, "", "made up for a test", "assumed", "scenario"),)
        for quantity, value in (SMALL | AREAS.get(profile.name, SHORT)).items()
    }
    return dataclasses.replace(profile, records=MappingProxyType(dict(profile.records) | figures))


@cache
def present(areas: tuple[str, ...], branch: str, seed: int) -> L.State:
    """The state at the branch: each authority's own history, joined."""
    states = []
    for area in sorted(areas, key=lambda area: compiled((area,), "baseline", branch).codes[0]):
        past = compiled((area,), "baseline", branch, history=True)
        states.append(engine.simulate(past, None, past.first, past.last, seed, 0)[1])
    return join(states) if len(states) > 1 else states[0]


def both(model: CompiledModel, start: L.State | None, first: str, last: str, seed: int) -> tuple[L.Tally, L.Tally]:
    fast, _ = engine.simulate(model, start, first, last, seed, 0, log=True)
    slow, _ = reference.simulate(model, start, first, last, seed, 0, log=True)
    return fast, slow


def difference(fast: np.ndarray, slow: np.ndarray) -> str:
    """Say where two event logs part, if they do: rows equal, times equal to 1e-9 day."""
    n = min(len(fast), len(slow))
    rows = [name for name in fast.dtype.names if name != "time"]
    unlike = np.abs(fast["time"][:n] - slow["time"][:n]) > 1e-9
    for name in rows:
        unlike |= fast[name][:n] != slow[name][:n]
    if unlike.any():
        i = int(np.argmax(unlike))
        return f"event {i} of {n}:\nfast      {fast[i - 1 : i + 2]}\nreference {slow[i - 1 : i + 2]}"
    return "" if len(fast) == len(slow) else f"{len(fast)} events against {len(slow)}"


def assert_same(fast: L.Tally, slow: L.Tally) -> None:
    assert not (found := difference(fast.log, slow.log)), found
    for name in L.TALLY_FIELDS:
        if name != "log":
            np.testing.assert_allclose(getattr(slow, name), getattr(fast, name), rtol=1e-9, atol=1e-6, err_msg=name)


def mid_stage(model: CompiledModel, fast: L.Tally, seed: int, first: str, name: str) -> bool:
    """Whether a lever started within stays: open in a stage whose hazards it changes, when it started."""
    if name not in STARTS:
        return False
    with_lever, without = model.for_draw(seed, 0), compiled(model.areas, "baseline", first).for_draw(seed, 0)
    steps = with_lever.transitions
    month = model.month(STARTS[name])
    changed = (steps["n_levers"] > 0) | (steps["n_help"] > 0)
    old = without.row_factor[:, without.transitions["row"], month]
    changed |= (with_lever.row_factor[:, steps["row"], month] != old).any(axis=0)
    stages = np.unique(steps["stage"][changed])
    return bool(fast.units_end[:, month - model.month(first) - 1][:, stages].any())


def label(value: object) -> str:
    return "+".join(value) if isinstance(value, tuple) else str(value)


def assert_engines_agree(areas: tuple[str, ...], name: str, seed: int) -> None:
    """Run both engines, assert that they agree, and note what the run met."""
    first = BRANCH[name] if len(areas) == 1 else BRANCH["regional-care-cooperative"]
    model = compiled(areas, name, first)
    fast, slow = both(model, present(areas, first, seed), first, later(first, MONTHS.get(name, 24) - 1), seed)
    assert len(fast.log) > 300
    assert_same(fast, slow)
    placements = [i for i, track in enumerate(model.for_draw(seed, 0).place_track) if track < 0]
    usable, filled = (fast.places_end[:, :, placements, i] for i in (0, 1))
    seen[areas, name, seed] = {
        "full place type": bool(((filled >= usable) & (usable > 0)).any() and fast.counters[FULL_PLACES] > 0),
        "waiting list": bool(fast.queue[..., 0].any() and fast.queue[..., 1].any()),
        "pressure above 1": bool(fast.counters[PEAK_PRESSURE] > 1_000_000),
        "posts moved by pressure above 1": bool(((fast.pressure > 1.0)[:, :-1] & (np.diff(fast.posts[..., VACANT]) > 0)).any()),
        "pooled": len(areas) > 1 and bool(fast.far.any()),
        "unpooled region": len(areas) > 1 and not fast.far.any(),
        "lever starting mid-stage": mid_stage(model, fast, seed, first, name),
    }


@pytest.mark.parametrize(("areas", "name", "seed"), COMBINATIONS, ids=label)
def test_engines_write_the_same_log(areas, name, seed):
    assert_engines_agree(areas, name, seed)


def test_combinations_exercise_what_they_should():
    for combination in COMBINATIONS:
        if combination not in seen:
            assert_engines_agree(*combination)
    count = {what: sum(row[what] for row in seen.values()) for what in next(iter(seen.values()))}
    print(count)
    assert len(seen) >= 50
    assert count["full place type"] >= 10
    assert count["waiting list"] >= 10
    assert count["pressure above 1"] >= 10
    assert count["posts moved by pressure above 1"] >= 10
    assert count["lever starting mid-stage"] >= 5
    assert count["pooled"] >= 5


@pytest.mark.parametrize("seed", [11, 12])
def test_engines_agree_from_nobody(seed):
    model = compiled(("Bury",), "baseline", "2025-04")
    assert_same(*both(model, None, model.first, later(model.first, 59), seed))


def test_engines_agree_in_earlier_published_years():
    """A history that begins before day 0 (1 April 1990), through to months after its last published year."""
    scenario = scenarios.loading.load("baseline").with_published(2013, 2020, 2019)
    model = compile_model(scenario, ("Bolton",), until="2022-03")
    model = dataclasses.replace(model, profiles=tuple(small(profile) for profile in model.profiles), _drawn={})
    assert model.first == "1988-04"
    assert model.for_draw(1, 0).month_start[0] < 0.0
    assert_same(*both(model, None, model.first, later(model.first, 47), 3))
    late = dataclasses.replace(model, first="2013-04", _drawn={})
    fast, slow = both(late, None, late.first, late.last, 4)
    assert_same(fast, slow)
    assert len(fast.log) > 3000


# Every kind of effect and change that levers have, within two years of the branch.
LIBRARY = """
name: The library at once
extends: [edge-of-care, recurrent-removal, reunification, step-down, protection-teams, parental-representation, fostering, profit-cap,
          secure-places, workforce-first, less-poverty, shock-provider-failure, care-leavers]
set:
  levers.protection_teams.start: 2026-04
  levers.profit_cap.start: 2026-04
  levers.secure_places.start: 2026-04
  levers.poverty.start: 2026-04
  levers.shock.start: 2026-10
"""


@pytest.mark.parametrize(("areas", "seed"), [(("Bolton",), 31), (("Kent",), 32), (("Torbay",), 33), (REGION, 34)], ids=label)
def test_engines_agree_on_every_kind_of_lever(tmp_path, areas, seed):
    file = tmp_path / "library.yaml"
    file.write_text(LIBRARY)
    model = compiled(areas, str(file), "2025-10")
    arrays = model.for_draw(seed, 0)
    assert (arrays.levers["ages"] != 0b11111).any()
    assert (arrays.levers["removed"] == 1).any()
    assert (arrays.levers["from_days"] > 0).any()
    assert (arrays.levers["hazard_ratio"][:, 0] != arrays.levers["hazard_ratio"][:, 3]).any()
    fast, slow = both(model, present(areas, "2025-10", seed), "2025-10", "2027-09", seed)
    assert len(fast.log) > 300
    assert_same(fast, slow)
    plain, _ = engine.simulate(compiled(areas, "baseline", "2025-10"), present(areas, "2025-10", seed), "2025-10", "2027-09", seed, 0, log=True)
    before = fast.log["time"] < day_of("2026-04")
    assert difference(fast.log[before], plain.log[: before.sum()]) == ""  # nothing differs before levers start
    assert difference(fast.log, plain.log)


def of_every_year(profile: AreaProfile, seed: int) -> AreaProfile:
    """The same profile with ratios that change each year, some of them not in every year."""
    draw, series = np.random.default_rng(seed + profile.code), {}
    for group in ("nfa", "not_in_need", "s47", "icpc", "plan", "plan_end", "care_entry", "care_exit", "re_referral", "cin_end"):
        years = [year for year in range(2019, 2028) if draw.random() < 0.8]
        values = np.exp(draw.normal(0.0, 0.15, len(years)))
        series[f"ratio_{group}"] = tuple(
            Record(profile.name, f"ratio_{group}", year, float(value), "", "made up for a test", "assumed", "own")
            for year, value in zip(years, values, strict=True)
        )
    return dataclasses.replace(profile, records=MappingProxyType(dict(profile.records) | series))


@pytest.mark.parametrize(("areas", "name"), [(("Bolton",), "baseline"), (("Kent",), "early-help"), (REGION, "regional-care-cooperative")], ids=label)
@pytest.mark.parametrize("seed", [21, 22])
def test_engines_agree_with_ratios_of_every_year(areas, name, seed):
    """From nobody through the published years, and from there on under a reform: one version of the hazards a year."""
    first = BRANCH[name]
    states = []
    for area in sorted(areas, key=lambda area: compiled((area,), "baseline", first).codes[0]):
        past = compiled((area,), "baseline", first, history=True)
        past = dataclasses.replace(past, profiles=tuple(of_every_year(profile, seed) for profile in past.profiles), _drawn={})
        assert len(past.for_draw(seed, 0).version_start) >= 5
        if len(areas) == 1:
            fast, slow = both(past, None, past.first, past.last, seed)
            assert_same(fast, slow)
            assert len(fast.log) > 3000
        states.append(engine.simulate(past, None, past.first, past.last, seed, 0)[1])
    model = compiled(areas, name, first)
    model = dataclasses.replace(model, profiles=tuple(of_every_year(profile, seed) for profile in model.profiles), _drawn={})
    arrays = model.for_draw(seed, 0)
    assert arrays.transitions["versions"].sum() > 20
    fast, slow = both(model, join(states) if len(states) > 1 else states[0], first, later(first, 29), seed)
    assert_same(fast, slow)
    assert len(fast.log) > 300


def test_ratios_of_a_later_year_change_nothing_before_it():
    """To the last bit of every time: what does not change of a hazard is not cut in two."""
    model, first = compiled(("Bolton",), "baseline", "2025-04"), "2025-04"
    start = present(("Bolton",), first, 1)
    (profile,), last = model.profiles, later(first, 35)
    known = {group: profile.records[f"ratio_{group}"][-1] for group in ("s47", "plan_end", "care_exit")}
    changed = {
        f"ratio_{group}": (record, dataclasses.replace(record, year_ending=2027, value=record.value * 1.3)) for group, record in known.items()
    }
    other = dataclasses.replace(model, profiles=(dataclasses.replace(profile, records=MappingProxyType(dict(profile.records) | changed)),), _drawn={})
    logs = [engine.simulate(each, start, first, last, 1, 0, log=True)[0].log for each in (model, other)]
    day = model.for_draw(1, 0).month_start[model.month("2026-04")]
    before = [log[log["time"] < day] for log in logs]
    assert np.array_equal(*before)
    assert len(before[0]) > 100
    assert difference(*logs)


def drawn(areas: tuple[str, ...], first_year: int) -> FittedDraws:
    """Two draws of three years for each authority, of rates, shares and arrivals."""
    groups = ("nfa", "s47", "icpc", "plan_end", "care_entry", "care_exit", "re_referral", "cin_end", "new_family_referrals", "uasc_started")
    draw = np.random.default_rng(5)
    return FittedDraws(first_year, {area: {group: np.exp(draw.normal(0.0, 0.2, (2, 3))) for group in groups} for area in areas})


def with_draws(model: CompiledModel, first_year: int) -> CompiledModel:
    scenario = model.scenario.with_draws(drawn(model.areas, first_year))
    return dataclasses.replace(model, scenario=scenario, _drawn={})


@pytest.mark.parametrize(("areas", "name"), [(("Bolton",), "baseline"), (("Kent",), "kinship"), (REGION, "regional-care-cooperative")], ids=label)
def test_engines_agree_under_fitted_draws(areas, name):
    first = BRANCH[name]
    model, start = with_draws(compiled(areas, name, first), 2026), present(areas, first, 1)
    logs = []
    for replicate in (0, 1, 2):
        fast, _ = engine.simulate(model, start, first, later(first, 35), 1, replicate, log=True)
        slow, _ = reference.simulate(model, start, first, later(first, 35), 1, replicate, log=True)
        assert_same(fast, slow)
        logs.append(fast.log)
    assert min(len(log) for log in logs) > 300
    assert difference(logs[0], logs[1])


def test_fitted_draws_change_nothing_before_they_begin_and_something_after():
    """From one history, which knows of none: to the last bit of every time up to the draws' first month.

    But for which closed families are forgotten: those who would not return, and that depends on the rates to come.
    """
    first, last = "2025-04", later("2025-04", 35)
    plain, start = compiled(("Bolton",), "baseline", first), present(("Bolton",), first, 1)
    logs = [engine.simulate(each, start, first, last, 1, 0, log=True)[0].log for each in (plain, with_draws(plain, 2027))]
    day = plain.for_draw(1, 0).month_start[plain.month("2026-04")]
    closed = plain.stage_names.index("closed")
    before = [log[(log["time"] < day) & ((log["event"] != L.EXIT) | (log["stage_from"] != closed))] for log in logs]
    assert np.array_equal(*before)
    assert len(before[0]) > 100
    assert difference(*logs)


def test_a_run_cut_in_two_goes_on_as_if_it_had_not_been():
    """A branch continues the pressure, prices, queues and thresholds it was copied from."""
    model, first = compiled(("Bolton",), "baseline", "2025-04"), "2025-04"
    start = present(("Bolton",), first, 1)
    whole, _ = reference.simulate(model, start, first, later(first, 11), 1, 0, log=True)
    half, state = engine.simulate(model, start, first, later(first, 5), 1, 0, log=True)
    rest, _ = reference.simulate(model, state, later(first, 6), later(first, 11), 1, 0, log=True)
    assert not difference(np.concatenate([half.log, rest.log]), whole.log)


@pytest.mark.parametrize("name", STARTS)
@pytest.mark.parametrize("simulator", [engine, reference], ids=["fast", "reference"])
def test_a_lever_changes_nothing_before_it_starts_and_something_after(name, simulator):
    """To the last bit of every time (rows of operational time that a lever splits must round as the baseline's do)."""
    first, last = BRANCH[name], later(BRANCH[name], 23)
    base, reform = (compiled(("Bolton",), scenario, first) for scenario in ("baseline", name))
    start = present(("Bolton",), first, 1)
    logs = [simulator.simulate(model, start, first, last, 1, 0, log=True)[0].log for model in (base, reform)]
    day = base.for_draw(1, 0).month_start[base.month(STARTS[name])]
    before = [log[log["time"] < day] for log in logs]
    assert np.array_equal(*before)
    assert len(before[0]) > 100
    assert difference(*logs)


def test_the_starting_state_is_left_as_it_was():
    start = present(("Bolton",), "2025-04", 1)
    before = [array.tobytes() for array in start]
    both(compiled(("Bolton",), "baseline", "2025-04"), start, "2025-04", "2026-03", 1)
    assert [array.tobytes() for array in start] == before


def test_one_altered_rate_makes_logs_differ():
    """The control: the comparison notices a single rate 2 % higher, in one engine."""
    model, first = compiled(("Bolton",), "baseline", "2025-04"), "2025-04"
    altered = dataclasses.replace(model, _drawn={})
    arrays = altered.for_draw(1, 0)
    k = altered.transition_names.index("child_in_need.closed")
    band = arrays.transitions["band"][k]
    arrays.rates[:, :, band : band + arrays.transitions["n_bands"][k]] *= 1.02
    start = present(("Bolton",), first, 1)
    fast, _ = engine.simulate(model, start, first, later(first, 23), 1, 0, log=True)
    slow, _ = reference.simulate(altered, start, first, later(first, 23), 1, 0, log=True)
    same, _ = reference.simulate(model, start, first, later(first, 23), 1, 0, log=True)
    assert not difference(fast.log, same.log)
    assert difference(fast.log, slow.log)

"""Rates of every authority from published years up to 2024: `python -m calibration.flow_balance`.

The pathway's rates are England's. What an authority's published flows say about it is kept as ratios to them
(`ratio_<group>`, `age_ratio_<group>_<band>`), families arriving each year (`new_family_referrals`), and places. They are solved so that flows
balance: the simulated flow out of each stage, given its simulated inflow and stock, equals the published one, first for England (one factor for
all authorities), then authority by authority. Exits from care by age are balanced for England alone, since authorities' cells are small and often
withheld; those under one by region, since regions differ twofold there (`flow_under_one.py`). Targets are means over the years ending March 2022
to 2024; shares with a trend and exits by age are at the level of 2024; the referrals of every year, the last included, are inputs. No simulated
output is ever scaled. Writes `scenarios/data/area_rates.csv`.
"""

from __future__ import annotations

import argparse
import csv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from calibration.flow_targets import AGE_BANDS, FIT_YEARS, YEARS, Targets, places_of, plan_ratios, read_targets
from calibration.flow_under_one import EXITS_FOLLOW, HIGH, LOW, exits_under_one
from calibration.profile_table import COLUMNS
from calibration.steering import with_records
from scenarios.areas import AreaProfile, load_areas
from scenarios.loading import Scenario, load
from sim.counting import Counts
from sim.engine import simulate
from sim.model import CompiledModel, compile_model

OUTPUT = Path(__file__).parents[1] / "scenarios" / "data" / "area_rates.csv"
GROUPS = ("nfa", "not_in_need", "s47", "icpc", "plan", "plan_end", "care_exit")
FIT_SEED = 20_240_331  # the fit's own: nothing a user runs shares its draws by default
RETURNS = 0.55  # a family more or less brings nearly two referrals in the end: the first and those that follow
SMALL_FRONT_DOOR = 200.0  # referrals a year at which an authority's own work in hand per referral counts as much as England's
DAMPING = 0.6  # one run of one authority is noisy: each moves part of the way, so that rounds average
FLOWS = {
    "referrals": (lambda c: c.entered("referral"), "sum"),
    "nfa": (lambda c: c.fired("referral.no_further_action"), "sum"),
    "not_in_need": (lambda c: c.fired("assessment.not_in_need", "assessment.early_help"), "sum"),
    "s47": (lambda c: c.entered("section_47"), "sum"),
    "icpc": (lambda c: c.outcomes("initial_conference"), "sum"),
    "cpp_started": (lambda c: c.entered("child_protection_plan"), "sum"),
    "cpp_at31": (lambda c: c.at_end("child_protection_plan"), "end"),
    "cin_at31": (lambda c: c.in_need, "end"),
    "ceased": (lambda c: c.ceased[..., 0].sum(axis=2), "sum"),
    "in_care": (lambda c: c.looked_after[..., 0].sum(axis=2), "end"),
    "uasc": (lambda c: c.looked_after[..., 1].sum(axis=2), "end"),
    "rereferred": (lambda c: c.rereferred, "sum"),
    **{f"ceased_{band}": (lambda c, i=i: c.ceased[:, :, i, 0], "sum") for i, band in enumerate(AGE_BANDS[:4])},
    "ceased_16_plus": (lambda c: c.ceased[:, :, 4:6, 0].sum(axis=2), "sum"),
    **{f"in_care_{band}": (lambda c, i=i: c.looked_after[:, :, i, 0], "end") for i, band in enumerate(AGE_BANDS)},
    **{f"started_{band}": (lambda c, i=i: c.started[:, :, i, 0], "sum") for i, band in enumerate(AGE_BANDS)},
}


@dataclass
class Rates:
    """What is being solved: one row an authority.

    Attributes
    ----------
    ratio
        By group (GROUPS), relative to the pathway (A).
    by_age
        Multiplier of entry to care by the five age bands (A, 5).
    exits
        Multiplier of exits from care by the five age bands (A, 5): under one by authority, England's from 1 to 4 up.
    new_families
        Families arriving, by year of YEARS (A, Y).
    work, use
        Cases in hand in the year ending March 2025 (A), and utilisation of each kind of place that year (A, P).
    """

    ratio: dict[str, np.ndarray]
    by_age: np.ndarray
    exits: np.ndarray
    new_families: np.ndarray
    work: np.ndarray | None = None
    use: np.ndarray | None = None
    places: tuple[str, ...] = field(default=())


def first_guess(targets: Targets) -> Rates:
    """Return rates that take England's for every authority, and half of referrals as new families."""
    n = len(targets.names)
    return Rates({group: np.ones(n) for group in GROUPS}, np.ones((n, 5)), np.ones((n, 5)), 0.5 * targets.referrals / 1.62)


def last_fit(targets: Targets) -> Rates:
    """Return the rates fitted last, to go on from."""
    areas = [load_areas()[name] for name in targets.names]
    return Rates(
        {group: np.array([area.value(f"ratio_{group}") for area in areas]) for group in GROUPS},
        np.array([[area.value(f"age_ratio_care_entry_{band}") for band in AGE_BANDS] for area in areas]),
        np.array([[find(area, f"age_ratio_care_exit_{band}") for band in AGE_BANDS] for area in areas]),
        np.array([[area.value("new_family_referrals", year) for year in YEARS] for area in areas]),
    )


def find(area: AreaProfile, quantity: str) -> float:
    """Return a multiplier of an earlier fit, or 1 if it had none."""
    return area.value(quantity) if quantity in area.records else 1.0


def with_rates(profile: AreaProfile, row: int, rates: Rates) -> AreaProfile:
    """Return a profile that holds an authority's rates."""
    # Work in hand of an earlier fit is left out: without it, pressure is off.
    bare = replace(profile, records=MappingProxyType({name: series for name, series in profile.records.items() if name != "work_in_hand"}))
    return with_records(bare, {quantity: dict(series) for quantity, series in {**figures(row, rates), **given(profile)}.items()})


def given(area: AreaProfile) -> dict[str, list[tuple[int, float]]]:
    """Return what is read, not solved: places, and what an authority plans more often than England does."""
    plans = {f"plan_ratio_{name}": [(FIT_YEARS[-1], ratio)] for name, ratio in plan_ratios(area).items()}
    return places_of(area) | plans


def figures(row: int, rates: Rates) -> dict[str, list[tuple[int, float]]]:
    """Return an authority's figures as quantity -> [(year, value)]."""
    last = FIT_YEARS[-1]
    result = {f"ratio_{group}": [(last, float(values[row]))] for group, values in rates.ratio.items()}
    for band, value in zip(AGE_BANDS, rates.by_age[row], strict=True):
        result[f"age_ratio_care_entry_{band}"] = [(last, float(value))]
    for band, value in zip(AGE_BANDS, rates.exits[row], strict=True):
        result[f"age_ratio_care_exit_{band}"] = [(last, float(value))]
    result["new_family_referrals"] = [(year, float(rates.new_families[row, i])) for i, year in enumerate(YEARS)]
    # One year's arrivals are noisy, the more so as they make up what returns leave of that year's referrals: the mean of four years goes on.
    result["new_family_referrals"].append((YEARS.stop, float(rates.new_families[row, -4:].mean())))
    if rates.work is not None:
        result["work_in_hand"] = [(2025, float(rates.work[row]))]
        for p, place in enumerate(rates.places):
            result[f"reference_use_{place}"] = [(2025, float(rates.use[row, p]))]
    return result


class Simulated:
    """Runs of history for every authority: flows by year (A, Y), work in hand and use of places in the last year."""

    def __init__(self, scenario: Scenario, targets: Targets, rates: Rates, replicates: int, workers: int) -> None:
        n = len(targets.names)
        base = compile_model(scenario, targets.names, history=True)
        order = {profile.name: profile for profile in base.profiles}
        self.flows = {name: np.zeros((n, len(YEARS))) for name in FLOWS}
        self.work, self.use, self.places = np.zeros(n), np.zeros((n, len(base.place_names))), base.place_names

        def one(row: int) -> None:
            """Simulate the history of the authority in a row and add it, over replicates, to its flows, work and use of places."""
            profile = with_rates(order[targets.names[row]], row, rates)
            compiled = CompiledModel(scenario, (profile,), base.first, base.branch, base.last, np.eye(1, dtype=np.int64), True)
            for replicate in range(replicates):
                tally, _ = simulate(compiled, None, base.first, base.last, FIT_SEED, replicate)
                counts = Counts(tally, compiled)
                for name, (count, how) in FLOWS.items():
                    months = np.asarray(count(counts), float)[0, -12 * len(YEARS) :].reshape(len(YEARS), 12)
                    self.flows[name][row] += (months.sum(axis=1) if how == "sum" else months[:, -1]) / replicates
                self.work[row] += tally.work[0, -12:].mean() / replicates
                ends = tally.places_end[0, -12:].sum(axis=0)
                self.use[row] += ends[:, 1] / np.maximum(ends[:, 0], 1) / replicates

        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(one, range(n)))

    def mean(self, flow: str) -> np.ndarray:
        """Return a flow's mean over the fit years (A)."""
        return self.flows[flow][:, [year - YEARS.start for year in FIT_YEARS]].mean(axis=1)


def correct(rates: Rates, seen: Simulated, targets: Targets, everywhere: bool, pressed: bool) -> Rates:
    """Return rates moved towards balance, each multiplied by its wanted flow over its simulated one.

    Parameters
    ----------
    rates, seen
        Rates, and what was simulated with them.
    targets
        What the flows should be: shares of a simulated flow, or children a year.
    everywhere
        Whether one factor moves all authorities, or each moves by its own (damped, since one run of one is noisy).
    pressed
        Whether to take work in hand and use of places from this run, which turns the workforce and price loops on.
    """

    def step(wanted: np.ndarray, got: np.ndarray, power: float = 1.0) -> np.ndarray:
        """Return what rates are to be multiplied by (A): wanted flow over simulated, to a power that allows for what the rate also moves."""
        if everywhere:
            return np.full(len(wanted), (wanted.sum() / max(got.sum(), 1e-9)) ** power)
        return np.clip((wanted / np.maximum(got, 1e-9)) ** (power * DAMPING), 0.4, 2.5)

    ratio = dict(rates.ratio)
    referrals, s47, icpc = seen.mean("referrals"), seen.mean("s47"), seen.mean("icpc")
    ratio["nfa"] = ratio["nfa"] * step(targets.nfa_share * referrals, seen.mean("nfa"))
    ratio["not_in_need"] = ratio["not_in_need"] * step(targets.not_in_need_share * referrals, seen.mean("not_in_need"))
    ratio["s47"] = ratio["s47"] * step(targets.s47_per_referral * referrals, s47, 1.2)
    ratio["icpc"] = ratio["icpc"] * step(targets.icpc_per_s47 * s47, icpc)
    ratio["plan"] = ratio["plan"] * step(targets.plan_per_icpc * icpc, seen.mean("cpp_started"))
    stay = seen.mean("cpp_at31") / np.maximum(seen.mean("cpp_started"), 1e-9)
    ratio["plan_end"] = ratio["plan_end"] * step(stay * targets.plan_starts, targets.plan_years * targets.plan_starts, 1.2)
    out = seen.mean("ceased") / np.maximum(seen.mean("in_care"), 1e-9)
    own = step(targets.exit_rate * targets.in_care, out * targets.in_care, 1.6)
    # England's level of exits is that of its ages: authorities' own factors average 1 over the children in care.
    ratio["care_exit"] = ratio["care_exit"] * own / np.average(own, weights=targets.in_care)
    exits = np.column_stack([
        exits_under_one(rates.exits[:, 0], ratio["care_exit"], seen, targets, EXITS_FOLLOW * (1.0 if everywhere else DAMPING)),
        rates.exits[:, 1:] * exit_step(seen, targets),
    ])  # fmt: skip
    ratio = {group: np.clip(values, LOW, HIGH) for group, values in ratio.items()}
    started = np.stack([seen.mean(f"started_{band}") for band in AGE_BANDS], axis=1)
    factors = np.stack([step(targets.started[:, b], started[:, b], 0.85) for b in range(5)], axis=1)
    gap = targets.referrals - seen.flows["referrals"]
    if everywhere:
        new = rates.new_families * (1.0 + RETURNS * gap.sum(axis=0) / (1.62 * rates.new_families.sum(axis=0)))
    else:
        new = np.clip(rates.new_families + RETURNS * gap / 1.62, 0.1 * rates.new_families, 4.0 * rates.new_families)
    moved = replace(rates, ratio=ratio, by_age=np.clip(rates.by_age * factors, LOW / 3, HIGH * 2), exits=exits, new_families=new)
    return replace(moved, work=work_in_hand(seen, targets), use=seen.use, places=seen.places) if pressed else moved


def work_in_hand(seen: Simulated, targets: Targets) -> np.ndarray:
    """Return the work of the last year (A): own where referrals are many; a run of a few families says nothing of their usual number."""
    referrals = targets.referrals[:, -1]
    weight = referrals / (referrals + SMALL_FRONT_DOOR)
    return weight * seen.work + (1.0 - weight) * referrals * seen.work.sum() / referrals.sum()


def exit_step(seen: Simulated, targets: Targets, power: float = 1.3) -> np.ndarray:
    """Return what England's exits by age from 1 to 4 up are to be multiplied by (4); a power over 1, since hearings and adoptions do not follow."""
    ceased = np.array([seen.mean(f"ceased_{band}").sum() for band in AGE_BANDS[1:]])
    stock = np.array([seen.mean(f"in_care_{band}").sum() for band in AGE_BANDS[1:]])
    return np.clip((targets.exit_by_age * stock / ceased) ** power, 0.5, 2.0)


def fit(scenario: Scenario, targets: Targets, rates: Rates, replicates: int = 1, workers: int = 2, rounds: tuple[int, int] = (4, 5)) -> Rates:
    """Solve every authority's rates: England first, then each authority.

    What is in hand in the last round, in the year ending March 2025, sets the reference caseload; the closing report is with the workforce loop on.
    
    Parameters
    ----------
    rates
        Where to start from: `first_guess` or `last_fit`.
    replicates
        Runs of each authority in a round; flows are their means.
    rounds
        Rounds that move all authorities alike, then rounds that move each.
    """
    for number in range(sum(rounds)):
        seen = Simulated(scenario, targets, rates, replicates, workers)
        report(number, seen, targets)
        rates = correct(rates, seen, targets, everywhere=number < rounds[0], pressed=number == sum(rounds) - 1)
    report(sum(rounds), Simulated(scenario, targets, rates, replicates, workers), targets)
    return rates


def renewed(rates: Rates, scenario: Scenario, targets: Targets, replicates: int, workers: int) -> Rates:
    """Return the rates fitted last with the use of places measured again: for when places change and no flow does."""
    seen = Simulated(scenario, targets, rates, replicates, workers)
    report(0, seen, targets)
    work = np.array([load_areas()[name].value("work_in_hand") for name in targets.names])
    return replace(rates, work=work, use=seen.use, places=seen.places)


def report(number: int, seen: Simulated, targets: Targets) -> None:
    """Print how far England's flows are from balance."""
    pairs = {
        "referrals 2025": (targets.referrals[:, -1].sum(), seen.flows["referrals"][:, -1].sum()),
        "s47": ((targets.s47_per_referral * targets.referrals_fit).sum(), seen.mean("s47").sum()),
        "plans started": (targets.plan_starts.sum(), seen.mean("cpp_started").sum()),
        "plans at 31 March": ((targets.plan_years * targets.plan_starts).sum(), seen.mean("cpp_at31").sum()),
        "care starts": (targets.started.sum(), sum(seen.mean(f"started_{band}").sum() for band in AGE_BANDS)),
        "care ceased": ((targets.exit_rate * targets.in_care).sum(), seen.mean("ceased").sum()),
        "in care": (targets.in_care.sum(), seen.mean("in_care").sum()),
    }
    print(f"round {number}: " + ", ".join(f"{name} {got:,.0f} ({100 * (got / want - 1):+.1f} %)" for name, (want, got) in pairs.items()), flush=True)
    rates = np.array([seen.mean(f"ceased_{band}").sum() / seen.mean(f"in_care_{band}").sum() for band in AGE_BANDS[1:]])
    under_1 = seen.mean("ceased_under_1").sum() / seen.mean("started_under_1").sum()
    ratios = [under_1 / np.average(targets.exits_under_1, weights=targets.started[:, 0]), *(rates / targets.exit_by_age)]
    print("    exits by age over target: " + ", ".join(f"{ratio:.2f}" for ratio in ratios), flush=True)


def unit_of(quantity: str) -> str:
    """Return the unit of a fitted quantity."""
    if quantity.startswith(("ratio_", "age_ratio_", "plan_ratio_")):
        return "times the pathway's rate or share"
    if quantity.startswith("reference_use_"):
        return "share of usable places filled"
    if quantity.endswith("_places"):
        return "usable places"
    named = {"new_family_referrals": "families a year", "work_in_hand": "cases in the year ending March 2025"}
    return named.get(quantity, "children a year")


def main(arguments: list[str] | None = None) -> int:
    """Fit all authorities of the panel and write their rates."""
    parser = argparse.ArgumentParser(prog="python -m calibration.flow_balance", description="Solve every authority's rates.")
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT)
    parser.add_argument("--replicates", type=int, default=1, help="runs of history averaged in each round")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, nargs=2, default=(4, 5), help="rounds for England, then for each authority")
    parser.add_argument("--go-on", action="store_true", help="start from the rates fitted last")
    parser.add_argument("--places", action="store_true", help="keep every rate fitted last: read places again, and measure their use")
    options = parser.parse_args(arguments)
    targets = read_targets()
    start = last_fit(targets) if options.go_on else first_guess(targets)
    if options.places:
        rates = renewed(last_fit(targets), load("baseline"), targets, options.replicates, options.workers)
    else:
        rates = fit(load("baseline"), targets, start, options.replicates, options.workers, tuple(options.rounds))
    rows = []
    for row, name in enumerate(targets.names):
        solved = {**figures(row, rates), **given(load_areas()[name])}
        for quantity, series in solved.items():
            rows += [(name, quantity, year, value, unit_of(quantity), "calibration/flow_balance.py, years ending March 2022-24", "derived", "own")
                     for year, value in series]  # fmt: skip
    with options.output.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((*row[:3], f"{row[3]:.7g}", *row[4:]) for row in rows)
    print(f"{len(rows):,} rows in {options.output}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

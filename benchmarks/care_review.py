"""The Care Review's claims, tested: 100,000 children in care by 2032, 30,000 fewer, what it costs, and what waiting two years would.

    python benchmarks/care_review.py [--fit FOLDER] [--authorities N] [--runs N] [--solve-runs N]

From what was known in March 2021 (`carecurve calibrate --until 2021`, which is made first if the folder is not there: about half an hour),
England's authorities, or a systematic sample of N of them, are forecast to March 2032: nothing done (no policy since), the Review's package from
April 2023, and the same two years late. Writes tables and pictures to docs/care-review/, which docs/care-review.md explains. England is the sample's
total times England's published children in care in March 2021 over the sample's; errors of the sample are a jackknife over authorities.
"""

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy import stats

from calibration.panel import ENGLAND, read_panel
from scenarios.fitted import Fitted
from scenarios.loading import Scenario, load
from sim.experiment import run_experiment
from sim.plan import plan
from sim.results import Comparison, Results
from sim.selection import Region, Selection

ORIGIN, LAST = 2021, 2032
NOTHING_DONE, FEWER = 100_000, 30_000  # the Review's children in care in 2032, and how many fewer for its package
CCN_2025 = 95_000
HELP = "family_help_for_half_a_million"
PRICE_YEAR = 2025  # year ending, of levers' costs
OUT = Path(__file__).parents[1] / "docs" / "care-review"
WAITING = 10_500  # more children in care in March 2028 for two years' delay, as published
GROWTH = (1.15, 1.3, 1.5, 1.7)  # families referred for the first time in 2032 over those without
EFFECTS = (0.85, 0.68, 0.4, 0.1)  # hazard ratios of Family Help
REACHES = (0.6, 0.8, 1.0)  # of families in an episode, in place of two fifths
FULL = "2025-04"  # from when the package, brought forward to 2023, reaches its two fifths


@dataclass(frozen=True)
class Nation:
    """What authorities come to, as England: `factor` times their sum; `whole` if they are all there are."""

    factor: float
    whole: bool

    def runs(self, by_area: np.ndarray) -> np.ndarray:
        """Return England's number in each run, from (areas, runs)."""
        return self.factor * by_area.sum(axis=0)

    def sampling_error(self, by_area: np.ndarray, sizes: np.ndarray) -> float:
        """Return the jackknife's standard error of England's mean, from which authorities were drawn: 0 if all were.

        A ratio estimator: leaving one authority out leaves the others to stand for England, by children in care.
        """
        means, whole = by_area.mean(axis=1), sizes.sum()
        left = (means.sum() - means) * whole / (whole - sizes)
        n = len(means)
        return 0.0 if self.whole else float(self.factor * np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum()))


def in_care(fit: Fitted) -> dict[str, float]:
    """Return children in care in March 2021 of the authorities there were, as published; none that published nothing."""
    panel = read_panel()
    known = {name: panel.value(name, "cla_at31", ORIGIN) for name in fit.records}
    return {name: value for name, value in known.items() if value > 0.0}


def sample(fit: Fitted, authorities: int | None) -> Selection:
    """Return every authority, or a systematic sample by size of children in care within regions."""
    sizes = in_care(fit)
    names = sorted(sizes, key=lambda name: (fit.profiles[name].region, sizes[name]))
    chosen = names if authorities is None else [names[int((i + 0.5) * len(names) / authorities)] for i in range(authorities)]
    alone = np.eye(1, dtype=np.int64)
    return Selection("England's authorities", tuple(Region((name,), alone, "one authority") for name in chosen))


def study(folder: Path, fit: Path) -> dict[str, Scenario]:
    """Return the scenarios: nothing done from 2021 on, the Review's package in April 2023, and two years later."""
    texts = {
        "nothing": f"name: Nothing done since 2021\nextends: {fit}\n",
        # regional commissioning without pooling: authorities are run one by one, and where places are has no part in how many children are in care
        "review": "name: The Care Review from April 2023\nextends: [nothing.yaml, care-review-2022]\ndelay_months: -36\n"
        "set:\n  levers.regional_care_cooperative.pooled_shares.agency_foster: 0.0\n"
        "  levers.regional_care_cooperative.pooled_shares.childrens_home: 0.0\n",
        "late": "name: The Care Review from April 2025\nextends: review.yaml\ndelay_months: 24\n",
    }
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return {name: load(str(folder / f"{name}.yaml")) for name in texts}


def grown(folder: Path, times: float, what: str) -> Scenario:
    """Return nothing done, with families' first referrals (or hazards of entering care) rising evenly to so many times as many by 2032."""
    text = f"name: Growth {times}\nextends: nothing.yaml\nlevers:\n  - change:\n      start: {ORIGIN}-04\n      quantity: {what}\n"
    text += f"      scale: {{value: {times}, range: [0.5, 5.0], unit: ratio, source: solved for, status: assumed}}\n"
    text += f"      change: {{ramp_months: {(LAST - ORIGIN) * 12}}}\n"
    path = folder / f"grown-{what}-{times}.yaml"
    path.write_text(text, encoding="utf-8")
    return load(str(path))


def changed(folder: Path, extends: str, **numbers: float) -> Scenario:
    """Return the Review's package (or the late one) with numbers of Family Help's at a value, all else at its means."""
    paths = {"ratio": "entry.hazard_ratio", "reach": f"reach.share.{FULL}"}
    lines = "".join(f"  levers.{HELP}.{paths[name]}: {value}\n" for name, value in numbers.items())
    path = folder / f"{extends}-{'-'.join(f'{name}-{value}' for name, value in numbers.items())}.yaml"
    path.write_text(f"name: Changed\nextends: {extends}.yaml\nset:\n{lines}", encoding="utf-8")
    return load(str(path))


def compare(scenarios: list[Scenario], selection: Selection, runs: int, **options) -> Comparison:
    """Run scenarios against the first."""
    return run_experiment(plan(scenarios, selection, until=f"{LAST}-03", runs=runs, **options))


def by_area(comparison: Comparison, scenario: int, measure: str, year: int) -> np.ndarray:
    """Return a measure of a scenario in a year (areas, runs)."""
    return comparison.scenarios[scenario].annual.sel(measure=measure, year_ending=year).to_numpy()


def words(values: np.ndarray, error: float) -> str:
    """Return mean, 95 % interval over runs, and standard errors (Monte Carlo's, and that of the sample of authorities), to the nearest hundred."""
    low, high = np.quantile(values, [0.025, 0.975])
    chance = values.std(ddof=1) / np.sqrt(len(values))
    mean, low, high, chance, error = (f"{round(x, -2):,.0f}" for x in (values.mean(), low, high, chance, error))
    return f"{mean} [{low}, {high}] | {chance} | {error}"


def solved(points: list[tuple[float, np.ndarray]], wanted: float) -> tuple[float, float] | None:
    """Return where outcomes reach what is wanted: mean and standard error over runs, by straight lines between points, run by run.

    None where the mean of no two neighbouring points holds it between them: nothing is said beyond what was run.
    """
    points = sorted(points, key=lambda point: point[0])
    values, outcomes = np.array([value for value, _ in points]), np.stack([outcome for _, outcome in points])
    means = outcomes.mean(axis=1)
    held = [j for j in range(len(points) - 1) if min(means[j : j + 2]) <= wanted <= max(means[j : j + 2])]
    if not held:
        return None
    j = held[0]
    each = values[j] + (wanted - outcomes[j]) * (values[j + 1] - values[j]) / (outcomes[j + 1] - outcomes[j])
    return float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each)))


def headline(comparison: Comparison, england: Nation, sizes: np.ndarray) -> list[str]:
    """Return the table of what the study says beside what was published."""
    nothing, review, late = (by_area(comparison, i, "cla_at31", LAST) for i in range(3))
    fewer = nothing - review
    delay = by_area(comparison, 2, "cla_at31", 2028) - by_area(comparison, 1, "cla_at31", 2028)
    in_2025, published = by_area(comparison, 0, "cla_at31", 2025), read_panel().series(ENGLAND, "cla_at31")[2025]
    rows = [
        ("children in care, nothing done, March 2025", in_2025, f"published {published:,.0f}; CCN and Newton {CCN_2025:,}"),
        ("children in care, nothing done, March 2032", nothing, "100,000"),
        ("children in care, the package, March 2032", review, "70,000 (implied)"),
        ("fewer in care for the package, March 2032", fewer, "30,000"),
        ("more in care for two years' delay, March 2028", delay, "10,500"),
        ("more in care for two years' delay, March 2032", late - review, "4,500 in the long run"),
    ]
    lines = ["| | England, mean [95 % interval] | Monte Carlo error | error of the sample | published |", "|---|---|---|---|---|"]
    for label, values, claimed in rows:
        lines.append(f"| {label} | {words(england.runs(values), england.sampling_error(values, sizes))} | {claimed} |")
    reached = england.runs(fewer)
    n, hits = len(reached), int((reached >= FEWER).sum())
    high = stats.beta.ppf(0.975, hits + 1, n - hits) if hits < n else 1.0
    lines += ["", f"Probability that 30,000 fewer are in care in 2032: {hits} of {n} runs (95 % upper limit {high:.2f}); most in any run "
              f"{reached.max():,.0f}."]  # fmt: skip
    return lines


def cumulative(comparison: Comparison, reform: Results, england: Nation, years: list[int], without: str = "") -> np.ndarray:
    """Return a reform's net cost to authorities up to each year, £bn, prices of 2024-25 (runs, years), without a line of its own if one is named.

    What the fit's authorities pay is at prices of its own base year, what levers cost is not.
    """
    rise = float(reform.nominal_factors([PRICE_YEAR])[0])
    own = [key for key in reform.payers("authority") if key not in comparison.baseline.lines and key != without]
    others = [key for key in reform.payers("authority") if key in comparison.baseline.lines]
    change = (reform.costs.sel(line=others) - comparison.baseline.costs.sel(line=others)).sum("line") * rise + reform.costs.sel(line=own).sum("line")
    return change.sel(year_ending=years).sum("area").to_numpy().cumsum(axis=-1) * england.factor / 1e9


def billions(values: np.ndarray) -> str:
    """Return mean and 95 % interval over runs, £bn."""
    low, high = np.quantile(values, [0.025, 0.975])
    return f"{values.mean():+.2f} [{low:+.2f}, {high:+.2f}]"


def money(comparison: Comparison, england: Nation) -> list[str]:
    """Return the table of cumulative net cost by year, of the package and of delay, and when it breaks even."""
    years = [int(year) for year in comparison.baseline.years if year > ORIGIN]
    package, waiting = (cumulative(comparison, reform, england, years) for reform in comparison.reforms)
    once, late_once = (cumulative(comparison, reform, england, years, f"{HELP}_kept_up") for reform in comparison.reforms)
    lines = ["| up to March | the package, cumulative net, £bn [95 % interval] | if the money is needed once | runs that have broken even: package, "
             "once | delay against the package | the same, once |", "|---|---|---|---|---|---|"]  # fmt: skip
    for j, year in enumerate(years):
        if year < 2024:
            continue
        even = ", ".join(f"{float((each[:, j] <= 0.0).mean()):.0%}" for each in (package, once))
        lines.append(f"| {year} | {billions(package[:, j])} | {billions(once[:, j])} | {even} | {billions(waiting[:, j] - package[:, j])} | "
                     f"{billions(late_once[:, j] - once[:, j])} |")  # fmt: skip
    return lines


def what_it_takes(folder: Path, scenarios: dict[str, Scenario], selection: Selection, england: Nation, runs: int) -> list[str]:
    """Return the lines that say which assumption would reach the Review's figures, effects and rates at their means."""
    named = {"families referred for the first time": "arrivals.family", "hazards of entering care": "rate.care_entry"}
    variants = {(what, times): grown(folder, times, what) for what in named.values() for times in GROWTH}
    variants |= {("ratio", ratio): changed(folder, "review", ratio=ratio) for ratio in EFFECTS}
    variants |= {("reach", reach): changed(folder, "review", reach=reach) for reach in REACHES}
    variants |= {("late", ratio): changed(folder, "late", ratio=ratio) for ratio in EFFECTS}
    found = compare([scenarios["nothing"], *variants.values()], selection, runs, effects="central")

    def outcome(key: tuple[str, float] | None, year: int = LAST) -> np.ndarray:
        """Return England's children in care of a variant (nothing done, if none), run by run."""
        return england.runs(by_area(found, 0 if key is None else 1 + list(variants).index(key), "cla_at31", year))

    plain = outcome(None)
    lines = [f"{runs} runs. With rates and effects at their means {plain.mean():,.0f} are in care in March 2032 if nothing is done.", ""]
    lines += ["| assumption | value | children in care, March 2032 | beside those if nothing is done (standard error) |", "|---|---|---|---|"]

    def row(label: str, value: float, after: np.ndarray, before: np.ndarray) -> str:
        """Return a row of one variant."""
        change = after - before
        return f"| {label} | {value:g} | {after.mean():,.0f} | {change.mean():+,.0f} ({change.std(ddof=1) / np.sqrt(runs):,.0f}) |"

    for label, what in named.items():
        lines += [row(f"{label}, times as many by 2032", times, outcome((what, times)), plain) for times in GROWTH]
        needed = solved([(1.0, plain), *((times, outcome((what, times))) for times in GROWTH)], NOTHING_DONE)
        yearly = None if needed is None else (needed[0] ** (1 / (LAST - ORIGIN)) - 1) * 100
        told = "beyond what was run" if needed is None else f"{needed[0]:.2f} ± {2 * needed[1]:.2f} ({yearly:+.1f} % a year)"
        lines.append(f"| **{label}: for 100,000** | **{told}** | 100,000 | |")
    of_help = (("ratio", "Family Help's hazard ratio among those reached", EFFECTS), ("reach", "families reached, of those referred", REACHES))
    for name, label, values in of_help:
        lines += [row(label, value, outcome((name, value)), plain) for value in values]
        needed = solved([(value, plain - outcome((name, value))) for value in values], FEWER)
        told = "none of those run" if needed is None else f"{needed[0]:.2f} ± {2 * needed[1]:.2f}"
        lines.append(f"| **{label}: for 30,000 fewer** | **{told}** | | −30,000 |")
    lines += ["", f"| {of_help[0][1]} | more in care in March 2028 for two years' delay (standard error) |", "|---|---|"]
    waits = [(ratio, outcome(("late", ratio), 2028) - outcome(("ratio", ratio), 2028)) for ratio in EFFECTS]
    lines += [f"| {ratio:g} | {more.mean():+,.0f} ({more.std(ddof=1) / np.sqrt(runs):,.0f}) |" for ratio, more in waits]
    needed = solved(waits, WAITING)
    told = "none of those run" if needed is None else f"{needed[0]:.2f} ± {2 * needed[1]:.2f}"
    return [*lines, f"| **{told}** | **+10,500** |"]


def pictures(comparison: Comparison, england: Nation) -> None:
    """Draw children in care of the three scenarios, and cumulative net cost."""
    years = [int(year) for year in comparison.baseline.years]
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5), layout="constrained")
    labels = ("nothing done", "the Review's package, April 2023", "two years late")
    for i, (label, colour) in enumerate(zip(labels, ("#4c566a", "#0b7a75", "#c8553d"), strict=True)):
        values = np.array([england.runs(by_area(comparison, i, "cla_at31", year)) for year in years])
        left.plot(years, values.mean(axis=1), color=colour, label=label)
        if i < 2:
            left.fill_between(years, *np.quantile(values, [0.025, 0.975], axis=1), color=colour, alpha=0.15, linewidth=0)
    known = read_panel().series(ENGLAND, "cla_at31").loc[ORIGIN - 3 :]
    left.plot(known.index, known, "o", color="black", markersize=4, label="published")
    left.plot([2032], [NOTHING_DONE], "^", color="#4c566a", markersize=8, label="the Review: nothing done")
    left.plot([2032], [NOTHING_DONE - FEWER], "v", color="#0b7a75", markersize=8, label="the Review: reform")
    left.plot([2025], [CCN_2025], "x", color="#4c566a", label="CCN and Newton (2021)")
    left.set(title="Children in care in England, 31 March", ylim=(50_000, 120_000))
    left.legend(frameon=False, fontsize=8)
    years = [year for year in years if year > ORIGIN]
    for reform, colour, label in zip(comparison.reforms, ("#0b7a75", "#c8553d"), labels[1:], strict=True):
        cost = cumulative(comparison, reform, england, years)
        right.plot(years, cost.mean(axis=0), color=colour, label=label)
        right.fill_between(years, *np.quantile(cost, [0.025, 0.975], axis=0), color=colour, alpha=0.15, linewidth=0)
    right.axhline(0.0, color="black", linewidth=0.8)
    right.set(title="Cumulative net cost against nothing done, £bn, prices of 2024-25")
    right.legend(frameon=False, fontsize=8)
    figure.savefig(OUT / "care-review.png", dpi=130)


def main() -> None:
    """Make the fit if it is not there, run the study, and write tables and pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", type=Path, default=Path("fits/until-2021"))
    parser.add_argument("--authorities", type=int)
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--solve-runs", type=int, default=4)
    options = parser.parse_args()
    if not options.fit.exists():
        command = ["calibrate", "--until", str(ORIGIN), "--ahead", str(LAST - ORIGIN), "-o", str(options.fit)]
        subprocess.run([sys.executable, "-m", "carecurve", *command], check=True)
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        scenarios = study(folder, (options.fit / "fitted.yaml").resolve())
        fit = scenarios["nothing"].fitted
        selection, known = sample(fit, options.authorities), in_care(fit)
        sizes = np.array([known[name] for name in selection.areas])
        england = Nation(float(read_panel().series(ENGLAND, "cla_at31")[ORIGIN]) / sizes.sum(), len(sizes) == len(known))
        comparison = compare(list(scenarios.values()), selection, options.runs)
        lines = [f"# Tables of the Care Review's study\n\n{len(selection.areas)} authorities, {options.runs} runs; "
                 "remade by `python benchmarks/care_review.py`, explained in [care-review.md](../care-review.md).\n"]  # fmt: skip
        lines += ["## Children in care\n", *headline(comparison, england, sizes), "\n## Money\n", *money(comparison, england)]
        pictures(comparison, england)
        lines += ["\n## What it would take\n", *what_it_takes(folder, scenarios, selection, england, options.solve_runs)]
    (OUT / "tables.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()

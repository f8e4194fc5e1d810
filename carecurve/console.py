"""What the command line prints: entries, errors, progress, and the closing table. Errors go to standard error."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

# Plain text also where a notebook runs the command line: no widgets, which it may lack.
OUT = Console(highlight=False, soft_wrap=True, force_jupyter=False)
ERR = Console(stderr=True, highlight=False, soft_wrap=True, force_jupyter=False)
RUNS = Path("runs")
LEAST_PRICE_EFFECT_GBP = 50_000.0  # less would be printed as nothing
CERTAIN = {
    "central": " (chance only: effects of reforms and prices at their means)",
    "null": " (reforms cost what they cost and change nothing)",
}  # by what `--effects` asked for
# Errors that say what a user got wrong, by the module that raises them (imported only by what was used).
USER_ERRORS = {
    "ScenarioError", "PartsError", "UnknownNameError", "GroupFileError", "MonthError", "ExperimentError", "StoreError",
    "ResultsError", "ChoiceError", "RecordsError", "PanelError", "BacktestError", "BaselineError", "AppraisalError", "DeflatorError",
}  # fmt: skip


class ChoiceError(ValueError):
    """Options that do not go together."""


def say(text: str) -> None:
    """Print a line as it is."""
    OUT.print(text, markup=False)


def error(text: str) -> None:
    """Print a line to standard error."""
    ERR.print(text, markup=False)


def fail(text: str) -> NoReturn:
    """Say what is wrong and end with status 2."""
    error(text)
    sys.exit(2)


def is_user_error(fault: BaseException) -> bool:
    """Tell whether an exception says what a user got wrong."""
    return any(kind.__name__ in USER_ERRORS for kind in type(fault).__mro__)


def heading(text: str) -> None:
    """Print a heading."""
    OUT.print(f"\n[bold]{text}[/bold]")


def entry(name: str, words: str) -> None:
    """Print a name and what it means."""
    OUT.print(f"  {name}", style="bold", end="", markup=False)
    OUT.print(f"  {words}", markup=False)


def listed(lines: list[str]) -> None:
    """Print lines one below another, each with a dash."""
    for line in lines:
        OUT.print(f"  - {line}", markup=False)


def number(path: str, value: str, unit: str, limits: str, status: str, source: str) -> None:
    """Print one number of the register."""
    shown = " ".join(part for part in (value, unit, f"[{limits}]" if limits else "") if part)
    OUT.print(f"  {path} = {shown}  ({status}) {source}", markup=False)


def new_folder(*words: str) -> Path:
    """Return a folder in runs/ that is not there yet, named by these words (the area and the scenarios)."""
    name = re.sub(r"[^a-z0-9]+", "-", "-".join(words).casefold()).strip("-")[:80]
    folder, count = RUNS / name, 1
    while folder.exists():
        count += 1
        folder = RUNS / f"{name}-{count}"
    return folder


def announce_compilation() -> None:
    """Say that kernels are compiled, if they have not been on this machine."""
    from sim.kernels import KERNEL_HASH, cache_folder

    folder = cache_folder() / f"kernels-{KERNEL_HASH}"
    if not folder.exists() or not any(folder.rglob("*.nbc")):
        ERR.print("Compiling the simulation kernels, once for this machine: up to a minute ...")


@contextmanager
def progress(plan: Any, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a progress bar of runs while the body runs."""
    if quiet:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    areas = len(plan.selection.areas)
    names = ", ".join(scenario.key for scenario in plan.scenarios)
    runs = f"{plan.rule.minimum} to {plan.runs} paired runs" if plan.rule else f"{plan.runs} paired runs"
    ERR.print(
        f"{plan.selection.label}: {areas} {'area' if areas == 1 else 'areas'}, {runs} of {names}, "
        f"{plan.from_} to {plan.until}, engine {plan.engine}",
        markup=False,
    )
    if plan.engine == "fast":
        announce_compilation()
    count = TextColumn("{task.completed}/{task.total}")
    columns = (TextColumn("{task.description}"), BarColumn(), count, TimeElapsedColumn())
    with Progress(*columns, console=ERR, transient=True, disable=not ERR.file.isatty()) as bar:
        task = bar.add_task("Histories and scenarios", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


@contextmanager
def steps(what: str, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a progress bar of steps while the body runs; nothing is drawn until the first is done."""
    if quiet:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    announce_compilation()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn())
    with Progress(*columns, console=ERR, transient=True, disable=not ERR.file.isatty()) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


@contextmanager
def combinations(plan: Any, games: list[Any], quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Say what an attribution runs more, and show a progress bar of it while the body runs."""
    for game in games if not quiet else ():
        how = f"every combination of its {len(game.parts)} parts" if game.exact else f"orders of its {len(game.parts)} parts, sampled in each run"
        parts = ", ".join(part.label for part in game.parts)
        more = game.runs(plan.runs) / plan.runs
        ERR.print(f"Attribution of {game.reform.key} to {parts}: {how}, {more:.3g} scenarios more", markup=False)
    with steps("Scenarios between", quiet) as report:
        yield report


def closing(comparison: Any, tables: dict[str, Any]) -> None:
    """Print the few lines a planner would read aloud."""
    from outputs.tables import closing as closing_table
    from outputs.tables import whole

    told = closing_table(whole(comparison))
    prices = f"costs net of grants, {told.price_base} prices"
    certain = CERTAIN.get(comparison.metadata.get("effects"), "")
    say(f"\n{told.area}: {told.runs} paired runs, mean and 90 % interval{certain}; {prices}")
    rows = [("", "value", f"against {told.baseline}", "mean ±", "pairing")]
    for title, lines in told.rows.items():
        rows.append((title,))
        rows += [(f"  {line.scenario}", _interval(line.value), *_change(line)) for line in lines]
    _columns(rows)
    _pairing(told)
    _layers(comparison)
    _precision(comparison)
    if "children.csv" in tables:
        _children(comparison, tables, told.area)
    if "appraisal.csv" in tables:
        from carecurve.appraisal_lines import appraisal_lines

        for line in appraisal_lines(tables["appraisal.csv"], tables["benefits.csv"], told, comparison.metadata.get("appraisal", {})):
            say(line)
    if "price_volume.csv" in tables:
        _prices(comparison, tables["price_volume.csv"], told)
    _shares(comparison)
    _beds(comparison)
    _timing(comparison)
    _failed_checks(comparison)
    if "published_vs_simulated.csv" in tables and comparison.metadata["grossing"]:
        _published(tables["published_vs_simulated.csv"])
    say("Abuse, death and children's experience are not simulated.")


def attribution(found: Any, tables: dict[str, Any]) -> None:
    """Print what drove each reform, and checks that did not hold in the scenarios run for it."""
    from outputs.attribution_words import sentences

    say("")
    for line in sentences(found, tables["attribution.csv"], tables["cost_bridge.csv"]):
        say(line)
    for one in found.reforms:
        between = f"{found.comparison.baseline.scenario} and {one.scenario}"
        for check in [check for check in one.checks if not check["holds"]]:
            error(f"CHECK FAILED between {between}: {check['check']}: {check['meaning']} (worst {check['worst']:g})")


def _children(comparison: Any, tables: dict[str, Any], area: str) -> None:
    """Print what happens to children beside pounds, what marks a reform, and by when one authority could tell."""
    from outputs.children_report import children_block

    told = children_block(comparison, tables, area)
    heading(told.heading)
    _columns(told.rows)
    for verdict in told.verdicts:
        say(f"{verdict.scenario}: {verdict.text} (marks.csv).")
    for words in told.detectable:
        say(words)
    say("")


def _prices(comparison: Any, table: Any, told: Any) -> None:
    """Print the change in what placements cost by volume, mix and price, of reforms that change prices, and how often placements are let again."""
    found = table[(table.area == told.area) & (table.placements == "all") & (table.year_ending == "all")]
    moved = found[(found.market_gbp.abs() + found.commissioning_gbp.abs()) >= LEAST_PRICE_EFFECT_GBP]
    for row in moved.itertuples():
        parts = ", ".join(f"{part} {getattr(row, part + '_gbp') / 1e6:+,.1f}" for part in ("volume", "mix", "chance", "market", "commissioning"))
        say(f"Placements in {row.scenario}, against {told.baseline}, £m: {row.gbp / 1e6:+,.1f} = {parts} (price_volume.csv)")
    if len(moved):
        share = float(comparison.baseline.total(told.area).annual.sel(measure="relet_pct", year_ending=told.year).mean())
        say(f"Let in the year to March {told.year}, of the market's placements: {share:.0f} % ({told.baseline}; a child may have several).")


def _columns(rows: list[tuple[str, ...]]) -> None:
    """Print rows in columns as wide as they need; a row of a single cell is a heading."""
    full = [row for row in rows if len(row) > 1]
    widths = [max(len(row[i]) for row in full) for i in range(len(full[0]))]
    for row in rows:
        if len(row) == 1:
            OUT.print(f"[bold]{row[0]}[/bold]")
        else:
            cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
            cells[0] = row[0].ljust(widths[0])
            say("  ".join(cells).rstrip())


def _interval(summary: Any) -> str:
    """Return `mean [p05, p95]` in words, with one decimal below a thousand."""
    digits = 1 if abs(float(summary.mean)) < 1000 else 0
    return f"{float(summary.mean):,.{digits}f} [{float(summary.p05):,.{digits}f}, {float(summary.p95):,.{digits}f}]"


def _change(row: Any) -> tuple[str, str, str]:
    """Return a difference as `mean [p05, p95]`, half its confidence interval, and what pairing gave; all empty for the baseline."""
    if row.difference is None:
        return "", "", ""
    summary, (low, high) = row.difference, row.confidence
    text = f"{float(summary.mean):+,.1f} [{float(summary.p05):+,.1f}, {float(summary.p95):+,.1f}]"
    if low == float("-inf"):
        return text, "", ""
    ratio = row.variance_ratio
    return text, f"{(high - low) / 2:,.1f}", "same" if ratio == float("inf") else f"x {ratio:,.{int(ratio < 10)}f}"


def _pairing(told: Any) -> None:
    """Say what the column `pairing` is."""
    if any(row.variance_ratio == row.variance_ratio for rows in told.rows.values() for row in rows if row.variance_ratio is not None):
        say("pairing: variance of the difference had the runs not been paired, over what it is: so many times the runs for the same `mean ±`.")


def _layers(comparison: Any) -> None:
    """Say which layers of uncertainty intervals hold, where demand is not one of them."""
    about = comparison.baseline.metadata
    if about["effects"] == "drawn" and not about["fitted_draws"]:
        say("Intervals hold chance, growth of prices and effects of reforms, not what is not known of demand: `--on fitted` draws that too.")


def _precision(comparison: Any) -> None:
    """Print how many runs the wish for precision took, and how precise each headline is: 95 % half-widths."""
    found = comparison.metadata.get("precision")
    if not found:
        return
    rule, runs = found["rule"], found["runs"]
    central = comparison.metadata.get("effects") in CERTAIN
    what = "chance only" if central or not comparison.reforms else "Monte Carlo error of the mean over draws of effects"
    kept = f"reached and kept over {runs - (found['met_from'] or 0)} runs more"
    if not found["reached"]:
        kept = f"NOT reached, stopped at the maximum of {rule['maximum']} runs"
    say(f"\nauto: {runs} runs of {rule['minimum']} to {rule['maximum']}; ± {rule['precision']:g} % {kept}. {rule['level']:.0%} half-widths, {what}:")
    for one in found["watched"]:
        say(f"  {one['scenario']}: {one['label']}: {_estimate(one, rule, bool(comparison.reforms))}")


def _estimate(one: dict[str, Any], rule: dict[str, Any], signed: bool) -> str:
    """Return a watched mean with its half-width, and whether that is small enough and by what."""
    scale, unit = (1e6, " £m") if one["unit"] == "GBP" else (1.0, "")
    mean = f"{one['mean'] / scale:+,.2f}" if signed else f"{one['mean'] / scale:,.2f}"
    share = "" if one["precision_pct"] is None else f", {one['precision_pct']:.1f} % of it"
    words = "precise" if one["met"] else "not yet precise"
    if one["met"] and one["half_width"] > rule["precision"] / 100.0 * abs(one["mean"]):
        words = f"within the tolerance of {one['tolerated'] / scale:,.2f}{unit}"
    width = "unknown" if one["half_width"] is None else f"{one['half_width'] / scale:,.2f}"
    return f"{mean} ± {width}{unit}{share}; {words}"


def _shares(comparison: Any) -> None:
    """Print, for each reform that pools a region, what every authority bears and gains, and where net cost falls or rises."""
    base = comparison.baseline
    if len(base.areas) < 2 or comparison.metadata["grossing"]:
        return
    from outputs.shares import CHILDREN, shares, winners_and_losers

    table = shares(comparison)
    words = ("authority", "bears", "share", "placements", "net cost", "cheaper in", "in the region", "out of area", "over 20 miles", "unregistered")
    for reform in [one for one in comparison.reforms if one.metadata["pooled"]]:
        own = table[table.scenario == reform.scenario]
        say(f"\n{reform.scenario} by authority: £m over all years, and children on the last 31 March, against {base.scenario} (more in shares.csv)")
        rows = [words]
        for area in own.area.unique():
            line = own[own.area == area].set_index("item")
            bears, net = line.loc["reform_cost"], line.loc["net"]
            low, high = (f"{net[key] / 1e6:+,.2f}" for key in ("p05", "p95"))
            money = (f"{bears['mean'] / 1e6:,.2f}", f"{bears.share_of_region:.0%}", f"{line.loc['placements', 'mean'] / 1e6:+,.2f}")
            children = (f"{line.loc[item, 'mean']:+,.1f}" for item in CHILDREN)
            rows.append((f"  {area}", *money, f"{net['mean'] / 1e6:+,.2f} [{low}, {high}]", f"{net.runs_below_baseline:.0%} of runs", *children))
        _columns(rows)
        won, lost = winners_and_losers(table, reform.scenario)
        say(f"Net cost falls in {', '.join(won) or 'none'}; it rises in {', '.join(lost) or 'none'} (means over runs, most first).")


def _beds(comparison: Any) -> None:
    """Print, for England or a region, own children in homes in and out of their area, and whose children the areas' beds hold."""
    from outputs.tables import beds_of_areas

    if told := beds_of_areas(comparison):
        say(
            f"Children's homes, 31 March {told.year}, {comparison.baseline.scenario}, these authorities as they are: {told.own:,.0f} of their "
            f"children in their area, {told.exported:,.0f} out of it; other authorities' children fill {told.imported:,.0f} of {told.beds:,.0f} "
            "beds in their areas."
        )
        say(
            f"  Imports less exports: {told.imported - told.exported:+,.0f}. They have {told.shares[0]:.0%} of England's beds and "
            f"{told.shares[1]:.0%} of its children in homes; beds are taken to be filled as England's are (66 %)."
        )


def _timing(comparison: Any) -> None:
    """Print how long the run took, what came from the cache, and what the authorities stand for."""
    timing = comparison.metadata["timing"]
    runs = comparison.baseline.replicates
    say(
        f"{runs} {'run' if runs == 1 else 'runs'} in {timing['seconds']:.0f} s on {timing['workers']} threads; histories: "
        f"{timing['histories_cached']} from the cache, {timing['histories_simulated']} simulated."
    )
    if comparison.metadata["note"]:
        say(comparison.metadata["note"])
    share = comparison.metadata["coverage_of_england"]["children_in_care"]
    if comparison.metadata["grossing"]:
        say(f"These authorities hold {share:.0%} of England's children in care; England is grossed up from them.")
    if missing := comparison.metadata["missing_members"]:
        say(f"Without figures, left out: {', '.join(missing)}.")


def _failed_checks(comparison: Any) -> None:
    """Print checks that did not hold, or that all did."""
    failed = [
        (one.scenario, check) for one in comparison.scenarios for check in one.metadata["checks"] if not check["holds"]
    ]
    for scenario, check in failed:
        error(f"CHECK FAILED in {scenario}: {check['check']}: {check['meaning']} (worst {check['worst']:g})")
    if not failed:
        say(f"All {len(comparison.baseline.metadata['checks'])} checks held in every run.")


def _published(frame: Any) -> None:
    """Print published against simulated figures."""
    say("\nYear ending March 2025, the panel's own authorities; `median` is the median authority's absolute error")
    rows = [("measure", "role", "published", "simulated", "error", "median")]
    rows += [
        (
            row.measure, row.role, f"{row.published:,.4g}" if row.published < 1e4 else f"{row.published:,.0f}",
            f"{row.simulated:,.4g}" if row.simulated < 1e4 else f"{row.simulated:,.0f}", f"{row.error_pct:+.1f} %",
            f"{row.median_abs_error_pct:.1f} %",
        )
        for row in frame.itertuples()
    ]  # fmt: skip
    _columns(rows)


def bench_table(figures: dict[str, Any]) -> None:
    """Print the benchmark."""
    rows = {
        "bare SimPy M/M/1": ("simpy_steps_per_s", "kernel steps a second"),
        "reference (SimPy)": ("reference_events_per_s", "events a second"),
        "fast (numba)": ("fast_events_per_s", "events a second, history and ten years"),
        "fast over bare SimPy": ("fast_over_simpy", "events a kernel step"),
        "fast over reference": ("fast_over_reference", "events an event"),
        "twenty years over ten": ("twenty_years_over_ten_per_event", "of the time an event"),
        "two threads over one": ("two_threads_over_one", "events in the same time"),
        "pooled region over alone": ("pooled_over_alone_per_event", "of the time an event"),
        "every authority, ten years": ("every_authority_s", "seconds, histories simulated"),
        "the same, histories kept": ("every_authority_from_kept_histories_s", "seconds"),
    }
    say(f"{figures['area']}, one thread; pooled: {figures['region']}")
    for label, (name, unit) in rows.items():
        if name in figures:
            value = figures[name]
            say(f"  {label:<27}{value:>12,}  {unit}" if isinstance(value, int) else f"  {label:<27}{value:>12,.2f}  {unit}")

"""The command line: list, validate, explain, init, run, compare, sensitivity, calibrate, bench; others are in `cli_backtest` and `cli_records`.

Heavy imports happen inside the commands. Anything a user can get wrong ends in one clear message, exit status 2 and
no traceback.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from carecurve import cli_backtest, cli_dashboard, cli_records, cli_report, console
from carecurve.cli_options import (
    Area,
    Attribute,
    Deflators,
    Diagrams,
    DiscountRate,
    Effects,
    Engine,
    England,
    Events,
    From,
    MaxRuns,
    On,
    OptimismBias,
    Output,
    Overwrite,
    Precision,
    Quiet,
    Region,
    Runs,
    Seed,
    Until,
    Workers,
)

DRAWN_ENGINES = ("expected",)  # whose runs draw the system without being asked

app = typer.Typer(
    name="carecurve",
    help="Simulate England's children's services and compare the cost curves of reforms.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

@app.command("list")
def list_() -> None:
    """List scenarios, named groups, regions and areas."""
    from scenarios.areas import load_areas, load_groups, regions
    from scenarios.loading import available_scenarios
    from sim.selection import coverage

    console.heading("Scenarios")
    for name, words in available_scenarios().items():
        console.entry(name, words)
    console.heading("Named groups (--region)")
    for group in load_groups().values():
        missing = f" Without figures: {', '.join(group.missing)}." if group.missing else ""
        console.entry(group.key, f"{group.name}: {', '.join(group.members)}.{missing}")
    areas = load_areas()
    console.heading("Regions (--region)")
    for name in regions():
        console.entry(name, ", ".join(area.name for area in areas.values() if area.region == name))
    share = coverage(tuple(areas))["children_in_care"]
    console.say(f"\n{len(areas)} areas (--area), holding {share:.0%} of England's children in care.")


@app.command()
def validate(files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Scenario files or names.")]) -> None:
    """Check scenario files; every fault is printed with its line and column."""
    from scenarios.faults import ScenarioError
    from scenarios.loading import load

    wrong = False
    for file in files:
        try:
            scenario = load(file)
        except ScenarioError as error:
            wrong = True
            console.error(str(error))
        else:
            console.say(f"{file}: {scenario.name}: no faults")
            if scenario.meetings and not scenario.overlap:
                console.say("  Its levers meet, which `overlap:` may say in words:")
                console.listed(scenario.meetings)
    if wrong:
        raise typer.Exit(2)


@app.command()
def explain(scenario: Annotated[str, typer.Argument(help="A scenario: name or file.")]) -> None:
    """Print what a scenario does and every number in it: unit, range, status, source, file and line."""
    from scenarios.loading import load
    from scenarios.register import register
    from scenarios.timeline import year_name
    from sim.cost_lines import assumptions
    from sim.measures import MEASURES

    found = load(scenario)
    console.heading(found.name)
    console.say(found.description)
    if found.overlap or found.meetings:
        console.heading("How its levers act on the same children")
        console.listed([*(f"{words} ({file})" for file, words in found.overlap.items()), *found.meetings])
    console.heading("Numbers")
    for row in register(found):
        console.number(row.path, row.value, row.unit, row.range, row.status, f"{row.source} ({row.file}:{row.line})")
    console.heading("Costs beside the areas' own prices (scenarios/data/cost_assumptions.csv)")
    for name, row in assumptions().items():
        console.number(name, row["value"], row["unit"], f"{row['low']} to {row['high']}", row["status"], row["source"])
    console.heading(f"GDP deflators ({found.deflators.file}); other years move by general inflation")
    for year, (source, status) in found.deflators.sources.items():
        console.number(year_name(year), f"{found.deflators.index[year]:g}", "index", "", status, source)
    console.heading("Measures compared with published figures")
    for measure in MEASURES.values():
        if measure.published:
            once = ", a child once a year" if measure.once_a_year else ""
            console.entry(measure.name, f"{measure.role}: {measure.label} ({measure.unit}{once})")


@app.command()
def init(
    area: Annotated[str, typer.Argument(help="An authority.")],
    file: Annotated[Path, typer.Argument(help="The scenario file to write.")],
    overwrite: Overwrite = False,
) -> None:
    """Write an editable scenario file that holds an area's own figures with their sources."""
    from scenarios.area_file import area_scenario
    from scenarios.areas import ENGLAND, find_area

    profile = find_area(area)
    if profile.name == ENGLAND:
        console.fail("England is not an authority; expected one of those `carecurve list` shows")
    if file.exists() and not overwrite:
        console.fail(f"{file} is there already; choose another name, or add --overwrite")
    try:
        file.write_text(area_scenario(profile), encoding="utf-8")
    except OSError as fault:
        console.fail(f"cannot write {file}: {fault.strerror or fault}")
    console.say(f'Wrote {file}. Edit it, then: carecurve run {file} --area "{profile.name}"')


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="A scenario: name or file.")] = "baseline",
    area: Area = None, region: Region = None, england: England = False, from_: From = None, until: Until = None,
    runs: Runs = None, seed: Seed = 1, engine: Engine = "fast", workers: Workers = None, events: Events = False,
    effects: Effects = "drawn", precision: Precision = None, max_runs: MaxRuns = None, deflators: Deflators = None, on: On = None,
    diagrams: Diagrams = False, output: Output = None, overwrite: Overwrite = False, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Run one scenario, by default the baseline for Greater Manchester."""
    options = {"from_": from_, "until": until, "runs": runs, "seed": seed, "engine": engine, "workers": workers}
    options |= {"events": events, "effects": effects, "precision": precision, "max_runs": max_runs}
    _experiment([scenario], (area, region, england), options, {"deflators": deflators}, output, overwrite, quiet, diagrams, on=on)


@app.command()
def compare(
    scenarios: Annotated[
        list[str] | None, typer.Argument(metavar="[BASELINE REFORM...]", help="Scenarios; the first is the baseline.")
    ] = None,
    area: Area = None, region: Region = None, england: England = False, from_: From = None, until: Until = None,
    runs: Runs = None, seed: Seed = 1, engine: Engine = "fast", workers: Workers = None, events: Events = False,
    effects: Effects = "drawn", precision: Precision = None, max_runs: MaxRuns = None, deflators: Deflators = None, on: On = None,
    discount_rate: DiscountRate = None, optimism_bias: OptimismBias = 0.0,
    diagrams: Diagrams = False, attribute: Attribute = False, output: Output = None, overwrite: Overwrite = False, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Compare reforms with a baseline on the same families.

    Without arguments: early help and a regional care cooperative against the baseline, for Greater Manchester over
    ten years.
    """
    if scenarios is not None and len(scenarios) == 1:
        console.fail("one scenario leaves nothing to compare; expected BASELINE REFORM..., or none for the default")
    options = {"from_": from_, "until": until, "runs": runs, "seed": seed, "engine": engine, "workers": workers}
    options |= {"events": events, "effects": effects, "precision": precision, "max_runs": max_runs}
    appraised = {"deflators": deflators, "discount_rate": discount_rate, "optimism_bias": optimism_bias}
    _experiment(scenarios or [], (area, region, england), options, appraised, output, overwrite, quiet, diagrams, attribute, on)


@app.command()
def sensitivity(
    baseline: Annotated[str, typer.Argument(help="A scenario: name or file.")],
    reform: Annotated[str, typer.Argument(help="A reform of it.")],
    area: Area = None, region: Region = None, england: England = False, from_: From = None, until: Until = None,
    method: Annotated[list[str] | None, typer.Option("--method", help="tornado (with switching values), sobol, or layers; may be repeated.")] = None,
    measure: Annotated[str, typer.Option("--measure", help="net_cost, children_in_care, or another measure.")] = "net_cost",
    by: Annotated[str | None, typer.Option("--by", metavar="YYYY-03", help="March by which the reform is to break even; the last.")] = None,
    runs: Annotated[int | None, typer.Option("--runs", min=2, help="Paired runs at each point: 20 (tornado), 4 (sobol); layers: 24 pairs.")] = None,
    points: Annotated[int, typer.Option("--points", help="Sobol: points of a matrix, a power of 2; numbers + 2 matrices are run.")] = 32,
    also: Annotated[list[str] | None, typer.Option("--also", metavar="NAME", help="A setting or lever's number with a range, to vary too.")] = None,
    seed: Seed = 1, engine: Engine = "fast", workers: Workers = None, on: On = None, output: Output = None, overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Find which uncertain numbers a reform's outcome turns on, and what would have to be true for it to break even."""
    if not quiet:
        console.say("Reading scenarios ...")  # at once: what comes next takes seconds to import
    from carecurve import api
    from carecurve import sensitivity as asked
    from outputs.sensitivity import write_analysis
    from outputs.store import check_folder

    question = asked.Question(tuple(method or asked.METHODS[:1]), measure, by, runs, points, tuple(also or ()))
    scenarios = [api.load(one, on) for one in (baseline, reform)]
    selection = api.choose(area, region, england, scenarios[0])
    folder = check_folder(output or console.new_folder("sensitivity", selection.label, *(one.key for one in scenarios)), overwrite)
    options = {"from_": from_, "until": until, "seed": seed, "engine": engine, "workers": workers}
    with console.steps("Runs", quiet) as report:
        found = asked.analyse(*scenarios, question, selection=selection, progress=report, **options)
    write_analysis(found, folder, overwrite)
    if not quiet:
        for line in asked.lines(found):
            console.say(line)
        console.say("Abuse, death and children's experience are not simulated.")
    console.say(f"Results in {folder}")


@app.command()
def calibrate(
    panel: Annotated[Path | None, typer.Option("--panel", help="Published figures, columns as calibration/data/la_panel.csv.")] = None,
    areas: Annotated[str | None, typer.Option("--areas", metavar="NAME,...", help="Authorities to fit; all of the panel.")] = None,
    until: Annotated[int | None, typer.Option("--until", metavar="YEAR", help="Last year ending 31 March that is known; the panel's last.")] = None,
    ahead: Annotated[int, typer.Option("--ahead", min=1, max=30, metavar="YEARS", help="Years drawn after it.")] = 10,
    draws: Annotated[int, typer.Option("--draws", min=1, max=1000, help="How many draws of them.")] = 100,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder for the fit.")] = None,
    ship: Annotated[bool, typer.Option("--ship", help="Remake the shipped scenario `fitted` in the package's own folder.")] = False,
    workers: Workers = None, overwrite: Overwrite = False, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Fit authorities to their published figures, and leave a scenario that loads the fit.

    England first, then each authority as a departure from it; rates of the years ahead are drawn.
    """
    if output is None and not ship:
        console.fail("where to? expected -o FOLDER, or --ship to remake the shipped scenario")
    if ship and (panel is not None or areas is not None):
        console.fail("--ship is of all authorities of the shipped panel; expected it without --panel and --areas")
    if not quiet:
        console.say("Reading figures ...")  # at once: what comes next takes seconds to import
    from carecurve import calibrating
    from outputs.store import check_folder

    folder = check_folder(output, overwrite) if output else None
    with console.steps("England, then authorities", quiet) as report:
        done = calibrating.calibrate(panel=panel, areas=areas, until=until, ahead=ahead, draws=draws, workers=workers, progress=report)
    if folder:
        calibrating.write(done, folder, overwrite)
    made = calibrating.ship(done) if ship else []
    if not quiet:
        for line in done.lines(folder is not None):
            console.say(line)
    for path in [*([folder] if folder else []), *made]:
        console.say(f"Wrote {path}")
    if folder and not quiet:
        area = sorted(done.found.draws.areas)[0]
        console.say(f'Run it: carecurve run {folder / calibrating.FITTED} --area "{area}"')


@app.command()
def bench(
    england: Annotated[bool, typer.Option("--england", help="Every authority too: takes minutes.")] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder for bench.json.")] = None,
) -> None:
    """Measure events per second: bare SimPy, both engines on one authority, two threads, a pooled region."""
    from carecurve.bench import bench as measure
    from carecurve.bench import write_bench

    console.announce_compilation()
    figures = measure(england)
    console.bench_table(figures)
    if output:
        try:
            console.say(f"Wrote {write_bench(figures, output)}")
        except OSError as fault:
            console.fail(f"cannot write to {output}: {fault.strerror or fault}")


app.command()(cli_backtest.backtest)
app.command()(cli_records.forecast)
app.command()(cli_records.synth)
app.command()(cli_report.report)
app.command()(cli_dashboard.dashboard)


def _experiment(
    scenarios: list[str], where: tuple[str | None, str | None, bool], options: dict[str, Any], appraised: dict[str, Any], output: Path | None,
    overwrite: bool, quiet: bool, diagrams: bool = False, attribute: bool = False, on: str | None = None,
) -> None:  # fmt: skip
    """Check everything, run, write the folder, and print the closing table; `appraised` holds the options of `outputs.appraisal.terms_of`."""
    if not quiet:
        console.say("Reading scenarios ...")  # at once: what comes next takes seconds to import
    from carecurve import api
    from outputs.appraisal import terms_of
    from outputs.store import check_folder
    from scenarios.faults import ScenarioError
    from sim.experiment import run_experiment
    from sim.plan import plan

    terms = terms_of(**appraised)
    names = scenarios or list(api.DEFAULT_SCENARIOS)
    api.check_choice(*where)
    loaded, faults = [], []
    for name in names:
        try:
            loaded.append(api.load(name, on))
        except ScenarioError as error:
            faults += [fault for fault in error.faults if fault not in faults]
    if faults:
        raise ScenarioError(faults)
    loaded = api.deflated(loaded, terms.deflators)
    selection = api.choose(*where, loaded[0])
    prepared = plan(loaded, selection, **options)
    games = api.games_of(prepared) if attribute else []
    folder = check_folder(output or console.new_folder(selection.label, *(scenario.key for scenario in loaded)), overwrite)
    with console.progress(prepared, quiet) as report:
        comparison = api.on_terms(run_experiment(prepared, report), terms)
    tables = api.further_tables(comparison, terms)
    drawings = [lambda there: api.diagrams(comparison, loaded, there)] if diagrams or options["engine"] in DRAWN_ENGINES else []
    if attribute:
        with console.combinations(prepared, games, quiet) as report:
            found = api.attribute_plan(prepared, comparison, report)
        comparison = found.comparison
        drawings.append(api.add_attribution(tables, found))
    api.store.write(comparison, folder, overwrite, tables, lambda there: [draw(there) for draw in drawings])
    if not quiet:
        console.closing(comparison, tables)
        if attribute:
            console.attribution(found, tables)
    console.say(f"Results in {folder}")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; user errors end in a message and exit status 2."""
    try:
        app(arguments)
    except KeyboardInterrupt:
        console.error("interrupted: nothing was written")
        sys.exit(130)
    except Exception as error:
        if not console.is_user_error(error):
            raise
        console.error(str(error))
        sys.exit(2)


if __name__ == "__main__":
    main()

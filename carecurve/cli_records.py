"""Commands of an authority's own records: forecast, and the synthetic returns to try it with."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from carecurve import console
from carecurve.cli_options import Area, Output, Overwrite, Quiet, Seed, Workers


def forecast(
    ssda903: Annotated[Path, typer.Option("--ssda903", metavar="PATH", help="SSDA903 returns: a folder, a zip or a file; CSV, XLSX or XML.")],
    until: Annotated[str, typer.Option("--until", metavar="YYYY-MM-DD", help="Last day of the forecast.")],
    cin: Annotated[Path | None, typer.Option("--cin", metavar="PATH", help="Children in need census returns (XML): need is forecast too.")] = None,
    annex_a: Annotated[
        Path | None, typer.Option("--annex-a", metavar="PATH", help="Ofsted's Annex A: a later open caseload, whose day becomes the origin.")
    ] = None,
    costs: Annotated[Path | None, typer.Option("--costs", metavar="FILE", help="Placement cost list, headings as in the template.")] = None,
    authority: Annotated[str, typer.Option("--authority", help="As the returns' column LA names it, if they hold several.")] = "",
    area: Area = None,
    reform: Annotated[list[str] | None, typer.Option("--reform", metavar="SCENARIO", help="A reform on top; may be repeated. Needs --area.")] = None,
    adjust: Annotated[Path | None, typer.Option("--adjust", metavar="FILE", help="Adjustments of rates, dated and in stated units (YAML).")] = None,
    compat: Annotated[str | None, typer.Option("--compat", help="markov: forecast as existing tools do, for comparison.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="Estimate rates from this day on; all the returns.")] = None,
    origin: Annotated[str | None, typer.Option("--origin", metavar="YYYY-MM-DD", help="Forecast from the end of this day; the returns' last.")] =
    None, budget: Annotated[float | None, typer.Option("--budget", metavar="GBP", help="This year's approved budget for placements.")] = None,
    runs: Annotated[int, typer.Option("--runs", min=1, help="Replicates.")] = 1000,
    seed: Seed = 1, workers: Workers = None,
    unsuppressed: Annotated[bool, typer.Option("--unsuppressed", help="Show numbers of 1 to 5 children; for use inside the authority only.")] = False,
    output: Output = None, overwrite: Overwrite = False, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Forecast children in care and the cost of placements from an authority's own records."""
    if not quiet:
        console.say("Reading records ...")  # at once: what comes next takes seconds to import
    from carecurve import forecasting
    from outputs.store import check_folder

    question = forecasting.Question(
        ssda903, _day("--until", until), cin, annex_a, costs, authority, area, tuple(reform or ()), adjust, compat, maybe_day("--since", since),
        maybe_day("--origin", origin), runs, seed, workers, budget, not unsuppressed,
    )  # fmt: skip
    forecasting.check(question)
    folder = check_folder(output or console.new_folder("forecast", area or authority or "records"), overwrite)
    with console.steps("Whole model, for reforms", quiet) as report:
        found = forecasting.forecast(question, report)
    forecasting.write(found, folder, overwrite)
    if not quiet:
        for line in found.lines():
            console.say(line)
    console.say(f"Results in {folder}")


def maybe_day(option: str, text: str | None) -> date | None:
    """Return a day, if one is given."""
    return None if text is None else _day(option, text)


def _day(option: str, text: str) -> date:
    """Return a day as an option has it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        console.fail(f"{option} {text}: no day; expected YYYY-MM-DD, such as 2028-03-31")


def synth(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write.")],
    scenario: Annotated[str, typer.Option("--scenario", help="A scenario: name or file.")] = "baseline",
    area: Area = None,
    from_: Annotated[str, typer.Option("--from", metavar="YYYY-04", help="First month of the first return.")] = "2020-04",
    until: Annotated[str, typer.Option("--until", metavar="YYYY-03", help="Last month of the last return.")] = "2025-03",
    seed: Seed = 1,
    layout: Annotated[str, typer.Option("--layout", help="Of SSDA903: years (a folder a year), single (all years), or xml.")] = "years",
    cin: Annotated[bool, typer.Option("--cin/--no-cin", help="The children in need census too.")] = True,
    overwrite: Overwrite = False, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Write synthetic SSDA903 and children in need returns of an authority, and the truth beside them."""
    if not quiet:
        console.say("Reading scenarios ...")  # at once: what comes next takes seconds to import
        console.announce_compilation()
    from carecurve import synthesising

    found = synthesising.synthesise(scenario, area, from_, until, seed, layout, cin, folder, overwrite)
    if not quiet:
        for line in synthesising.lines(found, cin):
            console.say(line)
    console.say(f"Returns in {folder}")



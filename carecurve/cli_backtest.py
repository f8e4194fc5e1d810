"""The command backtest: of published figures, or of an authority's own records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from carecurve import console
from carecurve.cli_options import Output, Overwrite, Quiet, Workers
from carecurve.cli_records import maybe_day

FIT_UNTIL, HORIZON_YEARS, PUBLISHED_RUNS = 2020, 5, 200
HOLD_BACK_YEARS, RECORDS_RUNS = 2, 1000


def backtest(
    panel: Annotated[Path | None, typer.Option("--panel", help="Published figures to use in place of the shipped ones; same columns.")] = None,
    areas: Annotated[str | None, typer.Option("--areas", metavar="NAME,...", help="Authorities, with commas between; by default all.")] = None,
    fit_until: Annotated[int | None, typer.Option("--fit-until", metavar="YEAR", help="Last year ending 31 March that is known; 2020.")] = None,
    horizon: Annotated[int | None, typer.Option("--horizon", metavar="YEARS", help="Years forecast; 5.")] = None,
    ssda903: Annotated[
        Path | None, typer.Option("--ssda903", metavar="PATH", help="Test forecasts on SSDA903 returns instead: a folder, a zip or a file.")
    ] = None,
    authority: Annotated[str | None, typer.Option("--authority", help="Of returns: as their column LA names it, if they hold several.")] = None,
    hold_back: Annotated[
        int | None, typer.Option("--hold-back", min=1, metavar="YEARS", help="Of returns: years held back after each origin, and forecast; 2.")
    ] = None,
    origins: Annotated[int | None, typer.Option("--origins", min=1, help="Of returns: how many origins, the last ones; all there are.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="Of returns: estimate rates from this day on.")] = None,
    unsuppressed: Annotated[bool, typer.Option("--unsuppressed", help="Of returns: show numbers of 1 to 5 children; for use inside only.")] = False,
    runs: Annotated[
        int | None, typer.Option("--runs", min=1, help="Draws of a forecast, 39 for 95 % intervals; 200, of returns 1,000.")
    ] = None,
    workers: Workers = None, output: Output = None, overwrite: Overwrite = False, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Forecast past years from what was known before them, and score the forecasts against simple ones."""
    published = {"--panel": panel, "--areas": areas, "--fit-until": fit_until, "--horizon": horizon}
    of_records = {"--authority": authority, "--hold-back": hold_back, "--origins": origins, "--since": since, "--unsuppressed": unsuppressed or None}
    folder = (output, overwrite, quiet)
    if ssda903 is not None:
        _refuse(published, "is of published figures; expected it without --ssda903")
        _of_records(ssda903, of_records, runs, workers, *folder)
    else:
        _refuse(of_records, "is of an authority's own returns; expected it with --ssda903 PATH")
        _of_published(published, runs or PUBLISHED_RUNS, workers, *folder)


def _refuse(options: dict[str, Any], why: str) -> None:
    """End with a message if an option is given that is of the other kind of backtest."""
    for name, value in options.items():
        if value is not None:
            console.fail(f"{name} {why}")


def _of_published(asked: dict[str, Any], runs: int, workers: int | None, output: Path | None, overwrite: bool, quiet: bool) -> None:
    """Run the backtest of published figures."""
    if not quiet:
        console.say("Reading the panel ...")  # at once: what comes next takes seconds to import
    from carecurve import backtesting
    from outputs.backtest_folder import write_backtest
    from outputs.store import check_folder

    fit_until = FIT_UNTIL if asked["--fit-until"] is None else asked["--fit-until"]
    horizon = HORIZON_YEARS if asked["--horizon"] is None else asked["--horizon"]
    folder = check_folder(output or console.new_folder("backtest", str(fit_until), str(horizon)), overwrite)
    with console.steps("Fitting and forecasting", quiet) as report:
        simulate = backtesting.simulation(runs, workers, report)
        found = backtesting.backtest(
            simulate, panel=asked["--panel"], areas=asked["--areas"], fit_until=fit_until, horizon=horizon, about={"runs": runs}
        )
    write_backtest(found.tables, found.about, folder, overwrite)
    _say(found.lines(), folder, quiet)


def _of_records(
    ssda903: Path, asked: dict[str, Any], runs: int | None, workers: int | None, output: Path | None, overwrite: bool, quiet: bool
) -> None:
    """Run the backtest of an authority's own records."""
    since = maybe_day("--since", asked["--since"])
    if not quiet:
        console.say("Reading records ...")  # at once: what comes next takes seconds to import
    from carecurve import records_backtesting
    from outputs.store import check_folder

    question = records_backtesting.Question(
        ssda903, asked["--authority"] or "", asked["--hold-back"] or HOLD_BACK_YEARS, asked["--origins"], since, runs or RECORDS_RUNS,
        workers=workers, hide=not asked["--unsuppressed"],
    )  # fmt: skip
    folder = check_folder(output or console.new_folder("backtest", question.authority or "records"), overwrite)
    with console.steps("Forecasting from each origin", quiet) as report:
        done = records_backtesting.backtest(question, report)
    records_backtesting.write(done, folder, overwrite)
    _say(done.lines(), folder, quiet)


def _say(lines: list[str], folder: Path, quiet: bool) -> None:
    """Print the closing lines, and where the results are."""
    for line in lines if not quiet else ():
        console.say(line)
    console.say(f"Results in {folder}")

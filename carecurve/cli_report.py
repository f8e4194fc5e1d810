"""The command `report`: one page of a results folder, to read, print and pass on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from carecurve import console
from carecurve.cli_options import Quiet

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A results folder of carecurve run or compare.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="The HTML file; by default report.html in the folder.")]
Budget = Annotated[str | None, typer.Option("--budget", help="Approved budget, cash: a CSV file (year_ending,gbp), or pounds a year such as 985m.")]
Family = Annotated[str | None, typer.Option("--family", metavar="NAME", help="One family's story from the folder's event log, such as Leeds-18844.")]


def report(folder: Folder, output: Output = None, budget: Budget = None, family: Family = None, quiet: Quiet = False) -> None:
    """Write a results folder's report: one HTML page that opens without a network and prints."""
    if not quiet:
        console.say("Making the report ...")  # at once: what comes next takes seconds
    from carecurve.reporting import make_report

    console.say(f"Wrote {make_report(folder, output, budget, family)}")

"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Area = Annotated[
    str | None, typer.Option("--area", help="One authority, by name, ONS code or the Department's number.")
]
Region = Annotated[str | None, typer.Option("--region", help="A region, or a named group such as greater-manchester.")]
England = Annotated[bool, typer.Option("--england", help="All authorities of the panel, grossed up to England.")]
From = Annotated[str | None, typer.Option("--from", metavar="YYYY-MM", help="Month from which scenarios differ.")]
Until = Annotated[str | None, typer.Option("--until", metavar="YYYY-MM", help="Last month.")]
Runs = Annotated[str | None, typer.Option("--runs", metavar="N|auto", help="Paired replicates; auto: as many as precision takes.")]
Precision = Annotated[float | None, typer.Option("--precision", help="With --runs auto: 95 % half-width, per cent of the difference; 5.")]
MaxRuns = Annotated[int | None, typer.Option("--max-runs", help="With --runs auto: the most runs; 200.")]
Effects = Annotated[str, typer.Option("--effects", help="Effects and prices: drawn for each run; central: their means; null: reforms only cost.")]
Deflators = Annotated[Path | None, typer.Option("--deflators", help="Table of GDP deflators in place of the shipped one: year,index,source,status.")]
On = Annotated[str | None, typer.Option("--on", metavar="SCENARIO", help="Lay all scenarios on this one: `fitted`, say, for draws of demand.")]
DiscountRate = Annotated[float | None, typer.Option("--discount-rate", help="Share a year, such as 0.035, 0.5 points less after years 30 and 75.")]
OptimismBias = Annotated[float, typer.Option("--optimism-bias", help="Raise costs and cut benefits by this share, such as 0.4; off by default.")]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Seed of every random draw.")]
Engine = Annotated[str, typer.Option("--engine", help="fast, reference, or expected (the mean, by equations).")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Threads, or processes of a fit; by default one a processor.")]
Events = Annotated[bool, typer.Option("--events", help="Keep the event log of the first replicate, also for pm4py and vidigi (docs/event-log.md).")]
Diagrams = Annotated[bool, typer.Option("--diagrams", help="Draw the last year's stocks and flows, and the feedback loops.")]
Attribute = Annotated[bool, typer.Option("--attribute", help="What drove the change: by lever and interaction; runs scenarios in between.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Results folder; by default a new one in runs/.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results that are there already.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Say only where the results are.")]

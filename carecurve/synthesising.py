"""`carecurve synth`: synthetic returns of one authority, from any scenario."""

from __future__ import annotations

from pathlib import Path

from carecurve import api
from carecurve.console import ChoiceError
from outputs.returns.folder import SyntheticReturns
from outputs.returns.ssda903 import LAYOUTS
from outputs.store import check_folder, write_whole
from scenarios.areas import ENGLAND
from scenarios.timeline import month_index
from sim.plan import ExperimentError
from sim.whole_log import whole_log

AREA = "Bolton"  # about as many children in care as an authority of average size


def synthesise(
    scenario: str, area: str | None, from_: str, until: str, seed: int, layout: str, cin: bool, folder: Path, overwrite: bool
) -> SyntheticReturns:
    """Simulate an authority and write its returns into a folder; return them.

    Raises
    ------
    ChoiceError
        If the layout is none of `LAYOUTS`, or a scenario makes up several authorities and none is named.
    ExperimentError
        If the months are not whole years of returns, or too early.
    StoreError
        If the folder cannot be written to.
    """
    if layout not in LAYOUTS:
        raise ChoiceError(f"no layout {layout!r}, expected one of {', '.join(LAYOUTS)}")
    check_months(from_, until)
    check_folder(folder, overwrite)
    loaded = api.load(scenario)
    own = tuple(loaded.synthetic)
    if area is None and len(own) > 1:
        raise ChoiceError(f"the scenario makes up several authorities; expected --area with one of {', '.join(own)}")
    name = loaded.area(area or (own[0] if own else AREA)).name
    if name == ENGLAND:
        raise ChoiceError("England makes no return; expected an authority, one of those `carecurve list` shows")
    returns = SyntheticReturns(whole_log(loaded, name, from_, until, seed))
    write_whole(folder, lambda partial: returns.write(partial, layout, cin), overwrite)
    return returns


def check_months(from_: str, until: str) -> None:
    """Raise ExperimentError if months are not whole years from April to March."""
    if month_index(from_) % 12 != 3 or month_index(until) % 12 != 2 or month_index(until) < month_index(from_):
        raise ExperimentError(
            f"{from_} to {until} are not whole years of returns; expected from an April until a March, such as 2020-04 until 2025-03"
        )


def lines(returns: SyntheticReturns, cin: bool) -> list[str]:
    """Say what was written, in a few lines."""
    log, last = returns.log, max(returns.years)
    rows = sum(len(tables["episodes"]) for tables in returns.ssda903.values())
    children = int(returns.ssda903[last]["episodes"]["DEC"].isna().sum())
    found = [
        f"Synthetic returns for {log.model.areas[0]}, years ending March {min(returns.years)} to {last}: no child in them exists.",
        f"SSDA903: {rows:,} rows of episodes; {children:,} children in care on 31 March {last}.",
    ]
    if cin:
        found.append(f"Children in need census: {len(returns.need):,} episodes of need.")
    return found

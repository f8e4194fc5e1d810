"""Calibrate authorities to a panel, from its rows to everything that is written: figures and draws for scenarios, and tables for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from calibration.fit import Fit, fit
from calibration.fit_check import fit_table, inside_table, outside_table
from calibration.fitted_figures import Ready, draws_of, ready, records_of
from calibration.identification import identification_table, known_figures
from calibration.inputs import Inputs, read_inputs
from calibration.panel import ENGLAND, Panel, PanelError
from calibration.parameters import parameters
from calibration.series import NAMES
from scenarios.areas import AreaProfile, Record
from scenarios.draws import FittedDraws

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Calibrated:
    """A finished calibration.

    Attributes
    ----------
    years, ahead
        Years ending 31 March whose figures were followed, and how many were drawn after them.
    records, draws
        What scenarios load.
    profiles
        The profiles of the panel at its last year that the figures lie over, England's among them.
    parameters
        The document for people.
    fit, inside, outside, identification
        Tables (`fit_check`, `identification`).
    """

    years: tuple[int, ...]
    ahead: int
    records: list[Record]
    draws: FittedDraws
    profiles: Mapping[str, AreaProfile]
    parameters: dict[str, Any]
    fit: pd.DataFrame
    inside: pd.DataFrame
    outside: pd.DataFrame
    identification: pd.DataFrame

    @property
    def vintage(self) -> int:
        """The last year of the record."""
        return self.years[-1]


def calibrate(
    panel: Panel, until: int | None = None, ahead: int = 10, draws: int = 100, areas: tuple[str, ...] | None = None, workers: int | None = None,
    progress: Progress | None = None,
) -> Calibrated:  # fmt: skip
    """Calibrate authorities of a panel.

    Parameters
    ----------
    panel
        Any panel of the columns of the shipped one; nothing later than `until` is read.
    until
        The last year ending 31 March that is known; the panel's last if not given.
    ahead, draws
        Years drawn after it, and how many draws.
    areas
        Authorities to fit, all if not given; how rates move is learnt from all of the panel's.
    workers
        Processes.
    progress
        Called with (authorities done, authorities), after England.

    Raises
    ------
    PanelError
        If nothing can be learnt from the panel up to that year, or it has no such authority.
    """
    last = int(panel.frame.year_ending.max())
    until = last if until is None else until
    if until > last:
        raise PanelError(f"the panel ends with the year to March {last}, so nothing can be fitted until {until}")
    inputs = read_inputs(panel, until, ahead, draws)
    check_records(inputs, areas)
    fitted = fit(inputs, draws, areas, workers, progress)
    return calibrated(inputs, fitted, {area: ready(inputs, fitted, area) for area in fitted.authorities})


def check_records(inputs: Inputs, areas: tuple[str, ...] | None) -> None:
    """Raise PanelError if a series has no figures in the panel, or an authority is not there at the last year."""
    seen = np.isfinite([inputs.records.of(area)[0] for area in inputs.records.areas]).any(axis=(0, 1))
    unknown = [name for i, name in enumerate(NAMES) if not seen[i]]
    if unknown:
        raise PanelError(f"the panel has no usable figures of {', '.join(unknown)} up to {inputs.vintage}, and rates cannot be fitted without")
    strangers = [area for area in areas or () if area not in inputs.records.areas]
    if strangers:
        raise PanelError(f"{', '.join(strangers)}: no row in the year ending March {inputs.vintage}, the last one fitted to")


def calibrated(inputs: Inputs, fitted: Fit, found: Mapping[str, Ready]) -> Calibrated:
    """Return everything that is written of a fit.

    Parameters
    ----------
    found
        Authorities ready to be simulated.
    """
    known = known_figures(fitted)
    table = fit_table(inputs, fitted)
    profiles = {area: inputs.profiles[area] for area in (ENGLAND, *found)}
    return Calibrated(
        fitted.years, fitted.ahead, records_of(fitted, found), draws_of(fitted, found), profiles, parameters(fitted, known, inputs.profiles),
        table, inside_table(table), outside_table(table), identification_table(fitted, known),
    )  # fmt: skip

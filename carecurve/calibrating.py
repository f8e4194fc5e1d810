"""A calibration end to end: read the panel, fit, write the folder or the shipped files, and what is read aloud."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from calibration import calibrate as calibration
from calibration.calibrate import Calibrated
from calibration.fit_check import EVERY
from calibration.identification import MIDDLE
from calibration.panel import ENGLAND, PANEL_FILE, read_panel
from calibration.profile_years import ProfileYears
from calibration.scenario_at import scenario_at
from calibration.series import NAMES, QUANTITIES, SERIES
from carecurve.backtesting import find_areas
from outputs.calibration_folder import CalibrationTables, write_calibration
from outputs.calibration_plots import label
from scenarios import fitted
from scenarios.areas import last_published
from scenarios.composing import SHIPPED
from scenarios.loading import load
from scenarios.timeline import add_months
from sim.experiment import library_versions

FITTED = "fitted.yaml"
NAME = "Fitted to authorities' records"
OUTSIDE = "fitted_outside.csv"  # of the shipped fit: published figures outside their interval, one by one
OUTSIDE_COLUMNS = ["area", "measure", "year_ending", "published", "p05", "p50", "p95", "half_widths_from_middle"]


@dataclass(frozen=True)
class Calibration:
    """A finished calibration and where it came from.

    Attributes
    ----------
    found
        All of it.
    stands_alone
        Whether the profiles of the panel go with it: those that are shipped are of another panel or another year.
    about
        The manifest.
    """

    found: Calibrated
    stands_alone: bool
    about: Mapping[str, Any]

    def lines(self, folder: bool = True) -> list[str]:
        """Return the few lines a planner would read aloud; they name files of the `folder`, or what ships where none is written."""
        found = self.found
        n, years = len(found.draws.areas), f"{found.vintage + 1} to {found.vintage + found.ahead}"
        what = "authority" if n == 1 else "authorities"
        lines = [f"Fitted {n} {what} to figures up to March {found.vintage}; {len(found.draws)} draws of the years {years}."]
        lines.append("Published figures of the last five years inside the 90 % interval that the other years give them:")
        lines += [f"  {_measure(name)}: {_shares(found.inside, name)}" for name in (*NAMES, EVERY)]
        nation = found.outside[found.outside["area"] == ENGLAND]
        if len(nation):
            lines.append("Outside in England: " + ", ".join(f"{_measure(row.measure)} {row.year_ending}" for row in nation.itertuples()) + ".")
        lines.append(f"All {len(found.outside)} outside are in {'outside.csv' if folder else OUTSIDE}.")
        return lines + _borrowed(found.identification) + _pairs(found.identification, " (identification.csv)" if folder else "")


def calibrate(
    *, panel: str | Path | None = None, areas: tuple[str, ...] | str | None = None, until: int | None = None, ahead: int = 10, draws: int = 100,
    workers: int | None = None, progress: Callable[[int, int], None] | None = None,
) -> Calibration:  # fmt: skip
    """Calibrate authorities to a panel.

    Parameters
    ----------
    panel
        A file of published figures; the shipped one if not given.
    areas
        Authorities, or one text of their names with commas between; all of the panel if not given.
    until
        The last year ending 31 March that is known; the panel's last if not given.
    ahead, draws
        Years drawn after it, and draws.
    workers, progress
        Processes; called with (authorities done, authorities), after England.

    Raises
    ------
    PanelError, BacktestError
        If the panel or an option cannot be used.
    """
    file = Path(panel or PANEL_FILE)
    published = read_panel(file)
    if isinstance(areas, str):
        areas = find_areas(areas, published.frame.loc[published.frame["level"] == "local_authority", "name"].unique())
    found = calibration.calibrate(published, until, ahead, draws, areas, workers, progress)
    digest = _sha256(file)
    shipped = digest == _sha256(PANEL_FILE) and found.vintage == last_published()
    about = {
        "kind": "calibration", "until": found.vintage, "ahead_years": ahead, "draws": draws, "panel": file.name, "panel_sha256": digest,
        "areas": list(found.draws.areas), "all_areas": areas is None, "draws_sha256": found.draws.digest,
        "inside": found.inside.to_dict("records"), "versions": library_versions(),
    }  # fmt: skip
    return Calibration(found, not shipped, about)


def write(done: Calibration, folder: str | Path, overwrite: bool = False) -> Path:
    """Write a calibration's folder and return it."""
    found = done.found
    tables = CalibrationTables(found.fit, found.inside, found.outside, found.identification, found.parameters)
    return write_calibration(tables, lambda partial: write_scenario(done, partial), done.about, folder, overwrite)


def write_scenario(done: Calibration, folder: Path, data: str = ".") -> None:
    """Write the scenario, and the files it loads into `data` below its folder."""
    there = folder / data
    fitted.write_records(there / fitted.RATES, done.found.records)
    fitted.write_draws(there / fitted.DRAWS, done.found.draws)
    if done.stands_alone:
        fitted.write_profiles(there, done.found.profiles)
    (folder / FITTED).write_text(scenario_text(done, data), encoding="utf-8")


def ship(done: Calibration) -> list[Path]:
    """Write the shipped scenario and the data it loads, and return the files.

    Raises
    ------
    ValueError
        If it is not a fit of all authorities to the shipped panel up to its last year.
    """
    if done.stands_alone or not done.about["all_areas"]:
        raise ValueError(f"what is shipped is fitted to all authorities of {PANEL_FILE.name} up to {last_published()}")
    write_scenario(done, SHIPPED, "data")
    done.found.outside[OUTSIDE_COLUMNS].to_csv(SHIPPED / "data" / OUTSIDE, index=False, float_format="%.5g")
    return [SHIPPED / FITTED, *(SHIPPED / "data" / name for name in (fitted.RATES, fitted.DRAWS, OUTSIDE))]


def scenario_text(done: Calibration, data: str) -> str:
    """Return the scenario that loads a fit.

    One of the shipped baseline's window of published years extends it; one of another window has another past, so it has settings of its own.
    """
    found, own = done.found, load("baseline")
    words = (
        f"Authorities' rates by year as fitted to figures up to March {found.vintage} (carecurve calibrate), what is expected of the "
        f"{found.ahead} years after it, and {len(found.draws)} draws of what is not known of them."
    )
    head = f"# Made by `carecurve calibrate`. Reforms go on top: a file with `extends: [{FITTED}, early-help]` (docs/calibration.md).\n"
    head += f"name: {NAME}\ndescription: >\n  {words}\n"
    window = own.history_settings.published
    if (found.years[0], found.vintage) == (window.first, window.last):
        return f"{head}extends: baseline\nfitted: {data}\n"
    return f"{head}pathway: pathway\nfitted: {data}\nsettings:\n{_settings(found)}"


def _settings(found: Calibrated) -> str:
    """Return the settings of a fit with a window of its own, as YAML: prices are of the profiles that go with it, and later policy is not in it."""
    from io import StringIO

    from ruamel.yaml import YAML

    settings = scenario_at(found.vintage, found.years[0], found.vintage + found.ahead).settings
    policy = load("baseline").settings.policy
    if found.vintage < last_published():
        source = f"not known in March {found.vintage}: after the last month"
        never = {"switch_over": add_months(settings.until, 1), "source": source, "status": "assumed"}
        policy = policy.model_copy(update={"families_first": policy.families_first.model_copy(update=never)})
    settings = settings.model_copy(update={"policy": policy, "price_base": ProfileYears.at(found.vintage).price_base})
    yaml, text = YAML(typ="safe", pure=True), StringIO()
    yaml.default_flow_style, yaml.width, yaml.allow_unicode, yaml.sort_base_mapping_type_on_output = None, 400, True, False
    yaml.dump(settings.model_dump(mode="json", by_alias=True, exclude_none=True), text)
    return "".join(f"  {line}\n" for line in text.getvalue().splitlines())


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


# ---------------------------------------------------------------- in words


def _measure(name: str) -> str:
    return name if name == EVERY else label(name)


def _shares(inside: pd.DataFrame, measure: str) -> str:
    """Return shares inside as `England 4 of 5; 89 % of 664 in authorities, the median authority 91 %`."""
    rows = inside[inside["measure"] == measure].set_index("who")
    parts = []
    if ENGLAND in rows.index:
        n, share = rows.loc[ENGLAND, ["n", "inside_pct"]]
        parts.append(f"England {round(n * share / 100.0):.0f} of {n:.0f}")
    if "all authorities" in rows.index:
        n, share = rows.loc["all authorities", ["n", "inside_pct"]]
        parts.append(f"{share:.0f} % of {n:,.0f} in authorities (median authority {rows.loc[MIDDLE, 'inside_pct']:.0f} %)")
    return "; ".join(parts) or "nothing to hold it against"


def _borrowed(identification: pd.DataFrame) -> list[str]:
    """Return a line on the figures least known from authorities' own records."""
    rows = identification[(identification["area"] == MIDDLE) & identification["with_figure"].eq("")]
    worst = rows.sort_values("posterior_over_prior_sd", ascending=False).iloc[0]
    narrower = 100.0 * (1.0 - worst["posterior_over_prior_sd"])
    words = f"its interval is {narrower:.0f} % narrower than without them, in the median authority"
    return [f"Own records say least of {_figure(worst['figure'])}: {words}."]


def _pairs(identification: pd.DataFrame, named: str) -> list[str]:
    """Return a line on the pair of figures that most authorities' records do not tell apart; none if there is no such pair."""
    rows = identification[identification["with_figure"].ne("") & identification["area"].ne(MIDDLE)]
    if rows.empty:
        return []
    n = identification.loc[identification["area"].ne(MIDDLE), "area"].nunique()
    (one, other), count = next(iter(rows.groupby(["figure", "with_figure"]).size().sort_values(ascending=False).items()))
    return [f"Not told apart in {100.0 * count / n:.0f} % of authorities: {_figure(one)} and {_figure(other)}{named}."]


def _figure(quantity: str) -> str:
    """Return a figure in words and by name."""
    return f"{SERIES[QUANTITIES.index(quantity)].words} ({quantity})"

"""A folder of synthetic returns: SSDA903, the children in need census, and the truth beside them, all of one event log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from outputs.returns.care import Period, births_of, in_window, periods_of_care
from outputs.returns.cin_census import CensusYear, cin_return
from outputs.returns.code_shares import Draws, Person
from outputs.returns.episodes import exit_code
from outputs.returns.households import Households, households
from outputs.returns.need import NeedEpisode, episodes_of_need
from outputs.returns.people import People, day
from outputs.returns.ssda903 import Tables, ssda903_returns, write_ssda903
from outputs.returns.truth import monthly_flows, monthly_stock, rates
from outputs.returns.truth_need import monthly_need
from outputs.store import write_csv
from scenarios.timeline import add_months, month_range, year_ending
from sim.experiment import library_versions
from sim.kernels import KERNEL_HASH
from sim.model import day_of
from sim.results import MANIFEST
from sim.whole_log import WholeLog

README = """SYNTHETIC DATA: no child in this folder exists.

An authority's returns to the Department for Education, as the simulator CareCurve makes them:
{scenario}, {area}, {first} to {last}, seed {seed}.
Made by: {versions}.
The same command with the same seed and versions writes the same bytes.

{contents}
truth/                What happened, straight from the event log and not from the returns:
  stock_monthly.csv                children in care as each month ends, by age band and placement
  starts_and_ends_monthly.csv      children starting and ceasing to be looked after, by legal status or exit
  rates.csv                        occurrences and exposure by event, age, time in care and placement{need}
manifest.json         What made the folder.

How returns and truth differ. A return knows days, the truth times: of several changes on one day a return has the last, and a period of care that
begins and ends on one day is in no return. In all else they are the same children: at every month's end the returns hold exactly the children of
truth/stock_monthly.csv. The pathway's unregistered placements and waits for a secure home are other placements in both (Z1; from 2026 Z11 to Z14).
Approval of a kinship carer is a change of placement with the same carer (T), if anything, and no move. Who turns 18 leaves on the birthday: E17 with
the foster carers, else E5, E6 or E7 (E14 on remand).

Identifiers begin with SYN, postcodes with ZZ; there are no pupil numbers. FAMILY in the header links siblings and is no field of the Department's.
Which of several codes of one meaning a row has is drawn by stated shares (scenarios/data/return_code_shares.csv). Sex, ethnicity and category of need
are drawn and influence nothing. There are no missing episodes, reviews, mothers, schools' numbers or carers' registrations, and no mistakes.
"""
SSDA903_LINES = {
    "years": "ssda903/YEAR/         header.csv, episodes.csv, uasc.csv of the year ending 31 March: SSDA903 (dates dd/mm/yyyy)",
    "single": "ssda903/              header.csv, episodes.csv, uasc.csv of all years: SSDA903 (ISO dates, columns LA and YEAR)",
    "xml": "ssda903/              ssda903-YEAR.xml of the year ending 31 March: SSDA903",
}
CIN_LINE = "\ncin/                  cin-YEAR.xml of the year ending 31 March: children in need census, of the same children"
NEED_LINE = "\n  need_monthly.csv                 referrals, enquiries, conferences and plans, and children in need as each month ends"


@dataclass(frozen=True)
class SyntheticReturns:
    """The returns of a log, and its truth; everything is made when it is asked for."""

    log: WholeLog

    @property
    def years(self) -> range:
        """The years of the returns."""
        return range(year_ending(self.log.model.branch), year_ending(self.log.model.last) + 1)

    @cached_property
    def every_period(self) -> list[Period]:
        """Every period of care in the log."""
        return periods_of_care(self.log)

    @cached_property
    def periods(self) -> list[Period]:
        """The periods of care in the months asked for."""
        return [period for period in self.every_period if in_window(period, self.log.begins, self.log.ends)]

    @cached_property
    def people(self) -> People:
        """Children in care in the months asked for; `need` adds those in need."""
        people = People(Draws(self.log.seed, self.log.code), births_of(self.log, {period.who for period in self.periods}))
        for period in self.every_period:
            people.born_by.setdefault(period.who, day(period.start))
        return people

    @cached_property
    def ssda903(self) -> dict[int, Tables]:
        """The tables of each year's SSDA903 return."""
        return ssda903_returns(self.periods, self.people, self.years)

    @cached_property
    def households(self) -> Households:
        """Spells of children with their families."""
        return households(self.log)

    @cached_property
    def need(self) -> list[NeedEpisode]:
        """The episodes of need in the months asked for."""
        found = episodes_of_need(self.log, self.households, self.every_period)
        found = [episode for episode in found if episode.start < self.log.ends and episode.end >= self.log.begins]
        births = self.households.births
        self.people.births.update({episode.who: births[episode.who.stream, episode.who.family][episode.who.slot] for episode in found})
        return found

    @cached_property
    def care_ended(self) -> dict[tuple[Person, float], str]:
        """Why each period of care ended (REC), by child and end."""
        return {(period.who, period.end): exit_code(period, self.people) for period in self.periods if period.exit}

    @property
    def month_ends(self) -> list[float]:
        """The day of the log after each month."""
        return [day_of(add_months(month, 1)) for month in month_range(self.log.model.branch, self.log.model.last)]

    @cached_property
    def truth_stock(self) -> pd.DataFrame:
        """Children in care as each month ends."""
        return monthly_stock(self.periods, self.people, self.month_ends)

    @cached_property
    def truth_rates(self) -> pd.DataFrame:
        """What rates are made of."""
        return rates(self.periods, self.people, self.log.begins, self.log.ends)

    def cin_return(self, year: int) -> bytes:
        """Return a year's return of the children in need census."""
        return cin_return(self.need, CensusYear(self.log.model.profiles[0].la_code, year, self.people, self.care_ended))

    def write(self, folder: Path, layout: str, with_need: bool) -> None:
        """Write everything into a new folder."""
        log = self.log
        (folder / "ssda903").mkdir(parents=True)
        write_ssda903(self.ssda903, log.model.areas[0], layout, folder / "ssda903")
        (folder / "truth").mkdir()
        write_csv(self.truth_stock, folder / "truth" / "stock_monthly.csv")
        write_csv(monthly_flows(self.periods, self.people, log.begins, log.ends), folder / "truth" / "starts_and_ends_monthly.csv")
        write_csv(self.truth_rates, folder / "truth" / "rates.csv")
        if with_need:
            (folder / "cin").mkdir()
            for year in self.years:
                (folder / "cin" / f"cin-{year}.xml").write_bytes(self.cin_return(year))
            write_csv(monthly_need(self.need, log.begins, self.month_ends), folder / "truth" / "need_monthly.csv")
        (folder / "README.txt").write_text(self.readme(layout, with_need), encoding="utf-8")
        about = json.dumps(self.about() | {"layout": layout, "cin": with_need}, indent=2, sort_keys=True)
        (folder / MANIFEST).write_text(about + "\n", encoding="utf-8")

    def about(self) -> dict[str, object]:
        """Return what made the returns."""
        model = self.log.model
        return {
            "what": "synthetic returns: no child exists", "scenario": model.scenario.key, "scenario_hash": model.scenario.hash,
            "history_hash": model.scenario.history_hash, "area": model.areas[0], "from": model.branch, "until": model.last, "seed": self.log.seed,
            "history_from": self.log.models[0].first, "versions": library_versions(), "kernels": KERNEL_HASH,
        }  # fmt: skip

    def readme(self, layout: str, with_need: bool) -> str:
        """Return the words that go with the folder."""
        model = self.log.model
        return README.format(
            scenario=model.scenario.name, area=model.areas[0], first=model.branch, last=model.last, seed=self.log.seed,
            versions=", ".join(f"{name} {number}" for name, number in library_versions().items()),
            contents=SSDA903_LINES[layout] + CIN_LINE * with_need, need=NEED_LINE * with_need,
        )  # fmt: skip

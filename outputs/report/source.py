"""What a report is made from: a results folder's comparison, the CSV tables in it, and what else the command knows."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path

import pandas as pd

from outputs.appraisal_terms import Terms
from outputs.naming import CURRENT_PLANS, in_a_sentence, scenario_name
from outputs.tables import after_branch, whole
from scenarios.documents import parse_document
from scenarios.faults import ScenarioError
from scenarios.loading import load_kept
from scenarios.register import Row, register
from scenarios.scenario import Scenario
from scenarios.timeline import year_name
from sim.results import MANIFEST, Comparison, Results, open_results

DO_NOTHING = "do-nothing"
BESIDE_SCENARIOS = ("costs.", "deflators.")  # rows of a kept register that are not of a scenario's own files (`sim.kept_register`)
SHIPPED_BASELINE = "baseline.yaml"
OF_A_FIT = {"name", "description", "extends", "fitted"}  # what a file holds that changes no policy
TERMS = frozenset(one.name for one in fields(Terms))
# Of rows that are not there.
COLUMNS = ("scenario", "area", "measure", "class", "item", "section", "line", "year_ending", "mean", "p05", "p50", "p95")


@dataclass(frozen=True)
class Source:
    """A results folder, opened.

    Attributes
    ----------
    folder
        Where it is.
    each
        The comparison of its authorities as they are; `whole` has them added up.
    budget
        The approved budget by year ending 31 March, pounds in the cash of the year; empty if none was given.
    published
        Published figures and statistical neighbours by the names and columns of `outputs.pictures.published`; empty if an authority is made up.
    """

    folder: Path
    each: Comparison
    budget: Mapping[int, float] = field(default_factory=dict)
    published: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    _tables: dict[str, pd.DataFrame | None] = field(default_factory=dict, repr=False, compare=False)
    _scenarios: dict[str, Scenario | str] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def whole(self) -> Comparison:
        """The comparison with its authorities added up, grossed up where they stand for England."""
        return whole(self.each)

    @property
    def area(self) -> str:
        """What the authorities together are called, as the tables call them."""
        return self.whole.baseline.areas[0]

    @property
    def base(self) -> Results:
        """The baseline's results, authorities added up."""
        return self.whole.baseline

    @property
    def reforms(self) -> tuple[Results, ...]:
        """The reforms, authorities added up; `do-nothing` is none."""
        return tuple(one for one in self.whole.reforms if one.scenario != DO_NOTHING)

    @property
    def nothing(self) -> Results | None:
        """The scenario `do-nothing` if it is among the results, but not the baseline."""
        return next((one for one in self.whole.reforms if one.scenario == DO_NOTHING), None)

    @cached_property
    def years(self) -> list[int]:
        """Complete years ending 31 March from the branch on."""
        return after_branch(self.base)

    @property
    def runs(self) -> int:
        """How many paired runs there are."""
        return self.base.replicates

    @property
    def by_chance(self) -> bool:
        """Whether the engine simulates chance; `expected` works out averages."""
        return self.base.metadata.get("engine") != "expected"

    @property
    def prices(self) -> str:
        """The price base, as it is written beside pounds."""
        return f"{self.base.metadata['price_base']} prices"

    @property
    def span(self) -> str:
        """The years from the branch on, in words."""
        first, last = year_name(self.years[0]), year_name(self.years[-1])
        return first if first == last else f"{first} to {last}"

    @property
    def payer(self) -> str:
        """Who pays, in a sentence: the authority, or the authorities where there are several."""
        return "the authority" if len(self.each.baseline.areas) == 1 else "the authorities"

    @property
    def payers(self) -> str:
        """The payer's, in a sentence."""
        return "the authority’s" if len(self.each.baseline.areas) == 1 else "the authorities’"

    def several(self, text: str) -> str:
        """Return text that says the authority with the authorities in its place, where there are several."""
        return text if len(self.each.baseline.areas) == 1 else re.sub(r"\bthe authority(['’]s)?\b", _authorities, text)

    @property
    def coverage(self) -> str:
        """What England is grossed up from, in words; empty where authorities stand for themselves."""
        if not self.each.metadata.get("grossing"):
            return ""
        share = (self.each.metadata.get("coverage_of_england") or {}).get("children_in_care")
        held = "" if share is None else f" with {100.0 * share:.0f} % of its children in care"
        return f"England is grossed up from {len(self.each.baseline.areas)} authorities{held}"

    @cached_property
    def terms(self) -> Terms:
        """The terms of the folder's appraisal, as its manifest has them; the default ones of a folder that says nothing."""
        told = dict(self.each.metadata.get("appraisal") or {})
        if "discount_rate_per_year" in told:
            told["discount_rate"] = told.pop("discount_rate_per_year")
        return Terms(**{key: value for key, value in told.items() if key in TERMS})

    @property
    def unbiased(self) -> str:
        """What is added to the caption of a table of money that holds no optimism bias, where the appraisal does."""
        return ", without optimism bias" if self.terms.optimism_bias_costs or self.terms.optimism_bias_benefits else ""

    @property
    def biased(self) -> str:
        """What is added to the caption of a table of money that holds the optimism bias of the appraisal."""
        return ", with optimism bias" if self.unbiased else ""

    @property
    def on_terms(self) -> str:
        """The terms of the appraisal in a sentence: discount rate, price base, optimism bias."""
        terms = self.terms
        rate = self.base.metadata.get("discount_rate_per_year") if terms.discount_rate is None else terms.discount_rate
        told = f"in {self.prices}" if rate is None else f"in {self.prices}, discounted at {100.0 * float(rate):g} % a year from the second year on"
        if not self.unbiased:
            return f"{told}, without optimism bias"
        costs, benefits = (f"{100.0 * share:g} %" for share in (terms.optimism_bias_costs, terms.optimism_bias_benefits))
        return f"{told}, with optimism bias (rises of cost raised by {costs}, benefits cut by {benefits})"

    def files(self, one: Results) -> list[str]:
        """Return the files of a scenario as its manifest names them, from the bottom of the chain; the pathway's is left out."""
        return list(one.metadata.get("texts") or {})[1:]

    @cached_property
    def on(self) -> str | None:
        """The file that all scenarios are laid on (a fit, or a baseline of one's own), by its name in the manifest; None if there is none."""
        for file in reversed(self.files(self.base)):
            if file != SHIPPED_BASELINE and all(file in self.files(one) for one in self.each.scenarios):
                keys = set(parse_document(self.base.metadata["texts"][file], file).data)
                if "fitted" in keys or "pathway" in keys:
                    return file
        return None

    @property
    def on_fit(self) -> bool:
        """Whether scenarios are laid on a fit, or the baseline is one: their rates are fitted to all years that it knows."""
        texts = self.base.metadata.get("texts") or {}
        return any("fitted" in parse_document(texts[file], file).data for file in self.files(self.base))

    @cached_property
    def _is_fit(self) -> bool:
        """Whether the baseline is the shipped one on a fit, which adds rates and draws and no policy."""
        if self.on is None or self.files(self.base) != [SHIPPED_BASELINE, self.on]:
            return False
        return set(parse_document(self.base.metadata["texts"][self.on], self.on).data) <= OF_A_FIT

    def name(self, one: Results) -> str:
        """Return what the report calls a scenario: the baseline is `Current plans` (committed policy), unless it is no policy or one of your own."""
        return CURRENT_PLANS if one.scenario == self.base.scenario and self._is_fit else scenario_name(one)

    @property
    def plans(self) -> str:
        """The baseline's name inside a sentence."""
        return in_a_sentence(self.name(self.base))

    def table(self, name: str, *needed: str) -> pd.DataFrame | None:
        """Return a table of the folder; None if it is not there, or a version made it that lacks a column which is needed."""
        if name not in self._tables:
            path = self.folder / name
            self._tables[name] = pd.read_csv(path, dtype={"year_ending": str}) if path.exists() else None
        found = self._tables[name]
        return found if found is not None and set(needed) <= set(found.columns) else None

    def sensitivity(self, name: str, reform: Results, *needed: str) -> pd.DataFrame | None:
        """Return a table of a sensitivity analysis of a reform; None if there is none, or the table does not say of which of several it is."""
        found = self.table(name, *needed)
        if found is None or "scenario" not in found:
            return found if len(self.reforms) == 1 else None
        own = found[found.scenario == reform.scenario]
        return own if len(own) else None

    def rows(self, name: str, scenario: str | None = None, **equal: object) -> pd.DataFrame:
        """Return the rows of a table that are of the authorities together (and of a scenario) and equal to some values.

        There are none if the folder has no such table, or one of a version that lacks a column in `equal`.
        """
        key = f"{name} of {scenario}"
        found = self.table(name, *(column.rstrip("_") for column in equal))
        if found is None:
            return pd.DataFrame(columns=[*dict.fromkeys((*COLUMNS, *equal))])
        if key not in self._tables:  # looked up hundreds of times, in tables of a hundred thousand rows
            kept = pd.Series(True, index=found.index)
            for column, value in (("area", self.area), ("scenario", scenario)):
                kept &= found[column] == value if column in found and value is not None else True
            self._tables[key] = found[kept]
        found = self._tables[key]
        for column, value in equal.items():
            found = found[found[column.rstrip("_")] == value]
        return found

    def one(self, name: str, scenario: str, **equal: object) -> pd.Series | None:
        """Return the single row of a table; None if it has none."""
        found = self.rows(name, scenario, **equal)
        return found.iloc[0] if len(found) else None

    def scenario(self, key: str) -> Scenario | str:
        """Return a scenario as the manifest keeps it, or why it cannot be read any more."""
        if key not in self._scenarios:
            texts = self.each[key].metadata.get("texts") or {}
            try:
                self._scenarios[key] = load_kept(texts)
            except ScenarioError as fault:
                self._scenarios[key] = str(fault).splitlines()[0]
        return self._scenarios[key]

    def register(self, one: Results) -> list[Row] | str:
        """Return the register of a scenario's numbers as the manifest keeps it, or as its texts give it in an older folder; or why there is none."""
        kept = one.metadata.get("register")
        if kept is not None:
            return [row for row in (Row(*told) for told in kept) if not row.path.startswith(BESIDE_SCENARIOS)]
        found = self.scenario(one.scenario)
        return found if isinstance(found, str) else register(found)

    def first_month(self, reform: Results) -> str | None:
        """Return the month in which a reform's own levers first act; None if that is not known."""
        found, base = self.scenario(reform.scenario), self.scenario(self.base.scenario)
        if isinstance(found, str) or isinstance(base, str):
            return None
        months = [lever.first_month() for lever in found.levers if lever not in base.levers]
        return max(min(months), str(reform.metadata["from"])) if months else None

    def digest(self) -> str:
        """Return the SHA-256 of the manifest."""
        return hashlib.sha256((self.folder / MANIFEST).read_bytes()).hexdigest()


def _authorities(found: re.Match) -> str:
    """Return the words in place of the authority's."""
    return "the authorities" + (found[1] or "")[:1]


def open_source(
    folder: str | Path, budget: Mapping[int, float] | None = None, published: Callable[[Comparison], Mapping[str, pd.DataFrame]] | None = None
) -> Source:
    """Open a results folder.

    Parameters
    ----------
    budget
        As of `Source`.
    published
        Called with the comparison; returns what `Source.published` holds.

    Raises
    ------
    ResultsError
        If it is not a finished results folder of `carecurve run` or `compare`.
    """
    comparison = open_results(folder)
    return Source(Path(folder), comparison, dict(budget or {}), published(comparison) if published else {})

"""A checked scenario: its pathway through time, its levers, and the hashes that say which results are its own."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from scenarios.actions import Action
from scenarios.area_file import AreaFigure, overlay
from scenarios.areas import AreaProfile, find_area, last_published, load_areas
from scenarios.deflators import Deflators, shipped_deflators
from scenarios.distributions import Distribution
from scenarios.documents import Document
from scenarios.draws import WORK, FittedDraws
from scenarios.faults import Fault, ScenarioError
from scenarios.fitted import Fitted
from scenarios.lever_base import Lever, moved
from scenarios.names import suggestion
from scenarios.overlaps import notes
from scenarios.overrides import PATHWAY_KEYS, Override, apply
from scenarios.pathway_schema import Pathway
from scenarios.schema import Expects, Published, Settings
from scenarios.timeline import month_index


@dataclass(frozen=True)
class Scenario:
    """A scenario, checked and complete.

    Attributes
    ----------
    key
        Its file's name without `.yaml`: how results name it.
    name, description
        Words.
    pathway
        The pathway before any override: what history is simulated with.
    settings, history_settings
        Settings of the run, and those of the baseline at the bottom of the chain, which history is simulated with.
    levers
        The levers, in the order of the files.
    actions
        What they do.
    overrides
        What `set` changes, in the order of the files.
    areas
        Figures of areas that the scenario gives itself: {area: {quantity: figure}}; `area` lays them over a profile.
    synthetic
        Authorities it makes up, by name, before those figures.
    text
        The source of the scenario's own file; `chain` names every file from the bottom of the chain to it, `texts`
        holds them all.
    document
        The composed plain data with the line and column of every entry.
    draws
        What calibration does not know of the years ahead: those of the folder a file names as `fitted`, or given by `with_draws`.
    fitted
        Figures that calibration found, laid over authorities' profiles; none if no file names them.
    expects
        What it is for: measures it moves and one it leaves; None if its own file does not say.
    overlap
        How its levers act on the same children, in the words of each file of the chain that says so: {file: words}.
    profiles
        Profiles that stand in for the shipped ones of their names (`with_profiles`), before the figures in `areas`.
    deflators
        What brings older prices to the price base and makes nominal series; the shipped table unless another is given (`with_deflators`).
    """

    key: str
    name: str
    description: str
    pathway: Pathway
    settings: Settings
    history_settings: Settings
    levers: tuple[Lever, ...]
    actions: tuple[Action, ...]
    overrides: tuple[Override, ...]
    areas: dict[str, dict[str, AreaFigure]]
    synthetic: dict[str, AreaProfile]
    text: str
    chain: tuple[str, ...]
    texts: dict[str, str]
    document: Document = field(repr=False, compare=False)
    draws: FittedDraws | None = field(default=None, compare=False)
    fitted: Fitted | None = field(default=None, compare=False)
    profiles: Mapping[str, AreaProfile] = field(default_factory=dict, repr=False)
    expects: Expects | None = None
    overlap: Mapping[str, str] = field(default_factory=dict, compare=False)
    deflators: Deflators = field(default_factory=shipped_deflators, compare=False)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of all that decides results: pathway, settings, levers, overrides and areas (comments do not)."""
        changes = [(list(item.path), item.month, item.value) for item in self.overrides]
        drawn = [self.draws.digest] if self.draws else []
        prices = [] if self.deflators.index == shipped_deflators().index else [sorted(self.deflators.index.items())]
        return _digest([self.document.data, self.history_settings.model_dump(mode="json"), changes, *self._standing_in, *drawn, *prices])

    @cached_property
    def history_hash(self) -> str:
        """SHA-256 of what history is simulated with; scenarios that share it share their past (ruling 37)."""
        base = {key: self.document.data.get(key) for key in PATHWAY_KEYS}
        return _digest([base, self.history_settings.model_dump(mode="json"), self.document.data["areas"], *self._standing_in])

    @cached_property
    def _standing_in(self) -> list[str]:
        """What fitted figures, and profiles that stand in for shipped ones, add to hashes: nothing if there are none."""
        figures = {
            name: [profile.code, {quantity: [(each.year_ending, each.value) for each in series] for quantity, series in profile.records.items()}]
            for name, profile in self.profiles.items()
        }
        return [*([self.fitted.digest] if self.fitted else []), *([_digest(figures)] if figures else [])]

    @cached_property
    def uncertain(self) -> dict[str, Distribution]:
        """The levers' uncertain numbers by name, the address of their draws, fixed ones left out."""
        found = (item for lever in self.levers for item in lever.distributions())
        return {item.name: item for item in found if not item.is_fixed}

    @cached_property
    def uncertain_prices(self) -> dict[str, Distribution]:
        """The uncertain growth of placement prices, by name, fixed ones left out."""
        return {item.name: item for item in self.settings.prices.real_growth_per_year.values() if not item.is_fixed}

    @cached_property
    def timeline(self) -> tuple[tuple[str, Pathway], ...]:
        """The pathway from each month at which `set` changes it, from the branch month of the settings on."""
        return self.epochs(self.settings.from_)

    def branching(self, branch: str) -> "Scenario":
        """Return the scenario as it branches in a month: committed policy that began before acts from that month on, since the past is without it.

        Committed policy is the levers of the file at the bottom of the chain; those of other files may not start before the branch (ruling 37).
        """
        first = month_index(branch)
        late = {lever.name: first - month_index(lever.first_month()) for lever in self.levers if lever.name in self.committed}
        if not any(months > 0 for months in late.values()):
            return self
        levers = tuple(moved(lever, max(late.get(lever.name, 0), 0)) for lever in self.levers)
        return replace(self, levers=levers, actions=tuple(action for lever in levers for action in lever.actions(self.pathway)))

    @cached_property
    def committed(self) -> frozenset[str]:
        """Names of the levers that are committed policy: those of the file at the bottom of the chain."""
        return frozenset(lever.name for lever in self.levers if self.document.mark(("levers", lever.name)).file == self.chain[0])

    @property
    def meetings(self) -> list[str]:
        """What the levers that are not committed policy act on together, in words."""
        return notes([lever for lever in self.levers if lever.name not in self.committed], self.pathway)

    def without_effects(self) -> "Scenario":
        """Return the scenario with levers that cost what they cost and change nothing: what is bought is bought, and posts opened are open."""
        return replace(self, actions=tuple(action.without_effect() for action in self.actions))

    def with_published(self, first: int, last: int, last_census: int | None = None) -> "Scenario":
        """Return the scenario with other published years, and branching where they end: another past (ruling 37).

        Raises
        ------
        ValueError
            If no window can be so (`Published`), or the scenario has figures fitted to another.
        """
        if self.fitted and last != self.fitted.vintage:
            raise ValueError(f"last: {last}, while figures were fitted up to {self.fitted.vintage}; expected a scenario without `fitted`")
        window = Published(first=first, last=last, last_census=last_census)
        settings, past = (
            each.model_copy(update={"published": window, "from_": window.ends}) for each in (self.settings, self.history_settings)
        )
        return replace(self, settings=Settings.model_validate(settings.model_dump(by_alias=True)), history_settings=past)

    def with_profiles(self, profiles: Iterable[AreaProfile]) -> "Scenario":
        """Return the scenario with profiles that stand in for those of their names; they are read as they are, whatever years are published."""
        return replace(self, profiles={**self.profiles, **{profile.name: profile for profile in profiles}})

    def with_deflators(self, deflators: Deflators) -> "Scenario":
        """Return the scenario with another table of deflators; its past is the same, since only what is counted in pounds changes."""
        return replace(self, deflators=deflators)

    def with_draws(self, draws: FittedDraws | None) -> "Scenario":
        """Return the scenario with fitted draws of the years after the published ones, or without.

        Raises
        ------
        ValueError
            If they are of an authority there is not, or of a quantity that cannot be drawn, or begin in a published year.
        """
        if draws is not None:
            areas = {*load_areas(), *self.synthetic, *self.profiles}
            if unknown := sorted(set(draws.areas) - areas):
                raise ValueError(f"unknown authority {unknown[0]!r}, {suggestion(unknown[0], areas)}")
            arriving = {stream.quantity for stream in self.pathway.streams.values()}
            draws.check(arriving | set(self.pathway.groups) | {WORK}, self.history_settings.published.last)
        return replace(self, draws=draws)

    def area(self, name: str) -> AreaProfile:
        """Return an authority's profile, with the figures this scenario gives it.

        Where the published years end before those of the shipped profiles, these are read as they were known then (`AreaProfile.known_by`).
        Fitted figures lie over the profile; those the scenario gives in `areas` over both.

        Raises
        ------
        UnknownNameError
            If there is no such authority, or none has been fitted of that name where others have.
        """
        fitted = self.fitted.profiles if self.fitted else {}
        own = [profile for mine, profile in {**fitted, **self.synthetic, **self.profiles}.items() if mine.casefold() == name.casefold()]
        profile = own[-1] if own else find_area(name)
        window = self.history_settings.published
        if not own and window.last < last_published():
            profile = profile.known_by(window.last, window.census)
        as_given = {*self.profiles, *self.synthetic} - {*(self.fitted.newcomers if self.fitted else ())}
        if self.fitted and profile.name not in as_given:
            profile = self.fitted.over(profile)
        return overlay(profile, self.areas.get(profile.name, {}))

    def epochs(self, branch: str) -> tuple[tuple[str, Pathway], ...]:
        """Return (month, pathway) from a branch month on; the first is always the branch month.

        Raises
        ------
        ScenarioError
            If the scenario is dated before the branch (ruling 37).
        """
        faults = date_faults(self.overrides, self.branching(branch).levers, self.document, branch)
        if faults:
            raise ScenarioError(faults)
        dated = [item for item in self.overrides if item.path[0] in PATHWAY_KEYS]
        months = sorted({branch, *(item.month for item in dated if item.month)}, key=month_index)
        return tuple((month, self._pathway_in(month) if dated else self.pathway) for month in months)

    @cached_property
    def _pathways(self) -> dict[str, Pathway]:
        """Pathways that `set` makes, by month: checking one again for every authority would take longer than a year's events."""
        return {}

    def _pathway_in(self, month: str) -> Pathway:
        """Return the pathway in force in a month, made once."""
        if month not in self._pathways:
            dated = [item for item in self.overrides if item.path[0] in PATHWAY_KEYS]
            self._pathways[month] = _pathway_at(self.document.data, dated, month)
        return self._pathways[month]


def _has_versions(path: tuple) -> bool:
    """Return whether what an override sets may change in the course of a run: when things happen, not what the pathway is."""
    return path[0] == "stages" and (path[2] == "duration" or path[-1] == "share" or "rates_per_year" in path)


def date_faults(overrides: Iterable[Override], levers: Iterable[Lever], document: Document, branch: str) -> list[Fault]:
    """Return what is dated before the branch month (ruling 37)."""
    first = month_index(branch)
    faults = [
        item.fault(
            f"{item.month} is before the branch month {branch}, expected {branch} or later: the past is a baseline's"
        )
        for item in overrides
        if item.month and month_index(item.month) < first
    ]
    faults += [
        item.fault(
            f"{item.month} is after the branch month {branch}, and only durations, shares of outcomes and rates change later; "
            "expected no date (it then acts from the branch), or a lever"
        )
        for item in overrides
        if item.month and month_index(item.month) > first and not _has_versions(item.path)
    ]
    for lever in levers:
        month = lever.first_month()
        if month_index(month) < first:
            message = f"the lever starts in {month}, before the branch month {branch}, expected {branch} or later"
            faults.append(document.fault(("levers", lever.name, "start"), message))
    return faults


def pathway_data(data: dict[str, Any]) -> dict[str, Any]:
    """Return the pathway's entries of a composed document."""
    return {key: value for key, value in data.items() if key not in ("settings", "levers", "areas")}


def _pathway_at(data: dict[str, Any], overrides: list[Override], month: str) -> Pathway:
    """Return the pathway in force in a month."""
    now = [item for item in overrides if item.month is None]
    later = sorted((item for item in overrides if item.month), key=lambda item: month_index(item.month))
    due = [item for item in later if month_index(item.month) <= month_index(month)]
    return Pathway.model_validate(apply(pathway_data(data), now + due))


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode("utf-8")).hexdigest()

"""Authorities, regions and named groups, and the profile of figures each authority starts from.

Everything is read from `scenarios/data`: `areas.csv` and `area_profiles.csv` (made by `python -m calibration.profiles`), `area_rates.csv`
(the rates fitted to them, made by `python -m calibration.flow_balance`)
and the editable membership lists in `scenarios/data/groups/*.yaml`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

DATA = Path(__file__).parent / "data"
ENGLAND = "England"
LONDON = "London"
LONDON_HALVES = ("Inner London", "Outer London")
# Of the census of 30 September within the financial year after the March their year names.
CENSUS = frozenset(
    ("case_holders_fte", "cases_held", "cases_per_social_worker", "social_workers_fte", "sw_agency_pct", "sw_turnover_pct", "sw_vacancy_pct")
)


class UnknownNameError(LookupError):
    """A name that no area, region, group or quantity has; the message offers the nearest ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]):
        self.kind, self.name = kind, name
        self.nearest = nearest_names(name, known)
        offer = f"; did you mean {' or '.join(self.nearest)}?" if self.nearest else ""
        super().__init__(f"no {kind} called {name!r}{offer}")


class GroupFileError(ValueError):
    """A group file that cannot be used."""


def nearest_names(name: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """Return the known names most like `name`, best first, ignoring case."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    folded = name.casefold().strip()
    within = [full for key, full in by_folded.items() if len(folded) >= 4 and (folded in key or key in folded)]
    close = [by_folded[key] for key in get_close_matches(folded, by_folded, n=count, cutoff=0.6)]
    return tuple(dict.fromkeys(chain(within, close)))[:count]


@dataclass(frozen=True, slots=True)
class Record:
    """One figure of a profile: its value, unit, and where it came from.

    Attributes
    ----------
    year_ending : int
        Year ending 31 March it holds for.
    status : str
        `published`, `derived` or `assumed`.
    basis : str
        Whose figure it is: `own`, `own-earlier-year`, `predecessor`, `region`, `london`, `england`, `national-default`.
    """

    area: str
    quantity: str
    year_ending: int
    value: float
    unit: str
    source: str
    status: str
    basis: str


@dataclass(frozen=True)
class AreaProfile:
    """An authority (or `England`) and its figures.

    Attributes
    ----------
    code : int
        The Department for Education's number; part of the address of every random draw. 0 for England.
    too_small : bool
        So few children that almost every figure is borrowed.
    records : mapping
        quantity -> records by year, ascending.
    """

    name: str
    code: int
    ons_code: str
    la_code: str
    region: str
    too_small: bool
    records: MappingProxyType

    @property
    def quantities(self) -> tuple[str, ...]:
        """Names of every quantity, those that are the same all over England included."""
        return tuple(sorted(self.records))

    def record(self, quantity: str, year: int | None = None) -> Record:
        """Return the figure for a year, or the latest earlier one; before the first, the first.

        Parameters
        ----------
        quantity : str
            A name of `quantities`.
        year : int, optional
            Year ending 31 March; the latest there is if omitted.

        Raises
        ------
        UnknownNameError
            If the profile has no such quantity.
        """
        try:
            series = self.records[quantity]
        except KeyError:
            raise UnknownNameError("quantity", quantity, self.records) from None
        if year is None:
            return series[-1]
        earlier = [record for record in series if record.year_ending <= year]
        return earlier[-1] if earlier else series[0]

    def value(self, quantity: str, year: int | None = None) -> float:
        """Return the value of `record(quantity, year)`."""
        return self.record(quantity, year).value

    def known_by(self, year: int, census: int) -> AreaProfile:
        """Return the profile without figures of later years: those of the workforce after a census, the others after a year ending 31 March.

        A quantity that has later years only keeps its first figure, since something must stand in its place: whoever tests a forecast gives
        such quantities figures of their own.
        """
        records = {
            quantity: tuple(each for each in series if each.year_ending <= (census if quantity in CENSUS else year)) or series[:1]
            for quantity, series in self.records.items()
        }
        return replace(self, records=MappingProxyType(records))

    def series(self, quantity: str) -> dict[int, float]:
        """Return values by year ending 31 March."""
        self.record(quantity)
        return {record.year_ending: record.value for record in self.records[quantity]}


@dataclass(frozen=True)
class Group:
    """A named list of authorities that may pool placements.

    Attributes
    ----------
    members : tuple of str
        Authorities of the panel, sorted.
    missing : tuple of str
        Listed members for which there is no profile; reported, not an error.
    clusters : tuple of frozenset of str
        Sets of authorities within reach of each other; two members are within reach if some cluster holds both.
    """

    key: str
    name: str
    description: str
    source: str
    members: tuple[str, ...]
    missing: tuple[str, ...]
    clusters: tuple[frozenset[str], ...]

    def within_reach(self, one: str, other: str) -> bool:
        """Tell whether a child of one member may use a place of the other."""
        return one == other or any(one in cluster and other in cluster for cluster in self.clusters)

    def reach(self) -> tuple[tuple[bool, ...], ...]:
        """Return `within_reach` as a matrix in the order of `members`."""
        return tuple(tuple(self.within_reach(one, other) for other in self.members) for one in self.members)


@cache
def load_areas() -> MappingProxyType:
    """Return every authority's profile by name, sorted by name (England is not among them)."""
    made = _all_profiles()
    return MappingProxyType({name: made[name] for name in made if name != ENGLAND})


@cache
def england() -> AreaProfile:
    """Return the profile of England: national figures, and what is the same everywhere."""
    return _all_profiles()[ENGLAND]


@cache
def _all_profiles() -> dict[str, AreaProfile]:
    """Return every profile that `scenarios/data` holds, England's too."""
    return make_profiles(_read(DATA / "areas.csv"), _records())


def make_profiles(rows: Iterable[dict[str, str]], records: dict[str, dict[str, Iterable[Record]]]) -> dict[str, AreaProfile]:
    """Return profiles by name: England first, then authorities sorted by name; an authority has England's figures where it has none of its own.

    Parameters
    ----------
    rows : iterable of dict
        One for each authority, with the columns of areas.csv.
    records : dict
        Area -> quantity -> records; England's must be among them.
    """
    by_year = {area: {name: tuple(sorted(series, key=lambda r: r.year_ending)) for name, series in quantities.items()}
               for area, quantities in records.items()}  # fmt: skip
    national = by_year[ENGLAND]
    made = {ENGLAND: AreaProfile(ENGLAND, 0, "E92000001", "", ENGLAND, False, MappingProxyType(national))}
    for row in sorted(rows, key=lambda row: row["name"]):
        made[row["name"]] = AreaProfile(
            name=row["name"],
            code=int(row["code"]),
            ons_code=row["ons_code"],
            la_code=row["la_code"],
            region=row["region"],
            too_small=row["too_small"] == "true",
            records=MappingProxyType(national | by_year[row["name"]]),
        )
    return made


@cache
def last_published() -> int:
    """Return the last year of which the shipped profiles have published figures."""
    return max(each.year_ending for series in england().records.values() for each in series if each.status == "published")


def find_area(name: str) -> AreaProfile:
    """Return an authority by name, ONS code or the Department's number; `England` gives `england()`."""
    if name.casefold() == ENGLAND.casefold():
        return england()
    areas = load_areas()
    for area in areas.values():
        if name.casefold() == area.name.casefold() or name in (area.ons_code, area.la_code):
            return area
    raise UnknownNameError("area", name, areas)


@cache
def regions() -> tuple[str, ...]:
    """Return the names of regions that have authorities, Inner and Outer London apart."""
    return tuple(sorted({area.region for area in load_areas().values()}))


def find_region(name: str) -> tuple[AreaProfile, ...]:
    """Return the authorities of a region; `London` means both halves."""
    known = (*regions(), LONDON)
    match = [region for region in known if region.casefold() == name.casefold()]
    if not match:
        raise UnknownNameError("region", name, known)
    wanted = LONDON_HALVES if match[0] == LONDON else (match[0],)
    return tuple(area for area in load_areas().values() if area.region in wanted)


@cache
def load_groups() -> MappingProxyType:
    """Return every named group by key (the name of its file)."""
    return MappingProxyType({path.stem: read_group(path) for path in sorted((DATA / "groups").glob("*.yaml"))})


def find_group(name: str) -> Group:
    """Return a group by key or name."""
    groups = load_groups()
    for group in groups.values():
        if name.casefold() in (group.key.casefold(), group.name.casefold()):
            return group
    raise UnknownNameError("group", name, [*groups, *(group.name for group in groups.values())])


def read_group(path: str | Path) -> Group:
    """Read a group file.

    Raises
    ------
    GroupFileError
        If the file lacks a key, or a cluster names an authority that is not a member.
    """
    path = Path(path)
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as fault:
        raise GroupFileError(f"{path}: cannot be read ({fault})") from None
    wanted = ("name", "description", "source", "members", "within_reach")
    lacking = [key for key in wanted if not isinstance(content, dict) or not content.get(key)]
    if lacking:
        raise GroupFileError(f"{path}: needs {', '.join(lacking)}")
    members, missing = [], []
    for listed in content["members"]:
        try:
            members.append(find_area(str(listed)).name)
        except UnknownNameError:
            missing.append(str(listed))
    lists = [content["members"]] if content["within_reach"] == "all" else content["within_reach"]
    strangers = sorted({str(name) for cluster in lists for name in cluster} - {str(m) for m in content["members"]})
    if strangers:
        raise GroupFileError(f"{path}: within_reach names {', '.join(strangers)}, not among the members")
    clusters = tuple(frozenset(find_area(str(n)).name for n in cluster if str(n) not in missing) for cluster in lists)
    return Group(path.stem, content["name"], content["description"], content["source"], tuple(sorted(members)),
                 tuple(missing), clusters)  # fmt: skip


@cache
def _records() -> dict[str, dict[str, list[Record]]]:
    """Return area -> quantity -> records."""
    grouped: dict[str, dict[str, list[Record]]] = {}
    rates = DATA / "area_rates.csv"
    for row in chain(_read(DATA / "area_profiles.csv"), _read(rates) if rates.exists() else ()):
        record = Record(**row | {"year_ending": int(row["year_ending"]), "value": float(row["value"])})
        grouped.setdefault(record.area, {}).setdefault(record.quantity, []).append(record)
    return grouped


def _read(path: Path) -> list[dict[str, str]]:
    """Return a CSV file as one dictionary for each row."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))

"""What levers act on, and which way: what a reform shares with committed policy, and what a reform's levers share with one another.

It is read off their actions, whatever the kind of lever: hazards, arrivals, places, plans, prices, teams, lines of cost.
"""

from collections.abc import Iterable, Iterator

from scenarios.action_checks import where_named
from scenarios.actions import (
    Action,
    AddArrivals,
    AddPosts,
    HelpEffect,
    ReachedEffect,
    ScaleArrivals,
    ScaleCost,
    ScaleFamilySupport,
    ScaleRate,
    ScaleTeams,
    SetArrivals,
    SetRate,
    ShiftOutcomes,
)
from scenarios.actions_of_places import AddPlaces, AddSupply, NationalCapacity, PlanWeight, Pool, PriceGain, ScaleSupply
from scenarios.distributions import Distribution
from scenarios.documents import Document
from scenarios.faults import Fault
from scenarios.lever_base import Lever
from scenarios.pathway_schema import Pathway
from scenarios.timeline import MonthSeries
from scenarios.wording import listed

HAZARDS = "the hazard of"
WAYS = {-1: "lowers", 1: "raises"}
SAME = 1e-9
Acted = tuple[str, str]  # what kind of quantity, and which
Ways = dict[Acted, set[int]]  # which way each moves: 1 up, -1 down, both where a number is set


def acted_on(lever: Lever, pathway: Pathway) -> Ways:
    """Return what a lever acts on, and which way on average; what costs are besides is no effect, and what comes back of a delay is that effect's."""
    found: Ways = {}
    for action in lever.actions(pathway):
        for what, name, way in _acts(action, pathway):
            if way:
                found.setdefault((what, name), set()).add(way)
    return found


def overlap_faults(document: Document, levers: list[Lever], pathway: Pathway, committed: str) -> list[Fault]:
    """Check that a lever says what it adds to levers below it.

    These are policy of the file `committed` that acts on the same in the same direction, whatever its kind, and a lever of any other file that is
    of a kind it `overlaps` with.
    """
    faults, files = [], [document.mark(("levers", lever.name)).file for lever in levers]
    acts = [acted_on(lever, pathway) for lever in levers]
    for i, lever in enumerate(levers):
        held = {}
        for j, below in enumerate(levers[:i]):
            shared = same_way(acts[i], acts[j])
            if files[j] != files[i] and ((shared and files[j] == committed) or below.kind in lever.overlaps):
                held[j] = shared
        if held and not lever.beyond_baseline:
            said = "; ".join(_already(files[j], levers[j], shared, pathway) for j, shared in held.items())
            names = ", ".join(levers[j].name for j in held)
            message = f"{said}; expected `beyond_baseline:` to say what this adds to it, or `without: [{names}]`"
            faults.append(document.fault(("levers", lever.name), message, at_key=True))
    return faults


def reach_faults(document: Document, levers: list[Lever], pathway: Pathway) -> list[Fault]:
    """Check that programmes of one kind, each reaching a share beyond those reached before, reach no more families together than there are."""
    faults = []
    reached = [_reached(lever, pathway) for lever in levers]
    for i, lever in enumerate(levers):
        before = [
            j for j, below in enumerate(levers[:i])
            if below.kind in (lever.kind, *lever.overlaps) and reached[i].keys() & reached[j].keys()
        ]  # fmt: skip
        total = sum(max(reached[j].values()) for j in (*before, i)) if before else 0.0
        if total > 1.0 + SAME:
            others = " and ".join(f"{levers[j].name} ({max(reached[j].values()):g})" for j in before)
            message = (
                f"{lever.name} reaches {max(reached[i].values()):g} beyond {others}, which makes {total:g} of the same families or children; "
                "expected 1 or less in all"
            )
            path, at_key = where_named(document.data["levers"][lever.name], "reach")
            faults.append(document.fault(("levers", lever.name, *path), message, at_key))
    return faults


def notes(levers: Iterable[Lever], pathway: Pathway) -> list[str]:
    """Return in words which of a reform's levers act on the same, as `explain` and `validate` print it."""
    together: dict[Acted, list[str]] = {}
    for lever in levers:
        for key in acted_on(lever, pathway):
            together.setdefault(key, []).append(lever.name)
    shared: dict[tuple[str, ...], set[Acted]] = {}
    for key, names in together.items():
        if len(names) > 1:
            shared.setdefault(tuple(names), set()).add(key)
    return [f"{listed(names)} act on the same: {_words(keys, pathway)}. {_together(keys)}" for names, keys in shared.items()]


def same_way(one: Ways, other: Ways) -> Ways:
    """Return what both act on in the same direction."""
    return {key: one[key] & other[key] for key in one if one[key] & other.get(key, set())}


def _acts(action: Action, pathway: Pathway) -> Iterator[tuple[str, str, int]]:
    """Yield what an action acts on: kind of quantity, name, and which way (1, -1; 0: neither, on average)."""
    match action:
        case ReachedEffect() | HelpEffect() | ScaleRate() | ShiftOutcomes():
            if getattr(action, "rebound", 0.0) == 0.0:
                way = _way(action.hazard_ratio) if isinstance(action, ReachedEffect | HelpEffect) else _way(action.ratio, action.phase)
                complement = getattr(action, "complement", None)
                yield from ((HAZARDS, name, way) for name in _transitions(action.targets, pathway))
                yield from ((HAZARDS, name, -way) for name in _transitions((complement,) if complement else (), pathway))
        case SetRate():
            yield from ((HAZARDS, name, way) for name in _transitions((action.target,), pathway) for way in WAYS)
        case ScaleArrivals():
            yield "arrivals of", action.stream, _way(action.ratio, action.phase)
        case AddArrivals():
            yield "arrivals of", action.stream, _way(action.per_month, action.phase, none=0.0)
        case SetArrivals():
            yield from (("arrivals of", action.stream, way) for way in WAYS)
        case AddPlaces() | AddSupply():
            yield "places of", action.place, 1
        case ScaleSupply():
            way = _way(action.ratio, action.phase)
            yield "moves from" if action.what == "moves" else "places of", action.place, -way if action.what == "exits" else way
        case PlanWeight():
            yield f"plans ({action.plan}) for", action.placement, _way(action.ratio, action.phase)
        case PriceGain():
            yield from (("the price of", stage, -_way(action.fraction, action.phase, none=0.0)) for stage in action.stages)
        case Pool():
            yield from (("the share pooled of", place, 1 if share else 0) for place, share in action.shares)
        case NationalCapacity():
            yield "the capacity of", action.of, _way(action.ratio, action.phase)
        case ScaleTeams():
            yield "teams'", action.what, _way(action.ratio, action.phase)
        case AddPosts():
            yield "teams'", "posts", _way(action.share, action.phase, none=0.0)
        case ScaleCost():
            yield "the cost of", action.line, _way(action.ratio, action.phase)
        case ScaleFamilySupport():
            yield "spending on", "family support", _way(action.ratio, action.phase)


def _way(number: Distribution, phase: MonthSeries | None = None, none: float = 1.0) -> int:
    """Return which way a number moves what it acts on, at its mean and when most of it is in force; `none` is the number that changes nothing."""
    most = max((level for _, level in phase.points), key=abs, default=0.0) if phase else 1.0
    change = most * (number.mean - none)
    return 0 if abs(change) < SAME else 1 if change > 0 else -1


def _transitions(targets: tuple[str, ...], pathway: Pathway) -> list[str]:
    """Return the transitions that targets, transitions or groups, name."""
    return [name for target in targets for name in pathway.groups.get(target, (target,))]


def _reached(lever: Lever, pathway: Pathway) -> dict[Acted, float]:
    """Return the greatest share that a lever reaches, by whose (family or child) and which hazard it acts on."""
    found: dict[Acted, float] = {}
    for action in lever.actions(pathway):
        if isinstance(action, ReachedEffect):
            most = max((level for _, level in action.reach.points), default=0.0)
            found |= {(action.unit, name): most for name in _transitions(action.targets, pathway)}
    return found


def _already(file: str, lever: Lever, shared: Ways, pathway: Pathway) -> str:
    """Say that a file holds a lever, and what of it acts in the same direction."""
    by_way = {way: [key for key in shared if way in shared[key]] for way in WAYS}
    does = [f"{WAYS[way]} {_words(keys, pathway)}" for way, keys in by_way.items() if keys]
    return f"{file} holds {lever.name} already (from {lever.start})" + (f", which also {' and '.join(does)}" if does else "")


def _words(keys: Iterable[Acted], pathway: Pathway) -> str:
    """Say what is acted on: a group of transitions by its name where all of it is, and three names of a kind at most."""
    by_kind: dict[str, list[str]] = {}
    for what, name in sorted(keys):
        by_kind.setdefault(what, []).append(name)
    hazards = by_kind.get(HAZARDS, [])
    for group, members in pathway.groups.items():
        if len(members) > 1 and set(members) <= set(hazards):
            hazards[:] = [group, *(name for name in hazards if name not in members)]
    return "; ".join(f"{what} {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}" for what, names in by_kind.items())


def _together(keys: Iterable[Acted]) -> str:
    """Say what acting on the same means."""
    return "Their ratios multiply." if any(what == HAZARDS for what, _ in keys) else "What each does comes on top of what the others do."

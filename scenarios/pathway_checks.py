"""Whether the names of a pathway meet: all it speaks of exists, and every stage is reached and left.

Each check yields `Complaint`s: the path at fault, what is wrong with it, and what was expected.
"""

from collections.abc import Iterable, Iterator

from scenarios.faults import Complaint, PathKey
from scenarios.names import name_hash, suggestion
from scenarios.pathway_distance import BANDS
from scenarios.pathway_places import check_supply
from scenarios.pathway_rules import CARE_LEAVER, LOOKED_AFTER, NO_CHILD_AT_HOME, STAYING_PUT, UNREGISTERED, check_rules
from scenarios.pathway_schema import CHILD_TRACKS, FAMILY_TRACKS, IDLE, PLAN_CONTEXTS, STAY, Pathway, Stage, Step

IDLE_TRACKS = tuple(f"{IDLE}_{track}" for track in FAMILY_TRACKS + CHILD_TRACKS)


def check_pathway(pathway: Pathway, also_entered: Iterable[str] = ()) -> list[Complaint]:
    """Return everything that is wrong between the entries of a pathway.

    Parameters
    ----------
    pathway
        A pathway whose entries are right one by one.
    also_entered
        Stages entered by a policy rather than by a transition (Family Help after the switch-over).
    """
    complaints = [*_names(pathway), *_places(pathway), *_plans(pathway), *_distance(pathway), *_addresses(pathway), *check_rules(pathway)]
    if not complaints:  # with a name wrong, everything beyond it would be called unreachable
        complaints += [*_unreachable(pathway, tuple(also_entered)), *_unleavable(pathway)]
    return complaints


def _known(path: PathKey, name: str, options: Iterable[str], what: str) -> Iterator[Complaint]:
    """Complain about a name that is not among the options."""
    if name not in (known := tuple(options)):
        yield Complaint(path, f"unknown {what} {name!r}, {suggestion(name, known)}", at_key=path[-1] == name)


def _names(pathway: Pathway) -> Iterator[Complaint]:
    """Check the names in streams, stages and steps."""
    legal = pathway.stages_of("legal")
    for name, stream in pathway.streams.items():
        path: PathKey = ("streams", name)
        if stream.arrives_at is not None:
            yield from _known((*path, "arrives_at"), stream.arrives_at, pathway.stages, "stage")
        if stream.arrives_in_care is not None:
            here = (*path, "arrives_in_care", "legal_status")
            yield from _known(here, stream.arrives_in_care.legal_status, legal, "legal status")
    for name, stage in pathway.stages.items():
        path = ("stages", name)
        if stage.type is not None and stage.track != "placement":
            yield Complaint((*path, "type"), f"is of the track {stage.track}, expected a type for placements alone")
        if stage.team is not None:
            yield from _known((*path, "team"), stage.team, pathway.teams, "team")
        if stage.capacity is not None:
            yield from _known((*path, "capacity"), stage.capacity, pathway.places, "place")
        if stage.needs is not None:
            yield from _known((*path, "needs", "place"), stage.needs.place, pathway.places, "place")
            for other in stage.needs.priority:
                yield from _known((*path, "needs", "priority", other), other, pathway.stages, "stage")
        for index, status in enumerate(stage.requires_legal_status):
            yield from _known((*path, "requires_legal_status", index), status, legal, "legal status")
        if stage.national is not None:
            yield from _known((*path, "national", "otherwise"), stage.national.otherwise, pathway.stages_of("placement"), "placement")
        for index, other in enumerate(stage.staying_put.lived_in if stage.staying_put else ()):
            yield from _known((*path, "staying_put", "lived_in", index), other, pathway.stages_of("placement"), "placement")
        for kind, steps in (("outcomes", stage.outcomes), ("transitions", stage.transitions)):
            for step_name, step in steps.items():
                yield from _step_names(pathway, (*path, kind, step_name), stage, step)


def _step_names(pathway: Pathway, path: PathKey, stage: Stage, step: Step) -> Iterator[Complaint]:
    """Check the names one step speaks of."""
    legal, care = pathway.stages_of("legal"), pathway.stages_of("care")
    own = pathway.stages_of(stage.track)
    yield from _known((*path, "to"), step.to, (*own, STAY, IDLE), f"stage of the track {stage.track}")
    if step.opens is not None:
        family = [
            name for name, other in pathway.stages.items() if other.unit == "family" and other.track != stage.track
        ]
        yield from _known((*path, "opens"), step.opens, family, "stage of another track")
    for key in ("care_entry", "re_entry", "court_order"):
        entry = getattr(step, key)
        if entry is not None:
            yield from _known((*path, key, "legal_status"), entry.legal_status, legal, "legal status")
    if step.court_order is not None and step.court_order.otherwise is not None:
        yield from _known((*path, "court_order", "otherwise"), step.court_order.otherwise, legal, "legal status")
    for key in ("court_exit", "exit_care"):
        if getattr(step, key) is not None:
            yield from _known((*path, key), getattr(step, key), care, "exit from care")
    if step.places_in is not None:
        yield from _known((*path, "places_in"), step.places_in, pathway.stages_of("placement"), "placement")
    for index, other in enumerate(step.barred_in):
        yield from _known((*path, "barred_in", index), other, pathway.stages, "stage")
    for other in step.while_:
        yield from _known((*path, "while", other), other, (*pathway.stages, *IDLE_TRACKS), "stage")
    for stream in step.stream_multipliers:
        yield from _known((*path, "stream_multipliers", stream), stream, pathway.streams, "stream")
    if (stage.needs is None) and (step.while_waiting or pathway_driver(stage, step) == "place"):
        yield Complaint(path, "waits for a place, but the stage needs none; expected `needs: {place: …}` in the stage")


def pathway_driver(stage: Stage, step: Step) -> str:
    """Return what drives a step (a step without a hazard is driven by nothing)."""
    return stage.step_driven_by(step)


def _places(pathway: Pathway) -> Iterator[Complaint]:
    """Check the stages that places serve and overflow to."""
    placements = pathway.stages_of("placement")
    for name, place in pathway.places.items():
        yield from _known(("places", name, "stage"), place.stage, pathway.stages, "stage")
        for index, other in enumerate(place.overflow):
            yield from _known(("places", name, "overflow", index), other, placements, "placement")
        if place.stage in placements and place.match_probability is None:
            yield Complaint(("places", name), "a placement with a limit needs its match_probability")
        served = pathway.stages.get(place.stage)
        if served and place.stage not in placements and (served.needs is None or served.needs.place != name):
            message = f"nobody waits for it in {place.stage!r}, expected `needs: {{place: {name}}}` in that stage"
            yield Complaint(("places", name, "stage"), message)
    waited_for = {stage.needs.place for stage in pathway.stages.values() if stage.needs}
    yield from check_supply(pathway.places, waited_for)


def _plans(pathway: Pathway) -> Iterator[Complaint]:
    """Check that placement plans name placements, and that every age has one on entry and on a move."""
    plans = pathway.placement_plans
    for kind in (*PLAN_CONTEXTS, "needs_multipliers"):
        stated = getattr(plans, kind, None)
        if stated is None:
            continue
        weights = stated.weights
        for name in weights:
            path = ("placement_plans", kind, "weights", name)
            yield from _known(path, name, pathway.stages_of("placement"), "placement")
        if kind in ("entry", "move"):
            for band, total in enumerate(map(sum, zip(*weights.values(), strict=True))):
                if total <= 0:
                    yield Complaint(("placement_plans", kind, "weights"), f"no placement for age band {band + 1} of 5")


def _distance(pathway: Pathway) -> Iterator[Complaint]:
    """Check that it is said of every placement, and of nothing else, where it is."""
    plans, placements = pathway.placement_plans, pathway.stages_of("placement")
    if plans is None or plans.distance is None:
        return
    for kind in ("families", "unaccompanied"):
        path = ("placement_plans", "distance", kind, "shares")
        stated = getattr(plans.distance, kind)
        for name in stated.shares if stated else ():
            yield from _known((*path, name), name, placements, "placement")
    for name in placements:
        if name not in plans.distance.families.shares:
            message = f"does not say where the placement {name!r} is; expected `{name}: [{', '.join(BANDS)}]`, shares that sum to 1"
            yield Complaint(("placement_plans", "distance", "families", "shares"), message)


def _addresses(pathway: Pathway) -> Iterator[Complaint]:
    """Check that no two names have the same 32-bit address (ruling 4)."""
    taken: dict[int, str] = {}
    for name in pathway.step_names():
        address = name_hash(name)
        if taken.setdefault(address, name) != name:
            stage, step = name.split(".", 1)
            kind = "outcomes" if step in pathway.stages[stage].outcomes else "transitions"
            message = f"{name!r} has the random address {address:#010x} of {taken[address]!r}, expected another name"
            yield Complaint(("stages", stage, kind, step), message, at_key=True)


def _unreachable(pathway: Pathway, also_entered: tuple[str, ...]) -> Iterator[Complaint]:
    """Follow every arrival to see which stages anyone can reach."""
    reached: set[str] = set()
    ahead = [stream.arrives_at for stream in pathway.streams.values() if stream.arrives_at]
    for stream in pathway.streams.values():
        if stream.arrives_in_care:
            ahead += _entering_care(pathway, stream.arrives_in_care.legal_status)
    ahead += [name for name in also_entered if name in pathway.stages]
    while ahead:
        name = ahead.pop()
        if name in reached or name not in pathway.stages:
            continue
        reached.add(name)
        for _, step in pathway.stages[name].steps():
            ahead += _led_to(pathway, step)
        if (left := pathway.stages[name].exit) and left.care_leaver:
            ahead += [CARE_LEAVER, *((STAYING_PUT,) if STAYING_PUT in pathway.stages else ())]
    for name in pathway.stages:
        if name not in reached:
            message = f"no one can reach the stage {name!r}; expected an arrival or a transition that leads to it"
            yield Complaint(("stages", name), message, at_key=True)


def _led_to(pathway: Pathway, step: Step) -> list[str]:
    """Return the stages a step leads to, on any track."""
    found = [step.to, step.opens, step.court_exit, step.exit_care, step.places_in]
    if step.court_order:
        found += [step.court_order.legal_status, step.court_order.otherwise]
    for entry in (step.care_entry, step.re_entry):
        if entry:
            found += _entering_care(pathway, entry.legal_status)
    return [name for name in found if name]


def _entering_care(pathway: Pathway, legal_status: str) -> list[str]:
    """Return the stages a child can be in on entering care: the status, every placement planned or overflowed to."""
    plans = pathway.placement_plans
    placements = [name for context in PLAN_CONTEXTS for name in plans.weights_of(context)] if plans else []
    overflow = [name for place in pathway.places.values() if place.stage in placements for name in place.overflow]
    waiting = [national.otherwise for name in placements if (national := pathway.stages[name].national)]
    return [LOOKED_AFTER, NO_CHILD_AT_HOME, UNREGISTERED, legal_status, *placements, *overflow, *waiting]


def _unleavable(pathway: Pathway) -> Iterator[Complaint]:
    """Check that every stage can be left, by a step of its own or because another track ends it.

    Legal statuses and placements end with the time in care, and after an exit from care nothing more need follow.
    """
    for name, stage in pathway.stages.items():
        ended_elsewhere = stage.track in ("legal", "placement") or stage.exit is not None
        if ended_elsewhere and not stage.outcomes and not stage.transitions:
            continue
        leaving = [step for _, step in stage.steps() if step.leaves]
        if not any(getattr(step, "possible", True) for step in leaving) and not ended_elsewhere:
            message = (
                f"no one can leave the stage {name!r}; expected a transition with a rate above 0 that leads out of it"
            )
            yield Complaint(("stages", name), message, at_key=True)

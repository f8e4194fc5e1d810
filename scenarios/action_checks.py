"""Check what levers speak of: every name an action uses is one of the pathway's, blamed on the place in the file that says it."""

from typing import Any

from scenarios.actions import Action, AddArrivals, Cost, HelpEffect, ReachedEffect, ScaleArrivals, SetArrivals, ShiftOutcomes, targets_of
from scenarios.actions_of_places import AddPlaces, AddSupply, PlanWeight, Pool, PriceGain, ScaleSupply
from scenarios.documents import Document
from scenarios.faults import Fault, PathKey
from scenarios.lever_base import Lever
from scenarios.names import suggestion
from scenarios.pathway_schema import PLAN_CONTEXTS, Pathway

Named = tuple[str, set[str], str]  # a name, what it may be, and of what kind it is


def action_faults(document: Document, lever: Lever, actions: tuple[Action, ...], pathway: Pathway) -> list[Fault]:
    """Check that what a lever acts on exists (transitions and groups, places, placements, stages, streams), and can tell ages apart where it must."""
    transitions, groups = set(pathway.step_names()), set(pathway.groups)
    known: list[Named] = []
    for action in actions:
        known += [(name, transitions | groups, "transition or group") for name in targets_of(action)]
        if isinstance(action, AddPlaces | HelpEffect | Cost) and action.place:
            known.append((action.place, set(pathway.places), "place"))
        if isinstance(action, AddSupply | ScaleSupply):
            known += _supply_names(action, pathway)
        if isinstance(action, Cost) and action.stage:
            known.append((action.stage, set(pathway.stages), "stage"))
        if isinstance(action, Pool):
            known += [(name, set(pathway.places), "place") for name, _ in action.shares]
        if isinstance(action, PriceGain):
            known += [(name, set(pathway.stages_of("placement")), "placement") for name in action.stages]
        if isinstance(action, PlanWeight):
            known += _plan_names(action, pathway)
        if isinstance(action, ScaleArrivals | AddArrivals | SetArrivals):
            known.append((action.stream, set(pathway.streams), "stream of arrivals"))
    root: PathKey = ("levers", lever.name)
    faults = []
    for name, options, what in dict.fromkeys((name, frozenset(options), what) for name, options, what in known):
        if name not in options:
            path, at_key = where_named(document.data["levers"][lever.name], name)
            faults.append(document.fault(root + path, f"unknown {what} {name!r}, {suggestion(name, options)}", at_key))
    for name in dict.fromkeys(name for action in actions for name in _ageless(action, pathway)):
        path, at_key = where_named(document.data["levers"][lever.name], "ages")
        message = f"act on some ages, but the hazard of {name} does not depend on age; expected targets with `age_multipliers` in the pathway"
        faults.append(document.fault(root + path, message, at_key))
    for action in actions:
        if isinstance(action, ShiftOutcomes) and action.complement_weight * (action.ratio.bounds[1] - 1.0) > 1.0:
            path, at_key = where_named(document.data["levers"][lever.name], "ratio")
            most = 1.0 + 1.0 / action.complement_weight
            message = f"can be {action.ratio.bounds[1]:g}, more than {action.complement} has to give; expected {most:.3g} or less"
            faults.append(document.fault(root + path, message, at_key))
    return faults


def _ageless(action: Action, pathway: Pathway) -> list[str]:
    """Return the targets of an effect on some ages whose hazards are the same at all ages."""
    if not isinstance(action, ReachedEffect | HelpEffect) or not action.whom.ages:
        return []
    full = [name for target in action.targets for name in pathway.groups.get(target, (target,))]
    aged = {f"{stage}.{name}" for stage, name, step in pathway.steps() if step.age_multipliers}
    return [name for name in full if name not in aged and name in set(pathway.step_names())]


def _supply_names(action: AddSupply | ScaleSupply, pathway: Pathway) -> list[Named]:
    """Return what an action names of the supply of places, as (name, what it may be, kind)."""
    known = [(action.place, {name for name, place in pathway.places.items() if place.supply}, "place with a supply")]
    if action.owner is not None and action.place in pathway.places:
        known.append((action.owner, set(pathway.places[action.place].owners), f"owner of {action.place}"))
    return known


def _plan_names(action: PlanWeight, pathway: Pathway) -> list[Named]:
    """Return what a change of placement plans speaks of."""
    known = [(action.plan, set(PLAN_CONTEXTS), "placement plan")]
    if action.plan in PLAN_CONTEXTS:
        plans = pathway.placement_plans
        known.append((action.placement, set(plans.weights_of(action.plan)) if plans else set(), "placement of the plan"))
    return known


def where_named(data: Any, name: str, path: PathKey = ()) -> tuple[PathKey, bool]:
    """Return where a lever's settings speak a name (or, of `stage.transition`, either half), and whether as a key."""
    names = {name, name.split(".")[-1]}
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        if key in names or (isinstance(value, str) and value in names):
            return (*path, key), key in names
        found, at_key = where_named(value, name, (*path, key))
        if found:
            return found, at_key
    return (), False

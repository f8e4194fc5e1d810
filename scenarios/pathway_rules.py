"""What the engine's own rules need of a pathway: stages it enters by itself must be there if anything leads to them.

A pathway without children in care needs none of the stages of care, and one without siblings no rule for siblings.
"""

from collections.abc import Iterator

from scenarios.faults import Complaint, PathKey
from scenarios.names import suggestion
from scenarios.pathway_arrivals import STREAM_NAMES
from scenarios.pathway_schema import Pathway, Stage

# Stages the engine enters by its own rules: a child in care; a family none of whose children is at home, or one back home;
# support at 18; where a child lives whom no place fits; the status that final hearings end.
LOOKED_AFTER, NO_CHILD_AT_HOME, CARE_LEAVER = "looked_after", "no_child_at_home", "care_leaver"
CHILD_IN_NEED, UNREGISTERED, INTERIM_CARE_ORDER = "child_in_need", "unregistered", "interim_care_order"
CLOSED, STAYING_PUT = "closed", "staying_put"
TRACK_OF = {
    LOOKED_AFTER: "care", CARE_LEAVER: "care", STAYING_PUT: "care", NO_CHILD_AT_HOME: "need", CHILD_IN_NEED: "need", CLOSED: "need",
    UNREGISTERED: "placement", INTERIM_CARE_ORDER: "legal",
}  # fmt: skip


def check_rules(pathway: Pathway) -> Iterator[Complaint]:
    """Complain about what the engine would need and the pathway lacks."""
    yield from _streams(pathway)
    entries = list(_entries_to_care(pathway))
    for path in entries[:1]:
        yield from _need(pathway, path, LOOKED_AFTER, "a child in care is in it")
        if pathway.placement_plans is None:
            yield Complaint(path, "leads into care, but the pathway has no placement_plans; expected `placement_plans: {entry: …}`")
        elif any(stage.minimum_age_years or name in _limited(pathway) for name, stage in pathway.stages.items()):
            yield from _need(pathway, path, UNREGISTERED, "a child whom no place fits lives in it")
    yield from _home_and_back(pathway)
    for path, step in _steps(pathway):
        stage = pathway.stages[path[1]]
        if getattr(step, "at_age_years", None) is not None and stage.unit == "family":
            yield Complaint((*path, "at_age_years"), "is an age, but the stage is a family's; expected rates_per_year")
        if step.earlier_plan_multipliers and stage.track != "protection":  # nothing else is looked at again when a plan ends
            message = f"is said of a stage of the track {stage.track}, expected one of protection"
            yield Complaint((*path, "earlier_plan_multipliers"), message)
        if getattr(step, "at_next_birth", False) and stage.track != "need":
            yield Complaint((*path, "at_next_birth"), f"is a birth, but the stage is of the track {stage.track}; expected a stage of need")
    for name, stage in pathway.stages.items():
        if name in TRACK_OF and stage.track != TRACK_OF[name]:
            yield Complaint(("stages", name, "track"), f"is {stage.track!r}, expected {TRACK_OF[name]!r}: the engine enters this stage by its name")
        yield from _rules_of_stage(name, stage)
        if stage.exit and stage.exit.care_leaver:
            yield from _need(pathway, ("stages", name, "exit", "care_leaver"), CARE_LEAVER, "care leavers are in it")
    if CLOSED in pathway.stages and len(list(pathway.stages[CLOSED].steps())) > 1:
        yield Complaint(("stages", CLOSED), "has several ways out, expected one (families who would never return by it are forgotten)", at_key=True)


def _rules_of_stage(name: str, stage: Stage) -> Iterator[Complaint]:
    """Check that what only some stages may say is said of them alone."""
    if (stage.staying_put is not None) != (name == STAYING_PUT):
        message = f"and the stage {STAYING_PUT!r} go together: the engine enters it at 18 by its name; expected both or neither"
        yield Complaint(("stages", name), f"staying_put {message}", at_key=True)
    for key, track in (("national", "placement"), ("placement_plan", "legal")):
        if getattr(stage, key) is not None and stage.track != track:
            yield Complaint(("stages", name, key), f"is said of a stage of the track {stage.track}, expected one of {track}")


def _streams(pathway: Pathway) -> Iterator[Complaint]:
    """Check who arrives, and that it is said who they are."""
    families = pathway.families
    for name, stream in pathway.streams.items():
        if name not in STREAM_NAMES:
            yield Complaint(("streams", name), f"unknown stream {name!r}, {suggestion(name, STREAM_NAMES)}", at_key=True)
        begun = pathway.stages.get(stream.arrives_at or "")
        if begun and begun.needs:
            message = f"families arrive in {stream.arrives_at!r}, which waits for a place; expected a stage before it, which leads there"
            yield Complaint(("streams", name, "arrives_at"), message)
        if stream.arrives_at and (families.children is None or families.youngest_age_years is None):
            message = "families arrive at home, but who they are is not said; expected `families: {children: …, youngest_age_years: …}`"
            yield Complaint(("streams", name, "arrives_at"), message)
    if families.have_siblings and families.sibling_gap_years is None:
        yield Complaint(("families",), "families have several children, but no sibling_gap_years", at_key=True)


def _home_and_back(pathway: Pathway) -> Iterator[Complaint]:
    """Check what leaving home for care, coming back, and a final hearing need."""
    returns = [name for name, stage in pathway.stages.items() if stage.exit and stage.exit.child == "at_home"]
    for name in returns[:1]:
        yield from _need(pathway, ("stages", name, "exit", "child"), CHILD_IN_NEED, "the family of a child who returns is in it")
    for path, step in _steps(pathway):
        if step.care_entry or (step.re_entry and returns):
            key = "care_entry" if step.care_entry else "re_entry"
            yield from _need(pathway, (*path, key), NO_CHILD_AT_HOME, "a family whose children are all in care is in it")
            if pathway.families.have_siblings and pathway.families.siblings_entering_care is None:
                yield Complaint((*path, key), "siblings may enter care, but families have no siblings_entering_care")
        for key in ("court_order", "court_exit"):
            if getattr(step, key):
                yield from _need(pathway, (*path, key), INTERIM_CARE_ORDER, "a final hearing is about the children in it")


def _entries_to_care(pathway: Pathway) -> Iterator[PathKey]:
    """Yield where children enter care."""
    for name, stream in pathway.streams.items():
        if stream.arrives_in_care:
            yield ("streams", name, "arrives_in_care")
    for path, step in _steps(pathway):
        for key in ("care_entry", "re_entry"):
            if getattr(step, key):
                yield (*path, key)


def _steps(pathway: Pathway):
    """Yield (path, step) of every way out of a stage."""
    for stage, name, step in pathway.steps():
        yield ("stages", stage, "outcomes" if name in pathway.stages[stage].outcomes else "transitions", name), step


def _limited(pathway: Pathway) -> set[str]:
    """Return the stages that have a limit."""
    return {place.stage for place in pathway.places.values() if place.match_probability}


def _need(pathway: Pathway, path: PathKey, stage: str, why: str) -> Iterator[Complaint]:
    """Complain if a stage that the engine enters is not there."""
    if stage not in pathway.stages:
        yield Complaint(path, f"leads to a stage {stage!r} ({why}), which the pathway lacks; expected `{stage}: {{track: {TRACK_OF[stage]}, …}}`")

"""Compile the pathway into the flat tables that hazards read: stages, transitions, effects, bands and multipliers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.names import name_hash
from scenarios.pathway_arrivals import STREAM_NAMES
from scenarios.pathway_schema import CHILD_TRACKS, FAMILY_TRACKS, PLAN_CONTEXTS, Pathway, Stage, Step
from sim.kernels import layout as L

TRACKS = (*FAMILY_TRACKS, *CHILD_TRACKS)
DAYS_PER_YEAR = L.YEAR
CLOCKS = {
    "stage": L.CLOCK_STAGE,
    "since_exit": L.CLOCK_STAGE,  # of a child it is the day care was left, which is kept where the day it began was
    "care_episode": L.CLOCK_CARE_EPISODE,
    "case_episode": L.CLOCK_CASE_EPISODE,
}
FOLLOWED = {"referral": L.REFERRED, "section_47": L.ENQUIRY, "child_protection_plan": L.PLAN}


@dataclass(frozen=True)
class Names:
    """The order in which stages, transitions, places and placements lie in every table."""

    stages: tuple[str, ...]
    transitions: tuple[str, ...]
    places: tuple[str, ...]
    placements: tuple[str, ...]

    def stage(self, name: str | None) -> int:
        """Return a stage's row, IDLE or STAY."""
        return {"stay": L.STAY, "idle": L.IDLE, None: L.IDLE}.get(name, -3) if name in ("stay", "idle", None) else self.stages.index(name)


def names_of(pathway: Pathway) -> Names:
    """Order stages by track as the file has them, and transitions by stage."""
    stages = tuple(name for track in TRACKS for name in pathway.stages_of(track))
    transitions = tuple(f"{stage}.{name}" for stage in stages for name, _ in pathway.stages[stage].steps())
    return Names(stages, transitions, tuple(pathway.places), pathway.stages_of("placement"))


class Rows:
    """Rows of a table, each kept once."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []
        self._seen: dict[bytes, int] = {}

    def add(self, row: np.ndarray) -> int:
        """Return the index of a row equal to this one."""
        key = row.tobytes()
        if key not in self._seen:
            self._seen[key] = len(self.rows)
            self.rows.append(row)
        return self._seen[key]

    def table(self) -> np.ndarray:
        """Return the rows as one array."""
        return np.array(self.rows)


def stage_table(pathway: Pathway, names: Names, replaces: dict[str, str]) -> np.ndarray:
    """Return the STAGE records; which tracks a stage's hazards depend on comes from its transitions (see `depends_on`)."""
    table = np.zeros(len(names.stages), L.STAGE)
    counts: dict[str, int] = {"family": 0, "child": 0}
    first = 0
    put = {name for stage in pathway.stages.values() if stage.staying_put for name in stage.staying_put.lived_in}
    types = list(dict.fromkeys(stage.type or name for name, stage in pathway.stages.items()))
    permitting = {legal for stage in pathway.stages.values() for legal in stage.requires_legal_status}
    for i, name in enumerate(names.stages):
        stage, row = pathway.stages[name], table[i]
        steps = [step for _, step in stage.steps()]
        row["track"], row["first"], row["n"] = TRACKS.index(stage.track), first, len(steps)
        row["local"] = counts[stage.unit]
        counts[stage.unit] += 1
        first += len(steps)
        row["place"] = names.places.index(stage.needs.place) if stage.needs else -1
        row["adult_ends"] = stage.track == "need" and name != "no_child_at_home"
        row["uses_age"] = any(step.age_multipliers for step in steps)
        row["fixed_age"] = any(getattr(step, "at_age_years", None) for step in steps)
        row["birth"] = next((j for j, step in enumerate(steps) if getattr(step, "at_next_birth", False)), -1)
        row["followed"], row["is_closed"] = FOLLOWED.get(name, -1), name == "closed"
        row["in_need"], row["in_care"] = stage.in_need, stage.in_care
        row["to_home"] = bool(stage.exit and stage.exit.child == "at_home")
        row["care_leaver"] = bool(stage.exit and stage.exit.care_leaver)
        row["terminal"] = stage.exit is not None and not stage.transitions
        row["placement"] = names.placements.index(name) if stage.track == "placement" else -1
        row["type"] = types.index(stage.type or name)
        row["minimum_age"] = stage.minimum_age_years or 0.0
        row["case_weight"], row["unlawful"] = stage.case_weight, stage.unlawful
        row["permits_parents"] = name in permitting
        row["plan"] = PLAN_CONTEXTS.index(stage.placement_plan) if stage.placement_plan else -1
        row["otherwise"] = names.stage(stage.national.otherwise) if stage.national else -1
        row["is_plan"], row["stays_put"] = name == "child_protection_plan", name in put
        row["later"] = names.stage(replaces[name]) if name in replaces else -1
        row["depends"] = depends_on(pathway, stage)
    if counts["family"] > L.MAX_FAMILY_STAGES or counts["child"] > L.MAX_CHILD_STAGES or table["n"].max() > L.MAX_TRANSITIONS:
        raise ValueError(f"the pathway is larger than the engine's records: {counts}, {table['n'].max()} transitions in a stage")
    return table


def depends_on(pathway: Pathway, stage: Stage) -> int:
    """Return the tracks (as bits) whose stages multiply or bar any of a stage's transitions."""
    bits = 0
    for _, step in stage.steps():
        tracks = set(step.barred_by) | {pathway.stages[other].track for other in step.barred_in}
        tracks |= {other[5:] if other.startswith("idle_") else pathway.stages[other].track for other in step.while_}
        for track in tracks - {stage.track}:
            bits |= 1 << TRACKS.index(track)
    return bits


def beside_row(pathway: Pathway, names: Names, step: Step) -> np.ndarray:
    """Return the multiplier for each stage another track may be in (then the idle tracks)."""
    row = np.ones(len(names.stages) + len(TRACKS))
    for track in step.barred_by:
        for name in pathway.stages_of(track):
            row[names.stages.index(name)] = 0.0
    for name in step.barred_in:
        row[names.stages.index(name)] = 0.0
    for name, multiplier in step.while_.items():
        column = len(names.stages) + TRACKS.index(name[5:]) if name.startswith("idle_") else names.stages.index(name)
        row[column] *= multiplier
    return row


def static_row(step: Step) -> np.ndarray:
    """Return multipliers by quintile, needs, stream, earlier episodes (0, 1 or more) and earlier plans (likewise)."""
    row = np.ones((5, 4, L.STREAMS, 2, 2))
    if step.quintile_multipliers:
        row *= np.array(step.quintile_multipliers)[:, None, None, None, None]
    if step.needs_multipliers:
        row *= np.array(step.needs_multipliers)[None, :, None, None, None]
    if step.earlier_episode_multipliers:
        earlier = step.earlier_episode_multipliers
        row *= np.array([earlier[0], earlier[min(1, len(earlier) - 1)]])[:, None]
    if step.earlier_plan_multipliers:
        row *= np.array(step.earlier_plan_multipliers)
    for stream, multiplier in step.stream_multipliers.items():
        row[:, :, STREAM_NAMES.index(stream)] *= multiplier
    return row


def effects_of(names: Names, step: Step) -> list[tuple[int, int, int, float]]:
    """Return the effects of a transition beside moving its own track, in the order they act."""
    effects = []
    if step.opens:
        effects.append((L.OPEN_STAGE, names.stage(step.opens), 0, 0.0))
    if step.care_entry:
        effects.append((L.CARE_ENTRY, names.stage(step.care_entry.legal_status), int(step.care_entry.one_child), 0.0))
    if step.court_order:
        order = step.court_order
        limit = 99.0 if order.under_years is None else order.under_years
        effects.append((L.COURT_ORDER, names.stage(order.legal_status), names.stage(order.otherwise or order.legal_status), limit))
    if step.court_exit:
        effects.append((L.COURT_EXIT, names.stage(step.court_exit), 0, 0.0))
    if step.exit_care:
        effects.append((L.EXIT_CARE, names.stage(step.exit_care), 0, 0.0))
    if step.re_entry:
        effects.append((L.RE_ENTRY, names.stage(step.re_entry.legal_status), 0, 0.0))
    if step.replan:
        effects.append((L.REPLAN, 0, 0, 0.0))
    if step.places_in:
        effects.append((L.PLACE_IN, names.stage(step.places_in), 0, 0.0))
    return effects


def transition_table(pathway: Pathway, names: Names) -> tuple[np.ndarray, np.ndarray, Rows, Rows]:
    """Return TRANSITION records (bands, ages, rows and levers still unset), EFFECT records, and the static and beside rows."""
    table = np.zeros(len(names.transitions), L.TRANSITION)
    effects: list[tuple] = []
    static, beside = Rows(), Rows()
    static.add(np.ones((5, 4, L.STREAMS, 2, 2)))
    k = 0
    for i, stage_name in enumerate(names.stages):
        stage = pathway.stages[stage_name]
        for name, step in stage.steps():
            row = table[k]
            row["stage"], row["target"] = i, names.stage(step.to)
            row["clock"] = L.CLOCK_CARE_EPISODE if step.clock == "since_exit" and stage.unit == "child" else CLOCKS[step.clock]
            row["when"] = L.WHEN_WAITING if step.while_waiting else L.WHEN_ALWAYS
            if stage.needs and name in stage.outcomes:
                row["clock"], row["when"] = L.CLOCK_ADMISSION, L.WHEN_ADMITTED
            target = pathway.stages.get(step.to)
            row["release"] = step.to == "idle" or step.exit_care is not None or step.to == "closed" or bool(target and target.exit)
            row["static"] = static.add(static_row(step))
            besides = beside_row(pathway, names, step)
            row["beside"] = -1 if (besides == 1.0).all() else beside.add(besides)
            row["at_age"] = getattr(step, "at_age_years", None) or 0.0
            row["at_birth"] = getattr(step, "at_next_birth", False)
            row["name"] = name_hash(f"{stage_name}.{name}")
            row["age"] = -1
            acts = effects_of(names, step)
            row["effect"], row["n_effects"] = len(effects), len(acts)
            effects += acts
            k += 1
    return table, np.array(effects or [(0, 0, 0, 0.0)], L.EFFECT), static, beside


def outcome_shares(stage: Stage, ratio: dict[str, float]) -> dict[str, float]:
    """Return a stage's outcome shares in an area: those with a ratio times it, the others taking what is left in proportion."""
    moved = {name: min(outcome.share * ratio.get(outcome.area_ratio or "", 1.0), 0.98) for name, outcome in stage.outcomes.items()
             if (outcome.area_ratio or "") in ratio}  # fmt: skip
    total = sum(moved.values())
    if total > 0.98:
        moved = {name: share * 0.98 / total for name, share in moved.items()}
        total = 0.98
    rest = sum(outcome.share for name, outcome in stage.outcomes.items() if name not in moved)
    scale = (1.0 - total) / rest if rest > 0 else 0.0
    return {name: moved.get(name, outcome.share * scale) for name, outcome in stage.outcomes.items()}

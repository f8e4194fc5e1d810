"""Load scenarios: everything checked, all faults at once, nothing left to fail later.

`load("early-help")` or `load("my-reform.yaml")` returns a frozen `Scenario`, or raises `ScenarioError` with every
fault as
`file:line:column: path: what is wrong, what was expected, nearest valid name`.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from scenarios.action_checks import action_faults
from scenarios.actions import Action
from scenarios.area_file import AreaFigure, read_figures
from scenarios.areas import AreaProfile, UnknownNameError, find_area, load_areas
from scenarios.composing import Composed, compose, compose_kept, find_file, shipped_names, shown_name
from scenarios.documents import Document, read_document
from scenarios.faults import Fault, PathKey, ScenarioError
from scenarios.fitted import Fitted, read_fitted
from scenarios.lever_base import Lever
from scenarios.levers import LEVERS
from scenarios.names import suggestion
from scenarios.overlaps import overlap_faults, reach_faults
from scenarios.overrides import PATHWAY_KEYS, Override, apply
from scenarios.pathway_checks import check_pathway
from scenarios.pathway_schema import Pathway
from scenarios.scenario import Scenario, date_faults, pathway_data
from scenarios.schema import Expects, Settings
from scenarios.synthetic import quantities_of, synthetic_profiles
from scenarios.timeline import month_index
from scenarios.validation import validate


def load(name_or_path: str | Path, on: str | Path | None = None) -> Scenario:
    """Load a shipped scenario by name, or any scenario by path; with `on`, laid on that scenario, as `extends: [ON, NAME]` would.

    Raises
    ------
    ScenarioError
        With every fault found in the file, in those it extends, and in its pathway.
    """
    return _checked(compose(name_or_path, on), str(name_or_path))


def load_kept(texts: Mapping[str, str]) -> Scenario:
    """Load a scenario from the texts of its files, the pathway's first, as the manifest of a results folder keeps them (`Scenario.texts`).

    Raises
    ------
    ScenarioError
        If they cannot be read, or no longer are a scenario of this version.
    """
    return _checked(compose_kept(texts), next(reversed(texts), ""))


def _checked(composed: Composed, name: str) -> Scenario:
    """Check all of a composed scenario and put it together.

    Raises
    ------
    ScenarioError
        With every fault found.
    """
    document, faults = composed.document, composed.faults
    pathway, wrong = _base_pathway(document)
    faults += wrong
    history, wrong = validate(Settings, document, ("settings",), composed.history_settings)
    faults += wrong if composed.history_settings else []
    undated = [item for item in composed.overrides if item.path[0] not in PATHWAY_KEYS]
    _set_now(document, undated)
    settings, wrong = validate(Settings, document, ("settings",))
    faults += [fault for fault in wrong if fault not in faults]
    levers, wrong = _levers(composed)
    faults += wrong
    if pathway is not None and settings is not None:
        faults += _between(document, pathway, settings)
        faults += _override_faults(composed, settings)
    if settings is not None and history is not None and settings.published != history.published:
        theirs = f"{history.published.first} to {history.published.last}"
        message = f"changes the past, which is the baseline's ({theirs}); expected a baseline of your own"
        faults.append(document.fault(("settings", "published"), message))
    if settings is not None:
        own = [lever for lever in levers if document.mark(("levers", lever.name)).file != composed.chain[0].file]
        faults += date_faults(composed.overrides, own, document, settings.from_)
    fitted, wrong = _fitted(composed, pathway, history)
    faults += wrong
    figures, synthetic, wrong = _areas(document, settings, pathway, fitted.newcomers if fitted else {})
    faults += wrong
    expects, wrong = _expects(composed)
    faults += wrong
    actions: tuple[Action, ...] = ()
    if pathway is not None:
        actions = tuple(action for lever in levers for action in lever.actions(pathway))
        faults += [
            fault for lever in levers for fault in action_faults(document, lever, lever.actions(pathway), pathway)
        ]
        faults += overlap_faults(document, levers, pathway, composed.chain[0].file) + reach_faults(document, levers, pathway)
    if faults or pathway is None or settings is None or history is None:
        raise ScenarioError(
            faults or [Fault(name, 0, 0, "settings", "no settings, expected those of a baseline")]
        )
    found = _scenario(composed, pathway, settings, history, levers, actions, figures, synthetic, expects)
    return found if fitted is None else _with_fitted(found, fitted, composed)


def available_scenarios() -> dict[str, str]:
    """Return the shipped scenarios: name → what it is called and what it is."""
    result = {}
    for name in shipped_names():
        data = read_document(find_file(name)).data
        result[name] = f"{data['name']}. {' '.join(str(data.get('description', '')).split())}"
    return result


def _scenario(
    composed: Composed,
    pathway: Pathway,
    settings: Settings,
    history: Settings,
    levers: list[Lever],
    actions: tuple[Action, ...],
    figures: dict[str, dict[str, AreaFigure]],
    synthetic: dict[str, AreaProfile],
    expects: Expects | None,
) -> Scenario:
    """Put a scenario together from parts that have been checked."""
    own = composed.chain[-1]
    return Scenario(
        key=Path(own.file).stem,
        name=own.data["name"],
        description=" ".join(str(own.data.get("description", "")).split()),
        pathway=pathway,
        settings=settings,
        history_settings=history,
        levers=tuple(levers),
        actions=actions,
        overrides=tuple(composed.overrides),
        areas=figures,
        synthetic=synthetic,
        text=own.text,
        chain=tuple(document.file for document in composed.chain),
        texts={document.file: document.text for document in (composed.document, *composed.chain)},
        document=composed.document,
        expects=expects,
        overlap={document.file: " ".join(document.data["overlap"].split()) for document in composed.chain if "overlap" in document.data},
    )


def _expects(composed: Composed) -> tuple[Expects | None, list[Fault]]:
    """Read what the scenario's own file says it is for."""
    own = composed.chain[-1]
    return validate(Expects, own, ("expects",)) if "expects" in own.data else (None, [])


def _fitted(composed: Composed, pathway: Pathway | None, history: Settings | None) -> tuple[Fitted | None, list[Fault]]:
    """Read the folder of fitted figures that the scenario stands on, if it names one."""
    if composed.fitted is None or pathway is None or history is None:
        return None, []
    document, folder = composed.fitted
    try:
        fitted = read_fitted(folder, shown_name(folder))
    except ScenarioError as error:
        return None, [document.fault(("fitted",), "names a folder that cannot be used"), *error.faults]
    faults = []
    last = history.published.last
    if fitted.vintage != last:
        message = f"fitted to figures up to {fitted.vintage}, while published years end in {last}; expected a baseline of the same years"
        faults.append(document.fault(("fitted",), message))
    known = quantities_of(pathway) | {quantity for profile in (load_areas() | fitted.profiles).values() for quantity in profile.quantities}
    for name in sorted({quantity for figures in fitted.records.values() for quantity in figures} - known):
        faults.append(document.fault(("fitted",), f"gives figures of an unknown quantity {name!r}, {suggestion(name, known)}"))
    return fitted, faults


def _with_fitted(scenario: Scenario, fitted: Fitted, composed: Composed) -> Scenario:
    """Return a scenario with fitted figures and their draws."""
    document, _ = composed.fitted
    try:
        scenario.document.marks[("fitted",)] = document.mark(("fitted",))  # where the register says it stands
        return replace(scenario, fitted=fitted).with_draws(fitted.draws)
    except ValueError as error:
        raise ScenarioError([document.fault(("fitted",), f"has draws that cannot be used: {error}")]) from None


def _base_pathway(document: Document) -> tuple[Pathway | None, list[Fault]]:
    """Check the pathway before any override."""
    return validate(Pathway, document, (), pathway_data(document.data))


def _set_now(document: Document, undated: list[Override]) -> None:
    """Apply overrides of settings and levers, which have no dates, to the composed document."""
    for item in undated:
        here: Any = document.data
        for part in item.path[:-1]:
            here = here[part]
        here[item.path[-1]] = item.value
        document.marks[item.path] = item.mark


def _override_faults(composed: Composed, settings: Settings) -> list[Fault]:
    """Check the pathway of every epoch, and blame the overrides that first make it wrong."""
    dated = [item for item in composed.overrides if item.path[0] in PATHWAY_KEYS]
    months = sorted({item.month for item in dated if item.month}, key=month_index)
    faults: list[Fault] = []
    before: list[Override] = []
    for month in [None, *months]:
        step = [item for item in dated if item.month == month]
        if not step:
            continue
        document = Document(composed.document.file, "", apply(pathway_data(composed.document.data), before + step))
        document.marks = dict(composed.document.marks)
        for item in step:
            document.marks[item.path] = item.mark
        pathway, wrong = validate(Pathway, document)
        if pathway is not None:
            wrong = [document.fault(*complaint) for complaint in check_pathway(pathway, _entered(settings))]
        faults += [_blame(fault, step) for fault in wrong]
        before += step
    return faults


def _blame(fault: Fault, step: list[Override]) -> Fault:
    """Move a fault that overrides cause to the override nearest to it (the one that shares most of its path)."""

    def shared(item: Override) -> int:
        """Return how many parts of the fault's path an override's path shares."""
        parts, theirs = fault.path.split("."), [str(part) for part in item.path]
        return sum(1 for a, b in zip(parts, theirs, strict=False) if a == b)

    item = max(step, key=shared)
    return Fault(item.mark.file, item.mark.line, item.mark.column, fault.path, fault.message)


def _entered(settings: Settings) -> tuple[str, ...]:
    """Return the stages that policy leads to."""
    switch = settings.policy.families_first
    return tuple(switch.replaces.values()) if switch else ()


def _between(document: Document, pathway: Pathway, settings: Settings) -> list[Fault]:
    """Check the pathway's names, and those that settings speak of."""
    faults = []
    root: PathKey = ("settings", "policy", "families_first", "replaces")
    switch = settings.policy.families_first
    needs = pathway.stages_of("need")
    for old, new in (switch.replaces if switch else {}).items():
        for name, at_key in ((old, True), (new, False)):
            if name not in needs:
                faults.append(
                    document.fault((*root, old), f"unknown stage {name!r}, {suggestion(name, needs)}", at_key)
                )
    placements = pathway.stages_of("placement")
    for name in settings.prices.real_growth_per_year:
        if name not in placements:
            path = ("settings", "prices", "real_growth_per_year", name)
            faults.append(
                document.fault(path, f"unknown placement {name!r}, {suggestion(name, placements)}", at_key=True)
            )
    faults += [document.fault(*complaint) for complaint in check_pathway(pathway, _entered(settings))]
    return faults


def _areas(
    document: Document, settings: Settings | None, pathway: Pathway | None, newcomers: dict[str, AreaProfile]
) -> tuple[dict[str, dict[str, AreaFigure]], dict[str, AreaProfile], list[Fault]]:
    """Check the names of authorities, and the figures a scenario gives them; return these, and the authorities it makes up or has fitted."""
    switch = settings.policy.families_first if settings else None
    root: PathKey = ("settings", "policy", "families_first", "authorities")
    named: list[PathKey] = [(*root, name) for name in (switch.authorities if switch else {})]
    named += [("areas", name) for name in document.data["areas"]]
    synthetic, faults = synthetic_profiles(document)
    synthetic = newcomers | synthetic
    profiles: dict[str, AreaProfile] = dict(synthetic)
    for path in named:
        if path[-1] in synthetic:
            continue
        try:
            profiles[str(path[-1])] = find_area(str(path[-1]))
        except UnknownNameError as error:
            hint = "" if path[0] != "areas" else "; an authority of your own says `synthetic: true`"
            faults.append(document.fault(path, str(error) + hint, at_key=True))
    figures, wrong = read_figures(document, profiles, quantities_of(pathway) if pathway else set())
    return {profiles[name].name: block for name, block in figures.items()}, synthetic, faults + wrong


def _levers(composed: Composed) -> tuple[list[Lever], list[Fault]]:
    """Check every lever's settings."""
    levers, faults = [], []
    for name, kind in composed.kinds.items():
        lever, wrong = validate(LEVERS[kind], composed.document, ("levers", name))
        faults += wrong
        if lever is not None:
            levers.append(lever)
    return levers, faults

"""Put a scenario together from the files it extends: one document, each entry with the mark of the file it is from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scenarios.distributions import KINDS
from scenarios.documents import Document, copied, parse_document, read_document
from scenarios.faults import Fault, PathKey, ScenarioError
from scenarios.lever_base import FEWEST_WORDS, moved
from scenarios.levers import LEVERS
from scenarios.names import nearest, suggestion
from scenarios.overrides import Override, read_overrides
from scenarios.schema import SCENARIO_KEYS

SHIPPED = Path(__file__).parent
PATHWAY_FILE = "pathway"
LONGEST_DELAY = 240  # months


@dataclass
class Composed:
    """A scenario before its numbers are checked.

    `document` holds the pathway's entries, `settings`, `levers` (by name) and `areas`; `history_settings` the
    settings of the file at the bottom of the chain, which the past was made with; `chain` the files from that one to
    the scenario itself; `fitted` the last of them that names a folder of fitted figures, and the folder.
    """

    document: Document
    history_settings: dict[str, Any]
    overrides: list[Override]
    chain: list[Document]
    kinds: dict[str, str]
    faults: list[Fault]
    fitted: tuple[Document, Path] | None = None


def shipped_names() -> list[str]:
    """Return the names of the scenarios that come with the package."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml") if path.stem != PATHWAY_FILE)


def find_file(name: str, beside: Path | None = None) -> Path | None:
    """Return the file a scenario name or path means: a shipped name, or a path (relative to the file that names it)."""
    looks_like_path = name.endswith((".yaml", ".yml")) or "/" in name or "\\" in name
    if not looks_like_path:
        return SHIPPED / f"{name}.yaml" if name in shipped_names() else None
    path = Path(name) if beside is None else beside / name
    try:
        return path if path.exists() else None
    except (OSError, ValueError):
        return None


def compose(name: str | Path, on: str | Path | None = None) -> Composed:
    """Read a scenario and everything it extends, laid on another one (a fit, or a baseline of one's own) if that is given.

    Raises
    ------
    ScenarioError
        If a file cannot be read or no pathway is reached; lesser faults are in `Composed.faults`.
    """
    faults: list[Fault] = []
    chain: list[tuple[Path, Document]] = []
    for one in (name,) if on is None else (on, name):
        _collect(_found(one), [], chain, faults)
    chain = _on_one_baseline(chain, faults)
    base = _pathway(chain, faults)
    if base is None:
        raise ScenarioError(faults)
    return _laid_over(base, chain, faults)


def compose_kept(texts: Mapping[str, str]) -> Composed:
    """Put a scenario together from the texts of its files (`Scenario.texts`, as manifests keep them): the pathway's, then the chain from the bottom.

    Raises
    ------
    ScenarioError
        If there are none, or one is no longer YAML; lesser faults are in `Composed.faults`.
    """
    if len(texts) < 2:
        raise ScenarioError([Fault("texts", 0, 0, "", f"holds {len(texts)} files, expected a pathway and a scenario at least")])
    (name, text), *others = texts.items()
    base = parse_document(text, name)
    base.data |= {"settings": {}, "levers": {}, "areas": {}}
    chain = [(SHIPPED / file if Path(file).stem in shipped_names() and "/" not in file else Path(file), parse_document(own, file))
             for file, own in others]  # fmt: skip
    return _laid_over(base, chain, [fault for document in (base, *(own for _, own in chain)) for fault in document.faults])


def _laid_over(base: Document, chain: list[tuple[Path, Document]], faults: list[Fault]) -> Composed:
    """Lay the files of a chain over a pathway, from the bottom up."""
    composed = Composed(base, {}, [], [document for _, document in chain], {}, faults)
    for _, document in chain:
        _overlay(composed, document)
    for _, document in chain:
        found, wrong = read_overrides(document, base.data)
        composed.overrides = [_put_off(override, composed, document) for override in composed.overrides] + found
        faults += wrong
    composed.fitted = _fitted(chain, faults)
    return composed


def _found(name: str | Path) -> Path:
    """Return the file of a scenario that a user named.

    Raises
    ------
    ScenarioError
        If it is neither the name of a shipped one nor looks like a file.
    """
    path = name if isinstance(name, Path) else (find_file(name) or Path(name))
    if isinstance(name, str) and find_file(name) is None and not name.endswith((".yaml", ".yml")) and not path.exists():
        hint = nearest(name, shipped_names())
        message = f"no such scenario, expected one of {', '.join(shipped_names())} or a YAML file"
        raise ScenarioError([Fault(name, 0, 0, "", message + (f"; did you mean {hint!r}?" if hint else ""))])
    return path


def shown_name(path: Path) -> str:
    """Return how messages name a file: shipped files by name alone, others as given."""
    return path.name if path.parent == SHIPPED else str(path)


def _collect(path: Path, open_: list[Path], chain: list[tuple[Path, Document]], faults: list[Fault]) -> None:
    """Append a file to the chain after everything it extends, once."""
    if any(_same(path, done) for done, _ in chain):
        return
    try:
        document = read_document(path, shown_name(path))
    except ScenarioError as error:
        faults += error.faults
        return
    faults += [*document.faults, *_header_faults(document)]
    extends = document.data.get("extends") or []
    for index, name in enumerate(
        [extends] if isinstance(extends, str) else extends if isinstance(extends, list) else []
    ):
        here: PathKey = ("extends",) if isinstance(extends, str) else ("extends", index)
        if not isinstance(name, str):
            faults.append(document.fault(here, f"is {name!r}, expected the name or file of a scenario"))
            continue
        found = find_file(name, path.parent)
        if found is None:
            message = (
                f"there is no scenario {name!r}, {suggestion(name, shipped_names())} (or a YAML file beside this one)"
            )
            faults.append(document.fault(here, message))
        elif any(_same(found, other) for other in (*open_, path)):
            loop = " → ".join(shown_name(other) for other in (*open_, path, found))
            faults.append(document.fault(here, f"extends itself ({loop}), expected a chain that ends"))
        else:
            _collect(found, [*open_, path], chain, faults)
    chain.append((path, document))


def _on_one_baseline(chain: list[tuple[Path, Document]], faults: list[Fault]) -> list[tuple[Path, Document]]:
    """Leave out the shipped baseline where there is one of one's own, wherever it is named: a reform of the shipped one is laid on that."""
    roots = [(path, document) for path, document in chain if document.data.get("pathway") and not document.data.get("extends")]
    own = [(path, document) for path, document in roots if path.parent != SHIPPED]
    if len(own) > 1:
        message = f"is a baseline, and so is {shown_name(own[0][0])}; expected one"
        faults.append(own[1][1].fault(("pathway",), message))
    return own + [item for item in chain if not any(item[1] is document for _, document in roots)] if own else chain


def _same(one: Path, other: Path) -> bool:
    """Tell whether two paths are one file, whether or not they exist."""
    try:
        return one.samefile(other)
    except OSError:
        return one == other


def _header_faults(document: Document) -> list[Fault]:
    """Check the top of a scenario file."""
    faults = []
    for key in document.data:
        if key not in SCENARIO_KEYS:
            faults.append(document.fault((key,), f"unknown key {key!r}, {suggestion(key, SCENARIO_KEYS)}", at_key=True))
    for key in ("name", "description", "overlap", "pathway"):
        value = document.data.get(key)
        if key == "name" and "name" not in document.data:
            faults.append(
                document.fault(
                    (), "the key 'name' is missing, expected a scenario such as `name: …`, `extends: baseline`"
                )
            )
        elif key in document.data and (not isinstance(value, str) or not value.strip()):
            faults.append(document.fault((key,), f"is {value!r}, expected text"))
        elif key == "overlap" and key in document.data and len(value.split()) < FEWEST_WORDS:
            hint = "such as `each reaches families by a draw of its own, and their ratios multiply`"
            faults.append(document.fault((key,), f"is {value!r}, expected a sentence of {FEWEST_WORDS} words or more, {hint}"))
    extends = document.data.get("extends")
    if "extends" in document.data and not isinstance(extends, str | list):
        faults.append(
            document.fault(("extends",), f"is {extends!r}, expected the name or file of a scenario (or a list)")
        )
    if not extends and not document.data.get("pathway"):
        message = "the key 'extends' is missing, expected `extends: baseline` (a baseline of your own: `pathway: FILE`)"
        faults.append(document.fault((), message))
    return faults


def _pathway(chain: list[tuple[Path, Document]], faults: list[Fault]) -> Document | None:
    """Read the pathway that the chain stands on (the last file that names one decides)."""
    for path, document in reversed(chain):
        name = document.data.get("pathway")
        if not isinstance(name, str):
            continue
        found = SHIPPED / f"{PATHWAY_FILE}.yaml" if name == PATHWAY_FILE else find_file(name, path.parent)
        if found is None:
            message = f"there is no pathway file {name!r}, expected `pathway` (the one that is shipped) or a YAML file"
            faults.append(document.fault(("pathway",), message))
            return None
        try:
            pathway = read_document(found, shown_name(found))
        except ScenarioError as error:
            faults += error.faults
            return None
        faults += pathway.faults
        for key in ("settings", "levers", "set", "areas"):
            if key in pathway.data:
                faults.append(pathway.fault((key,), f"{key!r} belongs in a scenario, not in a pathway", at_key=True))
        pathway.data |= {"settings": {}, "levers": {}, "areas": {}}
        return pathway
    return None


def _fitted(chain: list[tuple[Path, Document]], faults: list[Fault]) -> tuple[Document, Path] | None:
    """Return the folder of fitted figures that the chain names last, with the file that does."""
    for path, document in reversed(chain):
        if "fitted" not in document.data:
            continue
        name = document.data["fitted"]
        folder = path.parent / name if isinstance(name, str) and name.strip() else None
        if folder is not None and folder.is_dir():
            return document, folder
        message = f"is {name!r}, expected a folder, beside this file or by its path from it, that `carecurve calibrate` wrote"
        faults.append(document.fault(("fitted",), message))
        return None
    return None


def _overlay(composed: Composed, document: Document) -> None:
    """Lay a file's settings, levers and areas over what is there."""
    base, faults = composed.document, composed.faults
    for key in ("settings", "areas"):
        block = document.data.get(key)
        if block is None:
            continue
        if not isinstance(block, dict):
            faults.append(document.fault((key,), f"is {block!r}, expected a mapping"))
            continue
        _merge(base.data[key], block, (key,), document, base)
    if document.data.get("pathway") and not document.data.get("extends"):
        composed.history_settings = copied(base.data["settings"])
    _drop(composed, document)
    block = document.data.get("levers") or []
    if isinstance(block, list):
        for index, item in enumerate(block):
            _lever(composed, document, index, item)
    else:
        faults.append(document.fault(("levers",), "is not a list, expected `- family_help: …` under `levers:`"))
    _delay(composed, document)


def _drop(composed: Composed, document: Document) -> None:
    """Leave out the levers that a file says it is without, of those below it."""
    names = document.data.get("without")
    if names is None:
        return
    if not isinstance(names, list):
        composed.faults.append(document.fault(("without",), f"is {names!r}, expected a list of the names of levers"))
        return
    for index, name in enumerate(names):
        if name not in composed.kinds:
            message = f"there is no lever {name!r} below, {suggestion(name, composed.kinds)}"
            bottom = composed.chain[0].file
            moved_here = document.file != bottom and Path(document.file).stem in shipped_names() and Path(bottom).stem not in shipped_names()
            stands = f"; it is of the shipped baseline, and this stands on {bottom}: write `without` in a file of your own" if moved_here else ""
            composed.faults.append(document.fault(("without", index), message + stands))
            continue
        del composed.kinds[name], composed.document.data["levers"][name]


def _delay(composed: Composed, document: Document) -> None:
    """Put off every lever but those of committed policy (of the file at the bottom of the chain) by the months a file says; below 0, advance it."""
    months = document.data.get("delay_months")
    if months is None:
        return
    if isinstance(months, bool) or not isinstance(months, int) or not 0 < abs(months) <= LONGEST_DELAY:
        message = f"is {months!r}, expected whole months, 1 to {LONGEST_DELAY}, or as many below 0 for earlier"
        composed.faults.append(document.fault(("delay_months",), message))
        return
    levers, bottom = composed.document.data["levers"], composed.chain[0].file
    for name in levers:
        if composed.document.mark(("levers", name)).file != bottom:
            levers[name] = moved(levers[name], months)


def _put_off(override: Override, composed: Composed, document: Document) -> Override:
    """Return a value that a file below set for a lever, with its months as a file's `delay_months` moves those of the levers themselves."""
    months, name = document.data.get("delay_months"), override.path[1] if override.path[0] == "levers" and len(override.path) > 1 else None
    if not isinstance(months, int) or name not in composed.kinds or composed.document.mark(("levers", name)).file == composed.chain[0].file:
        return override
    return replace(override, path=tuple(moved(part, months) for part in override.path), value=moved(override.value, months))


def _lever(composed: Composed, document: Document, index: int, item: Any) -> None:
    """Add one lever under its name (by default, its kind)."""
    here: PathKey = ("levers", index)
    if not isinstance(item, dict) or len(item) != 1:
        composed.faults.append(
            document.fault(here, "is not one lever, expected `- family_help:` with its settings below")
        )
        return
    kind, settings = next(iter(item.items()))
    here = (*here, kind)
    if kind not in LEVERS:
        message = f"unknown lever {kind!r}, {suggestion(kind, LEVERS)}"
        composed.faults.append(document.fault(here, message, at_key=True))
        return
    if not isinstance(settings, dict):
        composed.faults.append(document.fault(here, f"is {settings!r}, expected the settings of the lever"))
        return
    name = settings.get("name", kind)
    if not isinstance(name, str) or not name.replace("_", "").isalnum():
        composed.faults.append(document.fault((*here, "name"), f"is {name!r}, expected letters, digits and _"))
        return
    if name in composed.kinds:
        message = f"the lever {name!r} is there already; expected `name:` to tell two of a kind apart"
        composed.faults.append(document.fault(here, message, at_key=True))
        return
    composed.kinds[name] = kind
    composed.document.data["levers"][name] = {**copied(settings), "name": name}
    _remark(composed.document, ("levers", name), document, here)


def _merge(under: dict[str, Any], over: dict[str, Any], path: PathKey, document: Document, base: Document) -> None:
    """Lay one mapping over another, entry by entry; a number with its source is one entry."""
    for key, value in over.items():
        here = (*path, key)
        if isinstance(value, dict) and isinstance(under.get(key), dict) and not value.keys() & set(KINDS):
            _merge(under[key], value, here, document, base)
            if here not in base.marks:
                base.marks[here] = document.mark(here)
        else:
            under[key] = copied(value)
            _remark(base, here, document, here)


def _remark(base: Document, path: PathKey, document: Document, source: PathKey) -> None:
    """Give an entry of the composed document the marks it has in the file it comes from."""
    if path in base.marks:
        for other in [mark for mark in base.marks if mark[: len(path)] == path]:
            del base.marks[other]
    for other, mark in document.marks.items():
        if other[: len(source)] == source:
            base.marks[path + other[len(source) :]] = mark

"""Read YAML into plain data that remembers the line and column of every key and value.

The file is composed into nodes (no YAML tag ever makes an object), then turned into plain dictionaries, lists, numbers
and text. Anchors and merges work; an alias that unfolds without end, or far beyond any real scenario, is a fault.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from scenarios.faults import Fault, Mark, PathKey, ScenarioError, dotted

MOST_BYTES = 1_000_000  # pathway.yaml is about 40 kB
MOST_VALUES = 50_000  # after aliases are unfolded; pathway.yaml has about 4,000
MOST_DEPTH = 40
TAG = "tag:yaml.org,2002:"
INTEGER = re.compile(r"[-+]?[0-9]+")
DECIMAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")


@dataclass
class Document:
    """A file as plain data, with the mark of every path in it."""

    file: str
    text: str
    data: dict[str, Any]
    marks: dict[PathKey, Mark] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def mark(self, path: PathKey) -> Mark:
        """Return the mark of `path`, or of the nearest part of it that the file holds."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, Mark(self.file, 1, 1, 1, 1))

    def fault(self, path: PathKey, message: str, at_key: bool = False) -> Fault:
        """Return a fault at `path`: at its key (an unknown or missing name), or at its value."""
        mark = self.mark(path)
        line, column = (mark.key_line, mark.key_column) if at_key else (mark.line, mark.column)
        return Fault(mark.file, line, column, dotted(path), message)


def read_document(path: Path, shown: str | None = None) -> Document:
    """Read a YAML file.

    Parameters
    ----------
    path
        The file.
    shown
        How messages name it (default: as given).

    Raises
    ------
    ScenarioError
        If the file cannot be read or is not a YAML mapping in UTF-8. Faults that still leave a mapping (duplicate keys,
        say) are left in `Document.faults`, so that they are reported together with the others.
    """
    name = shown or str(path)
    return parse_document(_read_text(path, name), name)


def parse_document(text: str, name: str) -> Document:
    """Parse YAML text; `name` stands for the file in messages. Raises as `read_document` does."""
    kept = _parsed(text, name)
    return Document(name, text, copied(kept.data), dict(kept.marks), list(kept.faults))


def copied(value: Any) -> Any:
    """Return a copy of plain data."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


@lru_cache(maxsize=64)
def _parsed(text: str, name: str) -> Document:
    """Parse YAML text into a document that nobody changes: the same files are read again and again, and parsing the pathway takes half a second."""
    root = _compose(text, name)
    document = Document(name, text, {})
    if root is None:
        raise ScenarioError([Fault(name, 1, 1, "", "the file is empty, expected a mapping such as `name: …`")])
    if not isinstance(root, MappingNode):
        line, column = root.start_mark.line + 1, root.start_mark.column + 1
        message = f"the file holds {_kind(root)}, expected a mapping such as `name: …`"
        raise ScenarioError([Fault(name, line, column, "", message)])
    document.data = _Reader(document).value(root, ())
    return document


def _read_text(path: Path, name: str) -> str:
    """Return the text of a file, or say why there is none."""
    try:
        if path.is_dir():
            raise ScenarioError([Fault(name, 0, 0, "", "is a folder, expected a YAML file")])
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ScenarioError([Fault(name, 0, 0, "", f"cannot be read: {reason}")]) from None
    if len(raw) > MOST_BYTES:
        message = f"the file is larger than {MOST_BYTES:,} bytes, expected a scenario in YAML"
        raise ScenarioError([Fault(name, 1, 1, "", message)])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        message = f"byte {raw[error.start]:#04x} is not UTF-8 text, expected a YAML file saved as UTF-8"
        raise ScenarioError([Fault(name, line, column, "", message)]) from None
    return text


def _compose(text: str, name: str) -> Node | None:
    """Parse YAML into nodes, turning every complaint of the parser into a fault."""
    try:
        return YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem or error.context or "cannot be parsed").split())
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        fault = Fault(name, line, column, "", f"is not YAML: {problem}")
    except YAMLError as error:
        lines = str(error).strip().splitlines() or ["cannot be parsed"]
        place = getattr(error, "position", 0)
        before = text[: place if isinstance(place, int) else 0]
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        fault = Fault(name, line, column, "", f"is not YAML text: {lines[0]}")
    except RecursionError:
        fault = Fault(name, 1, 1, "", "is nested too deeply to be a scenario")
    except (ValueError, TypeError, AttributeError, KeyError, NotImplementedError, AssertionError) as error:
        fault = Fault(name, 1, 1, "", f"is not YAML: {error}")
    raise ScenarioError([fault])


class _TooLarge(Exception):
    """Unfolding aliases passed the limit."""


class _Reader:
    """Turns nodes into plain data, noting marks and faults in a document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.open: list[int] = []  # nodes being unfolded: an alias to one of them never ends
        self.count = 0

    def value(self, node: Node, path: PathKey) -> Any:
        """Return the plain data of a node; a node too large or endless becomes None and a fault."""
        try:
            return self._value(node, path)
        except _TooLarge:
            self._fault(node, (), f"unfolds to more than {MOST_VALUES:,} values through its aliases")
            return {}

    def _value(self, node: Node, path: PathKey) -> Any:
        """Return the plain data of a node, noting where it and its parts stand."""
        self.count += 1
        if self.count > MOST_VALUES:
            raise _TooLarge
        self._note(path, node)
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if id(node) in self.open or len(self.open) >= MOST_DEPTH:
            endless = id(node) in self.open
            self._fault(node, path, "is an alias to something it is part of" if endless else "is nested too deeply")
            return None
        self.open.append(id(node))
        try:
            if isinstance(node, SequenceNode):
                return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
            return self._mapping(node, path)
        finally:
            self.open.pop()

    def _mapping(self, node: MappingNode, path: PathKey) -> dict[str, Any]:
        """Return a mapping: merged entries first, its own over them; a key given twice is a fault."""
        result: dict[str, Any] = {}
        first: dict[str, Node] = {}
        for key, value in node.value:
            if key.tag == TAG + "merge":
                for name, item in self._merged(value, path).items():
                    result.setdefault(name, item)
                self._note(path, node)
        for key, value in node.value:
            if key.tag == TAG + "merge":
                continue
            if not isinstance(key, ScalarNode):
                self._fault(key, path, f"a key is {_kind(key)}, expected a name")
                continue
            name = str(key.value)
            here = (*path, name)
            if name in first:
                line = first[name].start_mark.line + 1
                self._fault(key, here, f"the key {name!r} is given twice (first on line {line}), expected once")
                continue
            first[name] = key
            self._forget(here)
            result[name] = self._value(value, here)
            self._note(here, value, key)
        return result

    def _merged(self, value: Node, path: PathKey) -> dict[str, Any]:
        """Return what `<<:` brings in, from one mapping or a list of them (the first that has a key wins)."""
        result: dict[str, Any] = {}
        for source in value.value if isinstance(value, SequenceNode) else [value]:
            item = self._value(source, path) if isinstance(source, MappingNode) else None
            if item is None:
                self._fault(source, path, f"`<<` merges {_kind(source)}, expected a mapping")
                continue
            for name, part in item.items():
                result.setdefault(name, part)
        return result

    def _scalar(self, node: ScalarNode, path: PathKey) -> Any:
        """Return a number, truth value, text or None. Dates stay text: months are read by `timeline`."""
        text, tag = node.value, node.tag
        if not str(tag).startswith(TAG):
            self._fault(node, path, f"carries the YAML tag {tag}, expected plain text or a number")
            return None
        kind = str(tag).removeprefix(TAG)
        plain = text.replace("_", "")
        if kind == "int" and INTEGER.fullmatch(plain) and len(plain) < 20:
            return int(plain)
        if kind in ("int", "float") and DECIMAL.fullmatch(plain):
            return float(plain)
        if kind == "float" and plain.lower().lstrip("+-") in (".inf", ".nan"):
            return float(plain.lower().replace(".", ""))
        if kind == "bool":
            return text.lower() == "true"
        if kind == "null":
            return None
        if kind not in ("str", "timestamp", "int", "float"):
            self._fault(node, path, f"carries the YAML tag {tag}, expected plain text or a number")
        return text

    def _note(self, path: PathKey, value: Node, key: Node | None = None) -> None:
        """Note the line and column, from 1, of a path's key and value."""
        key = key or value
        self.document.marks[path] = Mark(
            self.document.file,
            key.start_mark.line + 1,
            key.start_mark.column + 1,
            value.start_mark.line + 1,
            value.start_mark.column + 1,
        )

    def _forget(self, path: PathKey) -> None:
        """Drop the marks of a merged entry that the mapping's own entry replaces."""
        if path in self.document.marks:
            for other in [mark for mark in self.document.marks if mark[: len(path)] == path]:
                del self.document.marks[other]

    def _fault(self, node: Node, path: PathKey, message: str) -> None:
        """Note a fault that stands where the node does."""
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        self.document.faults.append(Fault(self.document.file, line, column, dotted(path), message))


def _kind(node: Node) -> str:
    """Name a node's kind in words."""
    if isinstance(node, MappingNode):
        return "a mapping"
    return "a list" if isinstance(node, SequenceNode) else f"the text {str(node.value)[:40]!r}"

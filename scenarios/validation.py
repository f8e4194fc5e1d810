"""Check plain data against a model, and say each fault in words, at its line and column."""

import types
import typing
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from scenarios.documents import Document
from scenarios.faults import Fault, PathKey
from scenarios.names import nearest, suggestion

Model = typing.TypeVar("Model", bound=BaseModel)


def validate(
    model: type[Model], document: Document, path: PathKey = (), data: Any = None
) -> tuple[Model | None, list[Fault]]:
    """Check the data at `path` of a document.

    Returns
    -------
    tuple
        The checked model (None if anything is wrong) and all faults.
    """
    if data is None:
        data = document.data
        for part in path:
            data = data[part]
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        return None, [_fault(model, document, path, data, found) for found in error.errors(include_url=False)]


def _fault(model: type[BaseModel], document: Document, root: PathKey, data: Any, error: Any) -> Fault:
    """Turn one complaint of pydantic into a fault."""
    kind, inner, value = error["type"], _locate(data, error["loc"]), error["input"]
    if kind == "extra_forbidden":
        name = str(error["loc"][-1])
        message = f"unknown key {name!r}, {suggestion(name, fields_at(model, inner[:-1]))}"
        return document.fault(root + inner, message, at_key=True)
    if kind == "missing":
        parent = inner if not inner or inner[-1] != error["loc"][-1] else inner[:-1]
        return document.fault(root + parent, f"the key {error['loc'][-1]!r} is missing", at_key=True)
    if kind == "value_error":
        message = str(error["ctx"]["error"])
        head, _, rest = message.partition(": ")
        if head.isidentifier() and isinstance(value, Mapping) and head in value:
            return document.fault((*root, *inner, head), rest)
        return document.fault(root + inner, message)
    return document.fault(root + inner, _words(kind, error, value))


def _words(kind: str, error: Any, value: Any) -> str:
    """Say a type or limit fault in words."""
    context = error.get("ctx", {})
    shown = f"is {_shown(value)}"
    if kind in ("float_type", "int_type", "int_from_float"):
        whole = "a whole number" if kind.startswith("int") else "a number"
        unit = " without a unit (the unit is in the key's name)" if _with_unit(value) else ""
        return f"{shown}, expected {whole}{unit}"
    if kind == "finite_number":
        return f"{shown}, expected a finite number"
    limits = {"greater_than_equal": ("ge", "at least"), "greater_than": ("gt", "above")}
    limits |= {"less_than_equal": ("le", "at most"), "less_than": ("lt", "below")}
    if kind in limits:
        key, words = limits[kind]
        sign = "negative, " if isinstance(value, int | float) and value < 0 and context[key] == 0 else ""
        return f"{shown}: {sign}expected {words} {context[key]:g}"
    if kind == "literal_error":
        options = [option.strip(" '") for option in context["expected"].replace(" or ", ", ").split(", ")]
        return f"{shown}, {suggestion(value, options)}"
    if kind in ("too_short", "too_long", "missing_positional_argument"):
        wanted = context.get("min_length", context.get("max_length"))
        side = "at least" if kind == "too_short" else "at most"
        return f"has {context.get('actual_length', len(value))} numbers, expected {side} {wanted}"
    expected = {
        "string_type": "text", "string_too_short": "text that is not empty", "bool_type": "true or false",
        "tuple_type": "a list", "list_type": "a list", "dict_type": "a mapping", "model_type": "a mapping",
        "model_attributes_type": "a mapping", "mapping_type": "a mapping",
        "string_pattern_mismatch": "a financial year such as 2024-25",
    }  # fmt: skip
    if kind in expected:
        return f"{shown}, expected {expected[kind]}"
    return f"{shown}: {error['msg']}"


def _shown(value: Any) -> str:
    """Show a value briefly, in the words of YAML."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"the text {value[:60]!r}" if isinstance(value, str) else f"{value!r}"


def _with_unit(value: Any) -> bool:
    """Whether text begins as a number does: 45 days, £20."""
    return isinstance(value, str) and value.strip().lstrip("£-+.")[:1].isdigit()


def _locate(data: Any, loc: tuple[Any, ...]) -> PathKey:
    """Keep the parts of a pydantic location that are keys of the data (it adds names of its own for unions)."""
    path: list[str | int] = []
    for position, part in enumerate(loc):
        if isinstance(data, Mapping) and part in data:
            data = data[part]
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        elif position < len(loc) - 1 or part == "[key]":
            continue
        else:
            break
        path.append(part)
    return tuple(path)


def fields_at(model: Any, path: PathKey) -> list[str]:
    """Return the keys that a model allows at a path."""
    for part in path:
        model = _inside(model, part)
    model = _plain(model)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [field.alias or name for name, field in model.model_fields.items()]
    return []


def _plain(annotation: Any) -> Any:
    """Strip `Annotated` and `| None` from an annotation."""
    while True:
        if typing.get_origin(annotation) is typing.Annotated:
            annotation = typing.get_args(annotation)[0]
        elif typing.get_origin(annotation) in (typing.Union, types.UnionType):
            annotation = next((arg for arg in typing.get_args(annotation) if arg is not type(None)), None)
        else:
            return annotation


def _inside(annotation: Any, part: str | int) -> Any:
    """Return the annotation of one entry of a model, mapping or list."""
    annotation = _plain(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if part in (name, field.alias):
                return field.annotation
        return None
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is dict:
        return arguments[1]
    return arguments[0] if arguments else None


def nearest_path(data: Any, path: PathKey) -> str | None:
    """Return the existing dotted path most like one that does not exist."""
    kept: list[str] = []
    whole = data
    for part in path:
        options = _children(data)
        chosen = str(part) if str(part) in options else nearest(part, options)
        if chosen is None:
            break
        kept.append(chosen)
        data = options[chosen]
    if len(kept) == len(path):
        return ".".join(kept)
    wanted = ".".join(str(part) for part in path)
    alike = get_close_matches(wanted, _paths(whole), n=1, cutoff=0.6)
    return alike[0] if alike else ".".join(kept) or None


def _paths(data: Any, path: str = "") -> Iterator[str]:
    """Yield every dotted path below an entry."""
    for key, item in _children(data).items():
        here = f"{path}.{key}" if path else key
        yield here
        if isinstance(item, Mapping):
            yield from _paths(item, here)


def _children(data: Any) -> dict[str, Any]:
    """Return the entries below a mapping or list, by the name a path would use."""
    if isinstance(data, Mapping):
        return {str(key): value for key, value in data.items()}
    return {str(index): value for index, value in enumerate(data)} if isinstance(data, list) else {}

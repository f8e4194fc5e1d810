"""Types of scenario files in words a person who writes YAML reads, and docstrings taken apart."""

from __future__ import annotations

import inspect
import re
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from scenarios import lever_base, quantities, schema

# What each named type is called; the first that is equal is taken.
NAMED: tuple[tuple[Any, str], ...] = (
    (schema.Month, "month, `YYYY-MM`"),
    (schema.PriceBase, "financial year, `2024-25`"),
    (schema.Year, "year ending 31 March"),
    (schema.Growth, "number a year, or distribution"),
    (lever_base.Uncertain, "number or distribution"),
    (lever_base.UncertainShare, "share 0 to 1, or distribution"),
    (lever_base.UncertainAddedShare, "share -1 to 1, or distribution"),
    (lever_base.UncertainAmount, "number 0 or more, or distribution"),
    (lever_base.UncertainPositive, "number above 0, or distribution"),
    (lever_base.Sentence, "sentence of four words or more"),
    (quantities.Number, "number"),
    (quantities.NonNegative, "number, 0 or more"),
    (quantities.Positive, "number above 0"),
    (quantities.Share, "share, 0 to 1"),
    (quantities.WholeNumber, "whole number, 0 or more"),
    (quantities.AgeYears, "age in years"),
    (quantities.AgeFromConception, "age in years, before birth below 0"),
    (quantities.Text, "text"),
    (quantities.Flag, "`true` or `false`"),
    (quantities.BY_AGE, "5 numbers, by age of the child"),
    (quantities.BY_QUINTILE, "5 numbers, by deprivation quintile"),
    (quantities.BY_NEEDS, "4 numbers, by needs"),
    (int, "whole number"),
    (float, "number"),
    (str, "text"),
    (bool, "`true` or `false`"),
)


def anchor(model: type[BaseModel]) -> str:
    """Return the heading's anchor of a model, as the guide's Markdown makes it."""
    return model.__name__.lower()


def type_words(hint: Any, known: set[type[BaseModel]]) -> str:
    """Return a type in words; models in `known` are links to their heading on the same page."""
    named = next((words for one, words in NAMED if one is hint or one == hint), None)
    if named:
        return named
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return type_words(parts[0], known)
    if origin is Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if origin in (Union, types.UnionType):
        return " or ".join(type_words(part, known) for part in parts if part is not type(None))
    if origin is dict:
        return f"for each {type_words(parts[0], known)}: {type_words(parts[1], known)}"
    if origin in (tuple, list):
        kinds = [part for part in parts if part is not Ellipsis]
        if Ellipsis in parts or origin is list or len(kinds) == 1:
            return f"list of: {type_words(kinds[0], known)}"
        return f"{len(kinds)} values: {type_words(kinds[0], known)}"
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        return f"[{hint.__name__}](#{anchor(hint)})" if hint in known else hint.__name__
    return f"`{getattr(hint, '__name__', hint)}`"


def models_in(hint: Any) -> list[type[BaseModel]]:
    """Return the models that a type holds, in order."""
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        return [hint]
    return [model for part in get_args(hint) for model in models_in(part)]


def hints_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the types of a model's fields as they were written."""
    hints = get_type_hints(model, include_extras=True)
    return {name: hints[name] for name in model.model_fields}


def closure(models: list[type[BaseModel]]) -> list[type[BaseModel]]:
    """Return models and all that their fields hold, each once, in the order met."""
    found: list[type[BaseModel]] = []
    waiting = list(models)
    while waiting:
        model = waiting.pop(0)
        if model not in found:
            found.append(model)
            waiting += [part for hint in hints_of(model).values() for part in models_in(hint)]
    return found


def docstring(model: type) -> tuple[str, dict[str, str]]:
    """Return a class's docstring without its section of attributes, and each attribute's words; those of bases too."""
    attributes: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            attributes |= _attributes(inspect.cleandoc(base.__doc__ or ""))
    own = inspect.cleandoc(model.__doc__ or "") if "__doc__" in vars(model) else ""
    return own.split("Attributes\n---")[0].strip(), attributes


def _attributes(text: str) -> dict[str, str]:
    """Return what a numpy docstring says of each attribute."""
    found: dict[str, str] = {}
    section = re.search(r"Attributes\n-+\n(.*)", text, re.DOTALL)
    for names, words in re.findall(r"^(\w[\w, ]*)\n((?:[ ]+.*\n?|\n)+)", section[1] if section else "", re.MULTILINE):
        for name in names.split(","):
            found[name.strip()] = " ".join(words.split())
    return found

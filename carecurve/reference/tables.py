"""Markdown of tables and models."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from carecurve.reference.words import docstring, hints_of, type_words


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell(one) for one in line)} |" for line in lines) + "\n"


def cell(text: str) -> str:
    """Return text that a table's cell can hold."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def model_section(
    model: type[BaseModel], known: set[type[BaseModel]], title: str | None = None, level: int = 2, without: Collection[str] = ()
) -> str:
    """Return a section on a model: its words, and a table of its keys but some."""
    words, attributes = docstring(model)
    rows = []
    for name, hint in hints_of(model).items():
        if name in without or hint is Any:  # of any type: there only to be refused in words
            continue
        field = model.model_fields[name]
        rows.append((f"`{field.alias or name}`", type_words(hint, known), default_words(field), attributes.get(name, "")))
    heads = ("key", "what it is", "if left out", "meaning")
    if not any(row[3] for row in rows):  # all of it is told in the words above
        heads, rows = heads[:3], [row[:3] for row in rows]
    keys = table(heads, rows) if rows else ""
    return "\n\n".join(part for part in (f"{'#' * level} {title or model.__name__}", paragraphs(words), keys.rstrip()) if part) + "\n"


def default_words(field: Any) -> str:
    """Return what holds if a key is left out."""
    if field.is_required():
        return "**needed**"
    default = field.default
    if default is PydanticUndefined:
        return "empty"
    if default is None:
        return "nothing"
    if isinstance(default, BaseModel):
        return "its own defaults"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if default not in ((), {}, []) else "empty"


def paragraphs(text: str) -> str:
    """Return a docstring as Markdown: one paragraph a line, angle brackets as text."""
    parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text)]
    return "\n\n".join(part.replace("<", "&lt;") for part in parts if part)

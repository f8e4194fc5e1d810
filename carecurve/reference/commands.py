"""Markdown of the command line, read off the commands' own signatures."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo

from carecurve.reference.tables import paragraphs, table

TAKES = {str: "TEXT", int: "INTEGER", float: "NUMBER", Path: "PATH", bool: ""}


@dataclass(frozen=True)
class Parameter:
    """An argument or option: its spellings, what it takes, its help, and its default (`inspect.Parameter.empty`: it is needed)."""

    name: str
    spelled: tuple[str, ...]
    takes: str
    several: bool
    help: str
    default: Any

    @property
    def needed(self) -> bool:
        """Whether the command is refused without it."""
        return self.default is inspect.Parameter.empty


def commands(app: typer.Typer) -> dict[str, Any]:
    """Return the function of every command, by the command's name."""
    return {one.name or one.callback.__name__.replace("_", "-"): one.callback for one in app.registered_commands}


def parameters(function: Any) -> Iterator[Parameter]:
    """Yield a command's arguments and options, in order; an argument has no spelling."""
    hints = get_type_hints(function, include_extras=True)
    for name, one in inspect.signature(function).parameters.items():
        if get_origin(hints[name]) is not Annotated:
            raise TypeError(f"{function.__name__}: {name} has no typer.Option or typer.Argument")
        hint, info = get_args(hints[name])[:2]
        kind = next((part for part in (hint, *get_args(hint)) if part in TAKES or get_origin(part) is list), str)
        several = get_origin(kind) is list
        takes = info.metavar or TAKES[get_args(kind)[0] if several else kind]
        first = (info.default,) if isinstance(info.default, str) else ()  # within Annotated, typer's first spelling stands where a default would
        spelled = () if isinstance(info, ArgumentInfo) else (*first, *(info.param_decls or ()))
        yield Parameter(info.metavar or name.upper(), spelled, takes, several, info.help or "", one.default)


def command_section(name: str, function: Any) -> str:
    """Return a section on a command: its words, its arguments, a table of its options."""
    found = list(parameters(function))
    arguments = [one for one in found if not one.spelled]
    options = [one for one in found if one.spelled]
    usage = " ".join(["carecurve", name, *(one.name if one.needed or one.name[0] == "[" else f"[{one.name}]" for one in arguments)])
    text = f"## {name}\n\n{paragraphs(inspect.getdoc(function) or '')}\n\n    {usage}{' [OPTIONS]' if options else ''}\n\n"
    if arguments:
        text += table(("argument", "what it is", "by default"), [(f"`{one.name}`", one.help, default(one)) for one in arguments]) + "\n"
    if options:
        text += table(("option", "what it does", "by default"), [(spelling(one), one.help, default(one)) for one in options])
    return text.rstrip() + "\n"


def spelling(one: Parameter) -> str:
    """Return an option's spellings and what it takes."""
    spelled = ", ".join(f"`{part}`" for text in one.spelled for part in text.split("/"))
    return spelled + (f" {one.takes}" if one.takes else "") + (", may be repeated" if one.several else "")


def default(one: Parameter) -> str:
    """Return a default; nothing where the help says it, or where it is to do without."""
    if one.needed:
        return "**needed**"
    return "" if one.default in (None, False) else "on" if one.default is True else f"`{one.default}`"

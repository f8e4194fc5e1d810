"""The report as one page: sections in their order, pictures in them, written whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from outputs.report import (
    answer,
    assumptions,
    authorities,
    children_section,
    drivers,
    equality,
    method,
    money,
    stop_rule,
    sureness,
    three_lines,
)
from outputs.report.blocks import Block, Paragraph, Part, Points, Section
from outputs.report.pictures import inlined, pictures
from outputs.report.source import Source
from scenarios.wording import listed

NAME = "report.html"
_AMOUNT = r"[+−]?£?\d[\d,.]*(?: (?:million|billion|%))?"
TOGETHER = re.compile(
    rf"\([+−]?\d[\d,.]* to [+−]?\d[\d,.]*\)|^[+−]?\d[\d,.]* to [+−]?\d[\d,.]*$|\b\d\d? [A-Z][a-z]+ 20\d\d\b|\b20\d\d-\d\d\b|{_AMOUNT}|--[a-z-]+"
)
SECTIONS = (
    answer.section,
    three_lines.section,
    money.curve,
    children_section.section,
    money.section,
    drivers.section,
    sureness.section,
    authorities.section,
    stop_rule.section,
    equality.section,
    assumptions.section,
    method.section,
    method.checks,
    method.reproduce,
)


def report_page(source: Source) -> str:
    """Return the report of a results folder: HTML that needs nothing else, nothing of it run by a browser."""
    drawn = pictures(source)
    sections = [_with_pictures(make(source), drawn) for make in SECTIONS]
    reforms = [source.name(one) for one in source.reforms]
    title = f"{source.area}: {listed(reforms) if reforms else source.name(source.base)}"
    span = f", {source.span}" if source.years else ""
    grossed = f"{source.coverage}. " if source.coverage else ""
    about = (
        f"{source.area}{span}. {grossed}{source.runs} {'run' if source.runs == 1 else 'runs'}, {source.prices}. Simulated: not a record of any real "
        "family."
    )
    return rendered(title, about, sections, method.failed_checks(source), str(source.each.metadata.get("versions", {}).get("carecurve", "")))


def family_page(name: str, figure: Figure, sentences: Sequence[str], version: str) -> str:
    """Return the page of one simulated family's story: its timeline, and the same in words."""
    blocks = [
        Paragraph("This family is simulated. Its story is one of many that could have been, and it is nobody’s."),
        inlined(figure, f"Timeline of {name}"),
        Part("The same in words", [Points(list(sentences))]),
    ]
    return rendered(
        f"One family’s story: {name}", "A simulated family, from the event log of one run.", [Section("story", "The story", blocks)], 0, version
    )


def rendered(title: str, about: str, sections: Sequence[Section], failed: int, version: str) -> str:
    """Return a page of sections; `failed` is how many checks did not hold."""
    return _template().render(title=title, about=about, sections=sections, failed=failed, version=version)


def _with_pictures(section: Section, drawn: dict) -> Section:
    """Return a section with its pictures before its first part."""
    own: list[Block] = drawn.get(section.anchor, [])
    first = next((i for i, block in enumerate(section.blocks) if block.kind in ("part", "folded", "table")), len(section.blocks))
    return replace(section, blocks=[*section.blocks[:first], *own, *section.blocks[first:]]) if own else section


def write_report(text: str, path: Path) -> Path:
    """Write a page beside its name and put it in place when it is whole.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def kept_together(text: str) -> Markup:
    """Return text, escaped, whose years, dates, amounts and ranges are not broken over lines."""
    made, end = Markup(), 0
    for found in TOGETHER.finditer(text):
        made += escape(text[end : found.start()]) + Markup('<span class="kept">{}</span>').format(found.group())
        end = found.end()
    return made + escape(text[end:])


@cache
def _template() -> jinja2.Template:
    """Return the page's template, what is put into it escaped."""
    loader = jinja2.PackageLoader("outputs", "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["kept"] = kept_together
    return environment.get_template("report.html")

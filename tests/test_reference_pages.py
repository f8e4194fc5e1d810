"""Pages of the guide that are made from the code are as the code is, and say of it what a reader needs."""

import re
from pathlib import Path
from typing import Annotated

import pytest
import typer
from pydantic import Field

from carecurve import cli
from carecurve.reference.commands import commands, parameters
from carecurve.reference.pages import KEYS, pages
from carecurve.reference.tables import cell
from carecurve.reference.words import docstring, type_words
from scenarios.lever_base import UncertainShare
from scenarios.levers import LEVERS
from scenarios.loading import load
from scenarios.quantities import Frozen, Share, Text
from scenarios.register import register
from scenarios.schema import SCENARIO_KEYS, Settings

pytestmark = pytest.mark.unit
DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return pages()


def test_pages_are_as_the_code_is(made):
    old = [name for name, text in made.items() if (DOCS / name).read_text(encoding="utf-8") != text]
    assert old == [], "older than the code: python -m carecurve.reference"
    assert {path.name for path in (DOCS / "reference").glob("*.md")} == {Path(name).name for name in made if "/" in name}


def test_every_command_and_option_of_the_command_line_is_on_its_page(made):
    """Against the options that typer itself makes of the commands."""
    group = typer.main.get_command(cli.app)
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", made["reference/commands.md"], re.MULTILINE | re.DOTALL))
    assert list(sections) == list(group.commands) == list(commands(cli.app))
    for name, command in group.commands.items():
        spelled = {one for parameter in command.params for one in (*parameter.opts, *parameter.secondary_opts) if one.startswith("-")} - {"--help"}
        assert spelled == set(re.findall(r"`(--?[\w-]+)`", "\n".join(re.findall(r"^\| `-.*?\|", sections[name], re.MULTILINE)))), name


def test_a_parameter_is_read_from_its_signature():
    def command(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="The file.")], often: Annotated[list[str] | None, typer.Option("--often")] = None,
        cin: Annotated[bool, typer.Option("--cin/--no-cin")] = True,
    ): ...  # fmt: skip

    file, often, cin = parameters(command)
    assert (file.name, file.spelled, file.needed, file.help) == ("FILE", (), True, "The file.")
    assert (often.spelled, often.takes, often.several, often.needed) == (("--often",), "TEXT", True, False)
    assert (cin.spelled, cin.takes, cin.default) == (("--cin/--no-cin",), "", True)


def test_every_key_of_a_scenario_and_every_lever_has_words(made):
    assert set(KEYS) == set(SCENARIO_KEYS)
    for kind in LEVERS:
        assert f"\n## {kind}\n" in made["reference/levers.md"]
    for key in Settings.model_fields:
        assert f"| `{'from' if key == 'from_' else key}` |" in made["reference/scenario-files.md"]


def test_types_are_told_in_words():
    class Part(Frozen):
        """A part.

        Attributes
        ----------
        low, high
            Ends of it.
        """

        low: Share
        high: Share

    assert type_words(UncertainShare, set()) == "share 0 to 1, or distribution"
    assert type_words(dict[Text, Share] | None, set()) == "for each text: share, 0 to 1"
    assert type_words(tuple[Part, ...], {Part}) == "list of: [Part](#part)"
    assert type_words(Annotated[tuple[Text, ...], Field(min_length=1)], set()) == "list of: text"
    assert docstring(Part) == ("A part.", {"low": "Ends of it.", "high": "Ends of it."})
    assert cell("a | b\n<c>") == "a \\| b &lt;c>"


def test_the_log_counts_what_the_register_holds(made):
    rows = register(load("baseline"))
    row = re.compile(r"^\| (high|medium|low, \w+ \w+) \| (\d+) \|$", re.MULTILINE)
    counted = {name: int(number) for name, number in row.findall(made["assumptions.md"])}
    assert counted["high"] == sum(row.status == "published" for row in rows)
    assert counted["medium"] == sum(row.status == "derived" for row in rows)
    assert sum(counted.values()) == len(rows)
    assert "CareCurve developers" in made["assumptions.md"]

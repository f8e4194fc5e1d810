"""What the README shows works: its Python and YAML are run, its commands exist, its links lead somewhere."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from carecurve import cli
from scenarios.loading import load

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SMALL = 'area="Rutland", until="2027-03", runs=2'  # instead of a region over ten years


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    lines = "\n".join(blocks("sh")).splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.startswith("carecurve")]


def test_python_snippet_runs(tmp_path, monkeypatch, capsys):
    (code,) = blocks("python")
    small = code.replace('region="greater-manchester", runs=30', SMALL)
    assert small != code
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(small, "README.md", "exec"), names)
    assert set(names["frame"].scenario) == {"baseline", "early-help"}
    assert names["in_care"].dims == ("replicate", "year_ending")
    assert (tmp_path / "cost_curve.png").stat().st_size > 10_000
    assert names["again"].to_frame().equals(names["frame"])
    assert capsys.readouterr().out


def test_yaml_snippet_is_a_scenario_that_runs(tmp_path, monkeypatch, capsys):
    (text,) = blocks("yaml")
    monkeypatch.chdir(tmp_path)
    Path("cautious.yaml").write_text(text, encoding="utf-8")
    for command in ("validate", "explain"):
        with pytest.raises(SystemExit) as stop:
            cli.main([command, "cautious.yaml"])
        assert not stop.value.code
    assert load("cautious.yaml").settings.replicates == 60
    small = ["--area", "Rutland", "--runs", "2", "--until", "2027-03", "-o", "out"]
    with pytest.raises(SystemExit) as stop:
        cli.main(["compare", "baseline", "cautious.yaml", *small])
    assert not stop.value.code
    assert Path("out/differences.csv").is_file()
    assert "Early help, if it changed little" in capsys.readouterr().out


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_commands_are_commands_with_options_they_have(words):
    group = typer.main.get_command(cli.app)
    command = group.commands[words[1]]
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words[2:] if word.startswith("-")} <= options
    if words[1] in ("run", "compare"):
        for name in words[2:4]:
            if not name.startswith("-") and not name.endswith(".yaml"):
                assert load(name)


def test_setup_is_two_commands():
    setup = [line for block in blocks("sh") for line in block.splitlines() if "pip install" in line]
    assert setup == [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/carecurve compare",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest -n 2",
    ]


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))])
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)", text)
    missing = [link for link in links if "://" not in link and not (ROOT / page).parent.joinpath(link).exists()]
    assert missing == []

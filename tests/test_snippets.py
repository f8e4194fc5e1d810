"""Every command, Python snippet and scenario in the README and the guide is run, smaller than it stands, page by page in a folder of its own.

A block that the tests know no way to run is a failure. What takes many minutes, or is not of this project, is only checked for its words: `PARSED`,
`COMPILED` and `ELSEWHERE` say which, each with the reason.
"""

import ast
import contextlib
import re
import runpy
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
import snippets as s
import typer
from records_sample import RETURNS

from carecurve import cli
from carecurve.adjustment_file import read_adjustments
from scenarios.composing import shipped_names
from scenarios.loading import load

pytestmark = pytest.mark.e2e

# Commands of this project of which only the options are checked against the real ones: how the command begins, and why.
PARSED = {
    ("carecurve", "calibrate"): "fits England before anything else, four minutes; a fit in small is run in test_calibrate_command.py",
    ("carecurve", "dashboard"): "serves a page until it is stopped; started and used in test_dashboard_in_browser.py",
    ("carecurve", "backtest", "--fit-until"): "fits and simulates some 130 authorities; run on a panel in small in test_cli_backtest.py",
}
# Commands that are not run here: how the line begins, and where else they are run, or why nowhere.
ELSEWHERE = {
    ("python3", "-m", "venv"): ".ci/run makes the environment with the README's own line",
    (".venv/bin/pip", "install"): ".ci/run and README; what the extras hold is tested where it is used (test_guide.py, test_notebooks.py)",
    (".venv/bin/pytest",): "it is what is running",
    (".venv/bin/carecurve",): "the main job from an installed wheel: .ci/run, on one authority",
    (".venv/bin/jupyter",): "opens a server and a browser for a person; the notebooks themselves are run in test_notebooks.py",
    (".venv/bin/zensical", "build"): "test_guide.py builds the site",
    ("python", "-m", "carecurve.reference"): "test_reference_pages.py makes the pages",
    ("python", "-m", "carecurve", "calibrate"): "remakes what is shipped, 22 minutes",
}
# Python that is only compiled, by a text in it, and why.
COMPILED = {
    "import pm4py": "a program of others that this project does not install; the columns it reads are tested in test_event_log.py",
    "from vidigi": "as pm4py",
    "calibrate(areas=": "fits England before anything else, four minutes; run in small in test_calibrating.py",
}
FAMILY = "--family"
FOLDERS = ("run", "compare", "sensitivity", "synth", "forecast", "backtest")  # commands that write a folder


def begins(words: list[str], known: dict) -> bool:
    return any(tuple(words[: len(start)]) == start for start in known)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict:
    """What each command made, so that equal commands of several pages are run once; `root` is where it is kept."""
    return {"root": tmp_path_factory.mktemp("made")}


@pytest.fixture(scope="module")
def results(made) -> Path:
    """A small finished comparison with its event log, for pages that speak of a folder they do not make."""
    folder = made["root"] / "ready"
    with contextlib.suppress(SystemExit):
        cli.main(["compare", "baseline", "early-help", "--area", s.AREA, "--runs", "2", "--until", s.UNTIL, "--events", "-o", str(folder), "--quiet"])
    assert (folder / "manifest.json").is_file()
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch, results) -> Path:
    """A folder with the user's own files that pages speak of."""
    monkeypatch.chdir(tmp_path)
    data = Path(s.__file__).parents[1]
    shutil.copy(data / "scenarios/data/gdp_deflators.csv", "my-deflators.csv")
    shutil.copy(data / "calibration/data/la_panel.csv", "mine.csv")
    shutil.copy(data / "scenarios/pathway.yaml", "mine.pathway.yaml")
    projected = {"AREA_CODE": ["E1"], "AREA_NAME": ["One"], "AGE_GROUP": ["0"], "2022": [5.0], "2023": [6.0]}
    pd.DataFrame(projected).to_csv("snpp_persons.csv", index=False)
    Path("fits/two").mkdir(parents=True)
    Path("fits/two/fitted.yaml").write_text("name: Stands for a fit\nextends: fitted\n", encoding="utf-8")
    Path("two.yaml").write_text("name: Two\nextends: [early-help, kinship]\n", encoding="utf-8")
    changes = "name: Some leave sooner\nadjustments:\n  - leaving: {change: {ratio: 1.1}, age_bands: [5_to_9]}\n"
    Path("changes.yaml").write_text(changes, encoding="utf-8")
    shutil.copytree(results, "runs/my-run")
    return tmp_path


def family_of(folder: Path) -> str:
    """Return the name of a family with a story in a folder's log."""
    from outputs.family_story import families_worth_reading

    return str(families_worth_reading(pd.read_parquet(folder / "events.parquet")).iloc[0].family)


def check_options(words: list[str]) -> None:
    """Fail if a command or an option is not the command line's, or a value is not of the option's kind."""
    command = typer.main.get_command(cli.app).commands[words[1]]
    command.make_context(words[1], list(words[2:]))


def run_command(words: list[str], capsys, made: dict, results: Path) -> None:
    """Run a command in this process, smaller than it stands; an equal one of an earlier page is not run again."""
    check_options(words)
    if begins(words, PARSED):
        return
    small = s.smaller(words)
    if small[1] == "report":
        if not Path(small[2]).exists():
            shutil.copytree(results, small[2])
        if FAMILY in small:
            small[small.index(FAMILY) + 1] = family_of(Path(small[2]))
    if "--ssda903" in small and not Path(small[small.index("--ssda903") + 1]).exists():
        shutil.copytree(RETURNS, small[small.index("--ssda903") + 1])
    if small[1] not in (*FOLDERS, "report"):
        return run_once(small, capsys)
    target = Path(small[2] if small[1] == "synth" else small[small.index("-o") + 1]) if small[1] == "synth" or "-o" in small else None
    same = s.identity(alike(small))
    if same not in made:
        run_once(small, capsys)
        written = target or max(Path("runs").glob("*"), key=lambda path: path.stat().st_mtime)
        made[same] = shutil.copytree(written, made["root"] / str(len(made))) if small[1] in FOLDERS else written
    elif target is not None:
        shutil.copytree(made[same], target)


def alike(words: list[str]) -> list[str]:
    """Return a command with what its equals may have otherwise: where made-up returns go, and which shipped reforms are compared (each is loaded)."""
    if words[1] == "synth":
        return words[:2] + words[3:]
    if words[1] != "compare":
        return words
    named = [word for word in words[3:] if word in shipped_names()]
    assert all(load(name) for name in named)
    return [f"reform {named.index(word)}" if word in named else word for word in words]


def run_once(words: list[str], capsys) -> None:
    """Run a command; it must end well and say something."""
    with pytest.raises(SystemExit) as stop:
        cli.main(words[1:])
    out, err = capsys.readouterr()
    assert not stop.value.code, f"{' '.join(words)}: {err}"
    assert out.strip(), f"{' '.join(words)}: said nothing"


def run_module(words: list[str], monkeypatch) -> None:
    """Run `python -m MODULE ...` in this process."""
    monkeypatch.setattr(sys, "argv", words[2:])
    with contextlib.suppress(SystemExit):
        runpy.run_module(words[2], run_name="__main__", alter_sys=False)


def check_yaml(one: s.Snippet) -> None:
    """Write a file of the page, and load it; a part of a file is refused as any file is."""
    path = Path(s.local(one.file()))
    path.write_text(s.local(one.text), encoding="utf-8")
    if "adjustments:" in one.text:
        read_adjustments(path)
    else:
        load(path)


def check_readme(names: dict, printed: str) -> None:
    """What the README's snippets leave is what it says they do."""
    assert load("cautious.yaml").settings.replicates == 60
    assert set(names["frame"].scenario) == {"baseline", "early-help"}
    assert names["in_care"].dims == ("replicate", "year_ending")
    assert names["again"].to_frame().equals(names["frame"])
    assert Path("cost_curve.png").stat().st_size > 10_000
    assert len(list(Path("pictures").glob("*.png"))) > 10
    assert printed


@pytest.mark.parametrize("page", s.PAGES)
def test_every_snippet_of_a_page_runs(page, here, capsys, monkeypatch, made, results):
    names = {"__name__": "snippet"}
    blocks = s.snippets(page)
    for one in [block for block in blocks if block.language == "yaml" and page == "README.md"]:
        Path("cautious.yaml").write_text(one.text, encoding="utf-8")  # the README names the file only after it
    for one in blocks:
        if one.language == "yaml":
            check_yaml(one)
        elif one.language == "python":
            if not Path("runs/notebook").exists() and not re.search(r'save\([^)]*"runs/notebook"', one.text):
                shutil.copytree(results, "runs/notebook")
            text = re.sub(rf"{s.AREA}-\d+", family_of(results), s.smaller_python(one.text))  # a family of this log
            code = compile(text, one.place, "exec")
            if not any(text in one.text for text in COMPILED):
                exec(code, names)
        elif one.language == "sh":
            for words in s.lines(one):
                if words[0] == "carecurve":
                    run_command([word for word in words if word != ""], capsys, made, results)
                elif words[:2] == ["python", "-m"] and not begins(words, ELSEWHERE):
                    run_module(words, monkeypatch)
                else:
                    assert begins(words, ELSEWHERE), f"{one.place}: no way is known to run {' '.join(words)!r}"
        else:
            assert one.language in s.SHOWN, f"{one.place}: no way is known to run a block of {one.language!r}"
            shown = [line for line in one.text.splitlines() if line.startswith(("carecurve ", "python ")) and "[" not in line]
            assert shown == [], f"{one.place}: a command in a block that says no language is not run: mark it ```sh"
    if page == "README.md":
        check_readme(names, capsys.readouterr().out)


@pytest.mark.parametrize("page", s.PAGES)
def test_no_command_hides_in_an_indented_block_and_those_in_the_text_exist(page):
    text = s.BLOCK.sub("", (s.ROOT / page).read_text(encoding="utf-8"))
    assert [line for line in text.splitlines() if line.startswith("    carecurve ")] == []
    group = typer.main.get_command(cli.app)
    for words in s.inline_commands(page):
        if words[1].isupper():  # COMMAND stands for any
            continue
        command = group.commands[words[1]]
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
        assert {word for word in words[2:] if word.startswith("-")} <= known, f"{page}: {' '.join(words)}"


def test_setup_is_two_commands():
    setup = [line for one in s.snippets("README.md") for line in one.text.splitlines() if line.startswith("python3 -m venv")]
    assert setup == [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/carecurve compare",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest -n 2",
    ]


@pytest.mark.parametrize("page", s.PAGES)
def test_links_lead_somewhere(page):
    """In the repository, where pages are read too; test_guide.py looks at those of the site."""
    links = re.findall(r"\]\(([^)#\s]+)", (s.ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (s.ROOT / page).parent.joinpath(link).exists()] == []


def test_every_exception_is_still_needed():
    """A reason that stands for nothing any more is taken out."""
    sh = [words for page in s.PAGES for one in s.snippets(page) if one.language == "sh" for words in s.lines(one)]
    python = [one.text for page in s.PAGES for one in s.snippets(page) if one.language == "python"]
    assert [start for start in (*PARSED, *ELSEWHERE) if not any(tuple(words[: len(start)]) == start for words in sh)] == []
    assert [text for text in COMPILED if not any(text in code for code in python)] == []


def test_a_wrong_snippet_is_found(capsys, here, made, results):
    """An option that is none, a command that is none, a place that is none."""
    with pytest.raises(Exception, match="No such option"):
        run_command(["carecurve", "compare", "baseline", "early-help", "--aera", "Leeds"], capsys, made, results)
    with pytest.raises(KeyError):
        run_command(["carecurve", "compares", "baseline"], capsys, made, results)
    with pytest.raises(AssertionError, match="Atlantis"):
        run_command(["carecurve", "run", "baseline", "--area", "Atlantis"], capsys, made, results)
    code = ast.parse(s.smaller_python('cc.compare("baseline", area="Leeds", runs=30)'))
    assert ast.unparse(code) == f"cc.compare('baseline', area='{s.AREA}', runs=2, until='{s.UNTIL}')"

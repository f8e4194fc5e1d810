"""The dashboard's page without a browser: choose, run, and its numbers are those of the files it writes, run from Python."""

import sys
from pathlib import Path

import numpy as np
import pytest

import carecurve as cc
from outputs.dashboard.preview import Previewed, Previewer, Spread

testing = pytest.importorskip("streamlit.testing.v1", reason="streamlit is not installed")
pytestmark = pytest.mark.e2e
PAGE = Path(cc.__file__).with_name("dashboard_page.py")
SPEND = "levers.family_help.spend_gbp_per_child_per_year.2026-04"


@pytest.fixture(autouse=True)
def no_folder(monkeypatch):
    """Let the page have no argument, as it is when `carecurve dashboard` names no folder."""
    monkeypatch.setattr(sys, "argv", [str(PAGE)])


def test_a_run_has_the_numbers_of_the_files_it_writes(tmp_path):
    page = testing.AppTest.from_file(str(PAGE), default_timeout=120).run()
    assert [info.value[:22] for info in page.info] == ["Choose an authority or"]
    page.number_input(key="runs").set_value(2)
    page.slider(key="until").set_value(2027)
    page.slider(key=f"1-early-help-{SPEND}").set_value(30.0)
    page.selectbox(key="authority").set_value("Rutland").run()
    page.button(key="run").click().run()
    page.session_state["job"].wait(120)
    page.run()
    assert not page.exception
    asked, _, files = page.session_state["finished"]
    for name, text in asked.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    again = cc.compare("baseline", tmp_path / "my-early-help.yaml", area="Rutland", from_="2025-04", until="2027-03", runs=2, seed=1)
    for ours, theirs in zip(files.comparison.scenarios, again.scenarios, strict=True):
        assert ours.scenario == theirs.scenario
        np.testing.assert_array_equal(ours.annual.to_numpy(), theirs.annual.to_numpy())
        np.testing.assert_array_equal(ours.costs.to_numpy(), theirs.costs.to_numpy())


def test_a_preview_of_a_group_waits_for_its_button_and_stays_when_the_page_is_made_anew(monkeypatch):
    asked = []

    def preview(self, question, years, report):
        """Stand for the work, which takes a minute."""
        asked.append(question.where.name)
        change = Spread.of(np.array([[-3.0e6, -6.0e6], [-4.0e6, -7.0e6]]))
        return [Previewed("Early help", (2026, 2027), change, Spread.of(np.zeros((2, 2))), Spread.of(np.array([-9e6, -11e6])), 2, "why", "2024-25")]

    monkeypatch.setattr(Previewer, "preview", preview)
    page = testing.AppTest.from_file(str(PAGE), default_timeout=60).run()
    page.radio(key="kind").set_value("A region or group").run()
    page.selectbox(key="group").set_value("greater-manchester").run()
    assert asked == []
    next(one for one in page.button if one.label == "Preview 10 authorities").click().run()
    page.session_state["preview"][1].wait(60)
    page.run()
    page.run()
    assert not page.exception
    assert asked == ["greater-manchester"]
    assert any("−6.5" in one.value for one in page.get("html"))
    page.number_input(key="seed").set_value(2).run()
    assert [one.label for one in page.button if one.label.startswith("Preview")] == ["Preview 10 authorities"]


def test_a_fault_of_the_program_is_told_and_the_page_goes_on(monkeypatch):
    import outputs.dashboard.app as app

    def fail(plan, progress):
        """Stand for a run that fails."""
        raise RuntimeError("no such thing")

    monkeypatch.setattr(app, "run_experiment", fail)
    monkeypatch.setattr(app, "_preview_job", lambda question, years: None)
    page = testing.AppTest.from_file(str(PAGE), default_timeout=60).run()
    page.number_input(key="runs").set_value(2)
    page.selectbox(key="authority").set_value("Rutland").run()
    page.button(key="run").click().run()
    page.session_state["job"].wait(60)
    page.run()
    assert not page.exception
    assert [error.value for error in page.error] == [
        "The program failed (RuntimeError: no such thing). The window in which the dashboard was started tells where."
    ]
    assert page.button(key="run").label == "Run"
    assert page.text_input(key="folder").label.startswith("Folder")

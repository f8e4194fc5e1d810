"""The dashboard in a real browser: choose, preview, run, stop, download, as the command line; bad input, a narrow window, accessibility."""

import io
import re
import socket
import subprocess
import sys
import time
import zipfile
from urllib.request import urlopen

import pandas as pd
import pytest
from browser_sample import broken, browser  # noqa: F401 (a fixture)

pytest.importorskip("streamlit", reason="streamlit is not installed")
pytestmark = pytest.mark.e2e
SECONDS = 240_000  # milliseconds that a page may take where it computes; the first preview on a machine compiles


@pytest.fixture(scope="module")
def address():
    """A dashboard at a free port, stopped at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "carecurve", "dashboard", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = f"http://localhost:{port}"
    try:
        for _ in range(120):
            try:
                with urlopen(f"{found}/_stcore/health", timeout=1) as answer:
                    assert answer.status == 200
                break
            except OSError:
                time.sleep(0.25)
        yield found
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def page(browser, address):  # noqa: F811
    """The page, opened; it keeps what it asks other machines for."""
    opened = browser.new_page(viewport={"width": 1280, "height": 1000})
    opened.set_default_timeout(SECONDS)
    opened.elsewhere = []
    opened.on("request", lambda asked: None if asked.url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))
              else opened.elsewhere.append(asked.url))  # fmt: skip
    opened.goto(address)
    opened.get_by_role("heading", name="What to compare").wait_for()
    yield opened
    opened.close()


def choose(page, field, text, option):
    """Choose an option of a list by typing."""
    box = page.get_by_role("combobox", name=field, exact=True)
    box.click()
    box.fill(text)
    page.get_by_role("option", name=option, exact=True).click()


def small(page, reform=("family group", "Family group decisions", "family-group-decisions")):
    """Choose a small comparison: Rutland, one reform, four years, two runs."""
    choose(page, "Reform 1", *reform[:2])
    runs = page.get_by_role("spinbutton", name="Paired runs")
    runs.fill("2")
    runs.press("Enter")
    horizon = page.get_by_role("slider", name="Run to 31 March of")
    while int(horizon.get_attribute("value")) > 2029:
        horizon.press("ArrowLeft")
    choose(page, "Authority", "Rutland", "Rutland")  # last: nothing is worked out before
    page.get_by_text(f"2 paired runs of 2 scenarios (baseline and {reform[2]}), 2025-04 to 2029-03").wait_for()


def download(page, button):
    """Press a button, and return the name and the bytes of the file that comes."""
    with page.expect_download() as coming:
        page.get_by_role("button", name=button).first.click()
    return coming.value.suggested_filename, coming.value.path().read_bytes()


def test_a_run_gives_the_numbers_of_the_command_line_and_its_files(page, tmp_path):
    small(page)
    page.get_by_text("By equations").wait_for()
    reach = page.get_by_role("slider", name=re.compile("Plans: reach"))
    reach.focus()
    reach.press("ArrowRight")
    page.get_by_text("baseline and my-family-group-decisions").wait_for()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("heading", name="Results").wait_for()
    told = page.get_by_role("region", name=re.compile("^Rutland: mean")).inner_text()
    assert [rule["id"] for rule in broken(page)] == []
    name, text = download(page, "Scenario my-family-group-decisions.yaml")
    (tmp_path / name).write_bytes(text)
    _, tables = download(page, "Tables (zip of CSV files)")
    command = page.get_by_test_id("stCode").inner_text().split()
    assert command[:4] == ["carecurve", "compare", "baseline", "my-family-group-decisions.yaml"]
    subprocess.run([sys.executable, "-m", *command, "-o", "out", "--quiet"], cwd=tmp_path, check=True, timeout=120)
    archive = zipfile.ZipFile(io.BytesIO(tables))
    ours = pd.read_csv(archive.open("summary.csv"))
    theirs = pd.read_csv(tmp_path / "out" / "summary.csv")
    pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
    children = theirs[(theirs.measure == "cla_at31") & (theirs.scenario == "baseline") & (theirs.year_ending.astype(str) == "2029")]
    assert f"{children['mean'].iloc[0]:.1f}" in told
    assert {"summary.csv", "differences.csv", "my-family-group-decisions.yaml", "command.txt"} <= set(archive.namelist())
    assert page.elsewhere == []


def test_a_slider_that_goes_too_far_is_said_beside_it(page):
    small(page)
    reach = page.get_by_role("slider", name=re.compile("Plans: reach"))
    reach.focus()
    reach.press("End")
    page.get_by_text("expected 1 or less in all").wait_for()
    page.get_by_text("mend what is marked there in red").wait_for()
    page.get_by_role("button", name="Run", exact=True).wait_for(state="detached")  # what stood on the page goes when the page has been made anew
    reach.press("Home")
    page.get_by_role("button", name="Run", exact=True).wait_for()


def test_a_folder_that_is_none_is_said_beside_the_field(page):
    field = page.get_by_role("textbox", name=re.compile("^Folder"))
    field.fill("/no/such/folder")
    field.press("Enter")
    said = page.get_by_text("/no/such/folder is not there, expected a results folder")
    said.wait_for()
    assert said.count() == 1


def test_a_run_can_be_stopped(page):
    small(page)
    runs = page.get_by_role("spinbutton", name="Paired runs")
    runs.fill("500")
    runs.press("Enter")
    page.get_by_text("500 paired runs of 2 scenarios").wait_for()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped. Nothing was kept of the run.").wait_for()
    assert page.get_by_role("heading", name="Results").count() == 0


def test_in_a_narrow_window_nothing_is_cut_off_and_the_choices_open_by_keyboard(page):
    page.set_viewport_size({"width": 400, "height": 800})
    page.reload()
    page.get_by_role("heading", name="CareCurve dashboard").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    authority = page.get_by_role("combobox", name="Authority", exact=True)
    assert not authority.is_visible() or authority.bounding_box()["x"] < 0
    for _ in range(10):  # the button that opens it is among the first that the tabulator key comes to
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('[data-testid=stExpandSidebarButton]') !== null"):
            break
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('section[data-testid=stSidebar]').getBoundingClientRect().x >= 0")
    authority.focus()
    page.keyboard.type("Rutland")
    page.keyboard.press("Enter")
    page.get_by_text("paired runs of 2 scenarios").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_every_field_and_picture_has_a_name_and_no_rule_is_broken(page):
    small(page)
    page.get_by_text("Worked out in").wait_for()
    assert page.evaluate("[...document.images].every(one => one.hasAttribute('alt'))")
    assert page.evaluate("[...document.images].some(one => one.alt.startsWith('Preview of change'))")
    assert [f"{rule['id']}: {node['html'][:200]}" for rule in broken(page) for node in rule["nodes"]] == []

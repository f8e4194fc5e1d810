"""The report in a real browser: asks for nothing, breaks no rule of accessibility, is used by keyboard alone and at 200 % zoom, and prints.

Accessibility is checked by axe-core. That the check would find errors is tested too: errors are put into copies of the page.
"""

import itertools
import re
from pathlib import Path

import pytest
from browser_sample import broken, browser  # noqa: F401 (a fixture)
from report_sample import TEN, folder_of, invented

from carecurve.reporting import make_report

pytestmark = pytest.mark.e2e
SEEDED = {  # rule that must be broken: what is replaced in the page, and by what
    "image-alt": (' alt="Greater', ' data-was="Greater'),
    "color-contrast": ("--ink: #0b0c0c", "--ink: #c8c8c8"),
    "label": ('<main id="main" tabindex="-1">', '<main id="main" tabindex="-1"><input type="text">'),
    "heading-order": ("<h3>", "<h6>"),
    "html-has-lang": ('<html lang="en-GB">', "<html>"),
    "scrollable-region-focusable": ('<div class="table" tabindex="0"', '<div class="table" style="width: 60px"'),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    """The report of three scenarios and three authorities; of ten it has the same parts and longer tables."""
    return make_report(folder_of(invented(TEN[:3], 10, tuple(range(2025, 2030))), tmp_path_factory.mktemp("report") / "results"), budget="1000m")


@pytest.fixture
def opened(browser, report):  # noqa: F811
    """Return a function that opens a page (by default the report) in a window of a width, and keeps what it asks the network for."""
    pages = []

    def open_(path=report, width=1280):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.asked = []
        page.route(
            "**/*",
            lambda route: (page.asked.append(route.request.url), route.continue_() if route.request.url.startswith("file:") else route.abort()),
        )
        page.goto(path.as_uri())
        pages.append(page)
        return page

    yield open_
    for page in pages:
        page.close()


def violations(page, *more: str) -> list[str]:
    """Return the rules of level A and AA (and others) that a page breaks."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")  # axe passes over what is folded
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in broken(page, *more)]


def test_the_report_asks_for_nothing_but_itself_and_runs_nothing(opened, report):
    page = opened()
    assert page.asked == [report.as_uri()]
    assert page.evaluate("document.scripts.length") == 0
    assert page.evaluate("[...document.images].every(one => one.complete && one.naturalWidth > 0)")


def test_no_rule_of_accessibility_is_broken(opened):
    assert violations(opened(), "best-practice") == []


@pytest.mark.parametrize("rule", SEEDED)
def test_errors_put_into_a_copy_are_found(opened, report, tmp_path, rule):
    there, instead = SEEDED[rule]
    text = re.sub(r'<section aria-labelledby="children">.*</section>', "", report.read_text(encoding="utf-8"), flags=re.DOTALL)  # three will do
    assert there in text
    copy = tmp_path / "copy.html"
    copy.write_text(text.replace(there, instead, 1), encoding="utf-8")
    assert any(found.startswith(f"{rule}:") for found in violations(opened(copy), "best-practice"))


def test_it_is_used_by_keyboard_alone(opened):
    page = opened(width=700)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0  # seen once it has focus
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = page.evaluate("[...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')].length")
    seen, folded = set(), None
    for _ in range(reached + 5):
        page.keyboard.press("Tab")
        kind = page.evaluate("document.activeElement.tagName + '.' + document.activeElement.className")
        seen.add(kind)
        if kind == "SUMMARY." and folded is None:
            folded = page.evaluate("document.activeElement.parentElement.open")
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.parentElement.open") is not folded
    assert {"SUMMARY.", "DIV.table", "PRE."} <= seen
    page.evaluate("document.querySelector('.table').focus()")
    wide = page.evaluate("""() => { const all = [...document.querySelectorAll('.table')].find(one => one.scrollWidth > one.clientWidth + 20);
        all.focus(); return [all === document.activeElement, all.scrollLeft]; }""")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")
    assert wide == [True, 0]


def test_at_twice_the_size_the_page_does_not_scroll_sideways(opened):
    page = opened(width=640)  # 1280 at 200 %
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    assert page.evaluate("getComputedStyle(document.querySelector('main p')).fontSize") >= "16px"


def test_headings_go_down_one_step_at_a_time_and_tables_are_named(opened):
    page = opened()
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(one => +one.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.evaluate(
        "[...document.querySelectorAll('table')].every(one => one.caption.textContent.trim() && one.querySelector('th[scope=col]') && "
        "one.querySelector('th[scope=row]'))"
    )
    assert page.evaluate("[...document.querySelectorAll('nav a')].every(one => document.querySelector(one.getAttribute('href')))")
    assert page.evaluate("[...document.querySelectorAll('nav a')].length") == 14


def test_it_prints_on_a4_with_nothing_cut_off(opened):
    page = opened()
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 690, "height": 1000})  # A4 less its margins, at 96 dots an inch
    assert (
        page.evaluate(
            "[...document.querySelectorAll('.table')].filter(one => one.offsetParent && one.scrollWidth > one.clientWidth + 1).map(one "
            "=> one.getAttribute('aria-label'))"
        )
        == []
    )
    printed = page.pdf(format="A4", print_background=True)
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") + printed.count(b"/Type /Page/") >= 5

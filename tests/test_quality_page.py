"""The data-quality page: nothing of it runs, small counts are hidden, spreadsheets find no formula."""

from collections import Counter
from html.parser import HTMLParser

import pytest

from calibration.care_records import DataQuality
from calibration.quality_tables import quality_tables
from outputs.quality_page import quality_page, quality_rows

pytestmark = pytest.mark.unit

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def quality() -> DataQuality:
    return DataQuality(
        read=Counter(header=1200, uasc=3),
        left_out=Counter({("header", "no birth date"): 4, ("header", "end before start"): 17, ("header", HOSTILE): 40, ("uasc", "twice"): 2}),
        unknown_codes=Counter({("PLACE", "=1+1"): 12}),
        changes=Counter(),
        notes=[f"file {HOSTILE}", "@SUM(A1)"],
    )


class Page(HTMLParser):
    """Collects tags, and the cells of table rows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.rows, self.cell = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        self.cell = "" if tag in ("td", "th") else self.cell

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.rows[-1].append(self.cell)
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data


def test_the_page_says_what_was_read_and_left_out_with_small_counts_hidden(quality):
    rows = Page(quality_page(quality_tables(quality), quality.notes, "Data quality")).rows
    assert ["header", "1,200"] in rows
    assert ["uasc", "c"] in rows
    assert ["header", "no birth date", "c"] in rows
    assert ["header", "end before start", "c"] in rows  # or 61 less the others would tell the 4
    assert ["header", HOSTILE, "40"] in rows
    assert ["header", "all of them", "61"] in rows
    assert ["PLACE", "=1+1", "12"] in rows


def test_nothing_of_the_page_runs_or_is_fetched(quality):
    text = quality_page(quality_tables(quality), quality.notes, HOSTILE)
    tags = Page(text).tags
    assert not {"script", "link", "img", "iframe", "form"} & set(tags)
    assert text.count("&lt;script&gt;") == 4  # twice the title, a reason, a note
    assert "http" not in text.replace("http-equiv", "")


def test_without_suppression_the_page_says_so(quality):
    text = quality_page(quality_tables(quality), [], "Data quality", suppressed=False)
    assert ["header", "no birth date", "4"] in Page(text).rows
    assert "not to be passed on" in text


def test_an_import_without_faults_says_that_there_are_none():
    text = quality_page(quality_tables(DataQuality(read=Counter(header=10))), [], "Data quality")
    assert all(said in text for said in ("Nothing was left out.", "Every code is known.", "Nothing was changed.", "None."))


def test_rows_for_a_spreadsheet_hold_no_formula_and_no_small_count(quality):
    rows = quality_rows(quality_tables(quality), quality.notes)
    said = rows.set_index(["section", "of", "what"])["rows"]
    assert said["read", "header", ""] == "1200"
    assert said["left_out", "uasc", "twice"] == "c"
    assert said["left_out", "header", "all of them"] == "61"
    assert said["unknown_codes", "PLACE", "'=1+1"] == "12"
    assert "'@SUM(A1)" in set(rows["what"])
    assert not rows.map(lambda cell: cell.startswith(("=", "+", "-", "@"))).any(axis=None)


def test_the_order_of_reasons_does_not_tell_which_is_larger(quality):
    reasons = quality_tables(quality)["left_out"].query("of == 'header'")["what"].tolist()
    assert reasons == sorted(reasons)

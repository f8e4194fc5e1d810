"""The report of a results folder: its sections, numbers worked out a second way, and folders and budgets of every kind."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from command_line import call
from report_sample import TEN, folder_of, invented, real, table

from carecurve.budget_option import read_budget
from carecurve.console import ChoiceError
from carecurve.reporting import make_report
from outputs.cost_bridge import placement_items
from outputs.report import answer, words
from outputs.report.bridge import LABELS, MIX, PRICE, STARTS, STAYS, TOTAL, VOLUME, bridge
from outputs.report.page import kept_together
from outputs.report.source import open_source
from sim.results import open_results

pytestmark = pytest.mark.e2e
ANCHORS = ["answer", "lines", "curve", "children", "money", "drivers", "sureness", "authorities", "indicators", "equality", "assumptions", "method",
           "checks", "reproduce"]  # fmt: skip


class Page(HTMLParser):
    """What a page holds: ids, pictures, addresses and text, spaces between its parts."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.pictures, self.addresses, self.words, self.tags = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.pictures += [found] if tag == "img" else []
        self.addresses += [found[name] for name in ("src", "href") if name in found]

    def handle_endtag(self, tag):
        self.words += [" "] * (tag in ("th", "td", "p", "li", "h1", "h2", "h3", "caption", "style", "title"))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())


@pytest.fixture(scope="module")
def ten(tmp_path_factory):
    """A folder of three scenarios and ten authorities, invented, and its report."""
    folder = folder_of(invented(TEN, 6, tuple(range(2025, 2029))), tmp_path_factory.mktemp("ten") / "out")
    return folder, make_report(folder)


@pytest.fixture
def no_pictures(monkeypatch):
    """Leave pictures out: drawing them is most of the time a report takes."""
    monkeypatch.setattr("outputs.report.page.pictures", lambda source: {})


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A folder of real runs: one small authority, three of them."""
    return real(tmp_path_factory.mktemp("run") / "out", "early-help")


@pytest.fixture(scope="module")
def source(run):
    """The folder of real runs, opened."""
    return open_source(run)


def test_it_has_fourteen_sections_in_order_and_needs_nothing_else(ten):
    _, path = ten
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert [one for one in page.ids if one in ANCHORS] == ANCHORS
    assert path.stat().st_size < 5_000_000
    assert all(one.startswith(("data:image/png;base64,", "#")) for one in page.addresses)
    assert {"script", "iframe", "link", "object", "form"}.isdisjoint(page.tags)
    assert "default-src 'none'" in text
    assert len(page.pictures) >= 10
    assert all(len(one["alt"]) > 40 for one in page.pictures)
    assert "&amp;#" not in text
    assert not re.search(r"\bnan\b|\binf\b|\bNone(?! of these)", page.text)


def test_every_number_in_the_answer_is_the_tables(run, source):
    reform = source.reforms[0]
    costs, pays, turns = answer.sentences(source, reform)
    found = open_results(run)
    years = [2026, 2027, 2028, 2029]
    base, ours = (one.annual.sel(measure="cla_at31", year_ending=2029).to_numpy()[0] for one in found.scenarios)
    low, high = np.quantile(ours - base, (0.05, 0.95))
    assert words.between(low, high) in costs
    assert words.count(base.mean(), 3) in costs
    own = found["early-help"].costs.sel(line="family_help", year_ending=years).to_numpy()[0]  # only the reform has the line
    paid = own.mean(axis=0)
    first = years[int(np.argmax(paid > 0))]
    assert f"{words.pounds(paid.sum() / (2029 - first + 1))} a year" in costs
    assert "from April 2026" in costs
    net = found.cost_difference("early-help").sel(year_ending=years).to_numpy()[0]
    worst = int(net.mean(axis=0).argmax())
    assert f"most in {years[worst] - 1}-{years[worst] % 100}: {words.pounds(net.mean(axis=0).max())}" in pays
    settled = np.flip(np.minimum.accumulate(np.flip(np.cumsum(net, axis=1) <= 0.0, axis=1), axis=1), axis=1).any(axis=1)
    assert f"in {'none' if settled.sum() == 0 else settled.sum()} of 3 runs" in pays
    benefits = table(run, "benefits.csv")
    last = benefits[(benefits.line == "all") & (benefits.year_ending == "2029")].set_index("class")["mean"]
    rest = last["all"] - last["help_withdrawn"]
    assert (words.pounds(rest) if rest >= 500 else words.pounds(-rest)) in pays
    homes = found.baseline.costs.sel(line="childrens_home", year_ending=2029).to_numpy()[0]
    assert words.pounds(np.quantile(homes, 0.95) - homes.mean()) in turns
    assert "harm to children is not simulated" in turns


def test_the_bridge_adds_up_and_says_so_if_a_table_does_not(source, run, tmp_path):
    reform = source.reforms[0]
    for year in (None, 2029):
        found = bridge(source, reform, year)
        parts = [found.mean[key] for key in LABELS if key not in (TOTAL, STARTS, STAYS)]
        assert sum(parts) == pytest.approx(found.mean[TOTAL], abs=1.0)
        assert found.mean[STARTS] + found.mean[STAYS] == pytest.approx(found.mean[VOLUME], abs=1e-6)
    drawn = placement_items(source.base, reform, source.years)  # of one authority: no items to add up over authorities
    price = sum(drawn[part][0].sum(axis=1) for part in ("chance", "market", "commissioning"))
    assert bridge(source, reform).interval[PRICE] == pytest.approx(tuple(np.quantile(price, (0.05, 0.95))))
    rows = table(run, "cost_bridge.csv").query("measure == 'net_cost' and year_ending == 'all'").set_index("item")
    for part, item in ((VOLUME, "placements_volume"), (MIX, "placements_mix"), (TOTAL, "total")):
        assert bridge(source, reform).interval[part] == pytest.approx((rows.p05[item], rows.p95[item]), rel=1e-6)
    assert set(bridge(source, reform).interval) == set(LABELS)
    net = source.whole.cost_difference(reform.scenario).sel(year_ending=source.years).sum("year_ending").mean()
    assert bridge(source, reform).mean[TOTAL] == pytest.approx(float(net), abs=1.0)
    broken = open_source(run)
    wrong = broken.table("cost_bridge.csv").copy()
    wrong.loc[wrong["item"] == "placements_volume", "mean"] += 5_000.0
    broken._tables.clear()
    broken._tables["cost_bridge.csv"] = wrong
    with pytest.raises(ValueError, match="add up to"):
        bridge(broken, broken.reforms[0])


@pytest.mark.usefixtures("no_pictures")
def test_the_first_line_is_never_called_doing_nothing_unless_it_is(ten, tmp_path):
    _, path = ten
    text = Page(path.read_text(encoding="utf-8")).text
    assert "Current plans" in text
    assert "Do nothing (no policy)" not in text
    three = invented(TEN[:1], 3, (2025, 2026, 2027), {"baseline": 100.0, "do-nothing": 101.0, "early-help": 98.0})
    report = Page(make_report(folder_of(three, tmp_path / "out")).read_text(encoding="utf-8")).text
    assert "Do nothing (no policy) Current plans Early-help investment" in report


@pytest.mark.usefixtures("no_pictures")
def test_a_marked_reform_is_never_called_better(tmp_path):
    cheaper = invented(TEN[:1], 12, (2025, 2026, 2027), {"baseline": 100.0, "early-help": 103.0})
    lower = cheaper.reforms[0].costs * 0.5
    cheaper = type(cheaper)(cheaper.baseline, (type(cheaper.baseline)(**{**vars(cheaper.reforms[0]), "costs": lower}),), cheaper.metadata)
    folder = folder_of(cheaper, tmp_path / "out")
    assert table(folder, "marks.csv").marked.any()
    text = Page(make_report(folder).read_text(encoding="utf-8")).text
    assert "Warning: This reform costs less, and a measure of children’s safety gets worse" in text
    assert not re.search(r"\bis better\b|\bbetter for children\b", text)


@pytest.mark.usefixtures("no_pictures")
def test_a_folder_of_one_scenario_has_a_report_too(tmp_path):
    page = Page(make_report(real(tmp_path / "out", runs=2, until="2027-03")).read_text(encoding="utf-8"))
    assert [one for one in page.ids if one in ANCHORS] == ANCHORS
    assert "one scenario" in page.text
    assert "carecurve run baseline --area Rutland --from 2025-04 --until 2027-03 --runs 2 --seed 1 --engine fast" in page.text


@pytest.mark.usefixtures("no_pictures")
def test_an_expected_comparison_says_that_it_holds_no_chance(tmp_path):
    text = Page(make_report(real(tmp_path / "out", "kinship", runs=1, engine="expected", until="2028-03")).read_text(encoding="utf-8")).text
    assert "ranges hold no chance" in text
    assert "A stop rule needs" in text


@pytest.mark.usefixtures("no_pictures")
def test_tables_that_are_missing_or_of_an_older_version_are_said_to_be(run, tmp_path):
    import shutil

    old = tmp_path / "old"
    shutil.copytree(run, old)
    gone = ("marks.csv", "cost_bridge.csv", "gaps.csv", "appraisal.csv", "detectable.csv", "affordability.csv", "benefits.csv", "differences.csv")
    for name in gone:
        (old / name).unlink()
    pd.read_csv(old / "children.csv").drop(columns="role").to_csv(old / "children.csv", index=False)
    text = Page(make_report(old).read_text(encoding="utf-8")).text
    assert text.count("Run the comparison again") >= 3
    for name in ("affordability.csv", "benefits.csv", "differences.csv"):
        assert f"The folder has no {name}" in text or f"the folder has no {name}" in text
    assert "has no running cost of its own" not in text
    assert "No line of cost falls or rises" not in text
    assert "there is no bridge" in text


@pytest.mark.usefixtures("no_pictures")
def test_failed_checks_are_said_first(tmp_path):
    checks = [{"check": "stocks", "holds": True, "worst": 0.0, "allowed": 0.0, "runs": 3, "meaning": "no stage holds less than nobody"},
              {"check": "money", "holds": True, "worst": 0.0, "allowed": 0.0, "runs": 3, "meaning": "every pound is of a line"}]  # fmt: skip
    found = invented(TEN[:1], 3, (2025, 2026), checks=checks)
    one = found.reforms[0]
    wrong = type(one)(**{**vars(one), "metadata": {**one.metadata, "checks": [{**checks[0], "holds": False, "worst": 3.0}, checks[1]]}})
    found = type(found)(found.baseline, (wrong, *found.reforms[1:]), found.metadata)
    text = Page(make_report(folder_of(found, tmp_path / "out")).read_text(encoding="utf-8")).text
    assert text.index("1 of the checks made during the run failed") < text.index("The answer")
    assert "1 of 2 checks FAILED" in text
    assert f"No stage holds less than nobody FAILED in {wrong.label} 3 " in text
    assert text.count("No stage holds less than nobody") == 1
    assert "Every pound is of a line held 0 " in text


@pytest.mark.usefixtures("no_pictures")
def test_the_budget_is_a_line_in_cash(run, capsys, tmp_path):
    source = open_source(run)
    cash = source.base.net().sel(year_ending=2027).to_numpy()[0].mean() * source.base.nominal_factors([2027])[0]
    file = tmp_path / "budget.csv"
    file.write_text(f"year_ending,gbp\n2027,{cash - 2_000_000:.0f}\n", encoding="utf-8")
    output = tmp_path / "new" / "mine.html"
    status, out, _ = call(capsys, "report", run, "--budget", file, "-o", output)
    assert status == 0
    assert str(output) in out
    assert "current plans cost £2 million more than the approved budget" in Page(output.read_text(encoding="utf-8")).text
    assert not (run / "report.html").exists()


@pytest.mark.parametrize(("text", "said"), [
    ("year,gbp\n2027,1\n", r"budget\.csv:1:1: the column 'year_ending' is missing \(there is year, gbp\)"),
    ("year_ending,gbp\n2026-27,1\n", r"budget\.csv:2:1: year_ending is '2026-27', expected the year in which it ends, such as 2027"),
    ("gbp,year_ending\nlots,2027\n", r"budget\.csv:2:1: gbp is 'lots', expected pounds above 0"),
    ("year_ending,gbp\n2027,5\n2027,6\n", r"budget\.csv:3:1: year_ending 2027 is there already"),
    ("year_ending,gbp\n", "holds no row"), ("", "the column 'year_ending' is missing"), ("\0\xff", "missing"),
])  # fmt: skip
def test_faults_of_a_budget_file_have_line_and_column(tmp_path, text, said):
    file = tmp_path / "budget.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ChoiceError, match=said):
        read_budget(str(file), [2027])


def test_budgets_in_figures():
    assert read_budget("985m", [2026, 2027]) == {2026: 985e6, 2027: 985e6}
    assert read_budget("£1.5m, 2000000", [2026, 2027, 2028]) == {2026: 1.5e6, 2027: 2e6}
    for text, said in (("much", "neither a file nor pounds"), ("-5", "neither"), ("1m,2m", "2 figures for 1 years"), ("nan", "neither")):
        with pytest.raises(ChoiceError, match=said):
            read_budget(text, [2026])


@pytest.mark.parametrize(("manifest", "said"), [
    (None, "holds no manifest.json"), ("{", "is not JSON"), ("{}", "not a finished results folder"),
    ('{"command": "forecast"}', "a folder of carecurve forecast, which has no report"), ('{"command": "sensitivity"}', "tornado.csv"),
])  # fmt: skip
def test_folders_that_have_no_report(tmp_path, capsys, manifest, said):
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
    status, _, err = call(capsys, "report", tmp_path)
    assert status == 2
    assert said in err
    assert "Traceback" not in err
    assert not (tmp_path / "report.html").exists()


def test_one_familys_story_is_a_page_and_an_unknown_family_is_said(tmp_path, capsys):
    import carecurve as cc
    from carecurve import api
    from outputs.family_story import families_worth_reading

    folder = api.save(cc.compare("baseline", area="Rutland", runs=1, until="2027-03", events=True), tmp_path / "out")
    family = families_worth_reading(pd.read_parquet(folder / "events.parquet")).family.iloc[0]
    page = Page(make_report(folder, family=family).read_text(encoding="utf-8"))
    assert f"One family’s story: {family}" in page.text
    assert "This family is simulated" in page.text
    assert len(page.pictures) == 1
    status, _, err = call(capsys, "report", folder, "--family", "Rutland-999999999")
    assert status == 2
    assert "no family" in err


def test_text_that_is_kept_together_is_still_escaped():
    assert str(kept_together("the plan's <b> end, 2034-35")) == 'the plan&#39;s &lt;b&gt; end, <span class="kept">2034-35</span>'


def test_a_folder_that_holds_the_arrays_alone_is_refused_with_what_to_do(tmp_path, capsys):
    invented(TEN[:1], 2, (2025, 2026)).save(tmp_path / "arrays")
    status, _, err = call(capsys, "report", tmp_path / "arrays")
    assert status == 2
    assert "it holds no summary.csv" in err
    assert "write it with carecurve.save(comparison, folder)" in err
    assert not (tmp_path / "arrays" / "report.html").exists()

"""Pictures: whether each says in words what its data hold, stays within its page, and is drawn of one authority, one scenario and one year too."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from experiment_sample import results
from flow_sample import counted
from matplotlib.text import Text
from PIL import Image

from carecurve.picturing import published_tables, write_pictures
from outputs import plots
from outputs.children_gaps import gaps
from outputs.cost_bridge import cost_bridge
from outputs.money_axis import unit_of
from outputs.picture import alternative_text, described
from outputs.pictures.authorities import MOST_ROWS
from outputs.pictures.cost_curve import even_band
from outputs.pictures.look import number
from outputs.pictures.published import NEIGHBOURS, PUBLISHED, history, rates
from outputs.price_volume import price_and_volume
from outputs.shares import shares
from outputs.tables import whole
from scenarios.areas import ENGLAND, load_areas
from sim.measures import MEASURES
from sim.results import Comparison
from sim.statistics import break_even

pytestmark = pytest.mark.e2e  # files and pictures are made

KINDS = {
    "comparison": {}, "one authority, one run": {"area": ["Bolton"], "replicate": [0]}, "one scenario": {}, "one year": {"year_ending": [2025, 2026]},
}  # fmt: skip
OF_ONE = ["cost_curve", "children_in_care", "placement_mix", "pathway_flow", "waiting_and_caseload", "high_cost_tail", "sufficiency",
          "spread_over_authorities"]  # fmt: skip
OF_REFORMS = ["cost_bridge", "price_and_volume", "deprivation_gradient"]


def invented(level=1000.0, **options):
    """Return an invented comparison of early help with the baseline."""
    reform = results("early-help", level=0.98 * level, cost_gbp=0.99e6, **options)
    return Comparison(results(level=level, **options), (reform,), {"area_label": "Two boroughs", "grossing": {}})


def with_pathway(one, flow):
    """Return results with the counts of a pathway."""
    return replace(one, pathway=flow.pathway, metadata=dict(one.metadata) | {"pathway": flow.metadata["pathway"]})


def part_of(one, where):
    """Return the results of some areas, runs or years."""
    kept = {name: getattr(one, name).sel({key: value for key, value in where.items() if key in getattr(one, name).dims})
            for name in ("annual", "monthly", "costs", "pathway")}  # fmt: skip
    return replace(one, **kept)


def tables_of(both, published):
    """Return the tables a folder of these results holds, and what was published."""
    found = dict(published)
    if both.reforms:
        together = whole(both)
        parts = [both] if together is both else [both, together]
        found |= {"cost_bridge.csv": cost_bridge(both), "price_volume.csv": pd.concat([price_and_volume(part) for part in parts])}
        found["gaps.csv"] = gaps(together, by_year=False)
        if len(both.baseline.areas) > 1:
            found["shares.csv"] = shares(both)
    return found


@pytest.fixture(scope="module")
def drawn():
    """Return comparisons of several kinds, each with its tables and all its pictures."""
    every, flow = invented(), counted()
    every = replace(every, baseline=with_pathway(every.baseline, flow), reforms=tuple(with_pathway(one, flow) for one in every.reforms))
    published = published_tables(every)
    found = {}
    for kind, where in KINDS.items():
        reforms = () if kind == "one scenario" else tuple(part_of(one, where) for one in every.reforms)
        label = where.get("area", ["Two boroughs"])[0]
        both = replace(every, baseline=part_of(every.baseline, where), reforms=reforms, metadata={"area_label": label, "grossing": {}})
        tables = tables_of(both, published)
        found[kind] = both, tables, plots.pictures_of(both, tables)
    return found


def texts(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda item: hasattr(item, "get_text"))).replace("\n", " ")


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_has_words_units_and_a_source_and_stays_on_its_page(drawn, kind):
    _, _, figures = drawn[kind]
    for name, figure in figures.items():
        assert any(digit.isdigit() for digit in alternative_text(figure)), name
        assert "nan" not in alternative_text(figure).lower().split(), name
        assert "Source:" in texts(figure), name
        figure.draw_without_rendering()
        page = figure.get_tightbbox()
        width, height = figure.get_size_inches()
        assert page.x0 > -0.05, name
        assert page.x1 < width + 0.05, name
        assert page.y0 > -0.05, name
        assert page.y1 < height + 0.05, name


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_listed_in_the_order_they_are_read_in(drawn, kind):
    both, _, figures = drawn[kind]
    expected = {*OF_ONE, *(OF_REFORMS if both.reforms else ()), *(("benefit_by_authority",) if both.reforms and "authority" not in kind else ())}
    assert set(figures) == expected
    assert next(iter(figures)) == "cost_curve"
    assert list(figures)[-1] == "spread_over_authorities"


def test_labels_beside_curves_do_not_cover_each_other(drawn):
    for name in ("cost_curve", "children_in_care", "placement_mix", "high_cost_tail"):
        figure = drawn["comparison"][2][name]
        figure.draw_without_rendering()
        for axes in figure.axes:
            boxes = sorted((Text.get_window_extent(text) for text in axes.texts), key=lambda box: box.y0)
            for lower, upper in pairwise(boxes):
                assert lower.y1 < upper.y0 + 2.0 or lower.x1 < upper.x0 or upper.x1 < lower.x0, name


def test_words_are_kept_with_a_figure_and_written_into_its_file(drawn, tmp_path):
    _, _, figures = drawn["comparison"]
    few = {name: figures[name] for name in ("children_in_care", "sufficiency")}
    for path, (name, figure) in zip(write_pictures(few, tmp_path / "new"), few.items(), strict=True):
        assert path.name == f"{name}.png"
        assert Image.open(path).text["Description"] == alternative_text(figure)
    with pytest.raises(ValueError, match="needs words"):
        described(figures["sufficiency"], " ")


# ---------------------------------------------------------------- what each says


def mean_of(both, scenario, measure, year):
    """Return a count of all authorities in a year, the mean over runs."""
    return float(both[scenario].annual.sel(measure=measure, year_ending=year).sum("area").mean("replicate"))


def test_children_in_care_says_what_was_published_and_what_a_reform_changes(drawn):
    both, tables, figures = drawn["comparison"]
    words = alternative_text(figures["children_in_care"])
    rows = tables[PUBLISHED]
    rows = rows[(rows.measure == "cla_at31") & rows.area.isin(both.baseline.areas)]
    for year in (2013, 2025):
        assert f"{number(rows[rows.year_ending == year].value.sum(), digits=0)} on 31 March {year}" in words
    before, after = (mean_of(both, key, "cla_at31", 2028) for key in ("baseline", "early-help"))
    assert f"{number(before, digits=0)} (" in words
    assert number(after - before, True, 0) in words
    line = next(line for line in figures["children_in_care"].axes[0].lines if len(line.get_xdata()) == 13)
    assert list(line.get_xdata()) == list(range(2013, 2026))


def test_what_was_published_is_of_the_same_authorities_or_is_left_out(drawn):
    both, tables, _ = drawn["comparison"]
    rows = tables[PUBLISHED]
    lacking = rows[~((rows.area == "Bolton") & (rows.year_ending == 2020))]
    assert 2020 not in history(both, lacking, "cla_at31").index
    assert 2020 in history(both, rows, "cla_at31").index
    assert history(both, rows, "foster_pct").empty  # a percentage of several authorities is not a sum
    national = replace(both, metadata={"grossing": {"cla": 1.2}})
    own = rows[(rows.area == ENGLAND) & (rows.measure == "cla_at31") & (rows.year_ending == 2025)].value.item()
    assert history(national, rows, "cla_at31")[2025] == own > 80_000
    assert history(both, None, "cla_at31").empty


def test_a_fan_is_drawn_of_any_measure_and_of_costs(drawn):
    both = drawn["comparison"][0]
    pounds = alternative_text(plots.fan_chart(both, "cost_net"))
    assert number(float(both.baseline.net().sel(year_ending=2028).sum("area").mean()), digits=0) in pounds
    share = alternative_text(plots.fan_chart(both, "foster_pct"))
    assert "per cent" in share
    empty = replace(both.baseline, annual=both.baseline.annual.where(both.baseline.annual.measure != "referrals"))
    with pytest.raises(ValueError, match="no figures of referrals"):
        plots.fan_chart(Comparison(empty), "referrals")


def test_the_mix_adds_up_to_children_in_care_and_says_what_changes_most(drawn):
    both, _, figures = drawn["comparison"]
    kinds = ("in_house_foster_at31", "agency_foster_at31", "kinship_at31", "childrens_home_at31", "supported_at31", "with_parents_at31",
             "adoption_at31", "other_at31")  # fmt: skip
    total = sum(mean_of(both, "baseline", kind, 2028) for kind in kinds)
    words = alternative_text(figures["placement_mix"])
    assert f"{number(total)} on 31 March 2028" in words
    change = mean_of(both, "early-help", "agency_foster_at31", 2028) - mean_of(both, "baseline", "agency_foster_at31", 2028)
    assert number(change, True) in words


def test_the_dearest_placements_are_counted_at_three_lines_unless_results_lack_two(drawn):
    both, _, figures = drawn["comparison"]
    words = alternative_text(figures["high_cost_tail"])
    assert all(f"At £{line} a week or more" in words for line in ("5,000", "10,000", "20,000"))
    assert number(mean_of(both, "baseline", "high_cost_20000_at31", 2028)) in words.split("At £20,000")[1]
    kept = ~both.baseline.annual.measure.isin(["high_cost_5000_at31", "high_cost_20000_at31"])
    older = replace(both, baseline=replace(both.baseline, annual=both.baseline.annual.where(kept)), reforms=())
    assert "£5,000" not in alternative_text(plots.high_cost_tail(older))
    assert "At £10,000" in alternative_text(plots.high_cost_tail(older))


def test_sufficiency_says_places_filled_and_vacant_and_how_far_children_live(drawn):
    both, _, figures = drawn["one authority, one run"]
    words = alternative_text(figures["sufficiency"])
    filled = mean_of(both, "baseline", "childrens_home_places_filled", 2028)
    assert f"{number(filled, digits=0)} filled" in words
    far = float(both.baseline.annual.sel(measure="placed_over_20_miles_pct", year_ending=2028).mean())
    assert f"over 20 miles from home, of children in care {far:.1f} %" in words


def test_waiting_is_in_families_and_a_list_that_is_always_empty_is_left_out(drawn):
    both, _, figures = drawn["comparison"]
    words = alternative_text(figures["waiting_and_caseload"])
    assert number(mean_of(both, "baseline", "early_help_waiting", 2028), digits=1) in words
    none = {"early_help_waiting", "intensive_help_waiting"}
    nobody = replace(both.baseline, annual=both.baseline.annual.where(~both.baseline.annual.measure.isin(list(none)), 0.0))
    assert MEASURES["early_help_waiting"].label not in alternative_text(plots.waiting_and_caseload(Comparison(nobody)))


def test_price_and_volume_and_the_bridge_say_what_their_tables_say(drawn):
    _, tables, figures = drawn["comparison"]
    table = tables["price_volume.csv"]
    row = table[(table.area == "Two boroughs") & (table.placements == "all") & (table.year_ending == "all")].iloc[0]
    assert f"volume {in_its_unit(row.volume_gbp, row)}" in alternative_text(figures["price_and_volume"])
    costs = tables["cost_bridge.csv"]
    total = costs[(costs.area == "Two boroughs") & (costs.measure == "net_cost") & (costs.year_ending == "all") & (costs.item == "total")].iloc[0]
    assert f"£{abs(total['mean']) / 1e6:,.1f}m" in alternative_text(figures["cost_bridge"])


def in_its_unit(value, row):
    """Return pounds in the unit of the largest part of a row."""
    parts = [name for name in row.index if name.endswith("_gbp")]
    return unit_of(max(abs(float(row[name])) for name in parts)).text(float(value), True)


def test_the_gradient_is_of_the_most_over_the_least_deprived_fifth(drawn):
    _, tables, figures = drawn["comparison"]
    table = tables["gaps.csv"]
    rows = table[(table.area == "Two boroughs") & (table.year_ending == "all") & (table.measure == "cla_at31")]
    row = rows[rows.scenario == "baseline"].iloc[0]
    words = alternative_text(figures["deprivation_gradient"])
    assert f"from {number(row.rate_quintile_1)} to {number(row.rate_quintile_5)}, {row.relative_gap:.1f} times" in words
    few = table.assign(**{f"rate_quintile_{q}": np.nan for q in range(1, 6)})
    assert "deprivation_gradient" not in plots.pictures_of(replace(drawn["comparison"][0]), {"gaps.csv": few})


def test_authorities_stand_beside_their_neighbours(drawn):
    comparison, tables, figures = drawn["comparison"]
    words = alternative_text(figures["spread_over_authorities"])
    near = tables[NEIGHBOURS]
    assert set(near.area) == {"Bolton", "Salford"}
    assert (near.groupby("area").size() == 10).all()
    known = rates(tables[PUBLISHED], "cla_at31", 2025)
    median = float(np.median([known[name] for name in near[near.area == "Bolton"].neighbour]))
    assert f"median of 10 neighbours {number(median)}" in words.split("Bolton: ")[1]
    seven = near.drop(near[near.area == "Bolton"].index[:3])  # most authorities have neighbours that the panel lacks
    median = float(np.median([known[name] for name in seven[seven.area == "Bolton"].neighbour]))
    fewer = alternative_text(plots.spread_over_authorities(comparison, tables[PUBLISHED], seven))
    assert f"median of 7 neighbours {number(median)}" in fewer.split("Bolton: ")[1]
    panel = tables[PUBLISHED].set_index(["area", "measure", "year_ending"]).value
    own = 10_000 * panel["Salford", "cla_at31", 2025] / panel["Salford", "population_0_17", 2025]
    assert f"published {number(own)} in 2025" in words.split("Salford: ")[1]


def test_of_many_authorities_the_highest_and_the_lowest_are_drawn():
    many = invented(areas=tuple(load_areas())[:40])
    figure = plots.spread_over_authorities(many)
    assert len(figure.axes[0].get_yticks()) == MOST_ROWS
    assert f"{40 - MOST_ROWS} authorities between" in texts(figure)


def test_who_gains_is_by_authority_with_the_share_of_runs(drawn):
    _, tables, figures = drawn["comparison"]
    table = tables["shares.csv"]
    row = table[(table.item == "net") & (table.area == "Salford")].iloc[0]
    words = alternative_text(figures["benefit_by_authority"])
    assert f"below the baseline in {row.runs_below_baseline:.0%} of runs" in words.split("Salford")[1]
    assert f"{abs(row['mean']) / 1e6:,.1f}m" in words.split("Salford")[1]


def test_the_flow_is_of_a_year_and_of_the_counts(drawn):
    both, _, figures = drawn["comparison"]
    words = alternative_text(figures["pathway_flow"])
    fired = float(both.baseline.pathway.sel(count="fired:referral.assess", year_ending=2028).sum())
    figure = plots.pathway_flow(both, 2026)
    assert "2025-26" in alternative_text(figure)
    assert "2027-28" in words
    assert any(number(fired, digits=0) in text for text in (words, texts(figures["pathway_flow"])))
    with pytest.raises(ValueError, match="no counts of the pathway"):
        plots.pathway_flow(replace(both.baseline, pathway=None))
    assert "pathway_flow" not in plots.pictures_of(replace(both, baseline=replace(both.baseline, pathway=None), reforms=()), {})


# ---------------------------------------------------------------- break-even


def test_break_even_is_marked_by_the_years_of_5_50_and_95_per_cent_of_runs():
    yearly = np.array([[10.0, -20.0, 0.0]] * 10 + [[10.0, -5.0, -20.0]] * 9 + [[10.0, 10.0, 10.0]])
    even = break_even(yearly, [2026, 2027, 2028])
    assert even_band(even) == (2027.0, 2027.0, 2028.0)
    assert even_band(break_even(yearly[-3:], [2026, 2027, 2028]))[2] == np.inf


def test_the_cost_curve_says_and_marks_when_a_reform_breaks_even(drawn):
    both = drawn["comparison"][0]
    paid = both.baseline.costs.sum("line") * 0.0
    spent = paid.where(paid.year_ending != 2026, 3e6)
    spent = spent.where(spent.year_ending != 2027, -4e6)  # dearer in the first year, got back in the second
    costs = with_spent(both.baseline.costs, spent, both.baseline.payers("authority", kinds=("cost",))[0])
    reform = replace(both.reforms[0], costs=costs, lines=both.baseline.lines)
    figure = plots.cost_curve(replace(both, reforms=(reform,)))
    assert "breaks even by 2026-27 in 100% of runs" in alternative_text(figure)
    assert "breaks even by 2026-27" in texts(figure.axes[1].figure)
    marks = [line for line in figure.axes[1].lines if len(line.get_xdata()) == 1 and line.get_markerfacecolor() == "white"]
    assert [float(mark.get_xdata()[0]) for mark in marks] == [2027.0]


def with_spent(base, spent, line):
    """Return costs with what is spent added to one line."""
    return base + spent.where(base.line == line, 0.0).transpose(*base.dims)

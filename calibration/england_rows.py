"""England's row where it says nothing: published national series first, then the earliest figure known, then a stated default.

Builders borrow from England what an authority and its region do not publish, so England's row must hold something. At an early vintage, or in an
unfamiliar panel, a column may be empty or absent. Then, in this order:

1. the same count from `national.csv` or `distributions.csv`, which begin earlier than the panel's row (`SERIES`, `AGES`): published;
2. in years before the first known one, that one, counts and money per child: assumed;
3. where none is known, `stated_defaults.csv`: what England's row held in the first year it was ever published, counts and money per child. It is
   later than an early vintage knows, so it is a number of this project and not a reading of the panel: assumed.

    python -m calibration.england_rows     # writes stated_defaults.csv from the panel
"""

from __future__ import annotations

import pandas as pd

from calibration.long_tables import distributions_table, national_table
from calibration.panel import DATA, ENGLAND, Panel, read_panel

DEFAULTS = DATA / "stated_defaults.csv"
POPULATION = "population_0_17"
SERIES = {"uasc_at31": "uasc_stock_31_march", "cla_adopted": "adopted_from_care", "cla_ceased_sgo": "sgo_from_care"}
AGES = {
    **{f"cla_started_age_{band}": ("age_started", words) for band, words in (
        ("under_1_year", "Under 1 year"), ("1_to_4_years", "1 to 4 years"), ("5_to_9_years", "5 to 9 years"), ("10_to_15_years", "10 to 15 years"),
        ("16_years_and_over", "16 years and over"))},
    **{f"cla_ceased_age_{band}": ("age_ceased", words) for band, words in (
        ("under_1_year", "Under 1 year"), ("1_to_4_years", "1 to 4 years"), ("5_to_9_years", "5 to 9 years"), ("10_to_15_years", "10 to 15 years"),
        ("16_years", "16 years"), ("17_years", "17 years"), ("18_years_and_over", "18 years and over"))},
}  # fmt: skip


def per_child(measure: str) -> bool:
    """Tell whether a column is a count or a sum of money, which goes by children, and not a rate, price or percentage."""
    return not (measure.endswith(("_pct", "_wd", "_10k")) or "_per_" in measure)


def with_england_filled(panel: Panel, vintage: int | None) -> tuple[Panel, frozenset[tuple[str, int]]]:
    """Fill England's row where a builder would find nothing.

    Without a vintage only columns are filled of which the panel says nothing for England.

    Returns
    -------
    Panel
        The panel, England's empty cells filled.
    frozenset of (measure, year_ending)
        England's cells that are assumed.
    """
    england = panel.frame.index[panel.frame["name"] == ENGLAND]
    if england.empty:
        return panel, frozenset()
    rows = panel.frame.loc[england].set_index("year_ending")
    children = rows[POPULATION].dropna().sort_index() if POPULATION in rows else pd.Series(dtype=float)
    filled, assumed = {}, set()
    for measure, default in pd.read_csv(DEFAULTS).set_index("measure")["value"].items():
        known = rows[measure].dropna().astype(float).sort_index() if measure in rows else pd.Series(dtype=float)
        if vintage is None and len(known):
            continue
        known = _with_published(known, measure, vintage)
        first = int(known.index[0]) if len(known) else None
        early = [year for year in rows.index if first is None or year < first]
        stand_ins = {year: _stand_in(known, first, default, children, year, per_child(measure)) for year in early}
        filled[measure] = [stand_ins.get(year, known.get(year, float("nan"))) for year in rows.index]
        assumed |= {(measure, int(year)) for year in early}
    if not filled:
        return panel, frozenset()
    frame = panel.frame.reindex(columns=[*panel.frame.columns, *(measure for measure in filled if measure not in rows)])
    frame = frame.astype(dict.fromkeys(filled, float))
    frame.loc[england, list(filled)] = pd.DataFrame(filled, index=england)
    return Panel(frame), frozenset(assumed)


def _with_published(known: pd.Series, measure: str, vintage: int | None) -> pd.Series:
    """Return England's known years with those of its other published series before the first of them."""
    if measure in SERIES:
        rows = national_table()
        rows = rows[rows.indicator == SERIES[measure]]
    elif measure in AGES:
        rows = distributions_table()
        indicator, category = AGES[measure]
        rows = rows[(rows.indicator == indicator) & (rows.category == category) & (rows.geography == ENGLAND)]
    else:
        return known
    if vintage is not None:
        rows = rows[rows.year_ending <= vintage]
    other = rows.drop_duplicates("year_ending", keep="last").set_index("year_ending")["value"].astype(float)
    return known.combine_first(other).sort_index()


def _stand_in(known: pd.Series, first: int | None, default: float, children: pd.Series, year: int, by_child: bool) -> float:
    """Return the first known figure, or the stated default; counts at their rate per child."""
    if not by_child or (first is None and children.empty):
        return default if first is None else float(known[first])
    if first is None:
        return default * _near(children, year)
    return float(known[first]) * (_near(children, year) / _near(children, first) if len(children) else 1.0)


def _near(children: pd.Series, year: int) -> float:
    """Return England's children in a year, or in the nearest one known."""
    return float(children.iloc[abs(children.index - year).argmin()])


def defaults() -> pd.DataFrame:
    """Return the table of `stated_defaults.csv`: England's first published figure of every column of the panel."""
    panel = read_panel()
    children = panel.series(ENGLAND, POPULATION)
    rows = []
    for measure in panel.measures:
        series = panel.series(ENGLAND, measure)
        if measure == POPULATION or series.empty:
            continue
        first = int(series.index[0])
        value = series[first] / children[first] if per_child(measure) else series[first]
        unit = "per child aged 0-17" if per_child(measure) else "as in the panel"
        rows.append((measure, float(f"{value:.6g}"), unit, first, "assumed", "England's first published figure, la_panel.csv"))
    return pd.DataFrame(rows, columns=["measure", "value", "unit", "year_ending", "status", "source"])


def main() -> None:
    """Write the table."""
    defaults().to_csv(DEFAULTS, index=False, lineterminator="\n")
    print(f"{len(pd.read_csv(DEFAULTS))} defaults in {DEFAULTS}")


if __name__ == "__main__":
    main()

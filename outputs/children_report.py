"""What a comparison says of children: the tables of its folder, and the block of the closing table that stands beside pounds."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outputs.children import ALL_YEARS, children_table
from outputs.children_gaps import gaps, spread_over_areas
from outputs.children_marks import NOT_WITHIN, Verdict, detectable_by, marks, verdicts
from outputs.tables import after_branch, whole
from scenarios.timeline import year_name
from sim.results import Comparison

# What the closing table shows of children: measure, and whether on the last 31 March (else over all years).
SHOWN = {
    "away_from_parents_at31": True, "care_starts": False, "emergency_starts": False, "days_in_care": False, "s47_without_plan": False,
    "rereferrals": False, "returned_plan": False, "returned_care": False, "early_help_waiting_escalated": False,
    "intensive_help_waiting_escalated": False, "reunified": False, "re_entered_home": False, "with_kin_at31": True, "re_entered_kin": False,
    "adopted": False, "re_entered_adopted": False, "placement_moves": False, "siblings_apart": False, "care_leavers_at31": True,
}  # fmt: skip
TOLD = {  # measure: (words, basis)
    "away_from_parents_at31": ("children away from parents", "year"), "cla_at31_non_uasc": ("children in care", "year"),
    "care_starts": ("care starts", "all years since the branch"),
}  # fmt: skip


@dataclass(frozen=True)
class ChildrenBlock:
    """The closing block: its heading, rows of cells (the first names the columns), a verdict on each reform, and by when it could be told."""

    heading: str
    rows: list[tuple[str, ...]]
    verdicts: list[Verdict]
    detectable: list[str]


def children_tables(comparison: Comparison) -> dict[str, pd.DataFrame]:
    """Return the tables about children that a comparison's folder holds, by file name; none without reforms.

    `children.csv` is of the areas together; `marks.csv` and `gaps.csv` of each area (gaps over all years alone) and of them together;
    `detectable.csv` of each authority; `spread.csv`, of several authorities, how far they are apart.
    """
    if not comparison.reforms or not after_branch(comparison.baseline):
        return {}
    together = whole(comparison)
    marked, apart = marks(together, comparison.metadata.get("grossing")), gaps(together)
    if together is not comparison:
        of_areas = gaps(comparison, by_year=False)
        marked, apart = pd.concat([marks(comparison), marked], ignore_index=True), pd.concat([of_areas, apart], ignore_index=True)
    found = {"children.csv": children_table(together), "gaps.csv": apart, "marks.csv": marked, "detectable.csv": detectable_by(comparison)}
    if len(comparison.baseline.areas) > 1:
        found["spread.csv"] = spread_over_areas(comparison)
    return found


def children_block(comparison: Comparison, tables: dict[str, pd.DataFrame], area: str) -> ChildrenBlock:
    """Return the closing block of an area (of all areas together: its label) from the tables of `children_tables`."""
    years = after_branch(comparison.baseline)
    found = tables["children.csv"]
    found = found[found.area == area].drop_duplicates(["scenario", "measure", "year_ending"]).set_index(["scenario", "measure", "year_ending"])
    names = [reform.scenario for reform in comparison.reforms]
    base = comparison.baseline.scenario
    rows = [("", base, *names)]
    for measure, at_end in SHOWN.items():
        cells = [found.loc[(name, measure, str(years[-1]) if at_end else ALL_YEARS)] for name in names]
        if pd.isna(cells[0].difference):
            continue  # not counted by the engine
        if not any(cell.baseline or cell.reform for cell in cells):
            continue  # it happens in no run, as where nobody waits for help
        when = f", 31 March {years[-1]}" if at_end else ""
        rows.append((f"  {cells[0].label}{when}", f"{cells[0].baseline:,.0f}", *(_change(cell) for cell in cells)))
    heading = f"Children beside pounds, {year_name(years[0])} to {year_name(years[-1])}: mean against {base} and 90 % interval (children.csv)"
    return ChildrenBlock(heading, rows, verdicts(tables["marks.csv"], area), [_told(tables["detectable.csv"], name) for name in names])


def _change(cell: pd.Series) -> str:
    """Return a difference as `mean [p05, p95]`."""
    digits = 1 if abs(cell.difference) < 100 else 0
    return f"{cell.difference:+,.{digits}f} [{cell.p05:+,.{digits}f}, {cell.p95:+,.{digits}f}]"


def _told(table: pd.DataFrame, scenario: str) -> str:
    """Return by when an authority could tell a reform's effect from chance, in words."""
    own, said = table[table.scenario == scenario], {}
    for measure, (label, basis) in TOLD.items():
        by = own.detectable_by[(own.measure == measure) & (own.basis == basis) & (own.detectable_by != "")]
        told = by[by != NOT_WITHIN]
        words = NOT_WITHIN if len(by) else "not known from these runs"
        if len(told):
            words = f"by March {told.iloc[0]}" if len(by) == 1 else f"in {len(told)} of {len(by)} by March {told.max()}"
        said.setdefault(words, []).append(label)
    found = "; ".join(f"{', '.join(labels)} {words}" for words, labels in said.items())
    return f"{scenario}: what one authority could tell from chance (80 % power): {found} (detectable.csv)."

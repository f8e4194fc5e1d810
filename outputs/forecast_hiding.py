"""Small numbers in what a forecast says beside children in care: pounds that would tell of 1 to 5 children are hidden too.

A budget line's pounds of the first month are its children times a price that is known. So a line shows none if a placement of it is hidden among the
children in care of the day of origin (`outputs.forecast_tables.stock_table`), and another does not if it would give the first away. Of an authority
whose children together are few, no pounds are shown at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from outputs.forecast_costs import LINES, TAIL_OF_FEW
from outputs.forecast_tables import TOTAL, hidden_as_marks, hidden_groups
from sim.caseload import PLACEMENTS
from sim.cost_lines import PLACEMENT_LINES
from sim.suppression import small

BY_LINE = ("costs.csv", "outturn.csv")
TOTALS_ONLY = ("bridge.csv", "full_year_effect.csv", "high_cost_tail.csv", "differences.csv")
NOT_FIGURES = frozenset({"year_ending", "entered_in_year_ending", "months"})


def with_small_hidden(tables: Mapping[str, pd.DataFrame], opening: np.ndarray, dear: int) -> dict[str, pd.DataFrame]:
    """Return tables of which none tells of 1 to 5 children by their pounds.

    Parameters
    ----------
    tables
        By file name; those of children in care have been seen to already.
    opening
        Children in care on the day of origin (5, K).
    dear
        Children in the dearest placements on that day whose price a cost list states; 0 if none does.
    """
    lines = hidden_lines(opening)
    shown = dict(tables)
    for name in BY_LINE:
        if name in shown:
            shown[name] = _marked(shown[name], shown[name]["budget_line"].isin(lines).to_numpy())
    for name in TOTALS_ONLY:
        if name in shown and TOTAL in lines:
            shown[name] = _marked(shown[name], np.ones(len(shown[name]), dtype=bool))
    if "high_cost_tail.csv" in shown and TOTAL not in lines and small(np.array(dear)):
        tail = shown["high_cost_tail.csv"]
        shown["high_cost_tail.csv"] = _marked(tail, tail["measure"].str.startswith(TAIL_OF_FEW).to_numpy())
    return shown


def hidden_lines(opening: np.ndarray) -> frozenset[str]:
    """Return the budget lines, the total perhaps among them, that show no pounds, from children in care on the day of origin (5, K)."""
    children = dict.fromkeys(LINES, 0)
    few: set[str] = set()
    groups = hidden_groups(opening)[-1]  # placements of all ages together, and everyone
    for position, name in enumerate(PLACEMENTS):
        line = PLACEMENT_LINES.get(name)
        if line is not None:
            children[line] += int(opening[:, position].sum())
            few |= {line} if groups[position] else set()
    few |= {line for line, count in children.items() if small(np.array(count))}
    everyone = sum(children.values())
    if groups[-1] or small(np.array(everyone)):
        return frozenset({*LINES, TOTAL})
    if len(few) == 1:  # it would be the total less all others
        others = [line for line in LINES if line not in few and children[line] > 0]
        few |= {min(others, key=lambda line: children[line])} if others else {TOTAL}
    return frozenset(few)


def _marked(table: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """Return a table with the figures of some rows as `c`."""
    return hidden_as_marks(table, rows, list(_figures(table))) if rows.any() else table


def _figures(table: pd.DataFrame) -> Iterable[str]:
    """Yield the columns that are figures."""
    return (name for name in table.columns if name not in NOT_FIGURES and pd.api.types.is_numeric_dtype(table[name].dtype))

"""The picture's table of a reform's parts by what they do to each item of net cost: Shapley values, which add up both ways."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from outputs.attribution import TOTAL
from outputs.attribution_words import amount
from outputs.pictures.look import COLOURS
from sim.attributed import ITEMS
from sim.attribution import Attribution

RISE, FALL, WHOLE = COLOURS[2], COLOURS[1], COLOURS[0]
DEEPEST = 0.55  # opacity of the largest cell: words are still read on it
HEADS = {
    "reform_lines": "the reform's\nown lines", "placements_volume": "placements:\nweeks", "placements_mix": "kinds and\nneeds",
    "placements_chance": "price\nas drawn", "placements_market": "market\nprices", "placements_commissioning": "commissioning",
    "placements_interaction": "weeks with\nkinds and prices", "other_lines": "all other\nlines", "net_cost": "net cost",
}  # fmt: skip


def cells(one: Attribution, table: pd.DataFrame) -> pd.DataFrame:
    """Return mean pounds over all years, all authorities together: a row for each part and for the whole, a column for each item and net cost.

    Parameters
    ----------
    table
        `outputs.attribution.attribution_frame`.
    """
    rows = table[(table.scenario == one.scenario) & (table.area == table.area.iloc[-1]) & (table.year_ending == "all")]
    kept = rows[rows.effect.isin(("shapley", TOTAL)) & rows.measure.isin([*ITEMS, "net_cost"])]
    return kept.pivot_table(index="part", columns="measure", values="mean").loc[[*(part.name for part in one.parts), TOTAL], list(HEADS)]


def draw(axes: Axes, one: Attribution, table: pd.DataFrame) -> None:
    """Draw the table: orange rises and blue falls, deeper the larger, each with its amount and sign."""
    found = cells(one, table)
    labels = [*(part.label[:1].upper() + part.label[1:] for part in one.parts), "All of it"]
    largest = float(found.abs().to_numpy().max())
    shades = [[to_rgba(RISE if value > 0 else FALL, DEEPEST * abs(value) / largest if largest else 0.0) for value in row] for row in found.to_numpy()]
    axes.imshow(shades, aspect="auto")
    for r, row in enumerate(found.to_numpy()):
        for c, value in enumerate(row):
            whole = r == len(found) - 1 or c == len(HEADS) - 1
            axes.text(c, r, amount(value, "GBP") or "0", ha="center", va="center", fontsize=8.5, fontweight="bold" if whole else "normal")
    axes.axhline(len(found) - 1.5, color=WHOLE, linewidth=1.0)
    axes.axvline(len(HEADS) - 1.5, color=WHOLE, linewidth=1.0)
    axes.set_xticks(range(len(HEADS)), list(HEADS.values()), fontsize=8.5)
    axes.set_yticks(range(len(found)), labels, fontsize=8.5)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title("Net cost, by part and by what it is made of: rows and columns add up", loc="left", fontsize=10.5)

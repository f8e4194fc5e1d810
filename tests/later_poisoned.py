"""Make every file that calibration reads false after a vintage, so that whatever reads too late gives itself away."""

import pandas as pd

from calibration import long_tables, population
from calibration.panel import DATA, Panel
from calibration.vintage import FILES, NOT_FIGURES, usable_until

FACTOR = 100.0
CACHES = (long_tables.national_table, long_tables.distributions_table, population.ages_mid_2022, population.births, population._codes_by_name)


def poisoned_panel(panel: Panel, vintage: int) -> Panel:
    """Return the panel with every cell that was not yet known multiplied by 100."""
    frame = panel.frame.copy()
    for column in frame.columns.difference(NOT_FIGURES):
        late = frame.year_ending > usable_until(column, vintage)
        frame[column] = frame[column].astype(float).where(~late, frame[column] * FACTOR)
    return Panel(frame)


def poison_files(monkeypatch, vintage: int) -> None:
    """Let `pandas.read_csv` give later rows of the project's data, and files not yet known, 100 times what they hold."""
    honest = pd.read_csv

    def read_csv(path, *arguments, **options):
        frame = honest(path, *arguments, **options)
        name = getattr(path, "name", str(path))
        if getattr(path, "parent", None) != DATA:
            return frame
        if name in FILES and FILES[name][0] > vintage:
            late = pd.Series(True, index=frame.index)
        elif name in ("national.csv", "distributions.csv"):
            late = frame.year_ending > vintage
        elif name == "births_uk.csv":
            late = frame.year >= vintage
        else:
            return frame
        for column in set(frame.columns) & {"value", "persons", "places", "births", "imd_average_score"}:
            numbers = pd.to_numeric(frame[column], errors="coerce")  # a few rows of the long tables hold words
            frame[column] = frame[column].astype(object).where(~late | numbers.isna(), numbers * FACTOR)
        return frame

    monkeypatch.setattr(pd, "read_csv", read_csv)
    forget()


def forget() -> None:
    """Forget what was read before."""
    for cached in CACHES:
        cached.cache_clear()

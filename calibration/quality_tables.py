"""What an import read and could not use, as plain tables: what a data-quality page is made of (`outputs.quality_page`)."""

import pandas as pd

from calibration.care_records import DataQuality

SECTIONS = ("read", "left_out", "unknown_codes", "changes")


def quality_tables(quality: DataQuality) -> dict[str, pd.DataFrame]:
    """Return a table a section, by `SECTIONS`: `of` (table or field), `what` (reason, code or change; empty for `read`), `rows`.

    Rows are in the order of their names: an order by size would tell of small ones.
    """
    counts = {
        "read": {(of, ""): rows for of, rows in quality.read.items()},
        "left_out": quality.left_out,
        "unknown_codes": quality.unknown_codes,
        "changes": quality.changes,
    }
    tables = {}
    for section in SECTIONS:
        rows = [(str(of), str(what), int(number)) for (of, what), number in counts[section].items()]
        table = pd.DataFrame(rows, columns=["of", "what", "rows"]).astype({"rows": "int64"})
        tables[section] = table.sort_values(["of", "what"], ignore_index=True)
    return tables

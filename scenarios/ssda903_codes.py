"""What the codes of the SSDA903 return mean in the words of the pathway: placements, legal statuses, exits, providers.

The table is `scenarios/data/ssda903_codes.csv`: Department for Education, Children looked after by local authorities in England, guide to the SSDA903
collection (code sets), as the guidance of the Standard Safeguarding Dataset quotes them (Data to Insight, 2024), and the lists of valid codes by year
in Data to Insight's validator (rules 146 and 149: K3 from the return of 2024-25; H5, P2 and Z1 no longer in that of 2025-26, which has Z11 to Z14;
what each of the four means was not found) and in liia-tools (E43 and E44 until 2018). Codes named "old code" are of earlier guides, not seen again.
`meaning` is ours, by the groups of the published tables: a residential care home (R1) is another residential setting there, not a children's home.
One code becomes one placement but for foster carers and children's homes, which the provider divides: the authority's own (PR1), and those it buys.
"""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import pandas as pd

OWN = "PR1"
BOUGHT = {"in_house_foster": "agency_foster", "childrens_home": "childrens_home"}  # when the provider is not the authority
OWNED = {"in_house_foster": "in_house_foster", "childrens_home": "authority_childrens_home"}  # when it is


class Code(NamedTuple):
    """A code of the return: its field, the returns' years it is valid in (0 for no limit), what it is called and what it means here."""

    field: str
    code: str
    first_year: int
    last_year: int
    name: str
    meaning: str


@cache
def codes(field: str) -> dict[str, Code]:
    """Return the codes of a field of the return (PLACE, LS, RNE, REC, PLACE_PROVIDER), by code."""
    with (files("scenarios") / "data" / "ssda903_codes.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    rows = table[table["field"] == field].itertuples(index=False)
    return {row.code: Code(row.field, row.code, int(row.first_year or 0), int(row.last_year or 0), row.name, row.meaning) for row in rows}


def placement_of(code: str, provider: str) -> str:
    """Return the placement of the pathway that a code and its provider mean; empty for a code that is not known.

    A foster carer or children's home whose provider is not stated counts as bought, which most are.
    """
    found = codes("PLACE").get(code)
    if found is None:
        return ""
    divided = OWNED if provider == OWN else BOUGHT
    return divided.get(found.meaning, found.meaning)

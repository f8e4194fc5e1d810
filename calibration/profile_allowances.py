"""Profiles, last part: allowances of guardians and the few national prices that no authority publishes."""

from __future__ import annotations

import numpy as np

from calibration.panel import ENGLAND
from calibration.profile_money import UNIT_COSTS
from calibration.profile_table import Figure, ProfileTable

# National minimum fostering allowance 2025-26, GBP a week: (years of age spanned, rest of England, South East, London).
MINIMUM_ALLOWANCE = [(3, 170, 189, 198), (2, 176, 196, 201), (6, 194, 216, 225), (5, 220, 247, 257), (2, 258, 288, 299)]
# To move the allowance back to 2024-25; assumed (12.4 % and 6.9 % are published for the years before).
UPLIFT_2025 = 1.035
SGO_SHORTFALL, CAO_SHORTFALL = 40.0, 54.0  # below kinship foster allowances, GBP a week (Kinship, 2024)
SGO_SHARE, CAO_SHARE = 0.75, 0.32  # children whose carer gets a regular allowance (Kinship survey, 2021)
# Secure welfare beds are bought nationally and no price is published; assumed a quarter dearer than a children's home.
SECURE_RATIO = 1.25
UNREGISTERED_PRICE = 10_500.0  # Children's Commissioner, January 2026: about 10,500 a week on 1 September 2025


def add_allowances(table: ProfileTable) -> None:
    """Add allowances by authority, and national shares and prices once, for England."""
    ages = np.array([row[0] for row in MINIMUM_ALLOWANCE])
    by_zone = {zone: float(ages @ [row[i] for row in MINIMUM_ALLOWANCE] / ages.sum() / UPLIFT_2025)
               for i, zone in enumerate(("rest", "South East", "London"), start=1)}  # fmt: skip
    source = f"{UNIT_COSTS}, national minimum allowance 2025-26 / {UPLIFT_2025}"
    for area in table.places:
        region = table.region_of.get(area, "rest")
        zone = "London" if region.endswith("London") else "South East" if region == "South East" else "rest"
        for order, less in (("kinship", 0.0), ("sgo", SGO_SHORTFALL), ("cao", CAO_SHORTFALL)):
            figure = Figure(by_zone[zone] - less, "national-default", "derived" if table.years.vintage is None else "assumed")
            unit = "GBP per child-week, 2024-25, before means test"
            table.add(area, f"{order}_allowance", table.last_year, figure, unit, source)
    home = next(row[3] for row in table.rows if row[:2] == (ENGLAND, "price_childrens_home"))
    week = "GBP per child-week, 2024-25"
    for quantity, value, unit, where, status in (
        ("sgo_allowance_share", SGO_SHARE, "share of children with the order", UNIT_COSTS, "published"),
        ("cao_allowance_share", CAO_SHARE, "share of children with the order", UNIT_COSTS, "published"),
        ("price_secure_home", home * SECURE_RATIO, week, f"children's home x {SECURE_RATIO}", "assumed"),
        ("price_unregistered", UNREGISTERED_PRICE, week, "Children's Commissioner, January 2026", "published"),
        ("price_with_parents", 0.0, week, "no placement is bought; social work is in the team's cost", "assumed"),
    ):
        status = status if table.years.vintage is None else "assumed"  # figures of 2021 to 2026 stand in at any vintage
        table.add(ENGLAND, quantity, table.last_year, Figure(value, "national-default", status), unit, where)

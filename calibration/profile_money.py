"""Profiles, fourth part: social workers, spend by line, and prices (price base: outturn 2024-25).

Published weekly costs are whole lines over days (`residential_cost_per_week_gbp` holds supported accommodation), and
authorities' own are noisy to useless. So a price is England's, times an authority's factor: what its line came to over
what its placements would have cost at England's prices, first kept within a factor of its region's median and then
shrunk towards it (`profile_table.shrink`). England's prices reproduce England's line exactly; factors are scaled so
that the authorities' prices x placements add up to the sum of their published lines. What one authority spent beyond
that is not modelled.
"""

from __future__ import annotations

import numpy as np

from calibration.panel import ENGLAND, SOURCE
from calibration.profile_places import children_in, foster_children, years_of_places
from calibration.profile_table import Figure, ProfileTable, shrink, weakest

WEEKS = 365 / 7
FIRST_WORKFORCE_YEAR = FIRST_SPEND_YEAR = 2017
FIRST_LINE_YEAR = 2022  # of spend on fostering and homes; earlier vintages have their last four years
SPEND_LINES = ("cla", "leaving_care", "family_support", "safeguarding", "young_people", "youth_justice", "early_years",
               "other", "children_services")  # fmt: skip
# Price of a week over the mean foster week: agency 820 (Competition and Markets Authority, 2020) over 600 (panel,
# 2020); kinship assumed from allowances and support without a fee; in-house is what makes the mean.
AGENCY_RATIO = 820 / 600
KINSHIP_RATIO = 0.60
# One authority's price for supported accommodation at 16-17 in 2023 (unit_costs.csv, Lincolnshire), moved to 2024-25 by
# the growth of England's published weekly fostering cost (720 to 765).
SUPPORTED_PRICE_2024 = 621.0
SUPPORTED_GROWTH = 765 / 720
FOSTER_WEEK_2025 = 765.0  # what SUPPORTED_GROWTH ends at; at a vintage the price moves to England's published week of fostering of its last year
HOME_PRICE_PUBLISHED_2024 = 6106.0  # National Audit Office: 318,400 a year, 2023-24
FOSTER_HALF, HOME_HALF, LEAVER_HALF, WORKER_HALF, ADOPTION_HALF = 100.0, 20.0, 50.0, 60.0, 15.0
# Furthest that an authority's raw price may lie from its region's before it counts as miscoding (Leeds: foster 270).
FOSTER_WIDEST, HOME_WIDEST, OTHER_WIDEST = 1.35, 1.5, 1.6
AGENCY_WORKER_PREMIUM = 0.40  # unit_costs.csv: 40.6 %, range 30-100 %
UNIT_COSTS = "calibration/data/unit_costs.csv"
METHOD = f"{SOURCE}; calibration/profile_money.py"


def add_money(table: ProfileTable) -> dict[str, float]:
    """Add every quantity of this part; return the checks printed by `calibration.profiles`."""
    for area in table.places:
        _workforce(table, area)
        _spend(table, area)
    checks = _foster_prices(table)
    checks |= _home_prices(table)
    _ratio_price(table, "leaving_care_gbp_per_care_leaver_year", "spend_leaving_care_gbp", "care_leavers_19_21",
                 LEAVER_HALF, f"GBP a year per care leaver aged 19-21, {table.years.price_base}")  # fmt: skip
    _adoption_prices(table)
    _worker_costs(table)
    return checks


def _workforce(table: ProfileTable, area: str) -> None:
    """Add staff; the year is that of 30 September, so six months *after* the March of the same year."""
    for year in _years(table, FIRST_WORKFORCE_YEAR, table.years.last_workforce_year):
        fte = table.count(area, "social_workers_fte", year)
        held = table.count(area, "cases_held", year)
        cases = table.rate(area, "cases_per_social_worker", year)
        rates = {m: table.rate(area, m, year) for m in ("sw_agency_pct", "sw_vacancy_pct", "sw_turnover_pct")}
        source = f"{SOURCE}; 30 September {year}"
        table.add(area, "social_workers_fte", year, fte, "FTE in post", source)
        table.add(area, "cases_held", year, held, "cases (children)", source)
        table.add(area, "cases_per_social_worker", year, cases, "cases per FTE case-holder", source)
        for measure, figure in rates.items():
            table.add(area, measure, year, figure, "per cent of FTE", source)
        holders = Figure(held.value / cases.value, weakest(held.basis, cases.basis), "derived")
        table.add(area, "case_holders_fte", year, holders, "FTE, cases held over cases per case-holder", source)


def _spend(table: ProfileTable, area: str) -> None:
    """Add outturn by line in cash, and spend on fostering and homes as weekly cost times weeks of the children of 31 March."""
    for line in SPEND_LINES:
        for year in _years(table, FIRST_SPEND_YEAR, table.last_year):
            table.add(area, f"spend_{line}", year, table.count(area, f"spend_{line}_gbp", year),
                      "GBP gross, outturn of the financial year, cash", SOURCE)  # fmt: skip
    for year in _years(table, min(FIRST_LINE_YEAR, years_of_places(table)[0]), table.last_year):
        for line, kind, measure in (("fostering", "foster", "fostering_cost_per_week_gbp"),
                                    ("residential", "childrens_home", "residential_cost_per_week_gbp")):  # fmt: skip
            price, children = table.rate(area, measure, year), children_in(table, area, kind, year)
            figure = Figure(price.value * WEEKS * children.value, weakest(price.basis, children.basis), "derived")
            table.add(area, f"spend_{line}", year, figure, "GBP, weekly cost x weeks of children at 31 March", SOURCE)


def _years(table: ProfileTable, first: int, last: int) -> range:
    """Return years from `first`, or the first of a panel that begins later, to `last`; `last` alone if it is earlier."""
    return range(min(max(first, table.years.first_year), last), last + 1)


def _factors(table: ProfileTable, lines: dict[str, Figure], expected: dict[str, float], children: dict[str, float],
             half: float, widest: float = OTHER_WIDEST) -> tuple[dict[str, Figure], float]:  # fmt: skip
    """Return each authority's price factor, and the scale that made prices x placements add up to the lines."""
    regional = {}
    for region in set(table.region_of.values()):
        members = [n for n in table.names if table.region_of[n] == region and expected[n] > 0]
        regional[region] = float(np.median([lines[n].value / expected[n] for n in members]))
    raw = {}
    for name in table.names:
        centre = regional[table.region_of[name]]
        ratio = lines[name].value / expected[name] if expected[name] > 0 else centre
        raw[name] = shrink(ratio, centre, children[name], half, widest)
    scale = sum(lines[n].value for n in table.names) / sum(raw[n] * expected[n] for n in table.names)
    factors = {name: Figure(value * scale, lines[name].basis, "derived") for name, value in raw.items()}
    return factors | {ENGLAND: Figure(1.0, "own", "derived")}, scale


def _foster_prices(table: ProfileTable) -> dict[str, float]:
    """Add in-house, agency and kinship foster prices."""
    kinds = {area: foster_children(table, area, table.last_year) for area in table.places}
    england = {kind: figure.value for kind, figure in kinds[ENGLAND].items()}
    total = sum(england.values())
    mean = table.cell(ENGLAND, "fostering_cost_per_week_gbp", table.last_year)
    fixed = AGENCY_RATIO * england["agency"] + KINSHIP_RATIO * england["kinship"]
    ratios = {"in_house": (total - fixed) / england["in_house"], "agency": AGENCY_RATIO, "kinship": KINSHIP_RATIO}
    lines, expected, children = {}, {}, {}
    for name in table.names:
        price = table.rate(name, "fostering_cost_per_week_gbp", table.last_year)
        children[name] = sum(figure.value for figure in kinds[name].values())
        basis = weakest(price.basis, kinds[name]["agency"].basis)
        lines[name] = Figure(price.value * children[name], basis, "derived")
        expected[name] = sum(mean * ratios[kind] * figure.value for kind, figure in kinds[name].items())
    factors, scale = _factors(table, lines, expected, children, FOSTER_HALF, FOSTER_WIDEST)
    for area, factor in factors.items():
        for kind, ratio in ratios.items():
            figure = Figure(mean * ratio * factor.value, factor.basis, "derived")
            table.add(area, f"price_{kind}_foster", table.last_year, figure, f"GBP per child-week, {table.years.price_base}",
                      f"{METHOD}; ratios assumed from {UNIT_COSTS}")  # fmt: skip
    return {f"England foster price, {kind} (GBP a week)": mean * ratio for kind, ratio in ratios.items()} | {
        "foster price scale": scale
    }


def _supported(table: ProfileTable, area: str, year: int) -> float:
    """Return children in supported and other placements: those the residential line pays for at the supported price."""
    return sum(children_in(table, area, kind, year).value for kind in ("semi_independent", "other"))


def england_home_price(table: ProfileTable, year: int, supported_price: float) -> float:
    """Return England's price of a week in a children's home: (line - supported and other) / home-weeks."""
    homes = children_in(table, ENGLAND, "childrens_home", year).value
    line = table.cell(ENGLAND, "residential_cost_per_week_gbp", year) * homes
    return (line - supported_price * _supported(table, ENGLAND, year)) / homes


def _home_prices(table: ProfileTable) -> dict[str, float]:
    """Add prices of children's homes and supported accommodation."""
    supported_price = SUPPORTED_PRICE_2024 * SUPPORTED_GROWTH
    if table.years.vintage is not None:
        supported_price *= table.cell(ENGLAND, "fostering_cost_per_week_gbp", table.last_year) / FOSTER_WEEK_2025
    price = england_home_price(table, table.last_year, supported_price)
    lines, expected, children = {}, {}, {}
    for name in table.names:
        homes = children_in(table, name, "childrens_home", table.last_year)
        cost = table.rate(name, "residential_cost_per_week_gbp", table.last_year)
        rest = cost.value * homes.value - supported_price * _supported(table, name, table.last_year)
        lines[name] = Figure(max(0.0, rest), weakest(cost.basis, homes.basis), "derived")
        expected[name], children[name] = price * homes.value, homes.value
    factors, scale = _factors(table, lines, expected, children, HOME_HALF, HOME_WIDEST)
    for area, factor in factors.items():
        table.add(area, "price_childrens_home", table.last_year, Figure(price * factor.value, factor.basis, "derived"),
                  f"GBP per child-week, {table.years.price_base}", METHOD)  # fmt: skip
    supported = Figure(supported_price, "national-default", "assumed")
    source = f"{UNIT_COSTS}, Lincolnshire 2023, x {SUPPORTED_GROWTH:.4f}"
    for quantity in ("price_supported_accommodation", "price_other_placement"):
        table.add(ENGLAND, quantity, table.last_year, supported, f"GBP per child-week, {table.years.price_base}", source)
    found = {f"England home price {table.years.price_base} (GBP a week)": price, "home price scale": scale}
    if table.years.vintage is not None:
        return found
    check = england_home_price(table, 2024, SUPPORTED_PRICE_2024)
    return {
        f"England home price {table.years.price_base} (GBP a week)": price,
        "England home price 2023-24 (GBP a week)": check,
        "the same over the published 6,106": check / HOME_PRICE_PUBLISHED_2024,
        "home price scale": scale,
    }


def _ratio_price(table: ProfileTable, quantity: str, line: str, volume: str, half: float, unit: str) -> None:
    """Add spend per head of an authority's own line, shrunk."""
    lines = {area: table.count(area, line, table.last_year) for area in table.places}
    heads = {area: table.count(area, volume, table.last_year).value for area in table.places}
    england = lines[ENGLAND].value / heads[ENGLAND]
    expected = {area: england * heads[area] for area in table.names}
    factors, _ = _factors(table, lines, expected, heads, half)
    for area, factor in factors.items():
        table.add(area, quantity, table.last_year, Figure(england * factor.value, factor.basis, "derived"), unit, METHOD)


def _adoption_prices(table: ProfileTable) -> None:
    """Add the adoption service's weekly spend per child placed: spend on a service, not a price a carer is paid."""
    england = table.cell(ENGLAND, "adoption_cost_per_week_gbp", table.last_year)
    for area in table.places:
        own = table.rate(area, "adoption_cost_per_week_gbp", table.last_year)
        adopted = table.own(area, "cla_adopted", table.last_year)
        value = shrink(own.value, england, adopted.value if adopted else 0.0, ADOPTION_HALF, OTHER_WIDEST)
        table.add(area, "price_adoption_placement", table.last_year, Figure(value, own.basis, "derived"),
                  f"GBP per child-week, adoption service, {table.years.price_base}", METHOD)  # fmt: skip


def _worker_costs(table: ProfileTable) -> None:
    """Add the cost of a permanent social worker with all the safeguarding line pays for around them.

    The line of 2023-24 over FTE of 30 September 2023, an agency worker counting 1.4; then moved to 2024-25 by the
    growth of England's published weekly social-work cost.
    """
    # One year before prices, or, at a vintage, the last year: its staff are then the last known.
    year = table.last_year - 1 if table.years.vintage is None else table.last_year
    staff_year = year - 1 if table.years.vintage is None else table.years.last_workforce_year
    weekly = [table.cell(ENGLAND, "social_work_cost_per_week_gbp", one) for one in (year, table.last_year)]
    growth = weekly[1] / weekly[0]
    lines = {area: table.count(area, "spend_safeguarding_gbp", year) for area in table.places}
    heads = {}
    for area in table.places:
        fte = table.count(area, "social_workers_fte", staff_year).value
        agency = min(0.9, table.rate(area, "sw_agency_pct", staff_year).value / 100)
        heads[area] = fte * (1 + (1 + AGENCY_WORKER_PREMIUM) * agency / (1 - agency))
    england = lines[ENGLAND].value / heads[ENGLAND]
    factors, _ = _factors(table, lines, {n: england * heads[n] for n in table.names}, heads, WORKER_HALF)
    for area, factor in factors.items():
        for one, price in {year: england, table.last_year: england * growth}.items():
            table.add(area, "social_worker_cost", one, Figure(price * factor.value, factor.basis, "derived"),
                      "GBP a year per permanent FTE, overheads of the safeguarding line included", METHOD)  # fmt: skip
    premium = Figure(AGENCY_WORKER_PREMIUM, "national-default", "assumed")
    table.add(ENGLAND, "agency_worker_premium", table.last_year, premium, "share added to the cost of a permanent FTE",
              f"{UNIT_COSTS}, agency premium 40.6 (30-100) %")  # fmt: skip



"""Measures of what placements cost, as tables: by group and part, the dearest ones, and how often a market's are let again."""

from sim.kernels.budget import DEAR_GBP_PER_WEEK, TAIL_GBP_PER_WEEK
from sim.measure import flow, level, ratio, stock
from sim.measures_care import GROUPS

PRICED_GROUPS = tuple(group for group in GROUPS if group != "with_parents")
PRICE_PARTS = {
    "chance": "how much dearer or cheaper than the mean for their needs placements were drawn",
    "market": "the market's response to use when placements were let",
    "commissioning": "what commissioning won when placements were let (below nothing: won)",
}
POUNDS = {"unit": "pounds", "grossed_by": "spend"}
A_WEEK = {"unit": "pounds a week", "grossed_by": "spend"}
# Pounds a week or more: the measure of children in such placements.
HIGH_COST = {DEAR_GBP_PER_WEEK: "high_cost_at31"} | {line: f"high_cost_{line:.0f}_at31" for line in TAIL_GBP_PER_WEEK}
DEAR = f"placements at £{DEAR_GBP_PER_WEEK:,.0f} a week or more, prices of the price base"

COSTS = tuple(
    measure
    for group in PRICED_GROUPS
    for measure in (
        flow(f"{group}_gbp", f"{GROUPS[group][0]}: cost", lambda c, group=group: c.placement_gbp(group), **POUNDS),
        *(
            flow(f"{group}_{part}_gbp", f"{GROUPS[group][0]}: {words}", lambda c, g=group, part=part: c.placement_gbp(g, part), **POUNDS)
            for part, words in PRICE_PARTS.items()
        ),
    )
)
OF_HOMES = ("authority_childrens_home", "childrens_home")
HOMES = (
    flow("home_gbp", "Children's homes (secure ones apart): cost", lambda c: c.stage_gbp(*OF_HOMES), "pounds"),
    flow("home_weeks", "Children's homes (secure ones apart): weeks", lambda c: c.unit_days(*OF_HOMES) / 7.0, "child-weeks"),
    ratio("home_gbp_per_week", "Mean price of a week in a children's home", "home_gbp", "home_weeks", 1.0, "pounds a week"),
)
DEAREST = (
    *(stock(HIGH_COST[line], f"Children in placements at £{line:,.0f} a week or more", lambda c, i=3 + i: c.dear[..., i])
      for i, line in enumerate(TAIL_GBP_PER_WEEK)),
    stock("high_cost_at31", f"Children in {DEAR}", lambda c: c.dear[..., 0]),
    stock("high_cost_gbp_per_week", f"Cost of {DEAR}", lambda c: c.dear[..., 1], **A_WEEK),
    stock("placements_gbp_per_week", "Cost of all placements", lambda c: c.dear[..., 2], **A_WEEK),
    ratio("high_cost_pct", f"Cost of {DEAR}, of all placements'", "high_cost_gbp_per_week", "placements_gbp_per_week"),
)  # fmt: skip
LETS = (
    flow("market_lets", "Placements let on the market", lambda c: c.market_lets, "placements"),
    level("market_children", "Children in the market's placements", lambda c: c.market_children, "children"),
    ratio("relet_pct", "Placements let in the year, of the market's", "market_lets", "market_children"),
)
MONEY = (*COSTS, *HOMES, *DEAREST, *LETS)

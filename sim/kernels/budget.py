"""The budget: what care costs over what was budgeted draws on reserves, and is saved next year on family support. Both engines use this.

What it reads are whole numbers, of children and of what their placements were let at; what it writes are an authority's accounts, five numbers: the
cost of care so far this financial year, its budget, reserves, the level of family support that may be saved on (1: as planned), and what levers plan
of all family support over what was planned without them. Need (hazards of entering care and of being referred again) answers what is left of it.
"""

from sim.kernels.compiling import entry
from sim.kernels.layout import WHOLE_PRICE, H, M

DEAR_GBP_PER_WEEK = 10_000.0  # the Local Government Association's line, here in constant prices
TAIL_GBP_PER_WEEK = (5_000.0, 20_000.0)  # lines below and above it, at which children are counted too
LEAST_NEED = 0.1
SPENT, BUDGET, RESERVES, LEVEL, PLANNED = range(5)
PLANNED_GROWTH, SAVED, FLOOR, RESERVES_SHARE, IN_FORCE, RING_FENCED, NEED_RESPONSE = range(7)


@entry
def price_a_day(m, a, stage, month):
    """Return the pounds a day of a child in a stage at the authority's base price, with the growth of prices up to a month."""
    return M.care_cost(m)[a, stage] * M.care_price(m)[stage, month]


@entry
def price_a_week(m, a, stage, let, month):
    """Return the pounds a week of a placement let at a price (ten-thousandths of the base price), in a month's prices."""
    return 7.0 * price_a_day(m, a, stage, month) * (let / WHOLE_PRICE)


@entry
def month_of_care(m, units, let, a, month):
    """Return the pounds that children in paid stages cost in a month: as many as at its end (S), at the sum of what they were let at (S)."""
    total = 0.0
    for stage in range(units.shape[0]):
        if M.care_cost(m)[a, stage] > 0.0:
            paid = let[stage] / WHOLE_PRICE if H.stages(m)[stage]["placement"] >= 0 else 1.0 * units[stage]
            total += paid * price_a_day(m, a, stage, month)
    return total * (H.month_start(m)[month + 1] - H.month_start(m)[month])


@entry
def settle_year(m, accounts, a, planned):
    """Close a financial year: overspend comes out of reserves, what is saved on family support goes in, and next year's budget is set.

    Next year's family support falls by a stated share of the overspend (or rises by that of an underspend), between a floor and what was planned.
    The budget is this year's cost and the planned growth (ruling 21). `planned` is what levers plan of family support for the next year.
    """
    rules, support = M.budget_rules(m), M.family_support(m)[a]
    if accounts[BUDGET] > 0.0:
        over = accounts[SPENT] - accounts[BUDGET]
        accounts[RESERVES] += support * accounts[PLANNED] * (1.0 - accounts[LEVEL]) - over
        if support * planned > 0.0:
            accounts[LEVEL] = min(1.0, max(rules[FLOOR], accounts[LEVEL] - rules[SAVED] * over / (support * planned)))
    accounts[BUDGET] = accounts[SPENT] * (1.0 + rules[PLANNED_GROWTH])
    accounts[SPENT] = 0.0


@entry
def book_month(m, accounts, units, let, a, month):
    """Book what care cost in a month, at its end."""
    if M.budget_rules(m)[IN_FORCE] > 0.0:
        accounts[SPENT] += month_of_care(m, units, let, a, month)


@entry
def open_month(m, accounts, a, month):
    """Settle the year before if the month opens a financial year; years still published only set the first budget and the reserves.

    What levers plan of family support is of the month.
    """
    rules, planned = M.budget_rules(m), M.support_planned(m)[month]
    if month > 0 and rules[IN_FORCE] > 0.0 and M.financial_year(m)[month] != M.financial_year(m)[month - 1]:
        if month <= M.unpublished_from(m)[0]:
            accounts[BUDGET], accounts[RESERVES] = 0.0, rules[RESERVES_SHARE] * accounts[SPENT]
        settle_year(m, accounts, a, planned)
    accounts[PLANNED] = planned


@entry
def places_afforded(planned, saveable, level):
    """Return places once savings have closed a share of those that the authority's own family support buys."""
    return planned - (1.0 - level) * saveable


@entry
def need(planned, level, ring_fenced, response):
    """Return how much faster families come to harm than with family support as planned without levers: 1 + response x the share of it that is gone.

    Of what is `planned` (over what was planned without levers), the level acts on what grants do not pay. A tenth of need is left, however much.
    """
    return max(LEAST_NEED, 1.0 + response * (1.0 - planned * (ring_fenced + (1.0 - ring_fenced) * level)))


@entry
def need_pace(m, accounts, month):
    """Return the pace of need this month, over its highest (1: not slowed)."""
    rules = M.budget_rules(m)
    return min(1.0, need(accounts[PLANNED], accounts[LEVEL], rules[RING_FENCED], rules[NEED_RESPONSE]) / M.need_most(m)[month])

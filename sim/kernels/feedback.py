"""The monthly environment: pressure on teams and courts, and the market's response of price. Every engine uses these functions.

What they read are counts of cases and place-days; what they write are plain arrays.
"""


import math

import numpy as np

from sim.kernels.compiling import entry, keep_whole
from sim.kernels.layout import NO_DRIVER, H


@entry
def work_in_hand(weights, cases):
    """Return the weighted count of open cases (children): weights by stage (S), cases by stage (S)."""
    total = 0.0
    for stage in range(weights.shape[0]):
        if weights[stage] > 0.0:
            total += weights[stage] * cases[stage]
    return total


@entry
def set_clock(h, factor, opclock, a, row, month):
    """Accumulate a row's operational time from `month` to the model's end."""
    keep_whole()
    for later in range(month, factor.shape[2]):
        length = H.month_start(h)[later + 1] - H.month_start(h)[later]
        opclock[a, row, later + 1] = opclock[a, row, later] + length * factor[a, row, later]


@entry
def set_turns(factor, turns, a, row, month):
    """Note, for `month` and the months before it as far as that changes them, when the row's factor next turns from 1 or to 1."""
    last = factor.shape[2] - 1
    for earlier in range(month, -1, -1):
        turn = earlier + 1
        if earlier < last and (factor[a, row, earlier] == 1.0) == (factor[a, row, earlier + 1] == 1.0):
            turn = np.int64(turns[a, row, earlier + 1])
        if earlier < month and turns[a, row, earlier] == turn:
            break
        turns[a, row, earlier] = turn


@entry
def set_clocks(h, factor, opclock, turns, slowing):
    """Build every row's factors and operational time from exogenous factors and the slowing recorded so far (A, DRIVERS, M)."""
    for a in range(factor.shape[0]):
        for row in range(factor.shape[1]):
            driver = H.row_driver(h)[row]
            for month in range(factor.shape[2]):
                factor[a, row, month] = H.row_factor(h)[a, row, month] * (slowing[a, driver - 1, month] if driver != NO_DRIVER else 1.0)
            opclock[a, row, 0] = H.month_start(h)[0]
            set_clock(h, factor, opclock, a, row, 0)
            for month in range(factor.shape[2]):
                turns[a, row, month] = 0
            set_turns(factor, turns, a, row, factor.shape[2] - 1)


@entry
def pace_under(pressure, response):
    """Return the pace of what pressure above 1 slows: min(1, 1 / pressure) if none of it is made up for (response 1: shared attention)."""
    if pressure <= 1.0:
        return 1.0
    return 1.0 / pressure if response == 1.0 else math.exp(-response * math.log(pressure))


@entry
def slow_driver(h, factor, opclock, turns, slowing, a, driver, month, pace):
    """Slow a month of every row of a driver to a pace (1: not at all). Rows of other drivers stay as they are."""
    keep_whole()
    slowing[a, driver - 1, month] = pace
    for row in range(factor.shape[1]):
        if H.row_driver(h)[row] == driver:
            slowed = H.row_factor(h)[a, row, month] * pace
            if slowed != factor[a, row, month]:
                factor[a, row, month] = slowed
                set_clock(h, factor, opclock, a, row, month)
                set_turns(factor, turns, a, row, month)


@entry
def respond(price, use, reference, response, share, floor, ceiling):
    """Return the market's price index next month.

    It moves a stated share of the way to 1 + response x (last month's utilisation - the reference), within a floor and a ceiling.
    """
    target = 1.0 + response * (use - reference)
    return min(max(price + share * (target - price), floor), ceiling)


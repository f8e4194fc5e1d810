"""When a transition fires: thresholds consumed by hazards over pieces of time. Every engine uses these functions.

A piece is a maximal interval on which the hazard is constant but for the month factor, which enters through operational time where it is not 1
(docs/engine.md). Each function is a pure function of its arguments.
"""

import math

import numpy as np

from sim.kernels.compiling import entry, keep_whole, kernel
from sim.kernels.layout import AT_HOME, YEAR, C, H
from sim.kernels.rng import uniform

INF = math.inf


@entry
def month_at(h, t):
    """Return the model month that holds day t (an exact month start belongs to the new month)."""
    return np.int64(H.month_of_day(h)[math.floor(t - H.month_start(h)[0])])


@entry
def operational_time(h, c, a, row, t):
    """Return C(t): days of exposure at factor 1 since the model's start (plus its first day)."""
    last = H.month_start(h).shape[0] - 1
    if t >= H.month_start(h)[last]:
        return C.opclock(c)[a, row, last]
    month = month_at(h, t)
    return C.opclock(c)[a, row, month] + (t - H.month_start(h)[month]) * C.factor(c)[a, row, month]


@entry
def time_of(h, c, a, row, t, target):
    """Return the first time at or after t at which operational time reaches `target` (it must be reached before the end)."""
    opclock = C.opclock(c)
    month, last, step = month_at(h, t), H.month_start(h).shape[0] - 2, 1
    high = month
    while high < last and opclock[a, row, high + 1] < target:  # most waits are short: look one, two, four ... months ahead
        month = high + 1
        high = min(high + step, last)
        step *= 2
    while month < high:
        middle = (month + high) // 2
        if opclock[a, row, middle + 1] < target:
            month = middle + 1
        else:
            high = middle
    return H.month_start(h)[month] + (target - opclock[a, row, month]) / C.factor(c)[a, row, month]


@entry
def child_age(birth, t):
    """Return (age band, time of the next band's birthday) of a child."""
    if t < birth + 1.0 * YEAR:
        return 0, birth + 1.0 * YEAR
    if t < birth + 5.0 * YEAR:
        return 1, birth + 5.0 * YEAR
    if t < birth + 10.0 * YEAR:
        return 2, birth + 10.0 * YEAR
    if t < birth + 16.0 * YEAR:
        return 3, birth + 16.0 * YEAR
    return 4, INF


@entry
def month_on_or_after(h, t):
    """Return the first month start at or after t, or infinity past the model's end."""
    last = H.month_start(h).shape[0] - 1
    if t > H.month_start(h)[last]:
        return INF
    if t <= H.month_start(h)[0]:
        return H.month_start(h)[0]
    month = last if t == H.month_start(h)[last] else month_at(h, t)
    return t if H.month_start(h)[month] == t else H.month_start(h)[month + 1]


@entry
def family_age(h, family, t):
    """Return (age band of the youngest child at home as of the month's start, first later month start that may change it)."""
    as_of = H.month_start(h)[month_at(h, t)]
    band, edge, coming = 0, INF, INF
    slot = np.int64(family["n_children"]) - 1
    while slot >= 0:  # from the last born back
        if family["home"][slot] == AT_HOME:
            birth = family["births"][slot]
            if birth <= as_of:
                band, edge = child_age(birth, as_of)
                break
            coming = birth
        slot -= 1
    edge = min(edge, coming)
    if edge < INF:
        edge = month_on_or_after(h, edge)
    return band, edge


@kernel
def needs_of(family, unit):
    """Return the needs of a child (unit 1 + slot), or of a family's (unit 0) neediest child at home (or to be born there); standard if none is."""
    if unit > 0:
        return np.int64(family["needs"][unit - 1])
    highest = np.int64(0)
    for slot in range(family["n_children"]):
        if family["home"][slot] == AT_HOME:
            highest = max(highest, np.int64(family["needs"][slot]))
    return highest


@kernel
def acts_on(entry, age, family):
    """Return whether an effect acts on an age band (-1: of no matter to the hazard), and on this family."""
    return (age < 0 or (entry["ages"] >> age) & 1 == 1) and (entry["removed"] == 0 or family["removals"] > 0)


@entry
def help_effect(h, first, n, family, unit, age, t):
    """Return (multiplier, next edge) of the effects of help on a family's hazard, or on one of its children's, since help began (infinite: never)."""
    keep_whole()
    effect, edge, needs = 1.0, INF, needs_of(family, unit)
    for i in range(first, first + n):
        entry = H.help(h)[i]
        if not acts_on(entry, age, family):
            continue
        begins = max(family["help_start"] + entry["from_days"], entry["start"])
        ends = family["help_start"] + entry["until_days"]
        if t < begins:
            if begins < ends:
                edge = min(edge, begins)
        elif t < ends:
            effect *= entry["hazard_ratio"][needs]
            edge = min(edge, ends)
    return effect, edge


@kernel
def month_reached(h, lever, u):
    """Return the first month in which a lever's reach is above u, or its end: reach does not fall before."""
    low, high = H.reach_levers(h)[lever]["first"], H.reach_levers(h)[lever]["end"]
    while low < high:
        middle = (low + high) // 2
        if H.reach(h)[lever, middle] > u:
            high = middle
        else:
            low = middle + 1
    return low


@entry
def lever_effect(h, first, n, family, who, episode, seed, replicate, began, age, t):
    """Return (multiplier, next edge) of levers that reach this family or child, in an episode that began at `began`: one uniform each an episode."""
    keep_whole()
    effect, edge, needs = 1.0, INF, needs_of(family, who & 255)
    for i in range(first, first + n):
        entry = H.levers(h)[i]
        reach = H.reach_levers(h)[entry["lever"]]
        ends = min(H.month_start(h)[reach["end"]], began + entry["until_days"])
        if t >= ends or not acts_on(entry, age, family):
            continue
        low = month_reached(h, entry["lever"], uniform(seed, replicate, family["id"], who, reach["name"], episode))
        if low == reach["end"]:
            continue
        begins = max(H.month_start(h)[low], began + entry["from_days"])
        if t < begins:
            if begins < ends:
                edge = min(edge, begins)
        else:
            effect *= entry["hazard_ratio"][needs]
            edge = min(edge, ends)
    return effect, edge


@kernel
def unhindered(h, c, a, row, t, until):
    """Return whether every month's factor is 1 from t to `until`."""
    month = month_at(h, t)
    return C.factor(c)[a, row, month] == 1.0 and H.month_start(h)[C.turns(c)[a, row, month]] >= until


@kernel
def age_at(h, family, is_child, birth, t):
    """Return (age band, when it changes) of a child, or of a family's youngest."""
    keep_whole()
    return child_age(birth, t) if is_child else family_age(h, family, t)


@entry
def advance(
    h, c, a, k, seed, replicate, family, who, episode, began, is_child, birth, age, age_edge, origin, multiplier, t, until, residual,
):  # fmt: skip
    """Consume `residual` of transition k from t, stopping at `until`: return (firing time or infinity, what is left).

    `origin` is the start of the transition's clock, `began` that of the episode, `multiplier` the product of everything that does not change before
    `until`. Until `age_edge` the age band is `age`.
    """
    tr = H.transitions(h)[k]
    row, first, n = tr["row"], tr["band"], tr["n_bands"]
    until = min(until, H.horizon(h)[0])
    version, n_versions, band = np.int64(0), H.version_start(h).shape[0], 0
    if t < until:
        version = np.int64(H.month_version(h)[month_at(h, t)])
    while t < until:
        following = np.int64(H.next_version(h)[version, a, k])
        while band + 1 < n and t >= origin + H.edges(h)[version, first + band + 1]:
            band += 1
        rate = H.rates(h)[version, a, first + band] * multiplier
        stop = until
        if band + 1 < n:
            stop = min(stop, origin + H.edges(h)[version, first + band + 1])
        if following < n_versions:
            stop = min(stop, H.version_start(h)[following])
        if tr["age"] >= 0:
            if t >= age_edge:
                age, age_edge = age_at(h, family, is_child, birth, t)
            rate *= H.age_table(h)[a, tr["age"], age]
            stop = min(stop, age_edge)
        concerned = age if tr["age"] >= 0 else -1
        if tr["n_help"] > 0 and family["help_start"] < INF:
            effect, edge = help_effect(h, np.int64(tr["help"]), np.int64(tr["n_help"]), family, who & 255, concerned, t)
            rate *= effect
            stop = min(stop, edge)
        if tr["n_levers"] > 0:
            first_lever, n_levers = np.int64(tr["lever"]), np.int64(tr["n_levers"])
            effect, edge = lever_effect(h, first_lever, n_levers, family, who, episode, seed, replicate, began, concerned, t)
            rate *= effect
            stop = min(stop, edge)
        if rate > 0.0:
            month = month_at(h, t)
            stop = min(stop, H.month_start(h)[C.turns(c)[a, row, month]])
            if C.factor(c)[a, row, month] == 1.0:
                use = rate * (stop - t)
                if use >= residual:
                    return max(t, min(stop, t + residual / rate)), 0.0
            else:
                begin = operational_time(h, c, a, row, t)
                use = rate * (operational_time(h, c, a, row, stop) - begin)
                if use >= residual:
                    return max(t, min(stop, time_of(h, c, a, row, t, begin + residual / rate))), 0.0
            residual -= use
        t = stop
        if following < n_versions and t >= H.version_start(h)[following]:
            version, band = following, 0
    return INF, residual

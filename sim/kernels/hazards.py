"""When a transition fires: thresholds consumed by hazards over pieces of time. Every engine uses these functions.

A piece is a maximal interval on which the hazard is constant but for the month factor, which enters through operational time where it is not 1
(docs/engine.md). Each function is a pure function of its arguments; `schedule` and `draw` write residuals in place.
"""

import math

import numpy as np

from sim.kernels.compiling import entry, keep_whole, kernel
from sim.kernels.layout import (
    AT_HOME,
    CLOCK_ADMISSION,
    CLOCK_CARE_EPISODE,
    CLOCK_STAGE,
    MAX_TRANSITIONS,
    NEEDS,
    NO_PICK,
    STREAMS,
    WHEN_ADMITTED,
    WHEN_WAITING,
    YEAR,
    C,
    H,
)
from sim.kernels.rng import four_uniforms, uniform

INF = math.inf
TINY = 1e-12


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


@entry
def help_effect(h, first, n, help_start, t):
    """Return (multiplier, next edge) of the effects of help that began at `help_start` (infinite: never)."""
    keep_whole()
    effect, edge = 1.0, INF
    for i in range(first, first + n):
        entry = H.help(h)[i]
        begins = max(help_start + entry["from_days"], entry["start"])
        ends = help_start + entry["until_days"]
        if t < begins:
            if begins < ends:
                edge = min(edge, begins)
        elif t < ends:
            effect *= entry["hazard_ratio"]
            edge = min(edge, ends)
    return effect, edge


@entry
def lever_effect(h, first, n, entity, who, episode, seed, replicate, t):
    """Return (multiplier, next edge) of levers that reach this entity: one uniform per (family, lever, episode)."""
    keep_whole()
    effect, edge = 1.0, INF
    for i in range(first, first + n):
        lever = H.levers(h)[i]["lever"]
        reach = H.reach_levers(h)[lever]
        ends = H.month_start(h)[reach["end"]]
        if t >= ends:
            continue
        u = uniform(seed, replicate, entity, who, reach["name"], episode)
        low, high = reach["first"], reach["end"]  # first month with reach > u: reach does not fall before its end
        while low < high:
            middle = (low + high) // 2
            if H.reach(h)[lever, middle] > u:
                high = middle
            else:
                low = middle + 1
        if low < reach["end"]:
            begins = H.month_start(h)[low]
            if t < begins:
                edge = min(edge, begins)
            else:
                effect *= H.levers(h)[i]["hazard_ratio"]
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
    h, c, a, k, seed, replicate, family, who, episode, is_child, birth, age, age_edge, origin, multiplier, t, until, residual,
):  # fmt: skip
    """Consume `residual` of transition k from t, stopping at `until`: return (firing time or infinity, what is left).

    `origin` is the start of the transition's clock, `multiplier` the product of everything that does not change before `until`. Until `age_edge`
    the age band is `age`.
    """
    tr = H.transitions(h)[k]
    row, first, n = tr["row"], tr["band"], tr["n_bands"]
    until = min(until, H.horizon(h)[0])
    version, n_versions = 0, H.version_start(h).shape[0]
    while version + 1 < n_versions and t >= H.version_start(h)[version + 1]:
        version += 1
    band = 0
    while t < until:
        while band + 1 < n and t >= origin + H.edges(h)[version, first + band + 1]:
            band += 1
        rate = H.rates(h)[version, a, first + band] * multiplier
        stop = until
        if band + 1 < n:
            stop = min(stop, origin + H.edges(h)[version, first + band + 1])
        if version + 1 < n_versions:
            stop = min(stop, H.version_start(h)[version + 1])
        if tr["age"] >= 0:
            if t >= age_edge:
                age, age_edge = age_at(h, family, is_child, birth, t)
            rate *= H.age_table(h)[a, tr["age"], age]
            stop = min(stop, age_edge)
        if tr["n_help"] > 0 and family["help_start"] < INF:
            effect, edge = help_effect(h, np.int64(tr["help"]), np.int64(tr["n_help"]), family["help_start"], t)
            rate *= effect
            stop = min(stop, edge)
        if tr["n_levers"] > 0:
            first_lever, n_levers = np.int64(tr["lever"]), np.int64(tr["n_levers"])
            effect, edge = lever_effect(h, first_lever, n_levers, family["id"], who, episode, seed, replicate, t)
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
        if version + 1 < n_versions and t >= H.version_start(h)[version + 1]:
            version += 1
            band = 0
    return INF, residual


@entry
def draw(h, stage, slot, seed, replicate, entity, who, entries):
    """Draw the threshold of every transition of a stage entered for the `entries`-th time, into the slot.

    What is kept is minus the uniform: `threshold_of` takes its logarithm once the threshold is asked for, and most never are.
    """
    keep_whole()
    st, names = H.stages(h)[stage], H.draw_names(h)
    for j in range(0, st["n"], 4):  # four at once; those past the stage's last are never looked at
        k = st["first"] + j
        u, v, w, x = four_uniforms(seed, replicate, entity, who, names[k], names[k + 1], names[k + 2], names[k + 3], entries * 64)
        slot["residual"][j], slot["residual"][j + 1], slot["residual"][j + 2], slot["residual"][j + 3] = -u, -v, -w, -x
    for j in range(MAX_TRANSITIONS):
        slot["repeats"][j] = 0
    if st["timed"]:
        for j in range(st["n"]):
            tr = H.transitions(h)[st["first"] + j]
            if tr["at_age"] > 0.0 or tr["at_birth"]:
                slot["residual"][j] = INF


@entry
def threshold_of(residual):
    """Return a residual threshold; one not asked for before is still minus its uniform."""
    return residual if residual >= 0.0 else -math.log(-residual)


@kernel
def at_least(residual):
    """Return a bound below a residual threshold, without a logarithm: -log(u) >= 1 - u."""
    return residual if residual >= 0.0 else 1.0 + residual


@kernel
def kind_of(family, needs, earlier):
    """Return the column of `static_table`."""
    return ((np.int64(family["quintile"]) * NEEDS + needs) * STREAMS + np.int64(family["stream"])) * 2 + earlier


@kernel
def competes(h, tr, kind, waiting, b0, b1, b2, b3):
    """Return the product of a transition's multipliers that do not change within a stay beside the same stages; 0 if it cannot fire."""
    if tr["dead"] or tr["at_birth"] or tr["at_age"] > 0.0:
        return 0.0
    if (tr["when"] == WHEN_ADMITTED and waiting) or (tr["when"] == WHEN_WAITING and not waiting):
        return 0.0
    multiplier = H.static_table(h)[tr["static"], kind]
    row = tr["beside"]
    if row >= 0:
        table = H.beside_table(h)
        multiplier *= table[row, b0] * table[row, b1] * table[row, b2] * table[row, b3]
    return multiplier


@kernel
def origin_of(tr, family, slot, care_start):
    """Return when the clock of a slot's transition began."""
    if tr["clock"] == CLOCK_STAGE:
        return slot["start"]
    if tr["clock"] == CLOCK_ADMISSION:
        return slot["admitted"]
    return care_start if tr["clock"] == CLOCK_CARE_EPISODE else family["case_start"]


@kernel
def walk_bands(h, a, tr, origin, multiplier, by_age, t, until, residual):
    """Do what `advance` does where the hazard changes from band to band and for no other reason (and with the same bits)."""
    edges, rates, first, n, band = H.edges(h), H.rates(h), tr["band"], tr["n_bands"], 0
    while band + 1 < n and t >= origin + edges[0, first + band + 1]:
        band += 1
    while t < until:
        stop = until if band + 1 == n else min(until, origin + edges[0, first + band + 1])
        rate = rates[0, a, first + band] * multiplier * by_age
        use = rate * (stop - t)
        if use >= residual and rate > 0.0:
            return max(t, min(stop, t + residual / rate)), 0.0
        residual -= use
        t = stop
        band += 1
    return INF, residual


@entry
def schedule(
    h, c, a, family, slot, seed, replicate, who, episode, is_child, birth, needs, earlier, b0, b1, b2, b3, care_start, until, commit,
):  # fmt: skip
    """Find what a slot fires next: (index of the transition in its stage or NO_PICK, time).

    `family` and `slot` are records; b0-b3 are the columns of the multiplier table for the entity's tracks. With `commit`, reduce the slot's residuals
    up to `until` instead.
    """
    keep_whole()
    st, evaluated = H.stages(h)[slot["stage"]], slot["evaluated"]
    pick, soonest, name = NO_PICK, min(until, H.horizon(h)[0]), np.int64(0)
    if st["fixed_age"] and not commit:
        for j in range(st["n"]):
            tr = H.transitions(h)[st["first"] + j]
            if tr["at_age"] > 0.0 and birth + tr["at_age"] * YEAR < soonest:
                pick, soonest, name = np.int64(j), birth + tr["at_age"] * YEAR, tr["name"]
    age, age_edge, kind = 0, -INF, kind_of(family, needs, earlier)
    for j in range(st["n"]):
        k = st["first"] + j
        # Nothing later than the soonest so far matters; a hazard too low to fire by then need not be walked.
        if not commit and at_least(slot["residual"][j]) > H.peak(h)[a, k] * (soonest - evaluated):
            continue
        tr = H.transitions(h)[k]
        multiplier = competes(h, tr, kind, slot["waiting"] != 0, b0, b1, b2, b3)
        if multiplier == 0.0 or (not commit and at_least(slot["residual"][j]) > H.pace(h)[a, k] * multiplier * (soonest - evaluated)):
            continue
        origin = origin_of(tr, family, slot, care_start)
        slot["residual"][j] = threshold_of(slot["residual"][j])
        by_age = 1.0
        if tr["age"] >= 0:
            if age_edge == -INF:
                age, age_edge = age_at(h, family, is_child, birth, evaluated)
            by_age = H.age_table(h)[a, tr["age"], age]
        begins = max(evaluated, origin)
        if begins >= soonest:
            due, left = INF, slot["residual"][j]
        elif tr["bands_only"] and (tr["age"] < 0 or age_edge >= soonest) and unhindered(h, c, a, tr["row"], begins, soonest):
            due, left = walk_bands(h, a, tr, origin, multiplier, by_age, begins, soonest, slot["residual"][j])
        else:
            due, left = advance(
                h, c, a, k, seed, replicate, family, who, episode, is_child, birth, age, age_edge, origin, multiplier, begins, soonest,
                slot["residual"][j],
            )  # fmt: skip
        if commit:
            slot["residual"][j] = max(left, TINY)
        elif due < soonest or (due == soonest and due < INF and (pick < 0 or tr["name"] < name)):
            pick, soonest, name = np.int64(j), due, tr["name"]
    return pick, soonest if pick >= 0 else INF


@entry
def never_returns(h, a, k, multiplier, origin, until, residual):
    """Return whether a closed family would stay away until `until` even at `multiplier` times its hazard, in plain time."""
    tr = H.transitions(h)[k]
    t, first, n = origin, tr["band"], tr["n_bands"]
    for band in range(n):
        stop = until if band + 1 == n else min(until, origin + H.edges(h)[0, first + band + 1])
        if stop > t:
            residual -= H.rates(h)[0, a, first + band] * multiplier * (stop - t)
            t = stop
    return residual > 0.0

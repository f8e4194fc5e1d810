"""Arrivals: candidate families in superposed layers of one fixed rate, thinned; the same families exist in every scenario."""

import math

from sim.kernels.compiling import keep_whole, kernel
from sim.kernels.hazards import month_at
from sim.kernels.layout import (
    ADMITTED,
    ARRIVAL,
    ARRIVAL_ITEM,
    AT_HOME,
    FIRST,
    IDLE,
    LAYERS,
    NEED,
    NEVER_CLOSED,
    NO_PICK,
    NOBODY,
    ONLY_CHILD,
    SLOTS,
    STREAMS,
    WHOLE_FAMILY,
    YEAR,
    H,
    M,
    S,
    Y,
)
from sim.kernels.queue import leave_queue, put_in_queue
from sim.kernels.rng import uniform, uniform_pair
from sim.kernels.slots import home_changed, log_family, reschedule_family, start_stage, who
from sim.kernels.tally import CANDIDATES

INF = math.inf


@kernel
def next_candidate(m, s, a, stream, layer, t):
    """Schedule the next candidate of a layer: exponential gaps at the authority's fixed candidate rate."""
    keep_whole()
    arrival = S.arrivals(s)[a, stream, layer]
    rate = M.candidate_rate(m)[a, stream]
    arrival["index"] += 1
    u = uniform(M.seed(m)[0], M.seed(m)[1], arrival["index"] * LAYERS + layer, who(m, a, stream, WHOLE_FAMILY), M.names(m)[0], layer)
    arrival["fires"] = t - math.log(u) / rate if rate > 0.0 else INF
    put_in_queue(m, s, a, ARRIVAL_ITEM + stream * LAYERS + layer, arrival["fires"])


@kernel
def open_layers(m, s, a, t):
    """Queue the candidates of every layer that this model may accept some of, from t on; a layer not needed before catches up first."""
    keep_whole()
    for stream in range(STREAMS):
        for layer in range(LAYERS):
            arrival, item = S.arrivals(s)[a, stream, layer], ARRIVAL_ITEM + stream * LAYERS + layer
            if layer >= M.layers(m)[a, stream]:
                leave_queue(m, s, a, item)
                continue
            if arrival["index"] == 0:
                next_candidate(m, s, a, stream, layer, H.month_start(m)[0])
            while arrival["fires"] < t:
                next_candidate(m, s, a, stream, layer, arrival["fires"])
            put_in_queue(m, s, a, item, arrival["fires"])


@kernel
def pick(cdf, u):
    """Return the first index whose cumulative share exceeds u."""
    for i in range(cdf.shape[0] - 1):
        if u < cdf[i]:
            return i
    return cdf.shape[0] - 1


@kernel
def new_family(m, s, a, stream, index, quintile):
    """Take a free row for a family that starts now with nobody in it yet. Return the row."""
    keep_whole()
    n = S.sizes(s)[a, 0] - 1
    S.sizes(s)[a, 0] = n
    f = S.free_families(s)[a, n]
    S.high(s)[a, 0] = max(S.high(s)[a, 0], f + 1)
    family = S.families(s)[a, f]
    family["id"], family["stream"], family["quintile"], family["used"] = index, stream, quintile, 1
    family["removals"] = family["n_children"] = 0
    family["help_start"], family["last_referral"], family["case_start"] = INF, -INF, 0.0
    family["last_plan_end"], family["closed_day"], family["since_closed"] = -INF, NEVER_CLOSED, 0
    family["entries"][:] = 0
    family["counted"][:] = 0
    for i in range(SLOTS):
        family["births"][i], family["home"][i], family["care_row"][i], family["needs"][i] = INF, 0, -1, 0
    for track in range(4):
        slot = S.family_slots(s)[a, f, track]
        slot["stage"], slot["pick"], slot["fires"], slot["waiting"] = IDLE, NO_PICK, INF, 0
        family["stages"][track] = IDLE
    return f


@kernel
def make_children(m, s, a, f, t):
    """Give a family its children, oldest first, and those still to be born: sizes, ages, gaps, needs and births from its own address.

    Births to come are part of the family's address, not of what happens to it, so they are the same in every scenario.
    """
    keep_whole()
    family = S.families(s)[a, f]
    seed, replicate, index = M.seed(m)[0], M.seed(m)[1], family["id"]
    address = who(m, a, family["stream"], WHOLE_FAMILY)
    u, v = uniform_pair(seed, replicate, index, address, M.names(m)[2], FIRST)
    n = pick(M.children_cdf(m), u) + 1 if family["stream"] == 0 else 1  # the disabled children's stream counts the child alone
    x = uniform(seed, replicate, index, address, M.names(m)[3], FIRST)
    band = pick(M.age_cdf(m), v)
    age = M.age_bands(m)[band] + x * (M.age_bands(m)[band + 1] - M.age_bands(m)[band])
    ages = 0
    birth = youngest = t - age * YEAR
    while ages < n and birth > t - 18.0 * YEAR:  # from the youngest back; older siblings past 18 have left
        family["births"][ages], family["home"][ages] = birth, AT_HOME
        ages += 1
        if ages < n:
            u = uniform(seed, replicate, index, address, M.names(m)[4], ages)
            birth -= (M.parameters(m)[0] + u * (M.parameters(m)[1] - M.parameters(m)[0])) * YEAR
    for i in range(ages // 2):  # oldest first
        family["births"][i], family["births"][ages - 1 - i] = family["births"][ages - 1 - i], family["births"][i]
    birth, until, i = max(youngest, t), youngest + M.parameters(m)[3] * YEAR, ages
    while i < SLOTS and M.parameters(m)[2] > 0.0 and family["stream"] == 0:
        u = uniform(seed, replicate, index, address, M.names(m)[5], i)
        birth += 0.75 * YEAR - math.log(u) / M.parameters(m)[2] * YEAR
        if birth > until:
            break
        family["births"][i], family["home"][i] = birth, AT_HOME
        i += 1
    family["n_children"] = i
    home_changed(family)
    for slot in range(i):
        u = uniform(seed, replicate, index, who(m, a, family["stream"], slot + 1), M.names(m)[4], FIRST)
        family["needs"][slot] = pick(M.needs_cdf(m), u)


@kernel
def accept(m, a, stream, index, layer, t):
    """Return (whether a candidate exists under the arrival rate of its quintile at t, its quintile)."""
    keep_whole()
    u, v = uniform_pair(M.seed(m)[0], M.seed(m)[1], index, who(m, a, stream, WHOLE_FAMILY), M.names(m)[1], layer)
    quintile = pick(M.quintile_cdf(m)[a], v)
    return u <= M.accept(m)[a, stream, quintile, month_at(m, t)] - layer, quintile


@kernel
def arrive(m, s, y, a, stream, layer, t):
    """Meet a candidate: accept or not, and if so start its story. Return the family's row for streams that arrive in care, else -1."""
    keep_whole()
    Y.counters(y)[CANDIDATES] += 1
    index = S.arrivals(s)[a, stream, layer]["index"] * LAYERS + layer
    next_candidate(m, s, a, stream, layer, t)
    accepted, quintile = accept(m, a, stream, index, layer, t)
    if not accepted:
        return -1
    f = new_family(m, s, a, stream, index, quintile)
    family = S.families(s)[a, f]
    stage = M.arrival_stage(m)[stream, 0]
    if stage >= 0:
        make_children(m, s, a, f, t)
        family["case_start"] = family["last_referral"] = t
        start_stage(m, s, y, a, f, NOBODY, NEED, stage, t, ADMITTED)
        log_family(m, s, y, a, f, ARRIVAL, IDLE, stage, t)
        reschedule_family(m, s, a, f, NEED)
        return -1
    u, v = uniform_pair(M.seed(m)[0], M.seed(m)[1], index, who(m, a, stream, ONLY_CHILD), M.names(m)[10], FIRST)
    ages = M.stream_ages(m)[stream]
    row = 0
    while row < ages.shape[0] - 1 and u >= ages[row, 0]:
        row += 1
    family["births"][0], family["home"][0], family["n_children"] = t - (ages[row, 1] + v) * YEAR, 0, 1
    family["needs"][0] = 0
    home_changed(family)
    log_family(m, s, y, a, f, ARRIVAL, IDLE, IDLE, t)
    return f

"""Places with a limit: families waiting for help (priority, then first come), and vacancies that fit a child or do not."""

import math

import numpy as np

from sim.kernels.compiling import keep_whole, kernel
from sim.kernels.hazards import child_age, month_at
from sim.kernels.layout import (
    ADMIT,
    COURT,
    GIVE_BACK,
    LEGAL,
    NEED,
    NOBODY,
    ON_CARE,
    ON_LEGAL,
    PROTECTION,
    RENEGE,
    SLOTS,
    SUPPORT,
    TAKE,
    UASC_PLAN,
    WAIT,
    YEAR,
    H,
    M,
    S,
    Y,
)
from sim.kernels.rng import uniform
from sim.kernels.slots import commit_child, commit_family, log_family, reschedule_child, reschedule_family, who
from sim.kernels.tally import FULL_PLACES, row_of


@kernel
def take_place(s, a, place, t, change):
    """Fill (+1) or free (-1) a place, keeping the integral of use. A place that is closing closes as it is freed (ruling 19)."""
    S.use_days(s)[a, place, 0] += S.filled(s)[a, place] * (t - S.use_since(s)[a, place])
    S.use_days(s)[a, place, 1] += S.open_places(s)[a, place] * (t - S.use_since(s)[a, place])
    S.use_since(s)[a, place] = t
    S.filled(s)[a, place] += change
    if change < 0 and S.closing(s)[a, place] > 0:
        S.closing(s)[a, place] -= 1
        S.open_places(s)[a, place] -= 1


# ---------------------------------------------------------------- families


@kernel
def must_wait(s, a, place):
    """Return whether a family that asks for this place now has to wait."""
    return S.n_waiting(s)[a, place] > 0 or S.filled(s)[a, place] >= S.open_places(s)[a, place]


@kernel
def join(m, s, y, a, f, track, place, t):
    """Take a place, or wait for one, having just entered the stage that needs it."""
    keep_whole()
    slot = S.family_slots(s)[a, f, track]
    if slot["waiting"]:
        Y.counters(y)[FULL_PLACES] += 1
        Y.queue(y)[a, row_of(s, y), place, 0] += 1
        S.waiting(s)[a, place, S.n_waiting(s)[a, place]] = f
        S.n_waiting(s)[a, place] += 1
        log_family(m, s, y, a, f, WAIT, slot["stage"], slot["stage"], t)
    else:
        take_place(s, a, place, t, TAKE)
        if track == SUPPORT:
            begin_help(m, s, a, f, t)


@kernel
def begin_help(m, s, a, f, t):
    """Start the clock of help's effects on a family: what its hazards and its children's were is committed first."""
    keep_whole()
    family = S.families(s)[a, f]
    for track in (NEED, PROTECTION, COURT):
        if family["stages"][track] >= 0:
            commit_family(m, s, a, f, track, t)
    for i in range(SLOTS):
        if family["care_row"][i] >= 0:
            commit_child(m, s, a, np.int64(family["care_row"][i]), ON_CARE, t)
    family["help_start"] = t
    for track in (NEED, PROTECTION, COURT):
        if family["stages"][track] >= 0:
            reschedule_family(m, s, a, f, track)
    for i in range(SLOTS):
        if family["care_row"][i] >= 0:
            reschedule_child(m, s, a, np.int64(family["care_row"][i]), ON_CARE)


@kernel
def leave_place(m, s, y, a, f, stage, place, waiting, t):
    """Give up a place (or a place in the queue) that a family's stage had."""
    keep_whole()
    if waiting:
        n = S.n_waiting(s)[a, place]
        for i in range(n):
            if S.waiting(s)[a, place, i] == f:
                S.waiting(s)[a, place, i] = S.waiting(s)[a, place, n - 1]
                break
        S.n_waiting(s)[a, place] = n - 1
        Y.queue(y)[a, row_of(s, y), place, 2] += 1
        log_family(m, s, y, a, f, RENEGE, stage, stage, t)
    else:
        take_place(s, a, place, t, GIVE_BACK)


@kernel
def admit_waiting(m, s, y, a, place, track, t):
    """Admit families while places are free: highest priority, then longest wait, then lowest id."""
    keep_whole()
    while S.n_waiting(s)[a, place] > 0 and S.filled(s)[a, place] < S.open_places(s)[a, place]:
        best, best_priority = -1, 0
        for i in range(S.n_waiting(s)[a, place]):
            f = S.waiting(s)[a, place, i]
            protection = S.families(s)[a, f]["stages"][PROTECTION]
            priority = M.priority(m)[place, protection] if protection >= 0 else 0
            if best >= 0:
                g = S.waiting(s)[a, place, best]
                start, other = S.family_slots(s)[a, f, track]["start"], S.family_slots(s)[a, g, track]["start"]
                if priority < best_priority or (priority == best_priority and start > other):
                    continue
                if priority == best_priority and start == other and S.families(s)[a, f]["id"] > S.families(s)[a, g]["id"]:
                    continue
            best, best_priority = i, priority
        f = S.waiting(s)[a, place, best]
        S.waiting(s)[a, place, best] = S.waiting(s)[a, place, S.n_waiting(s)[a, place] - 1]
        S.n_waiting(s)[a, place] -= 1
        slot = S.family_slots(s)[a, f, track]
        row = row_of(s, y)
        Y.queue(y)[a, row, place, 1] += 1
        Y.queue(y)[a, row, place, 3] += t - slot["start"]
        commit_family(m, s, a, f, track, t)
        slot["waiting"] = 0
        slot["admitted"] = t
        take_place(s, a, place, t, TAKE)
        if track == SUPPORT:
            begin_help(m, s, a, f, t)
        reschedule_family(m, s, a, f, track)
        log_family(m, s, y, a, f, ADMIT, slot["stage"], slot["stage"], t)


# ---------------------------------------------------------------- children


@kernel
def plan_placement(m, s, a, c, context, u, t):
    """Return the placement planned for a child: the column that u falls in, weights by age, needs and whether an order is held."""
    keep_whole()
    child = S.children(s)[a, c]
    family = S.families(s)[a, child["family"]]
    legal = S.child_slots(s)[a, c, LEGAL - 4]["stage"]
    ordered = 1 if legal >= 0 and H.stages(m)[legal]["permits_parents"] else 0
    age, _ = child_age(family["births"][child["slot"]], t)
    if legal >= 0 and H.stages(m)[legal]["plan"] >= 0:
        context = np.int64(H.stages(m)[legal]["plan"])  # on remand
    elif 0 < family["stream"] < 3:
        context = UASC_PLAN
    weights = M.plan_weights(m)[context, age, family["needs"][child["slot"]], ordered]
    month = month_at(m, t)
    total = 0.0
    for i in range(weights.shape[0]):
        total += weights[i] * M.plan_factor(m)[a, context, i, month]
    target, reached, last = u * total, 0.0, 0
    for i in range(weights.shape[0]):
        weight = weights[i] * M.plan_factor(m)[a, context, i, month]
        if weight > 0.0:
            reached += weight
            last = i
            if target < reached:
                break
    return M.plan_stages(m)[last]


@kernel
def match_probability(p, vacancies):
    """Return the probability that at least one of `vacancies` fits, each fitting with probability p."""
    if vacancies <= 0.0 or p <= 0.0:
        return 0.0
    if p >= 1.0:
        return 1.0
    return 1.0 - math.exp(vacancies * math.log(1.0 - p))


@kernel
def pooled_vacancies(m, s, a, b, place, n, month):
    """Return how many of authority b's vacancies are open to a child of authority a."""
    if a == b or not M.within_reach(m)[a, b]:
        return 0
    vacancies = math.floor((S.open_places(s)[b, place] - S.filled(s)[b, place]) * M.pool_share(m)[place, month])
    return vacancies if vacancies >= n else 0


@kernel
def market_vacancies(m, s, a, place, n, month):
    """Return (how many vacancies of a market a child of authority a can choose among, in whose share n are free, or -1).

    An authority's children choose in the whole market, pooled or not, and vacancies of its own share stand for what they find there; what
    pooling lifts is the limit of its share, so that a child sees its authority's part of the region's vacancies (ruling 18). It adds no vacancy.
    """
    share = M.pool_share(m)[place, month]
    usable = S.open_places(s)[a, place]
    own = usable - S.filled(s)[a, place]
    best, most, free, places = a if own >= n else NOBODY, 0, own, usable
    if share > 0.0:
        for b in range(S.filled(s).shape[0]):
            if b != a and M.within_reach(m)[a, b]:
                free += S.open_places(s)[b, place] - S.filled(s)[b, place]
                places += S.open_places(s)[b, place]
                vacancies = pooled_vacancies(m, s, a, b, place, n, month)
                if own < n and vacancies > most:
                    best, most = b, vacancies
    return own * (1.0 - share) + (share * free * usable / places if places > 0 else 0.0), best


@kernel
def place_of_the_nation(m, a, family, child, stage, n, u, month):
    """Return the stage in which a child planned for a place of the nation's lives: that, or where it waits for one.

    Siblings are placed one by one. Whoever is on remand has a place at once: the Youth Custody Service has beds of its own.
    """
    if n > 1:
        return np.int64(H.stages(m)[stage]["otherwise"])
    legal = child["stages"][ON_LEGAL]
    if legal >= 0 and H.stages(m)[legal]["plan"] >= 0:
        return stage
    return stage if u < M.national_chance(m)[stage, family["needs"][child["slot"]], month] else np.int64(H.stages(m)[stage]["otherwise"])


@kernel
def find_place(m, s, y, a, c, planned, n, t):
    """Find where n siblings (c the eldest) can live: (stage, authority), the planned stage first, then down its overflow list.

    A type is lawful only from its minimum age; the last resort is an unregistered placement. Own vacancies come first; then,
    where the region pools, those of the authority with most. Places of a market are chosen as `market_vacancies` says.
    """
    keep_whole()
    child = S.children(s)[a, c]
    family, i = S.families(s)[a, child["family"]], child["slot"]
    month = month_at(m, t)
    search = child["searches"]
    child["searches"] += 1
    stage, step = planned, -1
    while True:
        if t >= family["births"][i] + H.stages(m)[stage]["minimum_age"] * YEAR:
            place = M.place_of_stage(m)[stage]
            national = H.stages(m)[stage]["otherwise"] >= 0
            if place < 0 and not national:
                return stage, a
            u = uniform(M.seed(m)[0], M.seed(m)[1], family["id"], who(m, a, family["stream"], i + 1), M.names(m)[9], search * 16 + step + 1)
            if national:
                return place_of_the_nation(m, a, family, child, stage, n, u, month), a
            p = M.match_by_needs(m)[place, family["needs"][i]]
            for _ in range(n - 1):
                p *= M.sibling_factor(m)[place]
            own = S.open_places(s)[a, place] - S.filled(s)[a, place]
            if M.market(m)[place]:
                seen, best = market_vacancies(m, s, a, place, n, month)
                if best >= 0 and u < match_probability(p, seen):
                    return stage, best
            else:
                chance = match_probability(p, float(own)) if own >= n else 0.0
                if u < chance:
                    return stage, a
                best, most, others = -1, 0, 0
                for b in range(S.filled(s).shape[0]):
                    vacancies = pooled_vacancies(m, s, a, b, place, n, month)
                    others += vacancies
                    if vacancies > most:
                        best, most = b, vacancies
                if best >= 0 and u < chance + (1.0 - chance) * match_probability(p, float(others)):
                    return stage, best
            if own < n:
                Y.counters(y)[FULL_PLACES] += 1
        step += 1
        stage = M.overflow(m)[planned, step]
        if stage < 0:
            return M.key_stages(m)[5], a

"""What a slot fires next: thresholds drawn, the transitions of a stage competing. Every engine uses these functions.

`schedule` and `draw` write residuals in place; otherwise each function is a pure function of its arguments.
"""

import math

import numpy as np

from sim.kernels.compiling import copy_in, entry, keep_whole, kernel
from sim.kernels.hazards import advance, age_at, month_at, unhindered
from sim.kernels.layout import (
    CARE,
    CLOCK_ADMISSION,
    CLOCK_CARE_EPISODE,
    CLOCK_STAGE,
    COURT,
    FIRST,
    LEGAL,
    MAX_TRANSITIONS,
    NEED,
    NEEDS,
    NO_PICK,
    ON_CARE,
    ON_LEGAL,
    ON_PLACEMENT,
    ONE,
    PLACEMENT,
    PROTECTION,
    STREAMS,
    SUPPORT,
    WHEN_ADMITTED,
    WHEN_WAITING,
    YEAR,
    H,
)
from sim.kernels.vectors import draw_four, lowest_bit, possible_by, soonest_possible

INF = math.inf
TINY = 1e-12


@entry
def draw(h, stage, slot, entity, who, entries):
    """Draw the threshold of every transition of a stage entered for the `entries`-th time, into the slot; past the stage's last they are infinite.

    What is kept is minus the uniform: `threshold_of` takes its logarithm once the threshold is asked for, and most never are.
    """
    keep_whole()
    st = H.stages(h)[stage]
    first, n = np.int64(st["first"]), np.int64(st["n"])
    seed, replicate = H.seed(h)[0], H.seed(h)[1]
    for j in range(0, MAX_TRANSITIONS, 4):
        if j < n:
            draw_four(slot, j, n, seed, replicate, entity, who, H.draw_names(h), first + j, entries * 64)
        else:
            slot["residual"][j] = slot["residual"][j + 1] = slot["residual"][j + 2] = slot["residual"][j + 3] = INF
    for j in range(MAX_TRANSITIONS):
        slot["repeats"][j] = 0


@entry
def threshold_of(residual):
    """Return a residual threshold; one not asked for before is still minus its uniform."""
    return residual if residual >= 0.0 else -math.log(-residual)


@kernel
def at_least(residual):
    """Return a bound below a residual threshold, without a logarithm: -log(u) >= 1 - u."""
    return residual if residual >= 0.0 else 1.0 + residual


@kernel
def kind_of(family, needs, earlier, planned):
    """Return the column of `static_table`."""
    return (((np.int64(family["quintile"]) * NEEDS + needs) * STREAMS + np.int64(family["stream"])) * 2 + earlier) * 2 + planned


@kernel
def _column(h, stages, i, track):
    """Return the column of `beside_table` of a stage an entity is in, or of the track being idle."""
    return H.stages(h).shape[0] + track if stages[i] < 0 else np.int64(stages[i])


@kernel
def beside(h, row, family, child, is_child):
    """Return the product of what the stages beside multiply a hazard by: of a family's four tracks, or of a child's three and the family's court."""
    table, stages = H.beside_table(h), family["stages"]
    court = table[row, _column(h, stages, COURT, COURT)]
    if is_child:
        stages = child["stages"]
        care, placement = _column(h, stages, ON_CARE, CARE), _column(h, stages, ON_PLACEMENT, PLACEMENT)
        return table[row, care] * table[row, placement] * table[row, _column(h, stages, ON_LEGAL, LEGAL)] * court
    need, protection = _column(h, stages, NEED, NEED), _column(h, stages, PROTECTION, PROTECTION)
    return table[row, need] * table[row, protection] * court * table[row, _column(h, stages, SUPPORT, SUPPORT)]


@kernel
def may_fire(tr, waiting):
    """Return whether a transition has a hazard while its entity waits for a place, or while it does not."""
    if tr["dead"] or tr["at_birth"] or tr["at_age"] > 0.0:
        return False
    return not ((tr["when"] == WHEN_ADMITTED and waiting) or (tr["when"] == WHEN_WAITING and not waiting))


@kernel
def competes(h, tr, kind, waiting, family, child, is_child):
    """Return the product of a transition's multipliers that do not change within a stay beside the same stages; 0 if it cannot fire."""
    copy_in()
    if not may_fire(tr, waiting):
        return 0.0
    multiplier = H.static_table(h)[tr["static"], kind]
    return multiplier * beside(h, tr["beside"], family, child, is_child) if tr["beside"] >= 0 else multiplier


@kernel
def kind_of_any(family, child, is_child):
    """Return the column of `static_table` of a family, or of a child."""
    if is_child:
        return kind_of(family, np.int64(family["needs"][child["slot"]]), min(child["episodes"] - 1, 1), FIRST)
    return kind_of(family, FIRST, min(np.int64(family["removals"]), 1), ONE if family["last_plan_end"] > -INF else FIRST)


@kernel
def origin_of(tr, family, child, slot):
    """Return when the clock of a slot's transition began."""
    if tr["clock"] == CLOCK_STAGE:
        return slot["start"]
    if tr["clock"] == CLOCK_ADMISSION:
        return slot["admitted"]
    return child["care_start"] if tr["clock"] == CLOCK_CARE_EPISODE else family["case_start"]


@kernel
def walk_bands(h, a, tr, version, origin, multiplier, by_age, t, until, residual):
    """Do what `advance` does where the hazard changes from band to band and for no other reason (and with the same bits)."""
    edges, rates, band = H.edges(h), H.rates(h), np.int64(tr["band"])
    while t >= origin + edges[version, band + 1]:  # the last band ends at infinity
        band += 1
    while t < until:
        stop = min(until, origin + edges[version, band + 1])
        rate = rates[version, a, band] * multiplier * by_age
        use = rate * (stop - t)
        if use >= residual and rate > 0.0:
            return max(t, min(stop, t + residual / rate)), 0.0
        residual -= use
        t = stop
        band += 1
    return INF, residual


@kernel
def walk_versions(h, a, k, tr, version, origin, multiplier, by_age, t, until, residual):
    """Do the same where the hazard also changes from version to version; `version` is the one of t."""
    keep_whole()
    edges, rates, starts, first = H.edges(h), H.rates(h), H.version_start(h), np.int64(tr["band"])
    band = first
    while t < until:
        following = np.int64(H.next_version(h)[version, a, k])
        while t >= origin + edges[version, band + 1]:
            band += 1
        stop = min(until, origin + edges[version, band + 1])
        if following < starts.shape[0]:
            stop = min(stop, starts[following])
        rate = rates[version, a, band] * multiplier * by_age
        use = rate * (stop - t)
        if use >= residual and rate > 0.0:
            return max(t, min(stop, t + residual / rate)), 0.0
        residual -= use
        t = stop
        if following < starts.shape[0] and t >= starts[following]:
            version, band = following, first
    return INF, residual


@kernel
def walk_all(h, c, a, k, family, child, is_child, birth, age, age_edge, origin, multiplier, t, until, residual):
    """Call `advance` with the address of the entity's levers."""
    keep_whole()
    unit, episode, began = np.int64(0), np.int64(family["entries"][0]), family["case_start"]
    if is_child:
        unit, episode, began = child["slot"] + 1, child["episodes"], child["care_start"]
    who = H.codes(h)[a] * 65536 + np.int64(family["stream"]) * 256 + unit  # `hazards` takes the unit off it again: below 256
    return advance(
        h, c, a, k, H.seed(h)[0], H.seed(h)[1], family, who, episode, began, is_child, birth, age, age_edge, origin, multiplier, t, until, residual,
    )  # fmt: skip


@kernel
def walk(h, c, a, k, tr, family, child, slot, is_child, birth, age, age_edge, by_age, multiplier, until, residual):
    """Consume `residual` of a transition from the slot's last evaluation to `until`: return (firing time or infinity, what is left)."""
    copy_in()
    origin = origin_of(tr, family, child, slot)
    begins = max(slot["evaluated"], origin)
    if begins >= until:
        return INF, residual
    if (
        tr["bands_only"] and (tr["n_help"] == 0 or family["help_start"] == INF) and (tr["age"] < 0 or age_edge >= until)
        and unhindered(h, c, a, tr["row"], begins, until)
    ):  # fmt: skip
        version = np.int64(0)
        if tr["versions"]:
            version = np.int64(H.month_version(h)[month_at(h, begins)])
            following = np.int64(H.next_version(h)[version, a, k])
            if following < H.version_start(h).shape[0] and H.version_start(h)[following] < until:
                return walk_versions(h, a, k, tr, version, origin, multiplier, by_age, begins, until, residual)
        return walk_bands(h, a, tr, version, origin, multiplier, by_age, begins, until, residual)
    return walk_all(h, c, a, k, family, child, is_child, birth, age, age_edge, origin, multiplier, begins, until, residual)


@kernel
def commit(h, c, a, family, child, slot, is_child, until):
    """Reduce a slot's residuals up to `until`."""
    keep_whole()
    st, evaluated, until = H.stages(h)[slot["stage"]], slot["evaluated"], min(until, H.horizon(h)[0])
    first, birth = np.int64(st["first"]), family["births"][child["slot"]] if is_child else 0.0
    kind, waiting = kind_of_any(family, child, is_child), slot["waiting"] != 0
    age, age_edge, row, along = 0, -INF, np.int64(-1), 1.0
    for j in range(st["n"]):
        tr = H.transitions(h)[first + j]
        if not may_fire(tr, waiting):
            continue
        if tr["beside"] != row:  # most transitions of a stage share what multiplies them
            row, along = np.int64(tr["beside"]), beside(h, tr["beside"], family, child, is_child) if tr["beside"] >= 0 else 1.0
        multiplier = H.static_table(h)[tr["static"], kind] * along
        if multiplier > 0.0:
            by_age = 1.0
            if tr["age"] >= 0:
                if age_edge == -INF:
                    age, age_edge = age_at(h, family, is_child, birth, evaluated)
                by_age = H.age_table(h)[a, tr["age"], age]
            _, rest = walk(
                h, c, a, first + j, tr, family, child, slot, is_child, birth, age, age_edge, by_age, multiplier, until,
                threshold_of(slot["residual"][j]),
            )  # fmt: skip
            slot["residual"][j] = max(rest, TINY)


@entry
def schedule(h, c, a, family, child, slot, is_child, until, reduce):
    """Find what a slot fires next: (index of the transition in its stage or NO_PICK, time).

    `family`, `child` and `slot` are records; of a family's own slot `is_child` is false and the child is any. What might fire first is walked first:
    it leaves little time for the others, most of which need not be walked then. In what order they are walked changes nothing. With `reduce`, reduce
    the slot's residuals up to `until` instead.
    """
    keep_whole()
    if reduce:
        commit(h, c, a, family, child, slot, is_child, until)
        return NO_PICK, INF
    st, evaluated = H.stages(h)[slot["stage"]], slot["evaluated"]
    first, birth = np.int64(st["first"]), family["births"][child["slot"]] if is_child else 0.0
    pick, soonest, name = NO_PICK, min(until, H.horizon(h)[0]), np.int64(0)
    if st["fixed_age"]:
        for j in range(st["n"]):
            tr = H.transitions(h)[first + j]
            if tr["at_age"] > 0.0 and birth + tr["at_age"] * YEAR < soonest:
                pick, soonest, name = np.int64(j), birth + tr["at_age"] * YEAR, tr["name"]
    best, wait = soonest_possible(slot, H.least_days(h), a, first)
    left, others = ONE << best, ~(ONE << best)
    if wait > soonest - evaluated:
        left = others = np.int64(0)
    age, age_edge, kind, waiting = 0, -INF, kind_of_any(family, child, is_child), slot["waiting"] != 0
    while left != 0:
        j = lowest_bit(left)
        left &= left - 1
        k = first + j
        tr = H.transitions(h)[k]
        multiplier = competes(h, tr, kind, waiting, family, child, is_child)
        if multiplier > 0.0 and at_least(slot["residual"][j]) <= H.pace(h)[a, k] * multiplier * (soonest - evaluated):
            residual, by_age = threshold_of(slot["residual"][j]), 1.0
            slot["residual"][j] = residual
            if tr["age"] >= 0:
                if age_edge == -INF:
                    age, age_edge = age_at(h, family, is_child, birth, evaluated)
                by_age = H.age_table(h)[a, tr["age"], age]
            due, _ = walk(h, c, a, k, tr, family, child, slot, is_child, birth, age, age_edge, by_age, multiplier, soonest, residual)
            if due < soonest or (due == soonest and due < INF and (pick < 0 or tr["name"] < name)):
                pick, soonest, name = j, due, tr["name"]
        if others != 0:
            left = possible_by(slot, H.least_days(h), a, first, soonest - evaluated) & others
            others = np.int64(0)
    return pick, soonest if pick >= 0 else INF


@entry
def never_returns(h, a, k, multiplier, origin, until, residual):
    """Return whether a closed family would stay away until `until` even at `multiplier` times its hazard, in plain time."""
    edges, starts, first = H.edges(h), H.version_start(h), np.int64(H.transitions(h)[k]["band"])
    version, t, band = np.int64(H.month_version(h)[month_at(h, origin)]), origin, first
    while t < until:
        following = np.int64(H.next_version(h)[version, a, k])
        while t >= origin + edges[version, band + 1]:
            band += 1
        stop = min(until, origin + edges[version, band + 1])
        if following < starts.shape[0]:
            stop = min(stop, starts[following])
        residual -= H.rates(h)[version, a, band] * multiplier * (stop - t)
        t = stop
        if following < starts.shape[0] and t >= starts[following]:
            version, band = following, first
    return residual > 0.0

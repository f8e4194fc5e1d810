"""Which children at home enter care at a removal: expected numbers, by column of the youngest and by years between children.

What is known of families (needs, MOMENTS, C; `sim.expected_people` says what of): the youngest may enter, siblings by gap, 0.5 to the power of how
many may, whether just one may, whether any may. Who is past 18 (`still`: share of siblings who are not, by gap and column) is left out.
"""

import numpy as np

from sim.kernels.compiling import entry, kernel


@entry
def split_removals(known, stock, still, gaps, everyone, each, means, split, some):
    """Set the shares of removals by who enters, and what is known of families some of whose children have entered.

    `known` is times the families there are, `stock` (needs, C); `means` is set to the same for one. Of `split` (needs, 6, C) the first three are
    the shares in which all enter, some do and nobody is there to; the others the same where only the eldest does. `some` (needs, MOMENTS, C) is what
    is known after some entered. All enter with probability `everyone`, else each does with probability `each`, and one does if none would.
    """
    half, alone, any_ = gaps + 1, gaps + 2, gaps + 3
    needs, moments, columns = known.shape
    for n in range(needs):
        for q in range(moments):
            for c in range(columns):
                means[n, q, c] = known[n, q, c] / max(stock[n, c], 1e-9)
                some[n, q, c] = means[n, q, c]
        for c in range(columns):
            h, a, t = may_enter(means, n, c, still, gaps)
            all_of = min(max(everyone * t + (1.0 - everyone) * (h + 0.5 * a), 0.0), t)
            split[n, 0, c], split[n, 1, c], split[n, 2, c] = max(all_of, 0.0), max(t - all_of, 0.0), max(1.0 - t, 0.0)
            split[n, 3, c], split[n, 4, c], split[n, 5, c] = max(a, 0.0), max(t - a, 0.0), max(1.0 - t, 0.0)
            siblings = 0.0
            for g in range(gaps):
                siblings += means[n, 1 + g, c] * still[g, c]
            stay = (1.0 - everyone) * ((youngest(means, n, c) + siblings) * (1.0 - each) - h)
            partly = t - (everyone * t + (1.0 - everyone) * (h + 0.5 * a))
            left = max(stay / max(partly, 1e-9), 1.0) if partly > 1e-6 else 1.0
            for g in range(gaps):
                some[n, 1 + g, c] = means[n, 1 + g, c] * still[g, c] / max(siblings, 1e-12) * (left - 1.0)
            one = min(max(2.0 - left, 0.0), 1.0)
            some[n, 0, c], some[n, alone, c], some[n, any_, c] = 1.0, one, 1.0
            some[n, half, c] = 0.5 * one + 0.25 * (1.0 - one) if left <= 2.0 else 0.5**left


@kernel
def youngest(means, n, c):
    """Return whether the youngest may enter: not while unborn (the first UNBORN columns of a block)."""
    return means[n, 0, c] if c % (means.shape[2] // 4) >= UNBORN else 0.0


UNBORN = 6  # as U in sim/expected_families.py


@kernel
def may_enter(means, n, c, still, gaps):
    """Return 0.5 to the power of how many may enter, whether just one may and whether any may, those past 18 left out."""
    everybody, there = 0.0, 0.0
    for g in range(gaps):
        everybody += means[n, 1 + g, c]
        there += means[n, 1 + g, c] * still[g, c]
    half, alone, any_ = means[n, gaps + 1, c], means[n, gaps + 2, c], means[n, gaps + 3, c]
    several = max(any_ - alone, 0.0)
    fewer = several * (1.0 - min(there / max(everybody, 1e-12), 1.0))
    of_several = (half - 0.5 * alone) / several if several > 1e-12 else 0.25
    return half + fewer * 0.5 - fewer * of_several, alone + fewer, any_


@entry
def enter_care(sinks, means, keys, first, at, part, still, gaps, everyone, each, gap_columns, born, out):
    """Add the children who enter care, by legal status and column of age, to `out` (statuses, ages); return families, and children with all siblings.

    Columns of `keys` (n, 3): index of the legal status, whether one child enters, need; their flows are those into sinks `at`, from `first` on, whose
    `part` says whether all children enter (2), some do (1) or neither (0). `gap_columns` (columns of a family, gaps, ages) is the share of siblings
    in each column of age.
    """
    flow, families, together = np.empty(sinks.shape[1]), 0.0, 0.0
    came = np.zeros((out.shape[0], gap_columns.shape[0], gaps))
    for i in range(keys.shape[0]):
        all_of, any_of = 0.0, 0.0
        flow[:] = 0.0
        for e in range(first[i], first[i + 1]):
            total = 0.0
            for c in range(sinks.shape[1]):
                flow[c] += sinks[at[e], c]
                total += sinks[at[e], c]
            all_of += total if part[e] == 2 else 0.0
            any_of += total if part[e] > 0 else 0.0
        number = enter_from(means, keys[i, 2], keys[i, 1] > 0, flow, still, gaps, everyone, each, born, came[keys[i, 0]],
                            out[keys[i, 0]])  # fmt: skip
        families += any_of
        together += number * all_of / max(any_of, 1e-12)
    for status in range(out.shape[0]):
        for own in range(came.shape[1]):
            for g in range(gaps):
                for age in range(out.shape[1]):
                    out[status, age] += came[status, own, g] * gap_columns[own, g, age]
    return families, together


@kernel
def enter_from(means, n, eldest, flow, still, gaps, everyone, each, born, siblings_out, out):
    """Add the children who enter care from families of a need to `out` (youngest, by age) and `siblings_out` (columns, gaps); return how many.

    `flow` (C) is the removals; `eldest` says that only the eldest child enters. Columns before `born` in a block are of families whose youngest is
    not in its first year yet (then it is in the first column of age).
    """
    block, columns = flow.shape[0] // 4, flow.shape[0]
    number = 0.0
    for c in range(columns):
        if flow[c] <= 0.0:
            continue
        own = c % block
        half, _, any_ = may_enter(means, n, c, still, gaps)
        young, siblings = youngest(means, n, c), 0.0
        for g in range(gaps):
            siblings += means[n, 1 + g, c] * still[g, c]
        share = everyone + (1.0 - everyone) * each
        of_each = min(share + (1.0 - everyone) * half / max(young + siblings, 1e-12), 1.0)
        left = any_
        for g in range(gaps - 1, -1, -1):
            here = means[n, 1 + g, c] * still[g, c]
            if eldest:
                here = min(here, left)
                left -= here
            else:
                here *= of_each
            here *= flow[c]
            number += here
            siblings_out[own, g] += here
        first = flow[c] * ((left if own >= UNBORN else 0.0) if eldest else young * of_each)
        number += first
        out[max(own - born, 0)] += first
    return number

"""What placements were let at and where they are, carried along with the expected number of children who come and leave."""

import numpy as np

from sim.kernels.budget import DEAR_GBP_PER_WEEK, TAIL_GBP_PER_WEEK
from sim.kernels.compiling import entry, kernel

AS_DRAWN, AT_MARKET, PAID = range(3)


@entry
def carry_lets(stages, came, before, placed, unaccompanied, drawn_mean, index, gain, odds, bands, let, where):
    """Carry sums of lets (P, needs, 3) and children by band of distance (P, bands) on by a month.

    Parameters
    ----------
    stages
        Stage of each placement (P), -1 if it has none.
    came, before, placed
        Children who came in the month, who were there at its start and who are at its end (P, needs); `unaccompanied` (P) of those at the end.
    drawn_mean
        Mean of what lets are drawn from (P, needs); `index`, `gain`, `odds` (P): market price, what of it is paid, odds of far places.
    bands
        Share of placements in each band of distance, of other and of unaccompanied children, by stage (2, S, bands).
    """
    share, part = np.empty(where.shape[1]), np.empty(where.shape[1])
    for p in range(stages.shape[0]):
        if stages[p] < 0:
            continue
        new, old, there = 0.0, 0.0, 0.0
        for n in range(came.shape[1]):
            new, old, there = new + came[p, n], old + before[p, n], there + placed[p, n]
            whole = before[p, n] + came[p, n]
            keep = placed[p, n] / whole if whole > 1e-12 else 0.0
            drawn = came[p, n] * drawn_mean[p, n]
            let[p, n, AS_DRAWN] = (let[p, n, AS_DRAWN] + drawn) * keep
            let[p, n, AT_MARKET] = (let[p, n, AT_MARKET] + drawn * index[p]) * keep
            let[p, n, PAID] = (let[p, n, PAID] + drawn * index[p] * gain[p]) * keep
        band_shares(bands[0, stages[p]], odds[p], share)
        alone = unaccompanied[p] / there if there > 0.0 else 0.0
        if alone > 0.0:
            band_shares(bands[1, stages[p]], odds[p], part)
            for b in range(share.shape[0]):
                share[b] = (1.0 - alone) * share[b] + alone * part[b]
        keep = there / (old + new) if old + new > 1e-12 else 0.0
        for b in range(share.shape[0]):
            where[p, b] = (where[p, b] + new * share[b]) * keep


@kernel
def band_shares(shares, odds, out):
    """Set the share of placements in each band of distance (`band_of` in sim/kernels/distance.py), the far ones' odds multiplied."""
    whole = 0.0
    for b in range(out.shape[0]):
        out[b] = shares[b] * (odds if b > 1 else 1.0)
        whole += out[b]
    for b in range(out.shape[0]):
        out[b] = out[b] / whole if whole > 0.0 else (1.0 if b == 0 else 0.0)


@entry
def count_dear(stages, placed, let, table, drawn_mean, weekly_gbp, out):
    """Add up children whose placements cost much, what those and what all cost, in GBP a week, and children at each line, into `out` (5).

    Prices are spread as new ones are (`table`: P, needs, n), moved to the mean of those there are (`let` over `placed`); `weekly_gbp` (P) is the
    price of a let of 1.
    """
    n = table.shape[2]
    for p in range(stages.shape[0]):
        if stages[p] < 0:
            continue
        for needs in range(placed.shape[1]):
            if placed[p, needs] <= 1e-12 or drawn_mean[p, needs] <= 0.0:
                continue
            times = weekly_gbp[p] * let[p, needs, PAID] / placed[p, needs] / drawn_mean[p, needs]
            each = placed[p, needs] / n
            for i in range(n):
                price = times * table[p, needs, i]
                if price >= DEAR_GBP_PER_WEEK:
                    out[0] += each
                    out[1] += each * price
                out[2] += each * price
                for line in range(len(TAIL_GBP_PER_WEEK)):
                    if price >= TAIL_GBP_PER_WEEK[line]:
                        out[3 + line] += each

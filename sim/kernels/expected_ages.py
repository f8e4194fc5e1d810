"""Births and birthdays: what is born, and how columns of age pass from month to month."""

import numpy as np

from sim.kernels.compiling import entry, part_of_sums, sums


@entry
def pass_month(mass, j, birth, unborn, newborn, adults):
    """Move columns of families (rows, C) on by a month: unborn ones nearer to birth or born, newborn ones among those born this year.

    In a block of columns the first `unborn` are by months to birth, then come `newborn` ones, those born this year, and by years of age. Who is born
    goes to row `birth`. `adults` are those who turn 18 this month, as a share of the last column; in the last month of a year (`j` 11) everybody is a
    year older.
    """
    rows, ages = mass.shape[0], mass.shape[1] // 4
    first = unborn + newborn
    born = np.empty((rows, 4))
    for row in range(rows):
        for b in range(4):
            begin = b * ages
            born[row, b] = mass[row, begin + unborn - 1]
            for c in range(begin + unborn - 1, begin, -1):
                mass[row, c] = mass[row, c - 1]
            mass[row, begin] = 0.0
            for c in range(begin + unborn, begin + first):
                mass[row, begin + first] += mass[row, c]
                mass[row, c] = 0.0
            mass[row, begin + ages - 1] -= mass[row, begin + ages - 1] * adults
    for row in range(rows):
        for b in range(4):
            mass[birth[row], b * ages + first] += born[row, b]
    if j == 11:
        for row in range(rows):
            for b in range(4):
                for c in range((b + 1) * ages - 1, b * ages + first, -1):
                    mass[row, c] = mass[row, c - 1]
                mass[row, b * ages + first] = 0.0


@sums
def turn_18(mass, share, group, eligible, stays_put, placed_in):
    """Let a share of the last column of age of children (R, C) turn 18; return how many were in care, were there for long enough, and may stay put.

    `eligible` (groups) is the share who were in care for long enough; `stays_put` by stage of the placement, `placed_in` (R).
    """
    ages, left, able, put = mass.shape[1] // 4, 0.0, 0.0, 0.0
    for row in range(mass.shape[0]):
        adults = 0.0
        for c in range(ages - 1, mass.shape[1], ages):
            adults += mass[row, c] * share
            mass[row, c] -= mass[row, c] * share
        if group[row] >= 0 and adults > 0.0:
            left += adults
            able += adults * eligible[group[row]]
            put += adults * eligible[group[row]] * stays_put[placed_in[row]]
    return left, able, put


@sums
def give_birth(came, need, to, open_still, rate, stock, known, target, nobody, column, alone, gap_at, gap_share, unborn, ages, event):
    """Let births happen to families (R, C), whose need is `need` (R): the share `rate` (needs, C) goes to row `to` (R), in a column of the newborn.

    `known` (needs, MOMENTS, C), what is known of their children times mass, goes along to need `target`: one more child who may enter care, older
    ones further from the youngest (by `column` and class of gap: the class to which it goes, `gap_at`, and the share in the next, `gap_share`).
    Columns before `unborn` in a block of `ages` are of families whose youngest is not born yet: that is the birth, and a share `alone` of them has no
    other child. `nobody` (needs) is 1 where no child was at home. Of families whose youngest was unborn at the month's start a share `open_still` (R)
    is still in the row when it is born; the others are born to it as to any family. `event` (needs, C) is set to the births that go to `target`.
    """
    columns = came.shape[1]
    births, gained = np.empty(columns), np.zeros(column.max() - unborn + 1)
    for n in range(known.shape[0]):
        for c in range(columns):
            event[n, c] = 0.0
    for row in range(came.shape[0]):
        n, some = need[row], 0.0
        for c in range(columns):
            births[c] = came[row, c] * rate[n, c]
            some += births[c]
        if some == 0.0:
            continue
        for c in range(columns):
            came[row, c] -= births[c]
        for block in range(0, columns, ages):
            for own in range(unborn):
                f, c = births[block + own], block + own
                if f == 0.0:
                    continue
                if nobody[n]:
                    came[to[row], block + unborn] += f
                    event[n, c] += f
                    continue
                still = f * open_still[row]
                event[n, c] += still
                came[to[row], block + unborn] += alone * still
                came[to[row], block + unborn + 1] += (1.0 - alone) * still
                came[row, block + unborn] += alone * (f - still)
                came[row, block + unborn + 1] += (1.0 - alone) * (f - still)
            for c in range(block + unborn, block + ages):
                event[n, c] += births[c]
            for own in range(unborn, ages):
                gained[0 if nobody[n] else column[own] - unborn] += births[block + own]
            for i in range(gained.shape[0]):
                came[to[row], block + unborn + i] += gained[i]
                gained[i] = 0.0
    know_birth(rate, stock, known, target, nobody, column, alone, gap_at, gap_share, unborn, ages, event)


@part_of_sums
def know_birth(rate, stock, known, target, nobody, column, alone, gap_at, gap_share, unborn, ages, event):
    """Carry what is known of families' children along with births (arguments as in `give_birth`)."""
    needs, moments, columns = known.shape
    gaps = gap_at.shape[1] - 1
    half, single, some, back, fresh, settled, later = gaps + 1, gaps + 2, gaps + 3, gaps + 4, gaps + 5, gaps + 8, gaps + 9
    moved, new = np.empty((needs, moments, columns)), np.empty(moments)
    for n in range(needs):
        for q in range(moments):
            for c in range(columns):
                moved[n, q, c] = known[n, q, c] * rate[n, c]
                known[n, q, c] -= moved[n, q, c]
    for n in range(needs):
        for c in range(columns):
            f = stock[n, c] * rate[n, c]
            if f <= 0.0:
                continue
            own, block = c % ages, (c // ages) * ages
            for q in range(moments):
                new[q] = moved[n, q, c]
            if nobody[n]:
                for q in range(fresh):
                    new[q] = 0.0
            elif own >= unborn:
                for g in range(gaps):
                    new[1 + g] = 0.0
                for g in range(gaps + 1):
                    new[1 + gap_at[own, g]] += moved[n, g, c] * (1.0 - gap_share[own, g])
                    new[2 + gap_at[own, g]] += moved[n, g, c] * gap_share[own, g]
            before = min(new[some], f)
            new[half] = 0.5 * (new[half] + f - before)
            new[single], new[some], new[0] = f - before, f, f
            if own >= unborn:
                new[later], new[settled] = f, 0.0
                new[fresh] = new[fresh + 1] = new[fresh + 2] = 0.0
            if nobody[n] or own >= unborn:
                to_column = block + (unborn if nobody[n] else column[own])
                for q in range(moments):
                    known[target[n], q, to_column] += new[q]
                continue
            share = event[n, c] / f
            for part in range(2):
                m, times = (target[n], share) if part == 0 else (n, 1.0 - share)
                for q in range(moments):
                    one = 0.0 if q > 0 and q < back else alone
                    known[m, q, block + unborn] += times * one * new[q]
                    known[m, q, block + unborn + 1] += times * (1.0 - one) * new[q]
                # who is alone has one child who may enter, the others more
                first, second = times * alone * f, times * (1.0 - alone) * f
                known[m, half, block + unborn] += 0.5 * first
                known[m, half, block + unborn + 1] += max(times * new[half] - 0.5 * first, 0.0) - times * new[half]
                known[m, single, block + unborn] += first
                known[m, single, block + unborn + 1] -= times * new[single]
                known[m, some, block + unborn] += first
                known[m, some, block + unborn + 1] += second - times * new[some]

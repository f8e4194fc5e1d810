"""Courts: sets of proceedings open against the capacity that made the weeks published last out of the work there was then.

Every engine uses these functions. What they read are whole-number counts.
"""

from sim.kernels.compiling import entry
from sim.kernels.feedback import pace_under
from sim.kernels.layout import M

REFERENCE, RESPONSE, FOLLOWS_WORK = range(3)  # columns of `court_rules`
MONTHS = 12.0  # of the year published last


@entry
def open_proceedings(m, units):
    """Return how many sets of proceedings are open, from the units in each stage (S)."""
    total = 0
    for stage in range(units.shape[0]):
        if M.in_court(m)[stage]:
            total += units[stage]
    return total


@entry
def court_pressure(m, reference, a, month, work):
    """Return the pressure on an authority's courts from the sets of proceedings open now; 0 in years whose weeks are published.

    Capacity is the work of the year published last (its mean over twelve months' ends, added up in `reference`; at least one set) over the pressure
    at which it was done, times what scenarios make of it since.
    """
    last, rules = M.unpublished_from(m)[0], M.court_rules(m)
    if last - MONTHS < month <= last:
        reference[a] += work
    if month < last or rules[FOLLOWS_WORK] == 0.0:
        return 0.0
    return work * rules[REFERENCE] / (max(reference[a] / MONTHS, 1.0) * M.court_capacity(m)[month])


@entry
def court_pace(m, pressure):
    """Return the pace of courts under a pressure (1: not slowed)."""
    return pace_under(pressure, M.court_rules(m)[RESPONSE])

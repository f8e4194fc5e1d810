"""Places of an authority over a month, for expected numbers: how use moves prices and distance, how many are open, how many are filled."""

from sim.kernels.budget import places_afforded
from sim.kernels.compiling import entry
from sim.kernels.distance import HIGH, LOW, RESPONSE, far_odds
from sim.kernels.feedback import respond
from sim.kernels.supply import held_of, places_open


@entry
def respond_to_use(use_days, reference, price_rules, distance_rules, use, price, far):
    """Set last month's use of each kind of place (P; -1: none was open), and by it the price index and the odds of far places (P)."""
    for p in range(use.shape[0]):
        use[p] = -1.0
        if use_days[p, 1] > 0.0:
            use[p] = use_days[p, 0] / use_days[p, 1]
            rules = price_rules[p]
            price[p] = respond(price[p], use[p], reference[p], rules[0], rules[1], rules[2], rules[3])
            far[p] = far_odds(use[p], reference[p], distance_rules[RESPONSE], distance_rules[LOW], distance_rules[HIGH])


@entry
def open_places(m, supply, owners, planned, saveable, level, filled, out):
    """Set the places open of each kind (P) in a month: those of owners, or planned ones less what savings close; none that is filled closes."""
    for p in range(out.shape[0]):
        places = held_of(m, supply, p) if owners[p, 1] > 0 else places_afforded(planned[p], saveable[p], level)
        out[p] = max(places_open(places), filled[p])


@entry
def fill_places(units, place_of_stage, place, waited_for, waiting, out):
    """Set the places filled of each kind (P), from units by stage (S): of those `waited_for`, by the stage that needs one, less who waits."""
    out[:] = 0.0
    for stage in range(units.shape[0]):
        if place_of_stage[stage] >= 0 and waited_for[place_of_stage[stage]] < 0:
            out[place_of_stage[stage]] += units[stage]
        if place[stage] >= 0 and waited_for[place[stage]] >= 0:
            out[place[stage]] += units[stage]
    for p in range(out.shape[0]):
        if waited_for[p] >= 0:
            out[p] -= waiting[p]

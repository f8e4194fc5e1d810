"""Where a placement is: in the authority's area or out of it, within 20 miles of home or over. Both engines use these functions.

The four bands are numbered so that 1 is out of the area and 2 is over 20 miles: they add.
"""

from sim.kernels.compiling import entry

NEAR_IN, NEAR_OUT, FAR_IN, FAR_OUT = range(4)
BANDS = ELSEWHERE = 4  # bands, and the column of the tally after them: in another authority's place
RESPONSE, LOW, HIGH, POOLED = range(4)  # of the rules


@entry
def far_odds(use, reference, response, low, high):
    """Return what multiplies the odds of over 20 miles next month: 1 + response x (use over its reference, less 1), within limits."""
    if reference <= 0.0:
        return 1.0
    return min(max(1.0 + response * (use / reference - 1.0), low), high)


@entry
def band_of(shares, odds, elsewhere, u):
    """Return the band u falls in, the shares of the far ones multiplied by `odds`; `elsewhere`, in another authority's place, none is in the area.

    In this order greater odds never lower the band a draw falls in: no placement comes nearer because places are scarce.
    """
    near_in = 0.0 if elsewhere else shares[0]
    far_in = 0.0 if elsewhere else shares[2] * odds
    near_out, far_out = shares[1], shares[3] * odds
    total = near_in + near_out + far_in + far_out
    if total <= 0.0:
        return 1 if elsewhere else 0
    target = u * total
    if target < near_in:
        return 0
    if target < near_in + near_out:
        return 1
    return 2 if target < near_in + near_out + far_in else 3

"""How many runs are enough: the stopping rule on made-up sequences."""

import numpy as np
import pytest

from sim.plan import ExperimentError, how_many
from sim.precision import Rule, Watch, Watched

COST = Watched("reform", "net cost", "GBP")


def watch(values, rule=None, levels=100.0, **about):
    """Show a rule some values, run by run, until it stops or they end."""
    found = Watch(rule or Rule(), [Watched("reform", "net cost", "GBP", **about)])
    for value in values:
        if found.see([value], [levels]):
            break
    return found


@pytest.mark.unit
def test_precision_is_that_of_the_paper_worked_by_hand():
    found = watch([8.0, 10.0, 12.0], Rule(minimum=3))
    (estimate,) = found.estimates()
    # s = 2, t(2, 0.975) = 4.30265: half-width 4.30265 * 2 / sqrt(3) = 4.96827, of a mean of 10.
    assert estimate.mean == 10.0
    assert estimate.half_width == pytest.approx(4.96827, rel=1e-5)
    assert estimate.precision_pct == pytest.approx(49.6827, rel=1e-5)
    assert found.met_from is None


@pytest.mark.unit
def test_the_rule_looks_ahead_and_keeps_the_runs_it_looked_at():
    # Runs alternate 9, 11. After an even n the mean is 10 and the half-width t(n - 1) / sqrt(n - 1): 2.110 / 4.123 = 0.512 at 18, above 5 % of 10.
    # After 19 the mean is 189 / 19 = 9.947, s = 1.0260, and 2.101 * 1.0260 / 4.359 = 0.4945 is below 5 % of that, 0.4974: met first there.
    found = watch([9.0, 11.0] * 50)
    assert (found.met_from, found.runs, found.precise) == (19, 24, True)


@pytest.mark.unit
def test_a_run_that_breaks_the_precision_starts_the_look_ahead_anew():
    quiet = [9.9, 10.1] * 4
    found = watch([*quiet[:6], 16.0, *[9.9, 10.1] * 100])
    # Precise after 3 runs, no longer after the seventh; the spread it leaves takes a while to average out.
    assert found.met_from > 7
    assert found.runs == found.met_from + 5
    assert watch([*quiet, *quiet]).runs == 10  # with nothing to break it: the minimum
    assert watch([*quiet, *quiet], Rule(minimum=3)).runs == 8  # the first look after 3, and five ahead


@pytest.mark.unit
@pytest.mark.parametrize(("n", "ahead"), [(3, 5), (99, 5), (100, 5), (119, 5), (120, 6), (200, 10)])
def test_it_looks_further_ahead_beyond_a_hundred_runs(n, ahead):
    assert Rule().look_ahead(n) == ahead


@pytest.mark.unit
def test_the_maximum_stops_it_and_says_so():
    found = watch([-50.0, 60.0] * 50, Rule(maximum=30))
    assert (found.runs, found.precise, found.told()["reached"]) == (30, False, False)


@pytest.mark.unit
def test_a_difference_about_zero_stops_at_the_tolerance():
    values = [-1.0, 1.0] * 200
    assert watch(values).runs == 200  # no relative precision at a mean of zero
    # t(n - 1) / sqrt(n - 1) is 0.495 after 18 runs and 0.48 after 19 (s is just above 1): met from 18 or so, tolerance 0.5.
    by_tolerance = watch(values, levels=1000.0, tolerance_pct=0.05)
    assert by_tolerance.precise
    assert 18 <= by_tolerance.met_from <= 20
    assert watch(values, tolerance=0.5).runs == by_tolerance.runs
    assert watch([0.0] * 50).runs == 10  # a reform that changes nothing


@pytest.mark.unit
def test_every_quantity_must_be_precise():
    found = Watch(Rule(), [COST, COST])
    values = [([10.0 + (-1) ** i * 0.1, 10.0 + (-1) ** i], [1.0, 1.0]) for i in range(60)]
    for value, level in values:
        if found.see(value, level):
            break
    assert found.runs == watch([11.0, 9.0] * 50).runs > 10


@pytest.mark.unit
def test_forecast_is_within_the_bounds_and_ends_at_what_was_needed():
    found = Watch(Rule(), [COST])
    for value in [9.0, 11.0] * 50:
        stop = found.see([value], [1.0])
        assert max(found.runs, 10) <= found.forecast() <= 200
        if stop:
            break
    assert found.forecast() == found.runs


@pytest.mark.unit
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("many",), "expected a whole number of 1 or more, or auto"),
        ((0,), "expected a whole number"),
        (("1.5",), "expected a whole number"),
        ((True,), "expected a whole number"),
        ((30, 5.0), "for runs 'auto'"),
        (("auto", 0.0), "above 0 and at most 100"),
        (("auto", float("nan")), "above 0 and at most 100"),
        (("auto", None, 9), "expected 10 or more"),
    ],
)
def test_what_cannot_be_asked_is_refused(arguments, message):
    with pytest.raises(ExperimentError, match=message):
        how_many(*arguments)


@pytest.mark.unit
def test_runs_are_a_number_or_a_rule_with_its_maximum():
    assert how_many("12") == (12, None)
    assert how_many("auto", 2.0, 50) == (50, Rule(precision=2.0, maximum=50))


@pytest.mark.statistical
@pytest.mark.parametrize("spread", [0.1, 0.25])
def test_the_interval_holds_the_mean_as_often_as_it_says(spread):
    """Stopping when an interval is short makes it cover a little less than its level; looking ahead keeps that loss small."""
    draw = np.random.default_rng(11)
    covered, tries = 0, 1000
    for _ in range(tries):
        found = watch(1.0 + spread * draw.standard_normal(400), Rule(maximum=400))
        (estimate,) = found.estimates()
        assert found.precise
        assert estimate.precision_pct <= 5.0
        covered += abs(estimate.mean - 1.0) <= estimate.half_width
    # 0.95 less what stopping may lose (0.02), give or take three standard errors of 1000 tries (0.021).
    assert 0.909 <= covered / tries <= 0.971

"""The sanity anchor: an entry averted costs what the sum by hand says, and a broad offer does not pay back in five years."""

import importlib.util
import sys
from pathlib import Path

import pytest


def _script():
    """The script that makes the table of docs/sanity-anchor.md."""
    spec = importlib.util.spec_from_file_location("sanity_anchor", Path(__file__).parents[1] / "benchmarks" / "sanity_anchor.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["sanity_anchor"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.unit
def test_the_sum_by_hand_is_the_published_one():
    script = _script()
    for risk, published in script.PUBLISHED.items():
        assert script.COST_GBP / (1.6 * risk * (1 - script.RATIO)) == pytest.approx(published, abs=500)


@pytest.mark.statistical
def test_an_entry_averted_costs_what_the_sum_by_hand_says_and_a_broad_offer_does_not_pay_back():
    script = _script()
    broad, narrow = (name for name in script.OFFERS if name in ("families assessed", "families found in need"))
    found = script.run("Salford", 10, {name: script.OFFERS[name] for name in (broad, narrow)})
    assert 0.015 < found[broad].risk < 0.06
    assert found[narrow].risk > 1.4 * found[broad].risk
    assert found[narrow].simulated_gbp < found[broad].simulated_gbp
    for one in found.values():  # a sixth off each hazard is up to a tenth less than a sixth off the risk
        assert -2.6 * one.error_gbp < one.simulated_gbp - one.by_hand_gbp < 0.10 * one.by_hand_gbp + 2.6 * one.error_gbp
        net, paid = one.after(5)
        assert net > 0
        assert paid == 0.0

"""The sanity anchor: an entry averted costs what the sum by hand says, and a broad offer does not pay back in five years."""

import pytest
from benchmark_script import script


@pytest.mark.unit
def test_the_sum_by_hand_is_the_published_one():
    anchor = script("sanity_anchor")
    for risk, published in anchor.PUBLISHED.items():
        assert anchor.COST_GBP / (1.6 * risk * (1 - anchor.RATIO)) == pytest.approx(published, abs=500)


@pytest.mark.statistical
def test_an_entry_averted_costs_what_the_sum_by_hand_says_and_a_broad_offer_does_not_pay_back():
    anchor = script("sanity_anchor")
    broad, narrow = (name for name in anchor.OFFERS if name in ("families assessed", "families found in need"))
    found = anchor.run("Salford", 10, {name: anchor.OFFERS[name] for name in (broad, narrow)})
    assert 0.015 < found[broad].risk < 0.06
    assert found[narrow].risk > 1.4 * found[broad].risk
    assert found[narrow].simulated_gbp < found[broad].simulated_gbp
    for one in found.values():  # 15 % off each hazard is up to a tenth less than 15 % off the risk
        assert -2.6 * one.error_gbp < one.simulated_gbp - one.by_hand_gbp < 0.10 * one.by_hand_gbp + 2.6 * one.error_gbp
        net, paid = one.after(5)
        assert net > 0
        assert paid == 0.0

"""Pathways of one's own: what may be left out, what the engine's rules need, and authorities that a scenario makes up."""

import shutil

import pandas as pd
import pytest
from scenario_files import at, expect, faults_of
from theory import HERE, TOWN, scenario

import carecurve as cc
from scenarios.areas import find_area

NAMES = sorted(path.stem for path in HERE.glob("*.yaml") if not path.stem.endswith(".pathway") and path.stem != "town")


@pytest.fixture
def changed(tmp_path):
    """Return a function that copies the tiny files, changes one text in one of them, and returns its path and the scenario's."""

    def change(name: str, file: str, old: str, new: str):
        for path in HERE.glob("*.yaml"):
            shutil.copy(path, tmp_path)
        text = (tmp_path / file).read_text()
        assert text.count(old) == 1
        (tmp_path / file).write_text(text.replace(old, new))
        return tmp_path / file, tmp_path / f"{name}.yaml"

    return change


@pytest.mark.unit
@pytest.mark.parametrize("name", NAMES)
def test_every_tiny_scenario_loads(name):
    found = scenario(name)
    assert list(found.synthetic) == [TOWN]
    assert found.area(TOWN.lower()).value("arrivals") > 0


@pytest.mark.e2e
@pytest.mark.parametrize("name", NAMES)
def test_both_engines_live_a_tiny_pathway_alike(name):
    """A year from the same history, event for event; and every check of a run holds."""
    until = "2055-03" if name == "team" else "2026-03"
    fast, slow = (cc.run(HERE / f"{name}.yaml", until=until, runs=1, seed=7, engine=engine, events=True) for engine in ("fast", "reference"))
    assert len(fast.events) > 100
    pd.testing.assert_frame_equal(fast.events, slow.events, check_exact=True)
    assert all(one["holds"] for result in (fast, slow) for one in result.metadata["checks"])


@pytest.mark.unit
@pytest.mark.parametrize(
    ("name", "file", "old", "new", "spot", "path", "words"),
    [
        ("loss", "loss.pathway.yaml", "  looked_after:\n", "  in_care:\n", "{legal_status", "streams.uasc.arrives_in_care", "'looked_after'"),
        ("loss", "loss.pathway.yaml", "overflow: [unregistered]", "overflow: []", None, None, None),
        ("loss", "loss.pathway.yaml", "exit: {child: left}", "exit: {child: at_home}", "at_home", "stages.gone.exit.child", "'child_in_need'"),
        ("loss", "loss.pathway.yaml", "exit: {child: left}", "exit: {child: left, care_leaver: true}", "true}}", "stages.gone.exit.care_leaver",
         "'care_leaver'"),
        ("loss", "loss.pathway.yaml", "  uasc:\n", "  asylum:\n", "asylum", "streams.asylum", "expected one of disabled, family"),
        ("stock", "stock.pathway.yaml", "[1.0], source: theory, status: assumed}\n  young", "[0.5, 0.5], source: theory, status: assumed}\n  young",
         "families", "families", "sibling_gap_years"),
        ("stock", "stock.pathway.yaml", "arrives_at: exponential", "arrives_at: exponentiel", "exponentiel", "streams.family.arrives_at",
         "did you mean 'exponential'"),
        ("mmc", "queue.pathway.yaml", "arrives_at: asking", "arrives_at: helped", "helped", "streams.family.arrives_at", "waits for a place"),
        ("mmc", "queue.pathway.yaml", "    needs: {place: helpers}\n", "", "helped, quantity", "places.helpers.stage", "nobody waits for it"),
        ("priority", "priority.pathway.yaml",
         "rates_per_year: {bands_days: [0], per_year: [0.001], source: \"in effect it ends with the need for help\", status: assumed}}",
         "at_age_years: 18, source: theory, status: assumed}", "18",
         "stages.urgent.transitions.forgotten.at_age_years", "a family's"),
    ],
)  # fmt: skip
def test_what_the_engines_rules_need_is_missed_at_load(changed, name, file, old, new, spot, path, words):
    where, main = changed(name, file, old, new)
    if path is None:
        assert cc.load(main).pathway.places["foster"].overflow == ()  # the last resort needs no mention
        return
    found = [fault for fault in faults_of(main) if fault.path == path]
    assert found, "\n".join(str(fault) for fault in faults_of(main))
    assert words in found[0].message
    assert found[0].file == str(where)
    if spot:
        assert (found[0].line, found[0].column) == at(where, spot)


@pytest.mark.unit
def test_a_synthetic_authority_is_a_toy_or_like_one_that_exists(write):
    head = "name: Mine\nextends: baseline\nareas:\n  Newtown:\n    synthetic: true\n"
    toy = cc.load(write(head)).area("Newtown")
    assert toy.value("referral_month_factor_08") == 1.0
    assert toy.value("population_0_17") == toy.value("price_childrens_home") == 0.0
    figure = '    population_0_17: {value: 5, unit: children, source: "mine", status: assumed}\n'
    like = cc.load(write(head + "    like: Bolton\n" + figure)).area("Newtown")
    bolton = find_area("Bolton")
    assert like.value("population_0_17", 2021) == 5
    assert like.value("referrals") == bolton.value("referrals")
    assert like.code != bolton.code
    assert like.code == toy.code  # from its name: the same families whatever it is like


@pytest.mark.unit
def test_faults_of_synthetic_authorities(write):
    head = "name: Mine\nextends: baseline\nareas:\n"
    path = write(head + "  Bolton:\n    synthetic: true\n")
    expect(path, (4, 3), "areas.Bolton", "exists", "another name")
    path = write(head + "  Newtown:\n    synthetic: yes please\n    like: Boltn\n    referals: {value: 1, unit: a, source: b, status: assumed}\n")
    expect(path, (5, 16), "areas.Newtown.synthetic", "expected true")
    expect(path, (6, 11), "areas.Newtown.like", "Bolton")
    expect(path, (7, 5), "areas.Newtown.referals", "did you mean 'referrals'")
    path = write(head + "  Newtown:\n    referrals: {value: 1, unit: a, source: b, status: assumed}\n")
    expect(path, (4, 3), "areas.Newtown", "synthetic: true")

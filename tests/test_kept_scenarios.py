"""A scenario read again from the texts that a results folder keeps is the scenario it was."""

import pytest

from scenarios.faults import ScenarioError
from scenarios.loading import load, load_kept
from scenarios.register import register

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("name", ["baseline", "early-help", "regional-care-cooperative"])
def test_texts_make_the_same_scenario_and_the_same_register(name):
    found = load(name)
    again = load_kept(found.texts)
    assert (again.key, again.hash, again.history_hash) == (found.key, found.hash, found.history_hash)
    assert register(again) == register(found)


def test_a_file_of_ones_own_is_not_needed_any_more(write):
    path = write("name: Mine\nextends: early-help\nset:\n  settings.replicates: 7\n")
    found = load(path)
    path.unlink()
    again = load_kept(found.texts)
    assert again.hash == found.hash
    assert again.settings.replicates == 7


@pytest.mark.parametrize(
    ("texts", "words"), [({}, "holds 0 files"), ({"a.yaml": "x: 1"}, "holds 1 files"), ({"a.yaml": "x: [", "b.yaml": "y: 1"}, "a.yaml")]
)
def test_texts_that_are_no_scenario_are_refused(texts, words):
    with pytest.raises(ScenarioError, match=words):
        load_kept(texts)


def test_a_scenario_of_another_version_is_refused_with_its_line():
    texts = dict(load("early-help").texts)
    texts["early-help.yaml"] = texts["early-help.yaml"].replace("fidelity:", "faithfulness:")
    with pytest.raises(ScenarioError, match=r"early-help\.yaml:\d+"):
        load_kept(texts)

"""What the dashboard's choices become: settings of the register, scenarios' files, and a command."""

import sys
import threading

import pytest

from outputs.dashboard import preview
from outputs.dashboard.choosing import Choice, Question, Where, choice_of, frozen, name_of, reforms_listed
from outputs.dashboard.preview import Previewer, ends, runs_of
from outputs.dashboard.running import Job, StoppedError
from outputs.dashboard.settings import price_settings, settings_of
from scenarios.faults import ScenarioError
from scenarios.loading import load

pytestmark = pytest.mark.unit
SPEND = "levers.family_help.spend_gbp_per_child_per_year.2026-04"
ENTRY = "levers.family_help.effects.care_entry.hazard_ratio.triangular"
HOMES = "settings.prices.real_growth_per_year.childrens_home.triangular"


def of(scenario, path):
    return next(one for one in settings_of(load(scenario)) if one.path == path)


def test_a_setting_says_what_the_register_says():
    entry = of("early-help", ENTRY)
    assert (entry.low, entry.value, entry.high, entry.corners) == (0.68, 0.85, 1.0, (0.68, 0.85, 1.0))
    assert (entry.unit, entry.status, entry.main) == ("hazard ratio of those admitted", "assumed", True)
    assert "Troubled" in entry.source
    cost = of("early-help", "levers.family_help.cost_per_family_gbp.value")
    assert (cost.value, cost.low, cost.unit, cost.limits) == (4200.0, 2300.0, "£ per family helped", "2300 to 5493")
    assert of("early-help", SPEND).label == "Spend: from April 2026"


@pytest.mark.parametrize("scenario", ["early-help", "regional-care-cooperative", "family-group-decisions", "kinship-first"])
def test_sliders_reach_the_registers_value_and_stay_in_its_range(scenario):
    for one in [*settings_of(load(scenario)), *price_settings(load("baseline"))]:
        for end in (one.value, one.high):
            steps = (end - one.low) / one.step
            assert abs(steps - round(steps)) < 1e-6 or end == one.value == one.high, one.path
        assert one.low <= one.value <= one.high


def test_the_low_end_of_every_main_slider_makes_a_scenario():
    low = {one.path: one.written(one.low) for one in settings_of(load("family-group-decisions")) if one.main}
    assert len(low) == 5
    assert len(Question(Where("Rutland"), (choice_of("family-group-decisions", low),)).scenarios()) == 2


def test_what_was_moved_is_in_the_file_and_in_the_scenario(tmp_path):
    asked = Question(Where("Rutland"), (choice_of("early-help", {SPEND: 30.0, ENTRY: [0.68, 0.8, 1.0]}),), runs=4)
    assert asked.keys == ("baseline", "my-early-help")
    assert asked.command == (
        "carecurve compare baseline my-early-help.yaml --area Rutland --from 2025-04 --until 2035-03 --runs 4 --seed 1"
    )
    baseline, reform = asked.scenarios()
    assert reform.document.data["levers"]["family_help"]["spend_gbp_per_child_per_year"]["2026-04"] == 30.0
    file = tmp_path / "my-early-help.yaml"
    file.write_text(asked.files["my-early-help.yaml"], encoding="utf-8")
    loaded = load(file)
    assert (loaded.key, loaded.name) == (reform.key, reform.name)
    assert (loaded.levers, loaded.actions, loaded.settings) == (reform.levers, reform.actions, reform.settings)
    assert reform.history_hash == baseline.history_hash


def test_prices_move_in_every_scenario_and_names_stay_apart():
    asked = Question(Where("Rutland"), (Choice("fostering"), Choice("fostering")), frozen({HOMES: [0.0, 0.06, 0.073]}))
    assert asked.keys == ("my-baseline", "my-fostering", "my-fostering-2")
    for one in asked.scenarios():
        assert one.document.data["settings"]["prices"]["real_growth_per_year"]["childrens_home"]["triangular"] == [0.0, 0.06, 0.073]


def test_settings_that_do_not_go_together_are_said():
    reach = "levers.family_group_decisions.plans.reach.2026-04"
    with pytest.raises(ScenarioError, match="expected 1 or less in all"):
        Question(Where("Rutland"), (choice_of("family-group-decisions", {reach: 1.0}),)).scenarios()


def test_every_reform_of_the_library_has_a_name_and_baselines_are_none():
    listed = reforms_listed()
    assert "early-help" in listed
    assert not {"baseline", "fitted"} & set(listed)


def test_one_large_authority_is_previewed_by_fewer_runs():
    assert [runs_of(where) for where in (Where("Rutland"), Where("Leeds"), Where("greater-manchester", together=True))] == [4, 2, 4]


def test_a_preview_ends_after_five_years_or_with_the_question():
    asked = Question(Where("Rutland"), (Choice("fostering"),))
    assert (ends(asked, 5), ends(asked, None)) == ("2030-03", "2035-03")
    assert ends(Question(Where("Rutland"), (Choice("fostering"),), until="2028-03"), 5) == "2028-03"


def test_a_cancelled_job_begins_no_other_run_and_has_no_result():
    begun, stop = threading.Event(), threading.Event()
    runs = []

    def work(report):
        for run in range(100):
            runs.append(run)
            report(run, 100)
            begun.set()
            stop.wait(5)
        return "all"

    job = Job(work)
    assert begun.wait(5)
    job.cancel()
    stop.set()
    job.wait(5)
    assert (job.running, job.result, job.fault, runs) == (False, None, None, [0, 1])


def test_a_job_keeps_its_result_or_its_fault():
    done = Job(lambda report: 7)
    done.wait(5)
    failed = Job(lambda report: 1 / 0)
    failed.wait(5)
    assert done.result == 7
    assert isinstance(failed.fault, ZeroDivisionError)
    assert not isinstance(failed.fault, StoppedError)


def test_the_same_reform_twice_is_told_apart_in_preview_and_run():
    moved = [choice_of("fostering", {HOMES: [0.0, likeliest, 0.073]}) for likeliest in (0.05, 0.06)]
    asked = Question(Where("Rutland"), (moved[0], Choice("fostering"), moved[1]))
    assert asked.keys == ("baseline", "my-fostering", "fostering", "my-fostering-2")
    named = [name_of(key, choice.scenario) for key, choice in zip(asked.keys[1:], asked.reforms, strict=True)]
    assert named == ["Fostering, changed", "Fostering", "Fostering, changed (2)"] == [one.name for one in asked.scenarios()[1:]]


def test_what_is_kept_survives_threads_that_push_one_another_out(monkeypatch):
    monkeypatch.setattr(preview, "KEPT", 2)
    previewer, faults = Previewer(), []

    def use(base):
        """Ask for more than is kept, again and again."""
        try:
            for i in range(3000):
                assert previewer._keeping((base, i % 5), lambda: "made") == "made"
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=use, args=(base,)) for base in range(3)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    finally:
        sys.setswitchinterval(interval)
    assert faults == []
    assert len(previewer.kept) <= 2

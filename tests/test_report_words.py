"""Numbers and chances as the report says them."""

import pytest

from outputs.report import words
from scenarios.wording import listed

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("value", "said"), [(0.0, "none"), (0.4, "less than 1"), (3.4, "3"), (17.9, "18"), (133.2, "130"), (5680.0, "5,700")])
def test_counts(value, said):
    assert words.count(value) == said
    assert words.count(-value) == said


@pytest.mark.parametrize(("low", "high", "said"), [
    (-236.2, -62.0, "62 to 240 fewer"), (15.4, 83.1, "15 to 83 more"), (-2.0, 4.6, "between 2 fewer and 5 more"), (-10.1, -9.9, "about 10 fewer"),
    (0.0, 3.0, "up to 3 more"), (-10.6, -0.45, "up to 11 fewer"), (0.0, 0.0, "no more and no fewer"),
])  # fmt: skip
def test_ranges(low, high, said):
    assert words.between(low, high) == said


@pytest.mark.parametrize(("value", "said"), [
    (176_049_600.0, "£180 million"), (3_500_000.0, "£3.5 million"), (3_000_000.0, "£3 million"),
    (278_000.0, "£280,000"), (-996_000.0, "−£1 million"), (120.0, "nothing"),
    (1_098_700_000.0, "£1.1 billion"), (9_960_000.0, "£10 million"), (999_600.0, "£1 million"), (640.0, "£600"),
])  # fmt: skip
def test_pounds(value, said):
    assert words.pounds(value) == said


@pytest.mark.parametrize(("value", "said"), [
    (98.54e6, "£98.5 million"), (1.2349e9, "£1.23 billion"), (12.5e6, "£12.5 million"), (12.0e6, "£12 million"), (-3.001e6, "−£3 million"),
    (278_400.0, "£278,000"), (985.4e6, "£985 million"), (999.6e6, "£1 billion"),
])  # fmt: skip
def test_pounds_of_three_digits_are_rounded_once(value, said):
    assert words.pounds(value, 3) == said


def test_ranges_of_pounds():
    assert words.pounds_between(-95.6e6, -28.8e6) == "£29 million to £96 million less"
    assert words.pounds_between(-56.8e6, 82.6e6) == "£57 million less to £83 million more"
    assert words.pounds_between(1.01e6, 1.02e6) == "about £1 million more"


@pytest.mark.parametrize(("share", "said"), [
    (0.0, "a remote chance: none of 100 runs"), (0.075, "a remote chance: 8 % of runs"), (0.37, "unlikely: 37 % of runs"),
    (0.38, "a realistic possibility: 38 % of runs"),
    (0.7, "likely: 70 % of runs"), (0.999, "almost certain: more than 99 % of runs"), (1.0, "almost certain: 100 % of runs"),
])  # fmt: skip
def test_words_of_chance(share, said):
    assert words.chance(share, 100) == said


def test_of_few_runs_a_chance_is_told_in_runs():
    assert words.chance(2 / 3, 3) == "in 2 of 3 runs"


@pytest.mark.parametrize(("share", "runs", "said"), [
    (0.0, 30, "highly unlikely: none of 30 runs"), (1 / 30, 30, "highly unlikely: 3 % of runs"), (1.0, 30, "highly likely: 100 % of runs"),
    (0.0, 40, "a remote chance: none of 40 runs"), (1.0, 41, "almost certain: 100 % of runs"), (0.0, 3, "in none of 3 runs"),
])  # fmt: skip
def test_no_word_is_stronger_than_the_runs_can_bear(share, runs, said):
    """3/30 = 10 % may hide behind no run of 30 (rule of three), and remote ends at 7.5 %."""
    assert words.chance(share, runs) == said


def test_words_of_chance_cover_every_share_once():
    ends = [most for most, _ in words.CHANCES]
    assert ends == sorted(set(ends))
    assert ends[-1] == 100.0
    assert len({word for _, word in words.CHANCES}) == len(words.chance_table())


def test_cells():
    assert [words.millions(value, True) for value in (15.44e6, -2.314e6, 0.0, 1e3)] == ["+15.4", "−2.31", "0.00", "0.00"]
    assert [words.figure(value) for value in (5680.3, 17.93, 0.3, 0.0, float("nan"))] == ["5,680", "17.9", "0.30", "0.0", "not known"]
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"

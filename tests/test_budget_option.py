"""The approved budget as it is given: slips of units and separators are refused with what was expected, never read as a small budget."""

import pytest

from carecurve.budget_option import read_budget
from carecurve.console import ChoiceError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("text", "said"), [
    ("985,200,100", "'985,200,100' has commas between thousands, expected commas between years alone; write 985200100"),
    ("£1,000,000", "has commas between thousands"), ("985m,1", "holds a year of £1, expected £10,000 or more"),
    ("985", "'985' holds a year of £985, "),
    ("0.0005m", "holds a year of £500,"), ("9999.5", "holds a year of £9,999.50,"), ("985m,", "neither a file nor pounds"), ("", "neither"),
    ("9" * 300, r"--budget: '9{60}…' is neither a file nor pounds"), ("a" * 300, "neither a file nor pounds"),
    ("\0", "neither a file nor pounds"),
])  # fmt: skip
def test_figures_that_are_no_budget(text, said):
    with pytest.raises(ChoiceError, match=said):
        read_budget(text, [2026, 2027, 2028])


def test_the_least_that_is_a_budget():
    assert read_budget("10000", [2026, 2027]) == {2026: 10_000.0, 2027: 10_000.0}
    assert read_budget("985.2m,1002m", [2026, 2027]) == {2026: 985.2e6, 2027: 1002e6}


@pytest.mark.parametrize(("rows", "said"), [
    ("²,985m", r"budget\.csv:2:1: year_ending is '²', expected the year in which it ends"),
    ("9" * 5000 + ",985m", r"budget\.csv:2:1: year_ending is '9+', expected the year"),
    ("2027,985", r"budget\.csv:2:2: gbp is '985', £985 a year; expected £10,000 or more"),
    ("2027,985200,100", r"budget\.csv:2:3: holds more than the first line has columns; expected pounds without commas, or in quotes"),
    ("2027,985m\n2027,lots", r"budget\.csv:3:1: year_ending 2027 is there already; expected one row a year\n.*3:2: gbp is 'lots'"),
    ("2027," + "9" * 200_000, "is not a CSV file"),
])  # fmt: skip
def test_rows_that_are_no_budget(tmp_path, rows, said):
    file = tmp_path / "budget.csv"
    file.write_text(f"year_ending,gbp\n{rows}\n", encoding="utf-8")
    with pytest.raises(ChoiceError, match=said):
        read_budget(str(file), [2027])


def test_separators_in_quotes_are_read(tmp_path):
    file = tmp_path / "budget.csv"
    file.write_text('year_ending,gbp,note\n2027,"985,200,100",approved in March\n', encoding="utf-8")
    assert read_budget(str(file), [2027]) == {2027: 985_200_100.0}

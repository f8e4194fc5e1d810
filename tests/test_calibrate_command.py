"""`carecurve calibrate`: how mistakes end."""

import pytest
from command_line import call

pytestmark = pytest.mark.e2e

@pytest.mark.parametrize(("options", "message"), [
    ((), "expected -o FOLDER, or --ship"),
    (("--ship", "--areas", "Leeds"), "expected it without --panel and --areas"),
    (("--areas", "Leads", "-o", "OUT"), "did you mean Leeds"),
    (("--until", "2031", "-o", "OUT"), "the panel ends with the year to March 2025"),
    (("--until", "2013", "-o", "OUT"), "needs 2 years of the panel"),
    (("--panel", "nowhere.csv", "-o", "OUT"), "nowhere.csv"),
])  # fmt: skip
def test_mistakes_end_with_a_message_and_write_nothing(capsys, tmp_path, options, message):
    arguments = [str(tmp_path / "fit") if option == "OUT" else option for option in options]
    status, _, err = call(capsys, "calibrate", *arguments)
    assert status == 2
    assert message in err
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_a_folder_of_something_else_is_left_alone(capsys, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    status, _, err = call(capsys, "calibrate", "-o", tmp_path)
    assert status == 2
    assert "holds files that are not results" in err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]

"""The command `backtest --ssda903`: what it prints and writes, that nothing of a child is in it, and how a mistake ends."""

import json
import re

import pandas as pd
import pytest
from command_line import call
from records_sample import RETURNS

pytestmark = pytest.mark.e2e
FEW = ("--runs", 39, "--origins", 2)
LABELS = ["origin", "date", "horizon_months", "series", "method"]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The folder of a backtest of the sample, what was printed, and the same unsuppressed."""
    from carecurve import cli

    out = tmp_path_factory.mktemp("backtest")
    for name, options in (("hidden", ()), ("shown", ("--unsuppressed",))):
        with pytest.raises(SystemExit) as stop:
            cli.main([str(word) for word in ("backtest", "--ssda903", RETURNS, *FEW, *options, "-o", out / name, "--quiet")])
        assert not stop.value.code
    return out


def test_it_says_how_it_went_and_where_the_results_are(capsys, tmp_path):
    status, text, err = call(capsys, "backtest", "--ssda903", RETURNS, "--hold-back", 1, *FEW, "-o", tmp_path / "out")
    assert status == 0, err
    assert "forecast from 31 March 2020 and 31 March 2021 with what was known then:" in text
    assert re.search(r"A year ahead the forecast was off by \d+\.\d % on average, persistence by \d+\.\d % and existing tools' chain by", text)
    assert re.search(r"95 % intervals held \d+ of \d+", text)
    assert "Two years ahead" not in text
    assert "too few to rank methods" in text
    assert f"Results in {tmp_path / 'out'}" in text


def test_the_folder_is_whole(done):
    expected = {"forecasts.csv", "scores.csv", "backtest.png", "data_quality_ssda903.csv", "data_quality_ssda903.html", "manifest.json"}
    assert {path.name for path in (done / "hidden").iterdir()} == expected
    assert (done / "hidden" / "backtest.png").stat().st_size > 20_000
    manifest = json.loads((done / "hidden" / "manifest.json").read_text())
    assert manifest["origins"] == ["2020-03-31", "2021-03-31"]
    assert manifest["horizons_months"] == [6, 12, 24]
    assert manifest["returns_cover"] == ["2016-04-01", "2022-03-31"]
    assert manifest["asked"]["runs"] == 39
    assert manifest["small_numbers_hidden"] is True


def test_what_happened_is_what_the_sample_holds(done):
    """From the rows themselves: the last return's rows open on 31 March 2022."""
    episodes = pd.read_csv(RETURNS / "episodes.csv", dtype=str)
    open_then = episodes[(episodes["YEAR"] == "2022") & episodes["DEC"].isna()]["CHILD"].nunique()
    table = pd.read_csv(done / "shown" / "forecasts.csv")
    last = table[(table["date"] == "2022-03-31") & (table["series"] == "total")]
    assert set(last["happened"]) == {open_then}
    assert set(last["horizon_months"]) == {12, 24}


def test_no_small_number_is_shown_and_what_is_shown_is_as_without_suppression(done):
    hidden, shown = (pd.read_csv(done / name / "forecasts.csv", dtype=str, keep_default_na=False) for name in ("hidden", "shown"))
    assert hidden[LABELS].equals(shown[LABELS])
    marked = hidden["happened"] == "c"
    assert marked.any()
    counts = shown["happened"].astype(float)
    assert marked[counts.between(1, 5)].all()
    assert (marked & ~counts.between(1, 5)).any()  # what protects them
    figures = hidden.columns.difference(LABELS)
    pd.testing.assert_frame_equal(hidden.loc[~marked, figures].astype(float), shown.loc[~marked, figures].astype(float), rtol=1e-9)
    assert (hidden.loc[marked, figures] == "c").all(axis=None)
    stays = shown[(shown["method"] == "persistence")]  # its mean is the count on the day of origin
    assert marked[stays.index][stays["mean"].astype(float).between(1, 5)].all()
    scores = pd.read_csv(done / "hidden" / "scores.csv")
    ours = scores[(scores["series"] == "all_series") & (scores["method"] == "carecurve")].set_index("horizon_months")["forecasts"]
    kept = hidden[~marked & (hidden["method"] == "carecurve")]["horizon_months"].astype(int).value_counts()
    assert ours.to_dict() == kept.to_dict()


def test_nothing_of_a_child_or_a_path_is_in_any_file(done):
    children = set(pd.read_csv(RETURNS / "header.csv", dtype=str)["CHILD"])
    births = set(pd.read_csv(RETURNS / "header.csv", dtype=str)["DOB"])
    for path in (done / "hidden").iterdir():
        if path.suffix == ".png":
            continue
        text = path.read_text(encoding="utf-8")
        assert not children & set(re.findall(r"\b\d{6}\b", text))
        assert not (births & set(re.findall(r"\d{4}-\d\d-\d\d", text))) - {"2019-09-30", "2020-09-30", "2021-09-30"}
        assert str(RETURNS) not in text
        assert "AB1" not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--ssda903", RETURNS, "--panel", "mine.csv"), "--panel is of published figures"),
        (("--ssda903", RETURNS, "--areas", "Leeds"), "--areas is of published figures"),
        (("--ssda903", RETURNS, "--fit-until", 2020), "--fit-until is of published figures"),
        (("--ssda903", RETURNS, "--horizon", 2), "--horizon is of published figures"),
        (("--hold-back", 2), "--hold-back is of an authority's own returns"),
        (("--authority", "Leeds"), "--authority is of an authority's own returns"),
        (("--origins", 2), "--origins is of an authority's own returns"),
        (("--since", "2019-04-01"), "--since is of an authority's own returns"),
        (("--unsuppressed",), "--unsuppressed is of an authority's own returns"),
        (("--ssda903", RETURNS, "--since", "yesterday"), "--since yesterday: no day"),
        (("--ssda903", RETURNS, "--since", "2030-01-01"), "--since 2030-01-01: the returns cover 2016-04-01 to 2022-03-31"),
        (("--ssda903", RETURNS, "--hold-back", 4), "expected 1 to 3"),
        (("--ssda903", RETURNS, "--authority", "Atlantis"), "rows of 1 authority"),
        (("--ssda903", "nowhere"), "nowhere"),
    ],
)
def test_what_a_user_gets_wrong_ends_in_a_message_and_status_2(capsys, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, _, err = call(capsys, "backtest", *arguments)
    assert status == 2
    assert message in err
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())

"""Nothing of a child leaves an import: identifiers planted in every kind of record are in no file, message or log, however the command ends."""

import json
import re
import subprocess
import sys
import zlib
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from command_line import call
from records_sample import EPISODE, HEADER, write_rows

from calibration.record_errors import RecordsError
from carecurve.forecasting import Question, forecast

pytestmark = pytest.mark.e2e

CHILDREN = [f"ZQXCH{n:04d}" for n in range(40)]
PLANTED = {
    "child": CHILDREN, "upn": [f"H80120{n:06d}Q" for n in range(40)], "postcode": ["ZQ7 9XJ", "ZQ8 8XK"], "mother": ["ZQXMOTHER1"],
    "urn": ["SC9917733"], "name": ["Zebedee", "Quillfeather"], "worker": ["ZQXWORKER7"], "provider": ["Quillfeather Homes"],
}  # fmt: skip
BIRTHS = [date(2008, 2, 29) + timedelta(days=97 * n) for n in range(40)]
UNTIL = "2023-03-31"


def secrets() -> list[str]:
    """Everything planted, and dates of birth as any file could write them."""
    born = [text for day in BIRTHS for text in (f"{day:%Y-%m-%d}", f"{day:%d/%m/%Y}")]
    return [*(text for texts in PLANTED.values() for text in texts), *born, *(text.replace(" ", "") for text in PLANTED["postcode"])]


def returns(folder: Path) -> Path:
    """Two years of returns, with identifiers where they belong and typed into columns of codes and days by mistake."""
    for year in (2021, 2022):
        rows = []
        for n, child in enumerate(CHILDREN):
            began = date(2019, 5, 1) + timedelta(days=17 * n)
            if began <= date(year, 3, 31):
                ends = {"DEC": "2021-12-01", "REC": "E4A"} if year == 2022 and n % 9 == 0 else {}
                where = {"PLACE": "U6" if n % 3 else "K2", "HOME_POST": PLANTED["postcode"][n % 2], "PL_POST": "ZQ8 8XK", "URN": "SC9917733"}
                rows.append({"CHILD": child, "DECOM": f"{began:%d/%m/%Y}", "RNE": "S", "LS": "C2", "PLACE_PROVIDER": "PR4", **where, **ends})
        rows += [
            {**rows[0], "PLACE": CHILDREN[1], "LS": "Zebedee", "DECOM": "02/01/2021"}, {**rows[1], "DECOM": CHILDREN[1]},
            {**rows[2], "REC": "Quillfeather", "RNE": "ZQ7 9XJ", "DECOM": "03/01/2021"}, {**rows[3], "CHILD": "", "DEC": "ZQXMOTHER1"},
            dict.fromkeys(EPISODE, "ZQXMOTHER1"),
        ]  # fmt: skip
        heads = [
            {"CHILD": child, "SEX": "1", "DOB": f"{born:%d/%m/%Y}", "UPN": upn, "MOTHER": "ZQXMOTHER1", "MC_DOB": f"{BIRTHS[0]:%d/%m/%Y}"}
            for child, born, upn in zip(CHILDREN, BIRTHS, PLANTED["upn"], strict=True)
        ]
        write_rows(folder / str(year) / "episodes.csv", EPISODE, rows)
        write_rows(folder / str(year) / "header.csv", HEADER, [*heads, dict.fromkeys(HEADER, "Zebedee")])
        worker = {"CHILD": CHILDREN[0], "DOB": f"{BIRTHS[0]:%d/%m/%Y}", "SW_ID": "ZQXWORKER7", "SW_NAME": "Zebedee Quillfeather"}
        write_rows(folder / str(year) / "workers.csv", ("CHILD", "DOB", "SW_ID", "SW_NAME"), [worker])
    return folder


def census(path: Path) -> Path:
    """A children in need census of the same children."""
    children = "".join(
        f"<Child><ChildIdentifiers><LAchildID>{child}</LAchildID><UPN>{upn}</UPN><PersonBirthDate>{born}</PersonBirthDate><Sex>F</Sex>"
        f"</ChildIdentifiers><CINdetails><CINreferralDate>2021-05-05</CINreferralDate><ReferralSource>Zebedee</ReferralSource>"
        f"<PrimaryNeedCode>ZQ7 9XJ</PrimaryNeedCode></CINdetails></Child>"
        for child, upn, born in zip(CHILDREN, PLANTED["upn"], BIRTHS, strict=True)
    )
    path.write_text(
        '<?xml version="1.0"?><Message><Header><CollectionDetails><Collection>CIN</Collection><Year>2022</Year>'
        "<ReferenceDate>2022-03-31</ReferenceDate></CollectionDetails><Source><LEA>201</LEA></Source></Header>"
        f"<Children>{children}</Children></Message>", encoding="utf-8",
    )  # fmt: skip
    return path


def annex_a(path: Path) -> Path:
    """List 8 of the same children, on 30 April 2022."""
    heading = ["Child Unique ID", "Gender", "Ethnicity", "Date of Birth", "Date Started to be Looked After", "Child's Legal Status",
               "Start Date of Most Recent Placement", "Placement Type", "Placement Provider", "Date of Last Social Work Visit",
               "Allocated Worker"]  # fmt: skip
    book = openpyxl.Workbook()
    book.active.title = "List 8"
    book.active.append(heading)
    for n, (child, born) in enumerate(zip(CHILDREN, BIRTHS, strict=True)):
        kind = "Quillfeather" if n == 3 else "U6"
        book.active.append([child, "F", "WBRI", born, date(2021, 5, 1), "C2", date(2022, 1, 1), kind, "PR4", date(2022, 4, 30 - n % 9), "ZQXWORKER7"])
    book.save(path)
    return path


def cost_list(path: Path, fault: bool = False) -> Path:
    """A placement cost list of the same children; with a fault, a name in a column of numbers."""
    rows = [{"child": child, "cost_gbp_per_week": "1234.50", "placement": "agency_foster", "start": "2021-05-01"} for child in CHILDREN]
    if fault:
        rows[5] |= {"cost_gbp_per_week": "Zebedee", "start": CHILDREN[5], "placement": "Quillfeather Homes", "provider": "ZQ7 9XJ"}
    write_rows(path, ("child", "cost_gbp_per_week", "placement", "provider", "start", "planned_end"), rows)
    return path


def texts(path: Path) -> str:
    """What a file says, a picture's compressed text among it."""
    content = path.read_bytes()
    if path.suffix != ".png":
        return content.decode("utf-8", errors="replace")
    at, told = 8, []
    while at < len(content):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        body = content[at + 8 : at + 8 + length]
        if kind == b"zTXt":
            body = zlib.decompress(body.split(b"\0", 1)[1][1:])
        if kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf"):
            told.append(body.decode("latin-1"))
        at += length + 12
    return "\n".join(told)


def leaks(*texts_: str) -> set[str]:
    """Which secrets texts hold, in any case."""
    whole = "\n".join(texts_).casefold()
    return {secret for secret in secrets() if secret.casefold() in whole}


@pytest.fixture(scope="module")
def given(tmp_path_factory) -> dict[str, Path]:
    there = tmp_path_factory.mktemp("given")
    return {
        "ssda903": returns(there / "returns"), "cin": census(there / "cin.xml"), "annex_a": annex_a(there / "annex.xlsx"),
        "costs": cost_list(there / "costs.csv"), "bad_costs": cost_list(there / "bad_costs.csv", fault=True),
    }  # fmt: skip


def test_what_looks_for_them_finds_them(given, tmp_path):
    assert leaks(texts(given["costs"]), texts(given["cin"])) >= {CHILDREN[7], "Zebedee", PLANTED["upn"][3], f"{BIRTHS[0]:%Y-%m-%d}"}
    from matplotlib.figure import Figure

    Figure().savefig(tmp_path / "a.png", metadata={"Title": f"of {CHILDREN[3]}"})
    assert leaks(texts(tmp_path / "a.png")) == {CHILDREN[3]}
    assert len(secrets()) > 150


RUNS = {
    "as it comes": ("--runs", 20), "unsuppressed": ("--runs", 20, "--unsuppressed"), "markov": ("--compat", "markov"),
    "markov unsuppressed": ("--compat", "markov", "--unsuppressed"),
    "with the census": ("--runs", 20, "--cin", "cin", "--unsuppressed"),
    "with costs": ("--runs", 20, "--costs", "costs", "--unsuppressed"),
    "with Annex A and costs": ("--runs", 20, "--annex-a", "annex_a", "--costs", "costs", "--unsuppressed"),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_no_file_and_no_line_holds_an_identifier(name, given, tmp_path, capsys, caplog, recwarn):
    options = [given.get(option, option) for option in RUNS[name]]
    status, out, err = call(capsys, "forecast", "--ssda903", given["ssda903"], "--until", UNTIL, "-o", tmp_path / "out", *options)
    assert status == 0, err
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) >= 4
    assert {path.suffix for path in files} <= {".csv", ".html", ".json", ".png"}
    for path in files:
        assert not leaks(texts(path), path.name), path.name
    assert not leaks(out, err, caplog.text, "".join(str(one.message) for one in recwarn))
    assert not leaks(json.dumps(json.loads((tmp_path / "out" / "manifest.json").read_text())))
    pseudonym = re.compile(r"\b[0-9a-f]{32}\b")
    assert not [path.name for path in files if path.suffix != ".png" and pseudonym.search(texts(path))]


FAILS = {
    "faults in the cost list": ("--costs", "bad_costs"), "until before the origin": ("--until", "2020-01-31"),
    "a census for returns": ("--ssda903", "cin"), "costs for returns": ("--ssda903", "costs"),
    "Annex A for returns": ("--ssda903", "annex_a"), "returns for Annex A": ("--annex-a", "ssda903"), "a census for costs": ("--costs", "cin"),
    "returns for costs": ("--costs", "ssda903"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILS)
def test_no_failure_tells_an_identifier_and_nothing_is_written(name, given, tmp_path, capsys, caplog, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = [given.get(option, option) for option in FAILS[name]]
    status, out, err = call(capsys, "forecast", "--ssda903", given["ssda903"], "--until", UNTIL, "-o", tmp_path / "out", *options)
    assert status == 2
    assert err.strip()
    assert "Traceback" not in err
    assert not leaks(out, err, caplog.text)
    assert not list(tmp_path.iterdir())


def test_a_column_of_authorities_that_holds_names_is_not_repeated(tmp_path, capsys):
    """Columns that slipped: LA holds a name and an identifier."""
    rows = [{"CHILD": "A", "DECOM": "2020-06-01", "RNE": "S", "LS": "C2", "PLACE": "U6", "LA": la} for la in ("Zebedee Quillfeather", CHILDREN[0])]
    write_rows(tmp_path / "in" / "episodes.csv", EPISODE, rows)
    write_rows(tmp_path / "in" / "header.csv", HEADER, [{"CHILD": "A", "SEX": "1", "DOB": "2010-01-01"}])
    for options in ((), ("--authority", "Torbay")):
        status, out, err = call(capsys, "forecast", "--ssda903", tmp_path / "in", "--until", UNTIL, "-o", tmp_path / "out", *options)
        assert status == 2
        assert "2 authorities" in err
        assert not leaks(out, err)


def test_an_exception_that_is_caught_in_python_tells_none(given):
    with pytest.raises(RecordsError) as refused:
        forecast(Question(given["ssda903"], date(2023, 3, 31), costs=given["bad_costs"], runs=5))
    assert not leaks(str(refused.value), repr(refused.value), *map(str, refused.value.args))


def test_a_finished_forecast_in_python_shows_none(given):
    found = forecast(Question(given["ssda903"], date(2023, 3, 31), runs=5, hide=False))
    assert not leaks(*(table.to_csv() for table in found.tables.values()), repr(found.quality), repr(found.about), repr(found.shown))


def test_a_process_of_its_own_prints_and_leaves_none(given, tmp_path):
    """With warnings and logging on, from a folder of its own: nothing beside what was asked for is left there."""
    options = ["--ssda903", str(given["ssda903"]), "--until", UNTIL, "--runs", "5", "-o", "out"]
    command = [sys.executable, "-W", "always", "-m", "carecurve", "forecast", *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not leaks(done.stdout, done.stderr)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]

"""XML of records: complete elements one at a time, and the SSDA903 return as the tables of its CSV."""

import tracemalloc

import pytest
from hostile_files import HOSTILE

from calibration import record_xml
from calibration.record_errors import RecordsError
from calibration.record_files import RecordFile
from calibration.record_tables import ROW, read_csv
from calibration.record_xml import elements, root_of
from calibration.ssda903_xml import HEADINGS, read_ssda903_xml

pytestmark = pytest.mark.e2e  # of files


def file(text: str | bytes) -> RecordFile:
    return RecordFile("return.xml", "xml", text if isinstance(text, bytes) else text.encode())


def test_elements_are_whole_and_in_order():
    text = "<r><skip><b>0</b></skip>" + "".join(f"<a n='{n}'><b>{n}</b><c/></a>" for n in range(10_000)) + "</r>"
    found = [(one.get("n"), one.findtext("b"), len(one)) for one in elements(file(text), "A")]
    assert found == [(str(n), str(n), 2) for n in range(10_000)]


def test_namespaces_and_case_do_not_count():
    text = '<m:Message xmlns:m="urn:m" xmlns="urn:d"><Children><CHILD><m:Id>1</m:Id></CHILD><m:child><Id>2</Id></m:child></Children></m:Message>'
    assert [one.findtext("Id") for one in elements(file(text), "Child")] == ["1", "2"]
    assert root_of(file(text)) == "Message"


def test_of_nested_ones_the_outermost():
    assert [one.findtext("a/b") for one in elements(file("<r><a><a><b>1</b></a></a><a/></r>"), "a")] == ["1", None]


def test_what_was_yielded_is_freed():
    found = []
    for one in elements(file("<r>" + "<a><b>x</b></a>" * 1000 + "</r>"), "a"):
        assert len(one) == 1
        found.append(one)
    assert all(len(one) == 0 for one in found)


def test_text_entities_of_xml_itself_and_character_data():
    assert [one.text for one in elements(file("<r><a>&lt;&amp;&#233;</a><a><![CDATA[<x>]]></a></r>"), "a")] == ["<&\u00e9", "<x>"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_declared_encodings(encoding):
    name = {"utf-8-sig": "utf-8", "cp1252": "windows-1252"}.get(encoding, encoding)
    text = f'<?xml version="1.0" encoding="{name}"?><r><a>\u00e9</a></r>'
    assert [one.text for one in elements(file(text.encode(encoding)), "a")] == ["\u00e9"]


@pytest.mark.parametrize("case", [name for kind, name in HOSTILE if kind == "XML" and "no child" not in name and "another root" not in name])
def test_elements_refuses_what_is_hostile(case, tmp_path):
    path, _ = HOSTILE["XML", case](tmp_path)
    with pytest.raises(RecordsError):
        list(elements(file(path.read_bytes()), "CHILD"))


def test_limits_are_as_they_say(monkeypatch):
    monkeypatch.setattr(record_xml, "DEEPEST", 3)
    assert len(list(elements(file("<r><a><b/></a></r>"), "a"))) == 1
    with pytest.raises(RecordsError, match="3 levels deep"):
        list(elements(file("<r><a><b><c/></b></a></r>"), "a"))
    monkeypatch.setattr(record_xml, "MOST_WITHIN", 2)
    assert len(list(elements(file("<r><a><b/></a><a><b/></a></r>"), "a"))) == 2
    with pytest.raises(RecordsError, match="more than 2 elements in one A"):
        list(elements(file("<r><a><b/><b/></a></r>"), "a"))


@pytest.mark.parametrize("length", [10, 1000])
def test_a_long_text_is_found_across_slices(length, monkeypatch):
    monkeypatch.setattr(record_xml, "SLICE", 64)
    monkeypatch.setattr(record_xml, "LONGEST_TEXT", 500)
    text = f"<r>{'<a>x</a>' * 50}<a>{'y' * length}</a>{'<a>x</a>' * 50}</r>"
    if length < 500:
        assert len(list(elements(file(text), "a"))) == 101
    else:
        with pytest.raises(RecordsError, match="more than 500 bytes"):
            list(elements(file(text), "a"))


RETURN = """<?xml version="1.0"?>
<EXPSSDA903>
  <CHILD>
    <HEADER><CHILDID>1</CHILDID><UPN>A1</UPN><SEX>2</SEX><DOB>02/03/2013</DOB><ETHNIC>BOTH</ETHNIC><UASC>1</UASC><DUC>02/03/2031</DUC>
      <AREVIEW><REVIEW>28/01/2016</REVIEW></AREVIEW><MOTHER/><MC_DOB/></HEADER>
    <EPISODE><DECOM>11/11/2016</DECOM><RNE>S</RNE><LS>V2</LS><CIN>N1</CIN><PL>U6</PL><PL_POST>D4 8NF</PL_POST><URN>1</URN>
      <PLACE_PROVIDER>PR4</PLACE_PROVIDER><DEC>26/04/2017</DEC><REC>X1</REC></EPISODE>
    <EPISODE><DECOM>26/04/2017</DECOM><RNE>P</RNE><LS>V2</LS><CIN>N1</CIN><PL>K2</PL><DEC/><REC/></EPISODE>
  </CHILD>
  <CHILD><HEADER><CHILDID>2</CHILDID><SEX>1</SEX><DOB>01/01/2010</DOB><UASC/></HEADER></CHILD>
  <CHILD><HEADER><CHILDID>3</CHILDID><UASC>0</UASC></HEADER><EPISODE><DECOM>01/05/2016</DECOM><PL>P1</PL></EPISODE></CHILD>
</EXPSSDA903>"""


def rows(table) -> list[list[str]]:
    return table.frame.astype(str).to_numpy().tolist()


def test_a_return_is_the_tables_of_its_csv():
    header, episodes, uasc = read_ssda903_xml(file(RETURN))
    assert [table.sheet for table in (header, episodes, uasc)] == list(HEADINGS)
    as_csv = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n1,2,02/03/2013,BOTH,A1,,\n2,1,01/01/2010,,,,\n3,,,,,,\n"
    expected = read_csv(RecordFile("header.csv", "csv", as_csv.encode())).frame
    assert header.frame.drop(columns=ROW).astype(str).equals(expected.drop(columns=ROW).astype(str))
    assert rows(episodes) == [
        ["1", "11/11/2016", "S", "V2", "N1", "U6", "PR4", "26/04/2017", "X1", "", "", "D4 8NF", "1", "1"],
        ["1", "26/04/2017", "P", "V2", "N1", "K2", "", "", "", "", "", "", "", "1"],
        ["3", "01/05/2016", "", "", "", "P1", "", "", "", "", "", "", "", "3"],
    ]
    assert rows(uasc) == [["1", "2", "02/03/2013", "02/03/2031", "1"]]


def test_the_other_naming_means_the_same():
    other = RETURN.replace("CHILDID>", "CHILD>").replace("PL>", "PLACE>").replace("<EXPSSDA903>", '<EXPSSDA903 xmlns="urn:x">')
    other = other.replace("<EPISODE>", "<EPISODES><EPISODE>").replace("</EPISODE>", "</EPISODE></EPISODES>")
    assert [rows(table) for table in read_ssda903_xml(file(other))] == [rows(table) for table in read_ssda903_xml(file(RETURN))]


def test_children_do_not_fill_memory():
    text = file("<EXPSSDA903>" + "<CHILD><HEADER><CHILDID>1</CHILDID></HEADER></CHILD>" * 4_000 + "</EXPSSDA903>")
    tracemalloc.start()
    assert sum(1 for _ in elements(text, "CHILD")) == 4_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * len(text.content)  # the tree of it all would take thirty times its bytes

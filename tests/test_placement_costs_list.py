"""The placement cost list: what is read, every fault at once, and nothing of a cell in a message."""

import openpyxl
import pandas as pd
import pytest

from calibration.care_records import PLACEMENTS
from calibration.identifiers import Pseudonyms
from calibration.placement_costs import COLUMNS, PlacementCosts, PlacementCostsError, read_placement_costs, write_template
from calibration.record_errors import RecordsError

pytestmark = pytest.mark.unit

HEADING = ",".join(COLUMNS)
PLANTED = "ZQX7788421"


@pytest.fixture
def read(tmp_path):
    def reader(*rows: str, heading: str = HEADING, pseudonyms: Pseudonyms | None = None) -> PlacementCosts:
        path = tmp_path / "costs.csv"
        path.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
        return read_placement_costs(path, pseudonyms or Pseudonyms())

    return reader


def faults(read, *rows: str, **options) -> list[str]:
    with pytest.raises(PlacementCostsError) as fault:
        read(*rows, **options)
    return str(fault.value).splitlines()


def test_rows_as_authorities_write_them(read):
    pseudonyms = Pseudonyms()
    table = read(
        '101,"£5,250.50",K2,PR4,2025-11-03,30/10/2026,60%,25%,15%',
        "102,700,in_house_foster,own,01/02/2024,,1,0,0",
        "103,4000,childrens-home,,2025-01-01,,,,",
        "104,6000,k2,pr1,2025-01-01,,0.5,0.5,",
        "105,900,U4,voluntary,2025-01-01,,33.3%,33.3%,33.3%",
        pseudonyms=pseudonyms,
    ).placements.set_index("pseudonym")  # fmt: skip
    columns = ["cost_gbp_per_week", "placement", "provider"]
    said = {name: tuple(table.loc[pseudonyms.one(name), columns]) for name in ("101", "102", "103", "104", "105")}
    assert said == {
        "101": (5250.5, "childrens_home", "PR4"), "102": (700.0, "in_house_foster", "PR1"), "103": (4000.0, "childrens_home", ""),
        "104": (6000.0, "authority_childrens_home", "PR1"), "105": (900.0, "agency_foster", "PR5"),
    }  # fmt: skip
    first, third = table.loc[pseudonyms.one("101")], table.loc[pseudonyms.one("105")]
    assert (first["start"], first["planned_end"]) == (pd.Timestamp("2025-11-03"), pd.Timestamp("2026-10-30"))
    assert first[["share_authority", "share_health", "share_education"]].tolist() == [0.6, 0.25, 0.15]
    assert third[["share_authority", "share_health", "share_education"]].tolist() == pytest.approx([1 / 3] * 3)
    assert table["share_authority"].loc[[pseudonyms.one("103"), pseudonyms.one("104")]].tolist() == [1.0, 0.5]
    assert set(table["placement"]) <= set(PLACEMENTS)


def test_shares_may_be_left_out_and_the_child_may_be_headed_pseudonym(read):
    costs = read("101,700,U4,2025-01-01", heading="Pseudonym,Cost GBP per week,PLACEMENT,start")
    assert costs.placements[["share_authority", "share_health", "share_education"]].to_numpy().tolist() == [[1.0, 0.0, 0.0]]
    assert costs.quality.read["placement cost list"] == 1


def test_every_fault_is_told_at_once_by_file_row_and_field_and_no_cell_is_repeated(read):
    told = faults(
        read,
        "101,700,U4,PR1,2025-01-01,,1,0,0",
        f",-5,{PLANTED},{PLANTED},{PLANTED},2020-01-01,60%,25%,35%",
        f"{PLANTED},nan,K2,,2025-01-01,2024-01-01,60,0,{PLANTED}",
        "103,60000.01,K2,,1925-01-01,soon,,,",
    )
    places = {tuple(line.split(": ")[:2]) for line in told}
    assert places == {
        ("costs.csv:3", "child"), ("costs.csv:3", "cost_gbp_per_week"), ("costs.csv:3", "placement"), ("costs.csv:3", "provider"),
        ("costs.csv:3", "start"), ("costs.csv:3", "share_authority"),
        ("costs.csv:4", "cost_gbp_per_week"), ("costs.csv:4", "planned_end"), ("costs.csv:4", "share_authority"), ("costs.csv:4", "share_education"),
        ("costs.csv:5", "cost_gbp_per_week"), ("costs.csv:5", "start"), ("costs.csv:5", "planned_end"),
    }  # fmt: skip
    assert len(told) == 13
    assert [line.split(":")[1] for line in told] == sorted(line.split(":")[1] for line in told)
    assert PLANTED not in "".join(told)


@pytest.mark.parametrize("cost", ["0.99", "-700", "60001", "1e3", "inf", "nan", "", "£", "5,25,0", "700 pw", "=700", "७००"])
def test_prices_that_are_none_are_refused(read, cost):
    (told,) = faults(read, f'101,"{cost}",U4,PR1,2025-01-01,,1,0,0')
    assert told.startswith("costs.csv:2: cost_gbp_per_week: ")


@pytest.mark.parametrize("cost", ["1", "60000", "£60,000.00", " 5250.5 "])
def test_prices_at_the_ends_are_read(read, cost):
    assert len(read(f'101,"{cost}",U4,PR1,2025-01-01,,1,0,0').placements) == 1


@pytest.mark.parametrize(
    ("shares", "right"),
    [("0.6,0.4,0", True), ("60%,40%,", True), ("60,40,0", False), ("0.6,0.3,0", False), ("60%,0.4,0", True), ("-10%,60%,50%", False),
     ("110%,0,-0.1", False), (",1,", True), ("0,0,0", False), ("a%,1,0", False)],
)  # fmt: skip
def test_shares_sum_to_one(read, shares, right):
    row = f"101,700,U4,PR1,2025-01-01,,{shares}"
    if right:
        assert read(row).placements[["share_authority", "share_health", "share_education"]].sum(axis=1).tolist() == pytest.approx([1.0])
    else:
        assert any("share" in line for line in faults(read, row))


def test_columns_missing_strange_or_twice_are_told(read):
    told = faults(read, "101,U4,x", heading=f"child,placement,{PLANTED}")
    assert {tuple(line.split(": ")[:2]) for line in told[:2]} == {("costs.csv:1", "cost_gbp_per_week"), ("costs.csv:1", "start")}
    assert "not of the list" in told[2]
    assert PLANTED not in "".join(told)
    with pytest.raises(RecordsError, match="twice"):
        read("1,2", heading="child,child")


def test_the_same_row_twice_and_a_broken_row_are_told(read):
    row = "101,700,U4,PR1,2025-01-01,,1,0,0"
    told = faults(read, row, row, "102,700,U4")
    assert any(line.startswith("costs.csv:3: child: ") and "earlier row" in line for line in told)
    assert any("other number of cells" in line for line in told)


def test_the_template_has_the_headings_and_an_example_that_reads_once_it_is_no_comment(tmp_path):
    path = tmp_path / "mine.csv"
    write_template(path)
    with pytest.raises(RecordsError, match="no row of a placement"):
        read_placement_costs(path, Pseudonyms())
    text = path.read_text(encoding="utf-8").splitlines()
    assert text[0] == HEADING
    path.write_text("\n".join([*text[:2], text[2].removeprefix("# ")]), encoding="utf-8")
    assert read_placement_costs(path, Pseudonyms()).placements["cost_gbp_per_week"].tolist() == [5250.0]
    with pytest.raises(FileExistsError):
        write_template(path)


def test_lines_behind_a_hash_keep_the_numbers_of_others(read):
    (told,) = faults(read, "# a comment, with, commas", "101,700,U4,PR1,never,,1,0,0")
    assert told.startswith("costs.csv:3: start: ")


def test_a_workbook_whose_other_sheets_are_not_read(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["what", "this is"])
    sheet = book.create_sheet("costs")
    for row in (COLUMNS, [101, 5250.0, "K2", "PR4", pd.Timestamp("2025-11-03").to_pydatetime(), None, 0.6, 0.25, 0.15]):
        sheet.append(list(row))
    book.save(tmp_path / "costs.xlsx")
    pseudonyms = Pseudonyms()
    costs = read_placement_costs(tmp_path / "costs.xlsx", pseudonyms).placements
    assert costs["pseudonym"].tolist() == [pseudonyms.one("101")]
    assert costs[["cost_gbp_per_week", "share_health"]].to_numpy().tolist() == [[5250.0, 0.25]]


def test_identifiers_are_in_nothing_that_is_read(read):
    costs = read(f"{PLANTED},700,U4,PR1,2025-01-01,,1,0,0", f"{PLANTED}2,800,U4,PR1,2025-01-01,,1,0,0")
    assert PLANTED not in costs.placements.to_csv() + str(costs.quality)
    assert costs.placements["cost_gbp_per_week"].tolist() == [700.0, 800.0]

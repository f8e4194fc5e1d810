"""Codes of the SSDA903 return: every code of each year's list is known, and means what the published tables make of it."""

from importlib.resources import files

import pytest

from calibration.care_records import PLACEMENTS
from scenarios.loading import load
from scenarios.ssda903_codes import codes, placement_of

pytestmark = pytest.mark.unit

# Valid codes as Data to Insight's validator lists them (rule 146 of 2022-23, 2024-25 and 2025-26; rule 149), independent of the table.
PLACE_2023 = "A3 A4 A5 A6 H5 K1 K2 P1 P2 P3 R1 R2 R3 R5 S1 T0 T1 T2 T3 T4 U1 U2 U3 U4 U5 U6 Z1"
PLACE_2025 = PLACE_2023 + " K3"
PLACE_2026 = "A3 A4 A5 A6 K1 K2 K3 P1 P3 R1 R2 R3 R5 S1 T0 T1 T2 T3 T4 U1 U2 U3 U4 U5 U6 Z11 Z12 Z13 Z14"
REC_2023 = "E11 E12 E2 E3 E4A E4B E13 E41 E45 E46 E47 E48 E5 E6 E7 E8 E9 E14 E15 E16 E17 X1"
LS = "C1 C2 D1 E1 V2 V3 V4 L1 L2 L3 J1 J2 J3"


def valid(field: str, year: int) -> set[str]:
    return {code.code for code in codes(field).values() if code.first_year <= year <= (code.last_year or 9999)}


@pytest.mark.parametrize(("year", "expected"), [(2023, PLACE_2023), (2025, PLACE_2025), (2026, PLACE_2026)])
def test_placements_of_a_year_are_its_list(year, expected):
    assert valid("PLACE", year) == set(expected.split())


def test_other_fields_are_their_lists():
    assert valid("REC", 2023) == set(REC_2023.split())
    assert valid("LS", 2023) == set(LS.split())
    assert valid("RNE", 2023) == set("SLPTBU")
    assert valid("PLACE_PROVIDER", 2023) == {f"PR{n}" for n in range(6)}


def test_special_guardianship_by_the_old_codes_ends_with_2018():
    assert {"E43", "E44"} <= valid("REC", 2018)
    assert {codes("REC")[code].meaning for code in ("E43", "E44", "E45", "E46", "E47", "E48")} == {"special_guardianship"}


@pytest.mark.parametrize("field", ["PLACE", "LS", "RNE", "REC", "PLACE_PROVIDER"])
def test_every_code_has_a_name_and_a_meaning_and_stands_once(field):
    lines = (files("scenarios") / "data" / "ssda903_codes.csv").read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith(f"{field},") for line in lines) == len(codes(field))
    assert all(code.name and code.meaning and code.code == code.code.strip().upper() for code in codes(field).values())


def test_every_placement_is_one_of_the_records():
    assert {placement_of(code, provider) for code in codes("PLACE") for provider in ("PR1", "PR4", "")} == set(PLACEMENTS)


def test_every_exit_is_one_of_the_pathway():
    stages = load("baseline").pathway.stages
    exits = {name for name, stage in stages.items() if stage.exit}
    assert {code.meaning for code in codes("REC").values()} - {"next_episode"} <= exits


@pytest.mark.parametrize(
    ("code", "provider", "placement"),
    [
        ("U6", "PR1", "in_house_foster"), ("U6", "PR4", "agency_foster"), ("U6", "", "agency_foster"), ("U1", "PR1", "kinship_foster"),
        ("K2", "PR1", "authority_childrens_home"), ("K2", "PR5", "childrens_home"), ("K1", "PR1", "secure_home"),
        ("H5", "PR4", "supported_accommodation"), ("K3", "PR4", "supported_accommodation"), ("P2", "", "supported_accommodation"),
        ("R1", "PR4", "other_placement"), ("Z12", "", "other_placement"), ("P1", "PR0", "with_parents"), ("A5", "PR1", "adoption_placement"),
        ("R5", "PR3", "youth_detention"), ("??", "PR1", ""),
    ],
)  # fmt: skip
def test_a_code_and_its_provider_are_one_placement(code, provider, placement):
    assert placement_of(code, provider) == placement

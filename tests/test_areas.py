"""Areas, regions and groups as scenarios see them."""

import math

import pytest

from scenarios.areas import (
    GroupFileError,
    UnknownNameError,
    england,
    find_area,
    find_group,
    find_region,
    load_areas,
    load_groups,
    read_group,
    regions,
)

pytestmark = pytest.mark.unit


def test_every_area_has_every_quantity_of_england_and_each_is_finite():
    published = set(england().quantities)
    fitted = {"new_family_referrals", "work_in_hand", "ratio_s47", "ratio_care_exit", "childrens_home_places"}
    for area in load_areas().values():
        assert published | fitted <= set(area.quantities), area.name
        for quantity in area.quantities:
            values = area.series(quantity).values()
            assert all(math.isfinite(value) and value >= 0 for value in values), (area.name, quantity)


def test_only_two_authorities_are_too_small():
    assert [a.name for a in load_areas().values() if a.too_small] == ["City of London", "Isles of Scilly"]


def test_codes_are_unique_and_fit_the_address_of_a_draw():
    codes = [area.code for area in load_areas().values()]
    assert len(set(codes)) == 134
    assert all(0 < code < 2**15 for code in codes)


def test_a_year_falls_back_to_the_nearest_earlier_one():
    kent = find_area("Kent")
    assert kent.record("nfa_share", 2030).year_ending == 2024
    assert kent.value("referrals", 2030) == kent.value("referrals", 2025)
    assert kent.record("court_weeks", 2023).area == "England"
    assert kent.record("uasc_started", 2015).year_ending == 2019  # before 2019: held at 2019


def test_areas_are_found_by_name_and_codes():
    assert find_area("greenwich") is find_area("203") is find_area("E09000011")
    assert find_area("england") is england()


def test_unknown_names_offer_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean Bolton"):
        find_area("Boltn")
    with pytest.raises(UnknownNameError, match="Bristol, City of"):
        find_area("Bristol")
    with pytest.raises(UnknownNameError, match="North West"):
        find_region("Northwest")
    with pytest.raises(UnknownNameError, match="greater-manchester"):
        find_group("greater-manchestr")
    with pytest.raises(UnknownNameError, match="referrals"):
        find_area("Kent").value("referals")


def test_regions_partition_the_authorities_and_london_is_both_halves():
    assert len(regions()) == 10
    assert sum(len(find_region(region)) for region in regions()) == 134
    assert len(find_region("London")) == len(find_region("Inner London")) + len(find_region("Outer London"))


def test_greater_manchester_is_the_ten_and_all_within_reach():
    group = find_group("Greater Manchester")
    assert group.members == ("Bolton", "Bury", "Manchester", "Oldham", "Rochdale", "Salford", "Stockport", "Tameside",
                             "Trafford", "Wigan")  # fmt: skip
    assert all(all(row) for row in group.reach())


def test_south_east_is_the_region_without_hampshire_kent_and_slough():
    group = find_group("south-east")
    region = {area.name for area in find_region("South East")}
    assert set(group.members) == region - {"Hampshire", "Kent", "Slough"}
    assert group.within_reach("Portsmouth", "Isle of Wight")
    assert not group.within_reach("Milton Keynes", "Isle of Wight")
    assert all(group.within_reach(name, name) for name in group.members)
    reach = group.reach()
    assert all(reach[i][j] == reach[j][i] for i in range(len(reach)) for j in range(len(reach)))
    assert all(any(name in cluster for cluster in group.clusters) for name in group.members)


def test_every_group_names_its_source():
    assert all(group.source and group.description for group in load_groups().values())


def group_file(folder, members="[Bolton, Bury]", reach="all"):
    path = folder / "mine.yaml"
    path.write_text(f"name: Mine\ndescription: d\nsource: s\nmembers: {members}\nwithin_reach: {reach}\n")
    return path


def test_a_member_without_a_profile_is_reported_not_refused(tmp_path):
    group = read_group(group_file(tmp_path, "[Bolton, Ealing, '351']", "[[Bolton, Ealing]]"))
    assert group.members == ("Bolton", "Bury")
    assert group.missing == ("Ealing",)
    assert not group.within_reach("Bolton", "Bury")


def test_bad_group_files_are_refused(tmp_path):
    with pytest.raises(GroupFileError, match="not among the members"):
        read_group(group_file(tmp_path, reach="[[Bolton, Wigan]]"))
    with pytest.raises(GroupFileError, match="needs members"):
        read_group(group_file(tmp_path, members="[]"))
    with pytest.raises(GroupFileError, match="cannot be read"):
        read_group(tmp_path / "absent.yaml")

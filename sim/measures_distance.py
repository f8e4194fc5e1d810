"""Measures of where children in care live, as tables: in the area or out of it, how far from home, and whose children are in whose beds."""

from sim.kernels.distance import ELSEWHERE, FAR_OUT
from sim.measure import ratio, stock
from sim.whereabouts import HOMES, IN_AREA, OUT_OF_AREA, OVER_20_MILES, beds, imported, imported_within_region, in_homes, placed

BED = "beds"
KNOWN = {"who": "looked-after children; unaccompanied ones have no home that a distance is measured from, and count as not far, as published"}

DISTANCE = (
    stock("out_of_area_at31", "Placed out of the authority's area", lambda c: placed(c, *OUT_OF_AREA)),
    stock("placed_over_20_miles_at31", "Placed over 20 miles from home", lambda c: placed(c, *OVER_20_MILES), **KNOWN),
    stock("over_20_miles_out_of_area_at31", "Placed over 20 miles from home and out of the area", lambda c: placed(c, FAR_OUT), **KNOWN),
    stock("pooled_at31", "Placed in another authority of the pool", lambda c: placed(c, ELSEWHERE)),
    stock("homes_over_20_miles_at31", "In homes over 20 miles from home", lambda c: placed(c, *OVER_20_MILES, group=HOMES)),
    ratio("out_of_area_pct", "Placed out of the area, of children in care", "out_of_area_at31", "cla_at31"),
    ratio("placed_over_20_miles_pct", "Placed over 20 miles from home, of children in care", "placed_over_20_miles_at31", "cla_at31"),
    ratio(
        "over_20_miles_out_of_area_pct", "Over 20 miles from home and out of the area, of children in care", "over_20_miles_out_of_area_at31",
        "cla_at31", fitted="cla_20_miles_out_of_area_pct",
    ),
    ratio("homes_over_20_miles_pct", "Over 20 miles from home, of children in homes", "homes_over_20_miles_at31", "childrens_home_at31"),
)  # fmt: skip
BEDS_OF_AREAS = (
    stock("homes_in_area_at31", "Own children in children's homes in the area", lambda c: in_homes(c, *IN_AREA)),
    stock("homes_exported_at31", "Own children in children's homes out of the area", lambda c: in_homes(c, *OUT_OF_AREA)),
    stock("homes_exported_within_region_at31", "of them in a place that the region pools", lambda c: in_homes(c, ELSEWHERE)),
    stock("beds_in_area_at31", "Registered beds in children's homes in the area", beds, BED),
    stock("beds_imported_at31", "of them used by other authorities' children", imported, BED),
    stock("beds_imported_within_region_at31", "Places of homes used by children of the region's other authorities", imported_within_region, BED),
    stock("beds_net_imports_at31", "Beds imported less own children exported", lambda c: imported(c) - in_homes(c, *OUT_OF_AREA), BED),
)
WHERE = (*DISTANCE, *BEDS_OF_AREAS)

"""Where placements are, seen from home and from the authority's boundary: the sources of `placement_plans.distance` in pathway.yaml.

    python -m calibration.distance

England, 31 March 2024, from distributions.csv. Children whose distance is not recorded are the unaccompanied, almost one for one: they have no
home to measure from. So the shares of the others are of those recorded, and the unaccompanied have a locality only.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from calibration.panel import DATA

YEAR = 2024  # rates come from years up to March 2024; a later year is what the model is compared with
BANDS = ("1.i 20 miles or less inside LA boundary", "1.ii 20 miles or less outside LA boundary", "2.i Over 20 miles inside LA boundary",
         "2.ii Over 20 miles outside LA boundary")  # fmt: skip
FOSTER, HOMES, SUPPORTED, PARENTS, ADOPTION, OTHER = (
    "Foster placements", "Secure homes and children's homes", "Independent and semi-independent living arrangements/supported accommodation",
    "Placed with parents or other person with parental responsibility", "Placed for adoption", "Other placements",
)  # fmt: skip
CARERS = "Own provision (by the LA)"
AGENCIES = ("Private provision", "Voluntary/third sector provision")


@cache
def _table(indicator: str) -> dict[str, float]:
    """Return England's children of a table by category."""
    frame = pd.read_csv(DATA / "distributions.csv")
    rows = frame[(frame.indicator == indicator) & (frame.year_ending == YEAR) & (frame.geography == "England")]
    return {category.replace("/ ", "/"): float(value) for category, value in zip(rows.category, rows.value, strict=True)}


def bands_of(placement: str) -> np.ndarray:
    """Return children by band whose distance is recorded: within 20 miles in and out of the area, over 20 miles in and out."""
    table = _table("distance_by_placement")
    return np.array([table[f"{placement} | {band}"] for band in BANDS])


def not_recorded(placement: str) -> np.ndarray:
    """Return children whose distance is not recorded, in and out of the area: all by locality less those with a distance."""
    inside, outside = (_by_provider(side, placement, "All children") for side in "ab")
    near_in, near_out, far_in, far_out = bands_of(placement)
    return np.array([inside - near_in - far_in, outside - near_out - far_out])


def _by_provider(side: str, placement: str, provider: str) -> float:
    """Return children in a placement by provider in (`a`) or out of (`b`) the area; 0 where there is no row."""
    number = {"a": "2", "b": "3"}[side]
    table = _table("placement_by_provider_locality")
    found = [value for category, value in table.items() if category[0] == number and f". {placement} | {provider}" in category]
    return found[0] if found else 0.0


def foster_localities() -> dict[str, np.ndarray]:
    """Return foster children in and out of the area by who cares for them, those whose distance is not recorded left out.

    Carers of an agency and other carers of the authority's own are taken to hold the latter in proportion to their children on each side of the
    boundary; relatives and friends none.
    """
    detail = _table("placement_31_march_detail")
    kin = np.array([detail[f"1{side}.1 Total foster placements {where} council boundary with relative or friend"]
                    for side, where in (("a", "inside"), ("b", "outside"))])  # fmt: skip
    own = np.array([_by_provider(side, FOSTER, CARERS) for side in "ab"]) - kin
    agency = np.array([sum(_by_provider(side, FOSTER, one) for one in AGENCIES) for side in "ab"])
    kept = 1.0 - not_recorded(FOSTER) / (own + agency)
    return {"kinship_foster": kin, "in_house_foster": own * kept, "agency_foster": agency * kept}


def home_localities() -> dict[str, np.ndarray]:
    """Return children in homes, and in secure homes, in and out of the area."""
    detail = _table("placement_31_march_detail")
    return {
        "childrens_home": np.array([detail["4c.1 Children's home placement inside the council boundary"],
                                    detail["4c.2 Children's home placement outside the council boundary"]]),
        "secure_home": np.array([detail["4a Secure home placement inside the council boundary"],
                                 detail["4b Secure home placement outside the council boundary"]]),
    }  # fmt: skip


def shares() -> dict[str, tuple[float, ...]]:
    """Return the share of each placement in each band, unaccompanied children left out.

    How many are over 20 miles away among those in the area, and among those out of it, is published for foster care and for homes as a whole.
    Of unregistered placements and waits for a secure home nothing is published: they are taken to be where homes are; youth detention, where secure
    homes are.
    Nor of authorities' own homes: they are taken to be in the area, as far as homes there are.
    """
    found: dict[str, tuple[float, ...]] = {}
    for placement, localities in ((FOSTER, foster_localities()), (HOMES, home_localities())):
        near_in, near_out, far_in, far_out = bands_of(placement)
        far = np.array([far_in / (near_in + far_in), far_out / (near_out + far_out)])
        for stage, children in localities.items():
            part = children / children.sum()
            found[stage] = (*(part * (1.0 - far)), *(part * far))
    for stage, placement in (("supported_accommodation", SUPPORTED), ("with_parents", PARENTS), ("adoption_placement", ADOPTION),
                             ("other_placement", OTHER)):  # fmt: skip
        found[stage] = tuple(bands_of(placement) / bands_of(placement).sum())
    near_in, _, far_in, _ = found["childrens_home"]
    found["authority_childrens_home"] = (near_in / (near_in + far_in), 0.0, far_in / (near_in + far_in), 0.0)
    alike = {
        "kinship_foster_provisional": "kinship_foster", "unregistered": "childrens_home", "awaiting_secure_home": "childrens_home",
        "youth_detention": "secure_home",
    }  # fmt: skip
    return found | {name: found[other] for name, other in alike.items()}


def unaccompanied() -> dict[str, tuple[float, float]]:
    """Return the share of unaccompanied children's placements in and out of the area."""
    found = {}
    for stage, placement in (("in_house_foster", FOSTER), ("childrens_home", HOMES), ("supported_accommodation", SUPPORTED)):
        children = not_recorded(placement)
        found[stage] = tuple(children / children.sum())
    locality = _table("distance_locality_31_march")
    sides = np.array([locality[f"{n}. Placed {where} the LA boundary, distance not known or not recorded"]
                      for n, where in ((5, "inside"), (6, "outside"))])  # fmt: skip
    rest = sides - sum(not_recorded(placement) for placement in (FOSTER, HOMES, SUPPORTED))
    return found | {"other_placement": tuple(rest / rest.sum())}


def response_to_use() -> tuple[float, float, int]:
    """Return by how much the log odds of over 20 miles and out of area move with the log use of own foster places, its error, and the rows.

    Within authorities, 2016-25, years and authorities each at their own mean.
    """
    frame = pd.read_csv(DATA / "la_panel.csv")
    frame = frame[frame.level == "local_authority"].copy()
    frame["use"] = frame.foster_places_filled / frame.foster_places_approved
    far = frame.cla_20_miles_out_of_area_pct
    frame = frame[far.gt(0) & frame.use.between(0.2, 1.1)].copy()
    far = frame.cla_20_miles_out_of_area_pct
    frame["odds"], frame["use"] = np.log(far / (100.0 - far)), np.log(frame.use)
    for column in ("odds", "use"):
        for _ in range(100):
            for key in ("name", "year_ending"):
                frame[column] -= frame.groupby(key)[column].transform("mean")
    squares = float((frame.use**2).sum())
    slope = float((frame.odds * frame.use).sum()) / squares
    shared = (frame.use * (frame.odds - slope * frame.use)).groupby(frame.name).sum()
    return slope, float(np.sqrt((shared**2).sum())) / squares, len(frame)


def main() -> int:
    """Print the shares, and what use of places does to distance."""
    print("within 20 miles in area, out of area; over 20 miles in area, out of area")
    for stage, row in shares().items():
        print(f"  {stage:28}" + ", ".join(f"{share:.3f}" for share in row))
    print("unaccompanied children: in area, out of area")
    for stage, row in unaccompanied().items():
        print(f"  {stage:28}" + ", ".join(f"{share:.3f}" for share in row))
    slope, error, rows = response_to_use()
    print(f"odds of over 20 miles out of area on use of own foster places: elasticity {slope:.2f} (standard error {error:.2f}), {rows} rows")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

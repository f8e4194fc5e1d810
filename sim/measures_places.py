"""Measures of places for children in care, as tables: approved, available, filled and vacant, and the households and homes that come and go."""

from sim.measure import Measure, flow, ratio, stock

KINDS = {
    "in_house_foster": "Foster places, the authority's own",
    "agency_foster": "Foster places, independent agencies'",
    "authority_childrens_home": "Home places, the authority's own",
    "childrens_home": "Home places, bought",
}
APPROVED = {"foster": "approved", "home": "registered"}
UNITS = {"foster": ("households", "Foster households"), "home": ("homes", "Children's homes")}
# The panel publishes the authority's own foster places; approved ones are an input, and no child's whereabouts enters them.
PUBLISHED = {
    ("in_house_foster", "approved"): {"input": "foster_places_approved"},
    ("in_house_foster", "filled"): {"outcome": "foster_places_filled"},
}


def places_of(kind: str, words: str) -> tuple[Measure, ...]:
    """Return the places of a kind at 31 March: approved or registered, and which of them are not available, usable, filled and vacant."""
    said = APPROVED[kind.rsplit("_", 1)[-1]]
    states = {
        said: lambda c: c.approved_places(kind),
        "not_available": lambda c: c.approved_places(kind) - c.usable_places(kind),
        "usable": lambda c: c.usable_places(kind),
        "filled": lambda c: c.filled_places(kind),
        "vacant": lambda c: c.usable_places(kind) - c.filled_places(kind),
    }
    return tuple(
        stock(f"{kind}_places_{state}", f"{words}: {state.replace('_', ' ')}", count, "places", **PUBLISHED.get((kind, state), {}))
        for state, count in states.items()
    )


def units_of(kind: str, words: str) -> tuple[Measure, ...]:
    """Return the households approved and deregistered in a year, or the homes opened and closed, moves between owners among them."""
    unit = UNITS[kind.rsplit("_", 1)[-1]][0]
    came, went = ("approved", "deregistered") if unit == "households" else ("opened", "closed")
    return (
        flow(f"{kind}_{unit}_{came}", f"{words}: {unit} {came}", lambda c: c.units_opened(kind), unit),
        flow(f"{kind}_{unit}_{went}", f"{words}: {unit} {went}", lambda c: c.units_closed(kind), unit),
    )


PLACES = tuple(measure for kind, words in KINDS.items() for measure in (*places_of(kind, words), *units_of(kind, words)))
PLANNED = (
    flow("placements_made", "Placements made", lambda c: c.placements_made, "placements"),
    flow("placements_not_as_planned", "Placements made of another type than planned", lambda c: c.placements_not_as_planned, "placements"),
    ratio("sufficiency_gap_pct", "Placements of another type than planned (sufficiency gap)", "placements_not_as_planned", "placements_made"),
    flow("placements_bought", "Placements of the planned type, bought for want of an own place", lambda c: c.placements_bought, "placements"),
    ratio("placements_bought_pct", "Placements bought for want of an own place", "placements_bought", "placements_made"),
)

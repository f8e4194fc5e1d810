"""How model and state lie in memory: record types, codes and the three tuples of arrays that kernels receive.

Rows of the first axis `a` are the authorities of a run (one, or a pooled region's). Record arrays keep what one event touches close together.
"""

from collections import namedtuple

import numpy as np

from sim.kernels.handles import accessors


def _codes(first, count):
    """Return whole-number constants. numpy's, not Python's: numba would compile a kernel anew for each Python number it is called with."""
    return tuple(np.int64(first + i) for i in range(count))


# Tracks. A family has the first four, a child who has ever entered care the last three.
NEED, PROTECTION, COURT, SUPPORT, CARE, PLACEMENT, LEGAL = _codes(0, 7)
ON_CARE, ON_PLACEMENT, ON_LEGAL = _codes(0, 3)  # a child's tracks, counted from care
FAMILY_TRACKS, CHILD_TRACKS, TRACKS = 4, 3, 7

SLOTS = 8  # children of a family, in birth order
MAX_TRANSITIONS = 12  # competing transitions of one stage, a multiple of four
MAX_FAMILY_STAGES = 16
MAX_CHILD_STAGES = 36
AGE_BANDS = 5  # under 1, 1-4, 5-9, 10-15, 16-17
CEASED_AGES = 7  # the same with 16, 17, 18
NEEDS = 4
STREAMS = 4  # family, uasc, uasc_pass_through, disabled
LAYERS = 4  # superposed candidate layers per stream
YEAR = 365.25
KNOWN_PREGNANCY_DAYS = 180.0  # an unborn child counts with the family from here on
KEEP_MARGIN = 2.0  # a closed family stays in memory if it would return at twice its hazard

NOBODY, IDLE = _codes(-1, 1) * 2  # no child (a family's own slot); the track becomes idle
STAY = np.int64(-2)  # the stage goes on, only this transition's threshold is drawn again
ALL_TRACKS = np.int64(-1)  # a change of household touches them all
YES, NO = np.bool_(True), np.bool_(False)
WHOLE_FAMILY, ONLY_CHILD = _codes(0, 2)  # units of an address: the family, its first child
FIRST, ONE, WAITING = np.int64(0), np.int64(1), np.int64(1)
ADMITTED = np.int64(0)
GIVE_BACK, TAKE = np.int64(-1), np.int64(1)
ON_ENTRY, ON_MOVE, UASC_PLAN = _codes(0, 3)  # contexts of a placement plan; a legal status may name another (`plan` of its stage)

# What drives a row of operational time: nothing; the work of teams or of courts, whose pressure slows it; or family support, which keeps need
# from its highest pace.
NO_DRIVER, SOCIAL_WORK, COURT_WORK, FAMILY_SUPPORT = _codes(0, 4)
DRIVERS = 3  # that can slow: their columns are the codes above, less 1

AS_DRAWN, AT_MARKET, PAID = _codes(0, 3)  # what a placement is let at: for the child's needs, with the market's index, less what commissioning wins
WHOLE_PRICE = 10_000.0  # the authority's base price, as what placements are let at is written

AT_HOME, IN_CARE, LEFT = _codes(1, 3)  # where a child is

# Steps that are counted by quintile and followed up (`followed` of a stage), and, last, a column for children in care at month end.
REFERRED, ENQUIRY, PLAN, CARE_START, IN_CARE_END = _codes(0, 5)
CLOSED_UNPLANNED = np.int64(0)  # of `returned`, the column before those of steps: cases closed without a plan
WAITED, CLOSED_BEFORE, PLANNED_BEFORE = _codes(0, 3)  # what went before a care start
NEED_LIST, SUPPORT_LIST = _codes(0, 2)  # waiting lists: of a stage of need, and of support beside it
QUINTILE_ROWS, UNACCOMPANIED_ROW = 6, np.int64(5)  # five quintiles, then children who arrive in care: they have none
HAD_PLAN = np.int64(1)  # bit 0 of `since_closed`; bit `step` is set once that step has been counted as a return
NEVER_CLOSED = np.int64(-1_000_000_000)

CLOCK_STAGE, CLOCK_ADMISSION, CLOCK_CARE_EPISODE, CLOCK_CASE_EPISODE = _codes(0, 4)
WHEN_ALWAYS, WHEN_ADMITTED, WHEN_WAITING = _codes(0, 3)

# Effects of a transition
OPEN_STAGE, CARE_ENTRY, COURT_ORDER, COURT_EXIT, EXIT_CARE, RE_ENTRY, REPLAN, PLACE_IN = _codes(1, 8)

# Events of the log
ARRIVAL, ENTER, MOVE, WAIT, ADMIT, EXIT, RENEGE = _codes(0, 7)
EVENT_NAMES = ("arrival", "stage_entry", "move", "wait", "admission", "exit", "reneged")

STATUS_DONE, STATUS_GROW = _codes(0, 2)

ADULT_PICK, NO_PICK = np.int64(MAX_TRANSITIONS), np.int64(-1)  # what a slot fires next, beside its transitions
# Items of the queue: row x 4 + track of a family's slot; the same of a child's above CHILD_ITEM; stream x LAYERS + layer above ARRIVAL_ITEM.
CHILD_ITEM = np.int64(1 << 28)
ARRIVAL_ITEM = np.int64(1 << 30)

STAGE = np.dtype(
    [
        ("first", "i4"), ("n", "i4"), ("depends", "i2"), ("place", "i2"), ("later", "i2"), ("placement", "i2"), ("type", "i2"),
        ("track", "i1"), ("local", "i1"), ("adult_ends", "i1"), ("uses_age", "i1"), ("fixed_age", "i1"), ("birth", "i1"), ("followed", "i1"),
        ("is_closed", "i1"),
        ("in_need", "i1"), ("to_home", "i1"), ("care_leaver", "i1"), ("terminal", "i1"), ("in_care", "i1"),
        ("unlawful", "i1"), ("permits_parents", "i1"), ("plan", "i1"), ("is_plan", "i1"), ("stays_put", "i1"), ("otherwise", "i2"),
        ("minimum_age", "f8"), ("case_weight", "f8"),
    ],
    align=True,
)  # fmt: skip

TRANSITION = np.dtype(
    [
        ("at_age", "f8"), ("name", "i8"), ("static", "i2"), ("beside", "i2"), ("row", "i2"), ("band", "i2"), ("n_bands", "i2"), ("dead", "i1"),
        ("at_birth", "i1"), ("when", "i1"), ("clock", "i1"), ("bands_only", "i1"), ("n_help", "i1"), ("n_levers", "i1"), ("release", "i1"),
        ("n_effects", "i1"), ("versions", "i1"), ("age", "i2"), ("stage", "i2"), ("target", "i2"), ("effect", "i2"), ("lever", "i2"), ("help", "i2"),
    ],
    align=True,
)  # fmt: skip

EFFECT = np.dtype([("op", "i8"), ("stage", "i8"), ("other", "i8"), ("x", "f8")], align=True)
# CSR entries: one lever, or one window of help, acting on one transition; the hazard ratio is by needs, `ages` has a bit for each age band, and with
# `removed` it acts after a removal only. A lever's window is in days since the episode began.
_ACTING = [("from_days", "f8"), ("until_days", "f8"), ("hazard_ratio", "f8", (NEEDS,)), ("ages", "i8"), ("removed", "i8")]
LEVER = np.dtype([("lever", "i8"), *_ACTING], align=True)
HELP = np.dtype([("start", "f8"), *_ACTING], align=True)
REACH = np.dtype([("name", "i8"), ("first", "i8"), ("end", "i8")], align=True)  # months in which the lever runs

# `stages` of a family and of a child repeat their slots' stages, so that what stands beside a slot is read with the record that is read anyway;
# `adult_day` and `counts` follow from births and home (`home_changed` in slots.py keeps them). `closed_day`, when the case was last closed, a whole
# day; it and `since_closed` lie where the record had a gap.
FAMILY = np.dtype(
    [
        ("id", "i8"), ("case_start", "f8"), ("help_start", "f8"), ("last_referral", "f8"), ("last_plan_end", "f8"), ("adult_day", "f8"),
        ("counts_until", "f8"),
        ("stages", "i2", (FAMILY_TRACKS,)), ("counted", "i1", (FAMILY_TRACKS,)), ("counts", "i1"),
        ("removals", "i1"), ("stream", "i1"), ("quintile", "i1"), ("n_children", "i1"), ("used", "i1"), ("home", "i1", (SLOTS,)),
        ("entries", "i2", (MAX_FAMILY_STAGES,)), ("since_closed", "i1"), ("closed_day", "i4"),
        ("births", "f8", (SLOTS,)), ("needs", "i1", (SLOTS,)), ("care_row", "i4", (SLOTS,)),
    ],
    align=True,
)  # fmt: skip

CHILD = np.dtype(
    [
        ("family", "i8"), ("slot", "i8"), ("planned", "i8"), ("place_area", "i8"), ("care_start", "f8"), ("days_after_14", "f8"),
        ("episodes", "i8"), ("moves", "i8"), ("searches", "i8"), ("stages", "i2", (CHILD_TRACKS,)), ("used", "i2"),
        ("year_started", "i4"), ("year_ceased", "i4"), ("let", "i4", (3,)), ("entries", "i2", (MAX_CHILD_STAGES,)), ("band", "i1"),
    ],
    align=True,
)  # fmt: skip

SLOT = np.dtype(
    [
        ("stage", "i8"), ("pick", "i8"), ("start", "f8"), ("admitted", "f8"), ("evaluated", "f8"), ("fires", "f8"),
        ("waiting", "i1"), ("repeats", "i1", (MAX_TRANSITIONS,)), ("residual", "f8", (MAX_TRANSITIONS,)),
    ],
    align=True,
)  # fmt: skip

ARRIVAL_STREAM = np.dtype([("index", "i8"), ("fires", "f8")], align=True)
QUEUED = np.dtype([("time", "f8"), ("item", "i8")], align=True)  # an item of the queue
NODE = np.dtype([("time", "f8"), ("after", "i4"), ("place", "i4")], align=True)  # where an item is in the queue (see queue.py)
EVENT = np.dtype(
    [
        ("time", "f8"), ("family", "i8"), ("area", "i2"), ("stream", "i2"), ("child", "i2"), ("event", "i2"),
        ("stage_from", "i2"), ("stage_to", "i2"),
    ],
    align=True,
)  # fmt: skip

# What hazards need, shared by every engine.
# S stages, K transitions, V versions in time, B bands, R operational-time rows, M months, P places, W tables of multipliers.
HAZARD_FIELDS = {
    "stages": (STAGE, 1, "STAGE (S)"),
    "transitions": (TRANSITION, 1, "TRANSITION (K)"),
    "draw_names": ("i8", 1, "hash of each transition's name, and three more (K + 3)"),
    "version_start": ("f8", 1, "day each version of the pathway starts (V)"),
    "month_version": ("i2", 1, "version of each month (M)"),
    "next_version": ("i2", 3, "next version in which a transition's bands or rates are others, V if none does (V, A, K)"),
    "edges": ("f8", 2, "start of each band, days; infinity after a transition's last (V, B)"),
    "rates": ("f8", 3, "hazard per day of each band (V, A, B)"),
    "least_days": ("f8", 2, "least days in which a threshold of 1 is used up, and twelve more (A, K + 12)"),
    "pace": ("f8", 2, "bound on the hazard per day before the multipliers that `competes` gives (A, K)"),
    "age_table": ("f8", 3, "multiplier by age band (A, rows, 5)"),
    "static_table": ("f8", 2, "multiplier by quintile x needs x stream x earlier episodes x earlier plans, see `kind_of` (rows, 320)"),
    "beside_table": ("f8", 2, "multiplier by stage beside, the last seven being idle tracks (rows, S + 7)"),
    "month_start": ("f8", 1, "first day of each month, and the end (M + 1)"),
    "month_of_day": ("i2", 1, "month of each day since the first"),
    "row_driver": ("i8", 1, "what slows the row: NO_DRIVER, SOCIAL_WORK, COURT_WORK or FAMILY_SUPPORT (R)"),
    "row_factor": ("f8", 3, "exogenous factor (A, R, M)"),
    "levers": (LEVER, 1, "LEVER entries"),
    "help": (HELP, 1, "HELP entries"),
    "reach_levers": (REACH, 1, "REACH (L)"),
    "reach": ("f8", 2, "share reached (L, M)"),
    "horizon": ("f8", 1, "end of the run (1)"),
    "codes": ("i8", 1, "authority code (A)"),
    "seed": ("i8", 1, "seed, replicate (2)"),
}
Hazards = namedtuple("Hazards", HAZARD_FIELDS)
H = accessors(HAZARD_FIELDS)

# The rest of a model, after its hazards: read-only.
MODEL_FIELDS = {
    **HAZARD_FIELDS,
    "effects": (EFFECT, 1, "EFFECT (E)"),
    "financial_year": ("i8", 1, "calendar year in which the month's financial year ends (M)"),
    "candidate_rate": ("f8", 2, "candidates per day in one layer (A, STREAMS)"),
    "accept": ("f8", 4, "arrival rate over candidate rate, may exceed 1 (A, STREAMS, 5, M)"),
    "layers": ("i8", 2, "layers in which some candidate may be accepted (A, STREAMS)"),
    "quintile_cdf": ("f8", 2, "(A, 5)"),
    "children_cdf": ("f8", 1, "number of children at first referral (n)"),
    "age_bands": ("f8", 1, "age of the youngest at first referral: edges (n + 1)"),
    "age_cdf": ("f8", 1, "(n)"),
    "needs_cdf": ("f8", 1, "(4)"),
    "stream_ages": ("f8", 3, "ages of children who arrive in care (STREAMS, n, 2): cdf, age"),
    "arrival_stage": ("i8", 2, "stage, or the legal status, a stream starts in (STREAMS, 2): stage, legal"),
    "plan_weights": ("f8", 5, "planned placement (contexts, 5 ages, 4 needs, 2 order or not, n placements)"),
    "plan_stages": ("i8", 1, "stage of each column of plan_weights"),
    "plan_factor": ("f8", 4, "weight multiplier of each planned placement (A, contexts, n placements, M)"),
    "overflow": ("i8", 2, "stages to try, in order, ending with -1 (S, 6)"),
    "place_of_stage": ("i8", 1, "place type of a stage or -1 (S)"),
    "match_by_needs": ("f8", 2, "probability that one vacancy fits (P, 4)"),
    "sibling_factor": ("f8", 1, "(P)"),
    "priority": ("i8", 2, "priority of a waiting family by protection stage (P, S)"),
    "places": ("i8", 3, "usable places (A, P, M)"),
    "pool_share": ("f8", 2, "share of vacancies open to the region (P, M)"),
    "market": ("i8", 1, "1 where places are a market's, of which an authority has a share (P)"),
    "within_reach": ("i8", 2, "1 where children of a can be placed in b (A, A)"),
    "team_response": ("f8", 1, "power of 1 / pressure by which teams slow above 1: 1, shared attention, or 0 if they do not (1)"),
    "team_capacity": ("f8", 2, "cases at pressure 1 (A, M)"),
    "posts": ("f8", 3, "permanent, agency and vacant posts as published last, full-time equivalents (A, M, 3)"),
    "post_flows": ("f8", 3, "shares left and filled a month at the reference pressure, posts opened, factor of agency workers (A, M, 4)"),
    "workforce_rules": ("f8", 1, "how posts follow pressure (see compile_workforce.py)"),
    "workforce_from": ("i8", 1, "first month whose posts are not published and follow pressure; after the last month if they never do (1)"),
    "case_weights": ("f8", 1, "weight of a case by stage (S)"),
    "in_court": ("i8", 1, "1 where a unit of the stage is a set of proceedings, which courts work on (S)"),
    "court_rules": ("f8", 1, "pressure in the year published last, response of its pace to pressure, 1 if it follows work (3)"),
    "court_capacity": ("f8", 1, "capacity of courts over that of the year published last (M)"),
    "national_chance": ("f8", 3, "probability that a place of the nation's is found at once (S, 4, M)"),
    "place_track": ("i8", 1, "family track whose stage waits for the place, or -1 (P)"),
    "switch_day": ("f8", 1, "day from which `later` targets hold (A)"),
    "price_rules": ("f8", 2, "response, monthly adjustment, floor, ceiling of a place's price (P, 4)"),
    "owners": ("i8", 2, "the owners of each kind of place: first row, how many (P, 2)"),
    "owner_kind": ("i8", 1, "kind of place of each owner (C)"),
    "supply_rules": ("f8", 2, "how each owner's places leave, are replaced and shift (see kernels/supply.py) (C, 7)"),
    "supply_planned": ("f8", 3, "usable places of each owner as published, and as levers open or close them (A, C, M)"),
    "supply_scale": ("f8", 3, "times as many places open, and leave, as without levers (C, M, 2)"),
    "move_rates": ("f8", 2, "share a month of the smaller side's places that move from kind to kind (P, P)"),
    "move_scale": ("f8", 2, "times as many leave a kind for another as without levers (P, M)"),
    "unpublished_from": ("i8", 1, "first month of a year not published: supply may follow use, and family support the budget, from here on (1)"),
    "reference_use": ("f8", 2, "utilisation at which the response is nil (A, P)"),
    "let_table": ("i4", 3, "price of a new placement by needs and quantile, ten-thousandths of the base price (placements, 4, bins)"),
    "price_gain": ("f8", 2, "share that commissioning wins off the price of a placement let in the month (S, M)"),
    "bands": ("f8", 4, "share of placements in each band of distance, of families' and of unaccompanied children (A, 2, S, 4)"),
    "distance_rules": ("f8", 1, "response of the odds of far placements to use, floor, ceiling; multiplier where a region's pooling places (4)"),
    "care_cost": ("f8", 2, "pounds a day of a child in each stage, at the price base; 0 where nothing is paid for the child (A, S)"),
    "care_price": ("f8", 2, "exogenous growth of each stage's price since the price base (S, M)"),
    "family_support": ("f8", 1, "pounds a year of family support as planned that may be saved on (A)"),
    "saveable": ("f8", 3, "places those pounds buy (A, P, M)"),
    "support_planned": ("f8", 1, "family support that levers plan, over what was planned without them (M)"),
    "need_most": ("f8", 1, "pace of need at the least family support there can be, over that as planned without levers (M)"),
    "budget_rules": ("f8", 1, "how an authority settles a year, and need answers family support (see kernels/budget.py) (7)"),
    "parameters": ("f8", 1, "sibling gap low, high; births per year, until years; all enter, each enters; care leaver days; share who stay put"),
    "key_stages": ("i8", 1, "stages that rules name (see STAGE_KEYS)"),
    "names": ("i8", 1, "hashes of draws that are not transitions (see DRAW_NAMES)"),
}
STAGE_KEYS = ("child_in_need", "no_child_at_home", "looked_after", "interim_care_order", "care_leaver", "unregistered", "staying_put")
DRAW_NAMES = (
    "arrival.gap", "family.accept", "family.children", "family.age", "child.make", "family.birth", "care_entry.all",
    "care_entry.each", "placement.plan", "placement.match", "stream.age", "placement.price", "placement.distance", "care.staying_put",
)  # fmt: skip
PRICE_DRAW, DISTANCE_DRAW, STAYING_PUT_DRAW = (
    np.int64(DRAW_NAMES.index(name)) for name in ("placement.price", "placement.distance", "care.staying_put")
)


class Model(namedtuple("Model", MODEL_FIELDS)):
    """A compiled model's arrays; its first fields are its hazards, so its handle serves wherever a hazards' handle does."""

    __slots__ = ()

M = accessors(MODEL_FIELDS)

# Realised month factors and operational time: the first fields of a state, so that its handle serves wherever a handle of clocks does.
CLOCK_FIELDS = {
    "factor": ("f8", 3, "realised month factor (A, R, M)"),
    "opclock": ("f8", 3, "operational time (A, R, M + 1)"),
    "turns": ("i2", 3, "first later month in which the factor is no longer 1, or is 1 again (A, R, M)"),
}
Clocks = namedtuple("Clocks", CLOCK_FIELDS)
C = accessors(CLOCK_FIELDS)

STATE_FIELDS = {
    **CLOCK_FIELDS,
    "families": (FAMILY, 2, "FAMILY (A, F)"),
    "family_slots": (SLOT, 3, "SLOT (A, F, 4)"),
    "children": (CHILD, 2, "CHILD (A, C)"),
    "child_slots": (SLOT, 3, "SLOT (A, C, 3)"),
    "arrivals": (ARRIVAL_STREAM, 3, "ARRIVAL_STREAM (A, STREAMS, LAYERS)"),
    "free_families": ("i8", 2, "stack of unused rows (A, F)"),
    "free_children": ("i8", 2, "(A, C)"),
    "open_items": (QUEUED, 2, "items of the open part of a day, the next last (A, items)"),
    "lists": ("i4", 2, "first item of each later part of a day, plus 1 (A, parts)"),
    "family_nodes": (NODE, 2, "places of a family's slots in the queue: row x 4 + track (A, 4 F)"),
    "child_nodes": (NODE, 2, "the same of a child's slots (A, 4 C)"),
    "arrival_nodes": (NODE, 2, "the same of candidates: stream x LAYERS + layer (A, STREAMS x LAYERS)"),
    "sizes": ("i8", 2, "free families, free children, items of the open part of a day, part of a day that is open (A, 4)"),
    "next_times": ("f8", 1, "when each authority's next item is due: infinity if it has none, minus infinity if to be looked up (A)"),
    "waiting": ("i8", 3, "families in each queue (A, P, F)"),
    "n_waiting": ("i8", 2, "(A, P)"),
    "posts": ("f8", 2, "permanent, agency and vacant posts this month (A, 3)"),
    "slowing": ("f8", 3, "how far each driver is slowed in each month so far: 1 not at all (A, DRIVERS, M)"),
    "last_slowed": ("i8", 2, "last month in which a driver was slowed, -1 if none (A, DRIVERS)"),
    "court_reference": ("f8", 1, "sets of proceedings open at the end of each month of the year published last, added up (A)"),
    "open_places": ("i8", 2, "usable places, closing ones included (A, P)"),
    "filled": ("i8", 2, "(A, P)"),
    "closing": ("i8", 2, "filled ones that close when they are left (A, P)"),
    "units": ("i8", 2, "families or children in each stage (A, S)"),
    "cases": ("i8", 2, "children counted in each stage (A, S)"),
    "month_began": ("f8", 1, "day the current month (or the run) began (1)"),
    "since": ("f8", 2, "day to which unit_days is complete (A, S)"),
    "price": ("f8", 2, "market response of each place type's price, asked of who moves in this month (A, P)"),
    "let": ("i8", 2, "sum of what the placements of the children there were let at, ten-thousandths of the base price (A, S)"),
    "supply": ("f8", 2, "usable places of each owner (A, C)"),
    "begun": ("f8", 3, "places each owner began in each of the last months, times those that keep balance (A, C, 37)"),
    "use": ("f8", 2, "last month's utilisation of each kind of place, -1 if there was none (A, P)"),
    "far_odds": ("f8", 2, "what last month's use of places multiplies the odds of far ones by (A, P)"),
    "use_days": ("f8", 3, "place-days filled and usable this month (A, P, 2)"),
    "use_since": ("f8", 2, "(A, P)"),
    "accounts": ("f8", 2, "an authority's accounts (see kernels/budget.py) (A, 5)"),
    "high": ("i8", 2, "families, children: rows ever used (A, 2)"),
    "clock": ("f8", 1, "now; month (2)"),
}
State = namedtuple("State", STATE_FIELDS)
S = accessors(STATE_FIELDS)

TALLY_FIELDS = {
    "unit_days": ("f8", 3, "family- or child-days (A, T, S)"),
    "stay_days": ("f8", 2, "the same from stays as they end (A, S)"),
    "entered": ("i8", 3, "units entering (A, T, S)"),
    "left": ("i8", 3, "units leaving (A, T, S)"),
    "entered_children": ("i8", 3, "children counted on entry (A, T, S)"),
    "left_children": ("i8", 3, "children counted on leaving (A, T, S)"),
    "units_end": ("i8", 3, "units at month end (A, T, S)"),
    "children_end": ("i8", 3, "children at month end (A, T, S)"),
    "fired": ("i8", 3, "transitions (A, T, K)"),
    "fired_children": ("i8", 3, "children counted (A, T, K)"),
    "placement_days": ("f8", 4, "child-days by needs (A, T, placements, 4)"),
    "let_days": ("f8", 5, "the same times what they were let at: as drawn, at the market, paid (A, T, placements, 4, 3)"),
    "paid_days": ("f8", 3, "days of the stock times the sum of what its placements were let at (A, T, S)"),
    "dear_end": ("f8", 3, "at month end: children at DEAR_GBP_PER_WEEK, pounds a week of theirs and of all, children at TAIL_GBP_PER_WEEK (A, T, 5)"),
    "started": ("i8", 4, "children starting to be looked after, by age and UASC or not (A, T, 5, 2)"),
    "started_once": ("i8", 4, "the same, a child once a financial year"),
    "ceased": ("i8", 4, "(A, T, 7, 2)"),
    "ceased_once": ("i8", 4, "(A, T, 7, 2)"),
    "looked_after_end": ("i8", 4, "(A, T, 5, 2) at month end"),
    "where_end": ("i8", 4, "children at month end by placement: in each band of distance, and in another authority's place (A, T, placements, 5)"),
    "rereferred": ("i8", 2, "children referred within 12 months of the last referral (A, T)"),
    "repeat_plans": ("i8", 3, "children starting a plan after an earlier one: ever, and within two years of its end (A, T, 2)"),
    "short_plans": ("i8", 2, "children whose plan ended within SHORT_PLAN_DAYS (A, T)"),
    "by_quintile": ("i8", 4, "children referred, in enquiries, starting plans, starting care (each time), and in care at month end (A, T, 6, 5)"),
    "quintile_days": ("f8", 3, "days in care (A, T, 6)"),
    "returned": ("i8", 4, "children of cases closed without a plan, and of those back within a year: enquiry, plan, care (A, T, 6, 4)"),
    "escalated": ("i8", 4, "families waiting for help, in need or beside it, who meet a referral, an enquiry, a plan or care (A, T, 2, 4)"),
    "starts_after": ("i8", 3, "children from home starting care while waiting for help, within a year of closing, half a year of a plan (A, T, 3)"),
    "queue": ("f8", 4, "joined, admitted, reneged, days waited, length at month end (A, T, P, 5)"),
    "planned_actual": ("i8", 4, "placements made by planned and actual stage (A, T, S, S)"),
    "apart": ("i8", 3, "sibling groups placed, and placed apart (A, T, 2)"),
    "far": ("i8", 3, "children placed in another authority of the pool (A, T, P)"),
    "pressure": ("f8", 2, "(A, T)"),
    "work": ("f8", 2, "cases in hand (A, T)"),
    "court_work": ("i8", 2, "sets of proceedings open at the month's start (A, T)"),
    "court_pressure": ("f8", 2, "that over the courts' capacity; 0 where it is not followed (A, T)"),
    "posts": ("f8", 3, "permanent, agency and vacant posts (A, T, 3)"),
    "places_end": ("i8", 4, "usable and filled at month end (A, T, P, 2)"),
    "supply": ("f8", 4, "usable places of each owner, and those opened, closed and shifted in the month (A, T, C, 4)"),
    "accounts_end": ("f8", 3, "accounts at month end, the month booked, the year not settled (A, T, 5)"),
    "price_end": ("f8", 3, "index of the price asked this month (A, T, P)"),
    "counters": ("i8", 1, "events, candidates, peak pressure x 1e6, full place types met, pushes (8)"),
    "log": (EVENT, 1, "EVENT (n)"),
    "n_log": ("i8", 1, "(1)"),
    "first_month": ("i8", 1, "model month of tally row 0 (1)"),
    "began": ("f8", 1, "day the tally began (1)"),
}
Tally = namedtuple("Tally", TALLY_FIELDS)
Y = accessors(TALLY_FIELDS)

"""What the reference engine counts: it keeps the open stays and measures them afresh at each month's end."""

from __future__ import annotations

import numpy as np

from sim.kernels.budget import DEAR_GBP_PER_WEEK, TAIL_GBP_PER_WEEK
from sim.kernels.distance import ELSEWHERE
from sim.kernels.tally import CANDIDATES, FULL_PLACES, PEAK_PRESSURE, PUT_BACK, STAGE_EVENTS
from sim.reference_codes import L
from sim.reference_people import AGE_EDGES_YEARS, Track, age_band

SHORT_PLAN_DAYS, RETURN_DAYS, AFTER_PLAN_DAYS = 91.0, L.YEAR, L.YEAR / 2.0
EVENTS, CANDIDATES_MET, PEAK, FULL, DELAYED = STAGE_EVENTS, CANDIDATES, PEAK_PRESSURE, FULL_PLACES, PUT_BACK


class Ledger:
    """The open stays of each stage, and what happened this month, by authority; written to a `Tally` as months end."""

    def __init__(self, model: L.Model, tally: L.Tally) -> None:
        self.areas, self.stages = len(model.codes), len(model.stages)
        self.transitions = len(model.transitions)
        self.placement, self.followed = model.stages["placement"].tolist(), model.stages["followed"].tolist()
        self.in_care = [stage for stage, is_care in enumerate(model.stages["in_care"].tolist()) if is_care]
        self.financial_year = model.financial_year.tolist()
        self.tally = tally
        self.open: list[list[dict[Track, None]]] = [[{} for _ in range(self.stages)] for _ in range(self.areas)]
        self.began = float(tally.began[0])
        self.log: list[tuple] | None = [] if len(tally.log) else None
        self.events = 0
        self.row, self.year, self.month_began = 0, 0, self.began
        self._new_month()

    def _new_month(self) -> None:
        """Start the counts of a month at 0."""
        self.days = [[0.0] * self.stages for _ in range(self.areas)]
        self.entered, self.left, self.entered_children, self.left_children = (
            [[0] * self.stages for _ in range(self.areas)] for _ in range(4)
        )
        self.fired, self.fired_children = ([[0] * self.transitions for _ in range(self.areas)] for _ in range(2))

    def begin_month(self, month: int, now: float) -> None:
        """Turn to a month."""
        self.row, self.year, self.month_began = month - int(self.tally.first_month[0]), self.financial_year[month], now

    # ------------------------------------------------------------ stays

    def enter(self, track: Track) -> None:
        """Count a stay that begins."""
        a = track.family.area
        self.open[a][track.stage][track] = None
        self.entered[a][track.stage] += 1
        self.entered_children[a][track.stage] += track.counted
        if track.child is None:
            self._step(track, track.counted)

    def leave(self, track: Track, now: float) -> None:
        """Count a stay that ends."""
        a, stage = track.family.area, track.stage
        del self.open[a][stage][track]
        self.left[a][stage] += 1
        self.left_children[a][stage] += track.counted
        self.days[a][stage] += now - max(track.start, self.month_began)
        self.tally.stay_days[a, stage] += now - max(track.start, self.began)

    def recount(self, track: Track, children: int) -> None:
        """Count children who joined or left a stay their family is in."""
        change = children - track.counted
        track.counted = children
        if change > 0:
            self.entered_children[track.family.area][track.stage] += change
            self._step(track, change)
        else:
            self.left_children[track.family.area][track.stage] -= change

    def fire(self, track: Track, k: int) -> None:
        """Count a transition."""
        self.fired[track.family.area][k] += 1
        self.fired_children[track.family.area][k] += track.counted

    def units(self, a: int) -> np.ndarray:
        """Return the families or children in each stage now."""
        return np.array([len(stays) for stays in self.open[a]], np.int64)

    def cases(self, a: int, weights: list[float] | None = None) -> np.ndarray:
        """Return the children who count in each stage now (only in stages with a weight, if weights are given)."""
        return np.array(
            [
                sum([track.counted for track in stays]) if weights is None or weights[stage] > 0.0 else 0
                for stage, stays in enumerate(self.open[a])
            ],
            np.int64,
        )

    # ------------------------------------------------------------ what follows what

    def _step(self, track: Track, children: int) -> None:
        """Count children in a stage that is followed, by their family's quintile."""
        if self.followed[track.stage] >= 0:
            family = track.family
            self.tally.by_quintile[family.area, self.row, family.quintile_row, self.followed[track.stage]] += children

    def end_plan(self, track: Track, children: int, now: float) -> None:
        """Count children whose plan ends soon."""
        if now - track.start < SHORT_PLAN_DAYS:
            self.tally.short_plans[track.family.area, self.row] += children

    def escalated(self, family, lists: set[int], step: int) -> None:
        """Count a step up of a family on each waiting list for help that it is on, or left for it."""
        for which in lists:
            self.tally.escalated[family.area, self.row, which, step] += 1

    def came_back(self, family, step: int, children: int, now: float) -> None:
        """Count children of a family whose case, closed without a plan, is back within a year: each step once."""
        if not family.had_plan and step not in family.returned_for and now - family.closed_day < RETURN_DAYS:
            family.returned_for.add(step)
            self.tally.returned[family.area, self.row, family.quintile_row, step] += children

    # ------------------------------------------------------------ children in care

    def start_care(self, child, now: float) -> None:
        """Count a child who starts to be looked after: each time, and once a financial year."""
        a, uasc = child.family.area, int(child.family.seeks_asylum)
        band = age_band(child.birth, now)
        self.tally.started[a, self.row, band, uasc] += 1
        self.tally.by_quintile[a, self.row, child.family.quintile_row, L.CARE_START] += 1
        if child.story.year_started != self.year:
            child.story.year_started = self.year
            self.tally.started_once[a, self.row, band, uasc] += 1

    def cease_care(self, child, age: int, now: float) -> None:
        """Count a child who ceases to be looked after: single years of age from 16."""
        a, uasc = child.family.area, int(child.family.seeks_asylum)
        band = age - 12 if age >= 16 else age_band(child.birth, now)
        self.tally.ceased[a, self.row, band, uasc] += 1
        if child.story.year_ceased != self.year:
            child.story.year_ceased = self.year
            self.tally.ceased_once[a, self.row, band, uasc] += 1

    def care_days(self, child, now: float) -> None:
        """Count the days of an episode of care in this month, by quintile."""
        family = child.family
        self.tally.quintile_days[family.area, self.row, family.quintile_row] += now - max(child.story.care_start, self.month_began)

    def placement_days(self, track: Track, now: float) -> None:
        """Count the days of a placement in this month."""
        a, let = track.family.area, track.child.story.let
        row = self.tally.placement_days[a, self.row, self.placement[track.stage]]
        days = now - max(track.start, self.month_began)
        row[track.child.needs] += days
        self.tally.let_days[a, self.row, self.placement[track.stage], track.child.needs] += [days * price for price in let]
        self.tally.paid_days[a, self.row, track.stage] += days * let[L.PAID]

    def let(self, a: int) -> np.ndarray:
        """Return the sum of what the placements in each stage were let at (0 in a stage that is no placement)."""
        return np.array(
            [
                sum([track.child.story.let[L.PAID] for track in stays]) if self.placement[stage] >= 0 else 0
                for stage, stays in enumerate(self.open[a])
            ],
            np.int64,
        )

    def weigh_prices(self, a: int, price_a_week, month: int) -> None:
        """Note what placements cost a week at the month's end: how many are dear, theirs, and all."""
        weekly = [
            price_a_week(a, stage, track.child.story.let[L.PAID], month)
            for stage, stays in enumerate(self.open[a])
            if self.placement[stage] >= 0
            for track in stays
        ]
        dear = [price for price in weekly if price >= DEAR_GBP_PER_WEEK]
        beyond = [sum(price >= line for price in weekly) for line in TAIL_GBP_PER_WEEK]
        self.tally.dear_end[a, self.row] = len(dear), sum(dear), sum(weekly), *beyond

    def count(self, counter: int, n: int = 1) -> None:
        """Add to one of the run's counters."""
        self.tally.counters[counter] += n

    def write(self, now: float, track: Track | None, family, event: int, stage_from: int, stage_to: int) -> None:
        """Write an event to the log (a family's own: unit 0)."""
        self.events += 1
        if self.log is not None:
            unit = track.child.slot + 1 if track is not None and track.child is not None else 0
            self.log.append((now, family.id, family.area, family.stream, unit, event, stage_from, stage_to))

    # ------------------------------------------------------------ month's end

    def close_month(self, places: list[list], accounts: np.ndarray, now: float) -> None:
        """Write the month that ends to the tally: what happened, and every open stay counted and measured."""
        y, row = self.tally, self.row
        for a in range(self.areas):
            for stage, stays in enumerate(self.open[a]):
                self.days[a][stage] += sum([now - max(track.start, self.month_began) for track in stays])
                y.units_end[a, row, stage] = len(stays)
            y.children_end[a, row], y.accounts_end[a, row] = self.cases(a), accounts[a]
            y.unit_days[a, row], y.entered[a, row], y.left[a, row] = self.days[a], self.entered[a], self.left[a]
            y.entered_children[a, row], y.left_children[a, row] = self.entered_children[a], self.left_children[a]
            y.fired[a, row], y.fired_children[a, row] = self.fired[a], self.fired_children[a]
            for stage, stays in enumerate(self.open[a]):
                if self.placement[stage] >= 0:
                    for track in stays:
                        self.placement_days(track, now)
                        uasc = int(track.family.seeks_asylum)
                        story, where = track.child.story, y.where_end[a, row, self.placement[stage]]
                        where[story.band] += 1
                        where[ELSEWHERE] += story.place_area != a
                        y.looked_after_end[a, row, _band_at_month_end(track.child.birth, now), uasc] += 1
            for stage in self.in_care:
                for track in self.open[a][stage]:
                    self.care_days(track.child, now)
                    y.by_quintile[a, row, track.family.quintile_row, L.IN_CARE_END] += 1
            for kind, place in enumerate(places[a]):
                place.measure(now)
                y.places_end[a, row, kind] = place.usable, place.filled
                y.queue[a, row, kind, 4] = len(place.waiting)
        self._new_month()

    def finish(self) -> L.Tally:
        """Return the tally with counters and log."""
        self.tally.counters[EVENTS] += self.events
        if self.log is None:
            return self.tally
        self.tally.n_log[0] = len(self.log)
        return self.tally._replace(log=np.array(self.log, L.EVENT))


def _band_at_month_end(birth: float, now: float) -> int:
    """Return the age band (0 to 4) of a child born on a day."""
    years = (now - birth) / L.YEAR
    return sum(years >= edge for edge in AGE_EDGES_YEARS)

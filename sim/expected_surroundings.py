"""The monthly environment of an authority in the expected engine: the same feedback as every engine's, fed with expected numbers."""

from __future__ import annotations

import copy

import numpy as np

from sim.expected_families import FIRST_PLACE_GATE
from sim.kernels import layout as L
from sim.kernels.budget import LEVEL, book_month, need_pace, open_month
from sim.kernels.courts import court_pace, court_pressure
from sim.kernels.expected_places import fill_places, open_places, respond_to_use
from sim.kernels.feedback import pace_under, work_in_hand
from sim.kernels.handles import pack
from sim.kernels.layout import MODEL_FIELDS
from sim.kernels.supply import MONTHS_KEPT, supply_month
from sim.kernels.workforce import staff_month


class Surroundings:
    """Posts, courts, places, prices and the budget of one authority."""

    def __init__(self, model: L.Model, a: int, before: Surroundings | None) -> None:
        if before is not None:
            own = {name: value for name, value in before.__dict__.items() if name not in ("model", "fixed", "factor", "waited_for")}
            self.__dict__.update(copy.deepcopy(own))
        self.model, self.a, self.fixed = model, a, pack(model, MODEL_FIELDS)
        self.m = self.fixed.address
        self.factor = lever_factors(model)
        # kinds of place that families wait for, and the stages that need one
        self.waited_for = {int(p): np.flatnonzero(model.stages["place"] == p) for p in np.flatnonzero(model.place_track >= 0)}
        if before is None:
            self.make()

    def make(self) -> None:
        """Begin with nobody."""
        model, a = self.model, self.a
        places, stages, owners = model.places.shape[1], len(model.stages), model.supply_planned.shape[1]
        self.posts, self.court_reference = model.posts[a, 0].copy(), np.zeros(len(model.codes))
        self.cases, self.units, self.let = np.zeros(stages), np.zeros(stages), np.zeros(stages)
        self.price, self.far, self.use = np.ones(places), np.ones(places), np.full(places, -1.0)
        self.supply, self.begun = model.supply_planned[a, :, 0].copy(), np.ones((owners, MONTHS_KEPT))
        self.accounts = np.array([0.0, 0.0, 0.0, 1.0, 1.0])
        self.open, self.filled, self.use_days = np.zeros(places), np.zeros(places), np.zeros((places, 2))
        self.waiting, self.asked, self.left = np.zeros(places), np.zeros(places), np.zeros(places)

    def begin_month(self, month: int, row: int, tally: L.Tally, counted) -> tuple[np.ndarray, np.ndarray]:
        """Update the environment at a month's start: return the pace of each transition (K), and the gates."""
        model, a, m = self.model, self.a, self.m
        open_month(m, self.accounts, a, month)
        work = work_in_hand(model.case_weights, self.cases)
        capacity = staff_month(
            self.posts, model.posts[a, month], model.post_flows[a, month], model.workforce_rules, model.team_capacity[a, month], work,
            month >= model.workforce_from[0],
        )  # fmt: skip
        pressure = work / capacity if capacity > 0.0 else 0.0
        in_court = float((self.units * model.in_court).sum())
        court = court_pressure(m, self.court_reference, a, month, in_court)
        slowing = np.array([1.0, pace_under(pressure, float(model.team_response[0])), court_pace(m, court), need_pace(m, self.accounts, month)])
        tally.posts[a, row], tally.work[a, row], tally.pressure[a, row] = self.posts, work, pressure
        tally.court_work[a, row], tally.court_pressure[a, row] = in_court, court
        tally.counters[2] = max(tally.counters[2], pressure * 1e6)
        self.places(month, row, tally)
        rows = model.transitions["row"]
        pace = model.row_factor[a, rows, month] * slowing[model.row_driver[rows]] * self.factor[:, month]
        return pace, self.gates(month)

    def places(self, month: int, row: int, tally: L.Tally) -> None:
        """Respond to last month's use of places, and open and close them."""
        model, a, m = self.model, self.a, self.m
        respond_to_use(self.use_days, model.reference_use[a], model.price_rules, model.distance_rules, self.use, self.price, self.far)
        supply_month(m, self.supply, self.begun, tally.supply[a, row], self.use, a, month)
        open_places(m, self.supply, model.owners, model.places[a, :, month], model.saveable[a, :, month], self.accounts[LEVEL], self.filled,
                    self.open)  # fmt: skip
        tally.price_end[a, row] = self.price

    def gates(self, month: int) -> np.ndarray:
        """Return the gates: before and after the switch to later stages, and with or without a place of each kind that is waited for."""
        model = self.model
        gates = np.ones(FIRST_PLACE_GATE + 2 * len(self.open))
        after = float(model.month_start[month] + 0.5 >= model.switch_day[self.a])
        gates[1], gates[2] = 1.0 - after, after
        for p in self.waited_for:
            free = max(self.room(p) - self.waiting[p], 0.0)
            share = 1.0 if self.asked[p] <= free or self.asked[p] <= 0.0 else free / self.asked[p]
            gates[FIRST_PLACE_GATE + 2 * p], gates[FIRST_PLACE_GATE + 2 * p + 1] = share, 1.0 - share
        return gates

    def room(self, place: int) -> float:
        """Return how many can be admitted to a place in a month so that it is full at its end, if they leave as fast as those of last month did."""
        turnover = self.left[place] / self.filled[place] if self.filled[place] > 1e-12 else 0.0
        return max(self.open[place] * (1.0 + turnover) - self.filled[place], 0.0)

    def vacancies(self) -> np.ndarray:
        """Return the vacancies expected of each kind of place."""
        return np.maximum(self.open - self.filled, 0.0)

    def admit(self, came: np.ndarray, flows, counted) -> None:
        """Admit families who wait, as far as places are free: all who wait alike (priorities have no part)."""
        for p in self.waited_for:
            free = self.room(p)
            if self.waiting[p] <= 1e-9 or free <= 0.0:
                continue
            share = min(1.0, free / self.waiting[p])
            rows, to = flows.structure.admissions(self.model)[p]
            moved = share * came[rows]
            came[rows] -= moved
            np.add.at(came, to, moved)
            counted.admitted(p, share * self.waiting[p])

    def end_month(self, month: int, row: int, tally: L.Tally, counted, days: float) -> None:
        """Take what the month's end holds: cases, units, places filled, and what care cost."""
        model, a = self.model, self.a
        self.units, self.cases = tally.units_end[a, row].copy(), tally.children_end[a, row].copy()
        self.let = counted.let_sum()
        fill_places(self.units, model.place_of_stage, counted.place, model.place_track, counted.waiting, self.filled)
        for p, stages in self.waited_for.items():
            self.waiting[p], self.asked[p], self.left[p] = counted.waiting[p], counted.asked[p], counted.gone(stages)
        np.maximum(self.open, self.filled, out=self.open)
        self.use_days[:, 0], self.use_days[:, 1] = self.filled * days, self.open * days
        tally.places_end[a, row, :, 0], tally.places_end[a, row, :, 1] = self.open, self.filled
        tally.queue[a, row, :, 4] = self.waiting
        book_month(self.m, self.accounts, self.units, self.let, a, month)
        tally.accounts_end[a, row] = self.accounts


def lever_factors(model: L.Model) -> np.ndarray:
    """Return what levers multiply each transition's hazard by on average (K, M): 1 + reach x (hazard ratio - 1) for each that acts on it.

    Those that act on some ages, needs or months of an episode only are refused before (`beyond_expected` in sim/plan.py).
    """
    found = np.ones((len(model.transitions), len(model.financial_year)))
    for k, tr in enumerate(model.transitions):
        for entry in model.levers[int(tr["lever"]) : int(tr["lever"]) + int(tr["n_levers"])]:
            lever = int(entry["lever"])
            reach = model.reach[lever].copy()
            reach[int(model.reach_levers[lever]["end"]) :] = 0.0
            found[k] *= 1.0 + reach * (float(entry["hazard_ratio"][0]) - 1.0)
    return found

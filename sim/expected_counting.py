"""What the expected engine counts: the fields of every engine's tally, in real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim import expected_people as P
from sim.expected_authority import CHILD_COLUMNS, FAMILY_COLUMNS
from sim.expected_children import CHILD_AGES, UASC_STREAMS
from sim.expected_families import AGES, U
from sim.expected_leavers import Leavers
from sim.expected_links import Links
from sim.expected_placements import Placements
from sim.expected_run import Flows, Mass
from sim.kernels import layout as L
from sim.kernels.expected_counts import (
    count_child_flows,
    count_exits,
    count_families,
    count_planned,
    leave_care,
    measure_children,
    measure_families,
)
from sim.kernels.layout import Tally
from sim.state import empty_tally

# Families' histories, one by one, and their quintiles have no part in the equations: missing, not 0 (docs/expected.md).
NOT_COUNTED = ("short_plans", "by_quintile", "quintile_days", "returned", "escalated", "starts_after")


def float_tally(compiled: Any, model: L.Model, first: int, last: int) -> Tally:
    """Return an empty tally of real numbers; what is not counted is missing in it."""
    tally = empty_tally(compiled, model, first, last)
    whole = {"log", "n_log", "first_month"}
    real = {name: getattr(tally, name).astype(float) for name in tally._fields if name not in whole}
    for name in NOT_COUNTED:
        real[name][...] = np.nan
    return tally._replace(**real)


class Counted(Leavers, Links, Placements):
    """Counts an authority's months into a tally."""

    def __init__(self, flows: Flows, tally: Tally, mass: Mass) -> None:
        self.f, self.y, self.mass, self.model, self.a = flows, tally, mass, flows.model, flows.a
        model = self.model
        stages, nets = model.stages, flows.structure.child_arrays
        self.is_family = stages["track"] < L.FAMILY_TRACKS
        self.is_plan, self.place = stages["is_plan"].astype(np.int64), stages["place"].astype(np.int64)
        self.totals, self.ones = np.zeros(len(flows.net.rows)), np.ones((len(flows.needs), FAMILY_COLUMNS))
        self.placed = [np.zeros((len(model.let_table), L.NEEDS)) for _ in nets]
        self.columns = [np.zeros(CHILD_COLUMNS) for _ in nets]
        self.left = [np.zeros((2, len(arrays["after"]), CHILD_COLUMNS)) for arrays in nets]  # who leave care, and who of them are eligible
        self.ages_of: dict[tuple[int, int], np.ndarray] = {}  # of streams who arrive in care, by month of the year
        flows.stock = flows.by_need(mass.families)
        self.measure_stock(mass)
        self.before, self.before_children = self.units.copy(), self.cases.copy()
        self.prepare_placements()
        self.prepare_leavers()

    # ------------------------------------------------------------ a month

    def begin(self, month: int, row: int, days: float) -> None:
        """Begin to count a month."""
        self.month, self.row, self.days = month, row, days
        self.before, self.before_children = self.units.copy(), self.cases.copy()
        self.entered = np.zeros(len(self.model.stages))
        self.entered_children = np.zeros(len(self.model.stages))
        places = self.model.places.shape[1]
        self.asked, self.waiting = np.zeros(places), np.zeros(places)
        self.fired, self.fired_children = self.y.fired[self.a, row], self.y.fired_children[self.a, row]
        for k, families in self.mass.late_births:
            self.fired[k] += families
            self.entered[int(self.model.transitions[k]["target"])] += families
        self.mass.late_births = []

    def arrived(self, stage: int, share: np.ndarray, known: np.ndarray | None) -> None:
        """Count families who come for the first time."""
        each = 1.0 if known is None else known[P.YOUNGEST] + (known[P.SIBLINGS : P.LAST_SIBLING] * self.still[:, :AGES]).sum(axis=0)
        self.entered[stage] += share.sum()
        self.entered_children[stage] += (share * each).sum()

    def born(self, k: int, flow: np.ndarray, each: np.ndarray, nobody: bool) -> None:
        """Count births that are events, to families with `each` so many children before (C)."""
        target, families = int(self.model.transitions[k]["target"]), float(flow.sum())
        children = families if nobody else float(flow @ each)
        self.fired[k] += families
        self.fired_children[k] += children
        self.entered[target] += families
        self.entered_children[target] += children if nobody else children + float(flow.reshape(4, AGES)[:, U:].sum())

    def born_at_end(self, k: int, families: float) -> None:
        """Count births to families who came in the same month: their stage changes at its end, so they count in the next."""
        self.mass.late_births.append((k, families))

    def admitted(self, place: int, families: float) -> None:
        """Count families admitted to a place after waiting."""
        self.y.queue[self.a, self.row, place, 1] += families

    def gone(self, stages: np.ndarray) -> float:
        """Return how many left some stages in the month."""
        return float(self.y.left[self.a, self.row, stages].sum())

    @property
    def still(self) -> np.ndarray:
        """Share of siblings who are under 18 (classes, C)."""
        return self.f.fixed.still[self.f.j]

    def families(self, sinks: np.ndarray, means: np.ndarray) -> None:
        """Count the flows of families."""
        rows, each = self.f.structure.arrays, self.f.children_each(means, self.ones)
        self.y.repeat_plans[self.a, self.row, 0] += count_families(
            sinks, each, rows["sink_need"], rows["sink_k"], rows["enters"], self.place, self.is_plan, self.fired, self.fired_children, self.entered,
            self.entered_children, self.asked,
        )  # fmt: skip

    # ------------------------------------------------------------ children

    def children(self, mass: Mass, entries: dict[int, np.ndarray], sinks: np.ndarray, days: float, month: int) -> None:
        """Do a month of children in care and after: entries, flows, exits, care leavers; count them."""
        f, model = self.f, self.model
        mass.back[:] = 0.0
        mass.proceedings = {}
        self.out_share = 0.0
        self.arrived_in = np.zeros((len(model.let_table), L.NEEDS))
        for i, net in enumerate(f.structure.children):
            if not net.rows:
                continue
            came = f.children_came[i]
            started = np.zeros(CHILD_COLUMNS)
            if i == 0:
                for legal, ages in entries.items():
                    all_ages = np.outer(f.needs_shares, ages).ravel()
                    self.start(net, came, legal, all_ages)
                    started += all_ages
            else:
                started = self.unaccompanied(net, came, i, month, days)
            flow = f.flow_children(i, mass, days)
            self.child_flows(i, flow, started)
            self.leave(i, mass, days)
        self.turn_18(mass)
        self.step_leavers(mass, days)
        mass.together *= 1.0 - min(1.0, self.out_share)
        number = sum(ages.sum() for ages in entries.values())
        mass.together += (f.entered_together, number)
        if f.entered_families > 1e-12:
            mass.group_size = number / f.entered_families
        self.measure_stock(mass)
        self.write(mass)

    def start(self, net, came: np.ndarray, legal: int, ages: np.ndarray) -> None:
        """Let children enter care under a legal status."""
        came[net.hubs[0, legal, 0, net.contexts(legal)[0]]] += ages
        self.entered[legal] += ages.sum()
        self.entered[net.looked_after] += ages.sum()

    def unaccompanied(self, net, came: np.ndarray, stream: int, month: int, days: float) -> np.ndarray:
        """Let children who arrive in care arrive: return them by column."""
        model, a = self.model, self.a
        legal = int(model.arrival_stage[stream, 1])
        rate = model.candidate_rate[a, stream] * float(np.minimum(model.accept[a, stream, :, month], L.LAYERS) @ self.f.quintiles) * days
        if (stream, self.f.j) not in self.ages_of:
            self.ages_of[stream, self.f.j] = self.stream_ages(stream)
        started = np.zeros(CHILD_COLUMNS)
        started[:CHILD_AGES] = rate * self.ages_of[stream, self.f.j]  # needs: standard
        self.start(net, came, legal, started)
        return started

    def stream_ages(self, stream: int) -> np.ndarray:
        """Return the share of a stream's children who arrive in care in each column of age (CHILD_AGES), in this month of the year."""
        ages, before = np.zeros(CHILD_AGES), 0.0
        for share, age in self.model.stream_ages[stream]:
            ages += max(share - before, 0.0) * P.spread(12.0 * age, 12.0 * (age + 1.0), self.f.j + 0.5) if before < 1.0 else 0.0
            before = max(before, share)
        return ages

    def child_flows(self, i: int, sinks: np.ndarray, started: np.ndarray) -> None:
        """Count flows within care, and those who come back into it; `started` (C) has those who came into it, and gets these."""
        y, a, row, at = self.y, self.a, self.row, self.f.structure.child_sinks(i)
        uasc = 1 if i in UASC_STREAMS else 0
        fired, planned = np.zeros(len(self.fired)), y.planned_actual[a, row]
        count_child_flows(sinks, at.fires, at.enters, at.lands, at.again, fired, self.entered, self.arrived_in, planned, started)
        self.fired += fired
        self.fired_children += fired
        for stage, which in at.opened.items():
            self.mass.proceedings[stage] = self.mass.proceedings.get(stage, 0.0) + float(sinks[which].sum())
        for hub, which in at.hubs.items():
            count_planned(sinks, which, self.f.planned[i][hub], at.planned, at.placed, planned)
        whole = started.reshape(4, CHILD_AGES).sum(axis=0) @ self.f.fixed.child_bands[self.f.j]
        y.started[a, row, :, uasc] += whole
        y.started_once[a, row, :, uasc] += whole

    def leave(self, i: int, mass: Mass, days: float) -> None:
        """Let children leave care for home, for carers or for adults' life; those who turn 18 do so later."""
        f, y = self.f, self.y
        arrays, uasc = f.structure.child_arrays[i], 1 if i in UASC_STREAMS else 0
        flow, able = self.left[i]
        fired, ceased, leavers = np.zeros(len(self.fired)), np.zeros(L.CEASED_AGES), np.zeros(L.CEASED_AGES)
        count_exits(arrays["exits"], f.rates[1 + i], f.pace, days, f.child_vectors[i], f.spent[i], flow, able, fired)
        leave_care(flow, able, arrays["after"], f.fixed.ceased_bands[f.j], mass.children[i], ceased, self.entered, mass.back, leavers)
        self.fired += fired
        self.fired_children += fired
        y.ceased[self.a, self.row, :, uasc] += ceased
        y.ceased_once[self.a, self.row, :, uasc] += ceased
        for j, band in ((1, 5), (2, 4)):  # at 17, at 16
            mass.leavers[j, 0, 0] += leavers[band]
            if f.leaver >= 0:
                self.entered[f.leaver] += leavers[band]
        if i == 0:
            stock = f.spent[i].sum()
            self.out_share = flow.sum() / stock if stock > 1e-9 else 0.0

    # ------------------------------------------------------------ stocks

    def measure_stock(self, mass: Mass) -> None:
        """Set units and counted children by stage, as they are now."""
        f, n = self.f, len(self.model.stages)
        rows = f.structure.arrays
        self.units, self.cases = np.zeros(n), np.zeros(n)
        self.waiting_now: dict[int, float] = {}
        if len(f.net.rows):
            each = f.children_each(mass.known, f.stock)
            measure_families(mass.families, rows["need"], rows["stages"], each, self.totals, self.units, self.cases)
            for p, (waiting, _) in f.structure.admissions(self.model).items():
                self.waiting_now[p] = float(self.totals[waiting].sum())
        for children, arrays, placed, columns in zip(mass.children, f.structure.child_arrays, self.placed, self.columns, strict=True):
            measure_children(children, arrays["stages"], arrays["placement"], self.units, placed, columns)
        if f.leaver >= 0:
            self.units[f.leaver] += mass.leavers[:, 0].sum()
        if f.put >= 0:
            self.units[f.put] += mass.leavers[:, 1].sum()
        child = ~self.is_family
        self.cases[child] = self.units[child]

    def write(self, mass: Mass) -> None:
        """Write the month into the tally."""
        y, a, row = self.y, self.a, self.row
        for p, number in self.waiting_now.items():
            self.waiting[p] = number
        y.units_end[a, row], y.children_end[a, row] = self.units, self.cases
        y.entered[a, row] += self.entered
        child = ~self.is_family
        y.entered_children[a, row] += np.where(child, self.entered, self.entered_children)
        y.left[a, row] = np.maximum(self.before + self.entered - self.units, 0.0)
        y.left_children[a, row] = np.maximum(self.before_children + np.where(child, self.entered, self.entered_children) - self.cases, 0.0)
        y.unit_days[a, row] = 0.5 * (self.before + self.units) * self.days
        self.count_care(mass)

    def count_care(self, mass: Mass) -> None:
        """Count children in care by age, their placements by needs and distance, and what they were let at."""
        y, f = self.y, self.f
        for i, columns in enumerate(self.columns):
            by_age = columns.reshape(4, CHILD_AGES).sum(axis=0)
            y.looked_after_end[self.a, self.row, :, 1 if i in UASC_STREAMS else 0] += by_age @ f.fixed.end_bands[f.j]
        self.count_lets(mass, sum(self.placed), sum(self.placed[i] for i in UASC_STREAMS).sum(axis=1))

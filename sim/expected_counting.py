"""What the expected engine counts: the fields of every engine's tally, in real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim import expected_people as P
from sim.expected_children import CHILD_AGES, UASC_STREAMS
from sim.expected_families import AGES, U
from sim.expected_leavers import Leavers
from sim.expected_links import Links
from sim.expected_placements import Placements
from sim.expected_run import Flows, Mass
from sim.kernels import layout as L
from sim.kernels.expected_care import add_groups
from sim.kernels.layout import Tally
from sim.state import empty_tally


def float_tally(compiled: Any, model: L.Model, first: int, last: int) -> Tally:
    """Return an empty tally of real numbers."""
    tally = empty_tally(compiled, model, first, last)
    whole = {"log", "n_log", "first_month"}
    return tally._replace(**{name: getattr(tally, name).astype(float) for name in tally._fields if name not in whole})


class Counted(Leavers, Links, Placements):
    """Counts an authority's months into a tally."""

    def __init__(self, flows: Flows, tally: Tally, mass: Mass) -> None:
        self.f, self.y, self.mass, self.model, self.a = flows, tally, mass, flows.model, flows.a
        model = self.model
        n = len(model.stages)
        self.is_family = model.stages["track"] < L.FAMILY_TRACKS
        self.before, self.before_children = np.zeros(n), np.zeros(n)
        self.measure_stock(mass)
        self.before = self.units.copy()
        self.before_children = self.cases.copy()
        self.prepare_placements()

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

    def born(self, k: int, flow: np.ndarray, known: np.ndarray, stock: np.ndarray, nobody: bool) -> None:
        """Count births that are events."""
        tr = self.model.transitions[k]
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(stock > 1e-12, self.children_of(known) / np.maximum(stock, 1e-12), 0.0)
        if nobody:
            each = 1.0
        self.fired[k] += flow.sum()
        self.fired_children[k] += (flow * each).sum()
        target = int(tr["target"])
        self.entered[target] += flow.sum()
        self.entered_children[target] += (flow * (each + (0.0 if nobody else np.arange(flow.size) % AGES >= U))).sum()

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

    def children_of(self, known: np.ndarray) -> np.ndarray:
        """Return children at home who count, times mass, from what is known of families (MOMENTS, ..., C)."""
        siblings = known[P.SIBLINGS : P.LAST_SIBLING]
        still = self.still if known.ndim == 2 else self.still[:, None]
        return known[P.YOUNGEST] + (siblings * still).sum(axis=0) + known[P.RETURNED]

    def families(self, sinks: np.ndarray, means: np.ndarray) -> None:
        """Count the flows of families."""
        rows = self.f.structure.arrays
        each = self.children_of(np.moveaxis(means, 1, 0))  # (needs, C)
        flow, weighted = sinks.sum(axis=1), np.einsum("sc,sc->s", sinks, each[rows["sink_need"]])
        fires, enters, n = rows["fires"], rows["enters"], len(self.entered)
        self.fired += np.bincount(rows["sink_k"][fires], flow[fires], len(self.fired))
        self.fired_children += np.bincount(rows["sink_k"][fires], weighted[fires], len(self.fired))
        came = flow[enters[:, 0]]
        self.entered += np.bincount(enters[:, 1], came, n)
        self.entered_children += np.bincount(enters[:, 1], weighted[enters[:, 0]], n)
        place = self.model.stages["place"][enters[:, 1]]
        self.asked += np.bincount(place[place >= 0], came[place >= 0], len(self.asked))
        plans = enters[self.model.stages["is_plan"][enters[:, 1]] > 0, 0]
        again = (sinks[plans] * each[rows["sink_need"][plans]]).reshape(-1, 4, AGES)[:, 1::2]
        self.y.repeat_plans[self.a, self.row, 0] += again.sum()

    # ------------------------------------------------------------ children

    def children(self, mass: Mass, entries: dict[int, np.ndarray], sinks: np.ndarray, days: float, month: int) -> None:
        """Do a month of children in care and after: entries, flows, exits, care leavers; count them."""
        f, model = self.f, self.model
        mass.back[:] = 0.0
        mass.proceedings = {}
        self.out_share = 0.0
        self.arrived_in = np.zeros((len(model.let_table), CHILD_AGES * 4))
        for i, net in enumerate(f.structure.children):
            if not net.rows:
                continue
            came = f.children_came[i]
            started = np.zeros(4 * CHILD_AGES)
            if i == 0:
                for legal, ages in entries.items():
                    all_ages = np.outer(f.needs_shares, ages).ravel()
                    self.start(net, came, legal, all_ages)
                    started += all_ages
            else:
                started = self.unaccompanied(net, came, i, month, days)
            flow = f.flow_children(i, mass, days)
            self.child_flows(i, net, flow, started)
            self.leave(i, net, mass, days)
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
        ages, started = np.zeros(CHILD_AGES), np.zeros(4 * CHILD_AGES)
        before = 0.0
        for share, age in model.stream_ages[stream]:
            ages += max(share - before, 0.0) * P.spread(12.0 * age, 12.0 * (age + 1.0), self.f.j + 0.5) if before < 1.0 else 0.0
            before = max(before, share)
        started[:CHILD_AGES] = rate * ages  # needs: standard
        self.start(net, came, legal, started)
        return started

    def child_flows(self, i: int, net, sinks: np.ndarray, started: np.ndarray) -> None:
        """Count flows within care, and those who come back into it."""
        y, a, row, at = self.y, self.a, self.row, self.f.structure.child_sinks(i)
        uasc = 1 if i in UASC_STREAMS else 0
        totals = sinks.sum(axis=1)
        fired = at.fired @ totals
        self.fired += fired
        self.fired_children += fired
        self.entered += at.entered @ totals
        self.arrived_in += at.arrived @ sinks
        for stage, which in at.opened.items():
            self.mass.proceedings[stage] = self.mass.proceedings.get(stage, 0.0) + float(which @ totals)
        planned = np.diag(at.moved @ totals)
        for hub, which in at.hubs.items():
            planned[at.where] += np.tensordot(which @ sinks, self.f.planned[i][hub], axes=1)
        y.planned_actual[a, row] += planned
        again = at.again @ sinks
        whole = (started + again).reshape(4, CHILD_AGES).sum(axis=0) @ self.f.fixed.child_bands[self.f.j]
        y.started[a, row, :, uasc] += whole
        y.started_once[a, row, :, uasc] += whole

    def leave(self, i: int, net, mass: Mass, days: float) -> None:
        """Let children leave care, those who turn 18 among them; grow them older."""
        f = self.f
        arrays = f.structure.child_arrays[i]
        uasc = 1 if i in UASC_STREAMS else 0
        exits, group = f.exits(i, days)
        stock = group.sum()
        gone = exits.sum()
        k = arrays["exit_k"]
        flow = exits.sum(axis=1)
        fired = np.bincount(k, flow * arrays["exit_own"], len(self.fired))
        self.fired += fired
        self.fired_children += fired
        stages, target = arrays["exit_stages"], arrays["exit_target"]
        out, able = np.empty((len(stages), exits.shape[1])), np.empty((len(stages), exits.shape[1]))
        add_groups(exits, target, out)
        add_groups(exits * arrays["eligible"][arrays["exit_group"]][:, None], target, able)
        for s, stage in enumerate(stages):
            self.after(i, net, mass, int(stage), out[s], able[s], uasc)
        if i == 0:
            self.out_share = gone / stock if stock > 1e-9 else 0.0

    def after(self, i: int, net, mass: Mass, stage: int, flow: np.ndarray, eligible: np.ndarray, uasc: int) -> None:
        """Let children who leave care go on: home, to carers, to adults' life; `eligible` (C) of them have been in care for long enough."""
        model, f, y, a, row = self.model, self.f, self.y, self.a, self.row
        by_age = flow.reshape(4, CHILD_AGES).sum(axis=0)
        ceased = by_age @ self.f.fixed.ceased_bands[self.f.j]
        y.ceased[a, row, :, uasc] += ceased
        y.ceased_once[a, row, :, uasc] += ceased
        self.entered[stage] += by_age.sum()
        record = model.stages[stage]
        if record["care_leaver"]:
            who = eligible.reshape(4, CHILD_AGES).sum(axis=0) @ self.f.fixed.ceased_bands[self.f.j]
            for j, band in ((1, 5), (2, 4)):
                mass.leavers[j, 0, 0] += who[band]
                if f.leaver >= 0:
                    self.entered[f.leaver] += who[band]
            return
        if record["terminal"]:
            return
        joint = (stage, -1, -1)
        if (joint, (0, 0, 0)) in net.rows:
            mass.children[i][net.rows[joint, (0, 0, 0)]] += flow
        if record["to_home"] and not uasc:
            mass.back += by_age

    # ------------------------------------------------------------ stocks

    def measure_stock(self, mass: Mass) -> None:
        """Set units and counted children by stage, as they are now."""
        f, model = self.f, self.model
        rows = f.structure.arrays
        n = len(model.stages)
        self.units, self.cases = np.zeros(n), np.zeros(n)
        self.waiting_now: dict[int, float] = {}
        if len(f.net.rows):
            stock = f.by_need(mass.families)
            with np.errstate(divide="ignore", invalid="ignore"):
                each = self.children_of(np.moveaxis(mass.known, 1, 0)) / np.maximum(stock, 1e-12)
                each[stock < 1e-12] = 0.0
            self.units += np.bincount(f.needs, stock.sum(axis=1), n)
            self.cases += np.bincount(f.needs, (stock * each).sum(axis=1), n)
            keys = rows["group_keys"]
            out = np.empty((len(keys), stock.shape[1]))
            for track in range(1, 4):
                if (rows["group"][track] >= 0).any():
                    add_groups(mass.families, rows["group"][track], out)
                    self.units += np.bincount(keys[:, 1], out.sum(axis=1), n)
                    self.cases += np.bincount(keys[:, 1], np.einsum("gc,gc->g", out, each[keys[:, 0]]), n)
            for p, (waiting, _) in f.structure.admissions(model).items():
                self.waiting_now[p] = float(mass.families[waiting].sum())
        for i in range(len(f.structure.children)):
            self.by_row(i, mass)
        if f.leaver >= 0:
            self.units[f.leaver] += mass.leavers[:, 0].sum()
        if f.put >= 0:
            self.units[f.put] += mass.leavers[:, 1].sum()
        child = ~self.is_family
        self.cases[child] = self.units[child]

    def by_row(self, i: int, mass: Mass) -> None:
        """Add up a stream's children by stage."""
        if not len(mass.children[i]):
            return
        totals = mass.children[i].sum(axis=1)
        stages = self.f.structure.child_arrays[i]["stages"]
        for track in range(3):
            held = stages[:, track] >= 0
            self.units += np.bincount(stages[held, track], totals[held], len(self.units))

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
        y, a, row, model, f = self.y, self.a, self.row, self.model, self.f
        placed = np.zeros((len(model.let_table), L.NEEDS))
        uasc_placed = np.zeros(len(model.let_table))
        for i, children in enumerate(mass.children):
            if not len(children):
                continue
            arrays = f.structure.child_arrays[i]
            by_place = np.empty((len(placed), children.shape[1]))
            add_groups(children, arrays["placement"], by_place)
            by_age = by_place.reshape(-1, 4, CHILD_AGES)
            y.looked_after_end[a, row, :, 1 if i in UASC_STREAMS else 0] += by_age.sum(axis=(0, 1)) @ f.fixed.end_bands[f.j]
            placed += by_age.sum(axis=2)
            if i in UASC_STREAMS:
                uasc_placed += by_age.sum(axis=(1, 2))
        self.count_lets(mass, placed, uasc_placed)

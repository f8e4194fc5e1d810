"""An authority's months under the expected engine: who comes, what flows, what is counted. `sim.expected` drives it."""

from __future__ import annotations

import numpy as np

from sim import expected_people as P
from sim.expected_authority import (
    CHILD_COLUMNS,
    FAMILY_COLUMNS,
    LEAVER_MONTHS,
    Structure,
    at_age,
    child_vectors,
    family_vectors,
    need_list,
    phase_rates,
)
from sim.expected_children import CHILD_AGES
from sim.expected_families import AGES, ALL_ENTER, BLOCKS, FIRST_PLACE_GATE, FIRST_YEAR, SOME_ENTER, N, U
from sim.expected_fixed import first_month_of, fixed_of
from sim.expected_network import room_for, rows_of_cells
from sim.kernels import layout as L
from sim.kernels.distance import BANDS
from sim.kernels.expected_ages import give_birth, pass_month
from sim.kernels.expected_care import add_groups, carry_means, exit_vectors, mix_bands, plan_shares, set_chances
from sim.kernels.expected_counts import children_each
from sim.kernels.expected_flow import Ways, carry_month, edge_rates, set_ways, still_there
from sim.kernels.expected_removals import enter_care, split_removals

NOTHING_SPENT = np.zeros((0, FAMILY_COLUMNS))
ROUNDS = 3  # times what is known of families is mixed where their flows meet
# Share of a month counted for the one of birth. Births fall evenly in it, so of a band of 14 days a newborn spends 14 - 14**2 / (2 x 30.4) = 10.8
# before the month ends; an implicit step ends at an exponential time, which leaves as many if its mean is 0.84 months.
NEWBORN_SHARE = 0.84


class Mass:
    """Expected numbers at a moment: families, children, care leavers, and what is known of families on average."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.families = rows_of_cells(len(structure.families.rows), FAMILY_COLUMNS)
        self.known = np.zeros((len(need_list(structure.families)), P.MOMENTS, FAMILY_COLUMNS))
        self.children = [rows_of_cells(len(net.rows), CHILD_COLUMNS) for net in structure.children]
        self.leavers = np.zeros((3, 2, LEAVER_MONTHS))  # left at 18, 17, 16; on their own or with former carers; months since
        self.together = np.zeros(2)  # children in care: of families all of whose children entered, and in all
        self.back = np.zeros(CHILD_AGES)  # children who went home from care last month, and proceedings opened for children in care
        self.proceedings: dict[int, float] = {}
        self.group_size = 1.5  # children who enter care together, on average, last month (1.5 until any do)
        self.late_births: list[tuple[int, float]] = []  # births at the last month's end, by transition
        placements = len(structure.families.model.let_table)
        self.let = np.zeros((placements, L.NEEDS, 3))  # sums of what placements are let at: as drawn, at the market, paid
        self.where, self.placed = np.zeros((placements, BANDS)), np.zeros((placements, L.NEEDS))


class Flows:
    """One authority's arrays for a model, and the month's work on them."""

    def __init__(self, structure: Structure, model: L.Model, a: int) -> None:
        self.model, self.a, self.structure = model, a, structure
        self.net = structure.families
        self.needs = need_list(self.net)
        self.row_keys = list(self.net.rows)
        self.version, self.rates = -1, []
        self.fixed = fixed_of(model)
        self.by_month: dict[int, tuple[np.ndarray, list[np.ndarray]]] = {}  # vectors of families and of children, by month of the year
        self.j = -1
        self.pace = np.full(len(model.transitions), np.nan)
        self.scale = np.ones(FAMILY_COLUMNS)
        for block in range(BLOCKS):
            self.scale[block * AGES + U : block * AGES + U + N] = NEWBORN_SHARE
        self.child_scale = np.ones(CHILD_COLUMNS)
        # what comes to each row in a month (empty between months), and what children spend of it in each group of rows with the same exits
        self.families_came = rows_of_cells(len(self.net.rows), FAMILY_COLUMNS)
        self.children_came = [rows_of_cells(len(net.rows), CHILD_COLUMNS) for net in structure.children]
        self.spent = [rows_of_cells(len(arrays["widths"]), CHILD_COLUMNS) for arrays in structure.child_arrays]
        nets = [structure.arrays, *structure.child_arrays]  # families, then streams of children
        self.open_still = np.ones(len(self.net.rows))  # of families in a row at a month's start, the share there in its middle
        self.edge_rate = [arrays["rate"].copy() for arrays in nets]
        self.ways = [own_rates(arrays["ways"]) for arrays in nets]
        columns = [FAMILY_COLUMNS, CHILD_COLUMNS, CHILD_COLUMNS, CHILD_COLUMNS]
        self.room = [room_for(ways, n) for ways, n in zip(self.ways, columns, strict=True)]
        self.sinks = [rows_of_cells(arrays["sinks"], n) for arrays, n in zip(nets, columns, strict=True)]
        self.gates = np.ones(FIRST_PLACE_GATE + 2 * model.places.shape[1])
        needs = len(self.needs)
        known = (needs, P.MOMENTS, FAMILY_COLUMNS)
        self.means, self.some, self.known, self.whole = np.zeros(known), np.zeros(known), np.zeros(known), np.zeros((needs, FAMILY_COLUMNS))
        self.split = np.zeros((needs, 6, FAMILY_COLUMNS))
        self.split_at = np.array([self.net.splits[stage] for stage in self.needs], np.int64)[:, None] + np.arange(6)
        self.prepare_people()
        self.prepare_children()
        self.entries = self.entry_sinks()

    def prepare_people(self) -> None:
        """Set what is fixed of families."""
        model = self.model
        self.quintiles = np.diff(np.concatenate([[0.0], model.quintile_cdf[self.a]]))
        self.needs_shares = np.diff(np.concatenate([[0.0], model.needs_cdf]))
        self.alone = float(model.children_cdf[0])
        self.born_row = self.structure.arrays["birth"]
        self.nobody = np.array([stage == self.net.no_child for stage in self.needs], np.bool_)
        self.closed = np.array([bool(model.stages[stage]["is_closed"]) for stage in self.needs], np.bool_)
        # the transition that a birth fires in a unit of need, where one does, and the unit it leads to
        self.birth_ks = {n: self.net.birth_of(stage) for n, stage in enumerate(self.needs) if self.net.birth_of(stage) >= 0}
        self.birth_need = np.arange(len(self.needs))
        for n, k in self.birth_ks.items():
            self.birth_need[n] = self.needs.index(int(model.transitions[k]["target"]))
        self.birth_known = (self.birth_need[:, None] * P.MOMENTS + np.arange(P.MOMENTS)).ravel()

    def set_month(self, month: int) -> None:
        """Set what depends on the month of the year: ages within columns."""
        self.j = (month + self.first_month) % 12
        f, j = self.fixed, self.j
        if j not in self.by_month:
            vectors = np.ones((self.net.n_vectors, FAMILY_COLUMNS))
            of_children = [np.ones((net.n_vectors, CHILD_COLUMNS)) for net in self.structure.children]
            family_vectors(self.net, self.model, self.a, f.bands[j], vectors)
            for net, found in zip(self.structure.children, of_children, strict=True):
                child_vectors(net, self.model, self.a, f.child_bands[j], f.child_months[j], found)
            self.by_month[j] = vectors, of_children
        self.vectors, self.child_vectors = self.by_month[j]

    def prepare_children(self) -> None:
        """Set what is fixed of children: ages, bands, and what follows care."""
        model = self.model
        stages = model.stages
        self.minimum = stages["minimum_age"].astype(float)
        self.otherwise = stages["otherwise"].astype(np.int64)
        self.adult_k, _ = at_age(model, int(model.key_stages[2]))
        self.leaver, self.put = int(model.key_stages[4]), int(model.key_stages[6])
        self.chance = np.zeros((model.places.shape[1], 4))
        options = [np.array(net.placed, np.int64) for net in self.structure.children]
        self.options = options
        self.shares = [np.zeros((4 * 5, len(model.plan_stages), len(option))) for option in options]
        self.first_month = first_month_of(model)
        # what children are planned for in, by stream: context, and whether under an order; and whether the legal status has a plan of its own
        self.hubs: list[dict[tuple[int, int], bool]] = [{} for _ in options]
        for net, hubs in zip(self.structure.children, self.hubs, strict=True):
            for _, legal, _, context in net.hubs:
                hubs.setdefault((context, int(stages[legal]["permits_parents"])), int(stages[legal]["plan"]) >= 0)
        self.planned: list[dict[tuple[int, int], np.ndarray]] = [{} for _ in options]
        self.plans: dict[int, tuple] = {}  # by month of the year: what plans last followed from, and the plans
        self.let_mean = model.let_table.mean(axis=2) if model.let_table.size else np.zeros((0, 4))

    # ------------------------------------------------------------ what a month's rates are

    def set_rates(self, month: int, pace: np.ndarray, gates: np.ndarray) -> None:
        """Set the rates of every edge for a month's pace of each transition, unless they are those of the month before."""
        model = self.model
        version = int(np.searchsorted(model.version_start, model.month_start[month] + 1e-9, side="right") - 1)
        if version != self.version:
            self.rates = phase_rates(self.structure, model, version, self.a)
            self.version = version
            self.pace[:] = np.nan
        same = (pace == self.pace).all() and (gates == self.gates).all()
        self.pace, self.gates = pace.copy(), gates.copy()
        if not same:
            for i, arrays in enumerate((self.structure.arrays, *self.structure.child_arrays)):
                edge_rates(arrays["first"], arrays["edge"], self.rates[i], pace, gates, self.edge_rate[i])
                set_ways(self.ways[i], self.edge_rate[i])
            arrays = self.structure.arrays
            still_there(arrays["first"], arrays["edge"], self.edge_rate[0], 15.0, self.open_still)
        for i, (net, arrays) in enumerate(zip(self.structure.children, self.structure.child_arrays, strict=True)):
            exits = arrays["exits"]
            exit_vectors(arrays["exit_first"], exits.k, exits.phase, exits.times, self.rates[1 + i], pace, exits.vector_of, self.child_vectors[i],
                         arrays["widths"], net.exit_base)  # fmt: skip

    def set_plans(self, month: int, vacancies: np.ndarray) -> None:
        """Set where children who are planned for now come to live, for the vacancies expected of each kind of place."""
        model = self.model
        set_chances(model.match_by_needs, vacancies, self.chance)
        known = (self.chance.tobytes(), model.plan_factor[self.a, :, :, month].tobytes(), model.national_chance[:, :, month].tobytes())
        if self.j in self.plans and self.plans[self.j][0] == known:
            self.planned = self.plans[self.j][1]
            return
        self.planned = self.plans[self.j][1] if self.j in self.plans else [{} for _ in self.options]
        self.plans[self.j] = known, self.planned
        for i, net in enumerate(self.structure.children):
            for (context, ordered), own in self.hubs[i].items():
                plan_shares(
                    model.plan_weights[context, :, :, ordered], model.plan_factor[self.a, context, :, month], model.plan_stages, self.options[i],
                    model.overflow, model.place_of_stage, self.otherwise, int(model.key_stages[5]), self.minimum, self.chance,
                    model.national_chance[:, :, month], own, P.BAND_MONTHS[:-1], np.arange(5), self.shares[i],
                )  # fmt: skip
                if (context, ordered) not in self.planned[i]:
                    self.planned[i][context, ordered] = np.zeros((CHILD_COLUMNS, *self.shares[i].shape[1:]))
                mix_bands(self.shares[i], self.fixed.child_bands[self.j], self.planned[i][context, ordered], self.child_vectors[i],
                          net.plan_vector(context, ordered, 0))  # fmt: skip

    # ------------------------------------------------------------ families

    def arrive(self, mass: Mass, came: np.ndarray, month: int, days: float, counted) -> None:
        """Add the families who come for the first time in a month."""
        model, a = self.model, self.a
        for stream in (0, 3):
            stage = int(model.arrival_stage[stream, 0])
            if stage < 0:
                continue
            rate = model.candidate_rate[a, stream] * float(np.minimum(model.accept[a, stream, :, month], L.LAYERS) @ self.quintiles) * days
            if rate == 0.0:
                continue
            share = rate * self.fixed.arrivals[self.j]
            first = self.fixed.known[self.j]
            came[self.net.rows[(stage, -1, -1, -1), (0, 0, 0, 0)], :AGES] += share
            known = mass.known[self.needs.index(stage)]
            if stream == 0:
                known[:, :AGES] += first * share
                known[P.FRESH, :AGES] += share
            else:
                known[P.YOUNGEST, :AGES] += share
                born = np.arange(AGES) >= U
                known[P.HALF, :AGES] += 0.5 * share * born
                known[P.ALONE, :AGES] += share * born
                known[P.SOMEONE, :AGES] += share * born
            counted.arrived(stage, share, first if stream == 0 else None)

    def births(self, mass: Mass, came: np.ndarray, counted) -> None:
        """Let births into families happen: the youngest is now newborn, and where a birth is an event the family's need changes."""
        f, known, stock = self.fixed, mass.known, self.by_need(came)
        rate = np.minimum((known[:, P.SETTLED] * f.settled[self.j] + known[:, P.LATER] * f.later[self.j]) / np.maximum(stock, 1e-9), 0.5)
        for n in self.birth_ks:
            rate[n, U - 1 :: AGES] = 1.0  # unborn at first referral: born this month
        each, event = self.children_each(known, stock), np.empty_like(stock)
        give_birth(came, self.structure.arrays["need"], self.born_row, self.open_still, rate, stock, known, self.birth_need, self.nobody,
                   f.born_to[self.j], self.alone, f.gap_at, f.gap_share, U, AGES, event)  # fmt: skip
        for n, k in self.birth_ks.items():
            counted.born(k, event[n], each[n], bool(self.nobody[n]))

    def by_need(self, mass: np.ndarray) -> np.ndarray:
        """Return mass by need and column."""
        out = np.empty((len(self.needs), FAMILY_COLUMNS))
        add_groups(mass, self.structure.arrays["need"], out)
        return out

    def children_each(self, known: np.ndarray, stock: np.ndarray) -> np.ndarray:
        """Return the children at home who count, by family (needs, C), from what is known of families times `stock`."""
        each = np.empty_like(stock)
        children_each(known, stock, self.fixed.still[self.j], len(P.GAPS), each)
        return each

    def set_splits(self, mass: Mass, stock: np.ndarray) -> np.ndarray:
        """Set the shares of removals by who enters, for what is known of families; return the means (needs, MOMENTS, C)."""
        rules = self.model.parameters
        split_removals(mass.known, stock, self.fixed.still[self.j], len(P.GAPS), float(rules[4]), float(rules[5]), self.means, self.split, self.some)
        self.vectors[self.split_at] = self.split
        return self.means

    def flow_families(self, mass: Mass, days: float) -> np.ndarray:
        """Carry a month's families on: return flows by sink (sinks, C)."""
        return self.carry(0, self.vectors, self.scale, days, False, self.families_came, mass.families, NOTHING_SPENT)

    def carry(
        self, i: int, vectors: np.ndarray, scale: np.ndarray, days: float, even: bool, came: np.ndarray, mass: np.ndarray, spent: np.ndarray,
    ) -> np.ndarray:  # fmt: skip
        """Carry a month's mass of a network on: return flows by sink (n, C), to be read before the next month's."""
        arrays = self.structure.child_arrays[i - 1] if i else self.structure.arrays
        carry_month(self.ways[i], vectors, days, scale, even, arrays["exit_of"], came, mass, self.sinks[i], spent, self.room[i])
        return self.sinks[i]

    def know_flows(self, mass: Mass, sinks: np.ndarray, means: np.ndarray) -> np.ndarray:
        """Carry what is known of families along with a month's flows; return the means (needs, MOMENTS, C), set in place."""
        rows, stock = self.structure.arrays, self.by_need(mass.families)
        self.stock = stock
        carry_means(mass.known, stock, rows["moving_source"], rows["moving_target"], rows["moving_flag"], rows["moving_kind"], rows["moving"], sinks,
                    self.some, ROUNDS, self.whole, means, self.known)  # fmt: skip
        mass.known, self.known = self.known, mass.known
        return means

    def age_families(self, mass: Mass, counted) -> None:
        """Move families' columns on by a month: those whose youngest turned 18 are gone."""
        known, stock = mass.known, self.stock
        for n, k in self.birth_ks.items():
            counted.born_at_end(k, float(stock[n, U - 1 :: AGES].sum()))
        moved = known[:, P.FRESH : P.FRESH + 3] / P.FRESH_MONTHS
        moved.reshape(len(known), 3, 4, AGES)[..., :U] = 0.0
        known[:, P.FRESH : P.FRESH + 3] -= moved
        known[:, P.FRESH + 1 : P.FRESH + 3] += moved[:, :2]
        known[:, P.SETTLED] += moved[:, 2]
        last = known[:, :, U - 1 :: AGES]
        fresh = np.maximum(last[:, P.YOUNGEST] - last[:, P.SOMEONE], 0.0)
        last[:, P.HALF] = 0.5 * (last[:, P.HALF] + fresh)
        last[:, P.ALONE], last[:, P.SOMEONE] = fresh, last[:, P.YOUNGEST]
        pass_month(mass.families, self.j, self.born_row, U, N, 1.0 / (12.0 - self.j))
        pass_month(known.reshape(-1, FAMILY_COLUMNS), self.j, self.birth_known, U, N, 1.0 / (12.0 - self.j))

    # ------------------------------------------------------------ children

    def enter_care(self, sinks: np.ndarray, means: np.ndarray) -> dict[int, np.ndarray]:
        """Return children who enter care in a month by legal status and column of age (CHILD_AGES); and note how many do with all their siblings."""
        everyone, each = float(self.model.parameters[4]), float(self.model.parameters[5])
        statuses, keys, first, at, part = self.entries
        found = np.zeros((len(statuses), CHILD_AGES))
        self.entered_families, self.entered_together = enter_care(
            sinks, means, keys, first, at, part, self.fixed.still[self.j], len(P.GAPS), everyone, each, self.fixed.siblings, FIRST_YEAR, found,
        )  # fmt: skip
        return dict(zip(statuses, found, strict=True))

    def entry_sinks(self) -> tuple[list[int], np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return the legal statuses in which children enter care, and as `enter_care` has them the sinks of entries that are told apart."""
        rows, model, found = self.structure.arrays, self.model, {}
        for i, k in enumerate(rows["sink_k"]):
            tr = model.transitions[k]
            for effect in model.effects[int(tr["effect"]) : int(tr["effect"]) + int(tr["n_effects"])] if k >= 0 else ():
                if effect["op"] == L.CARE_ENTRY:
                    found.setdefault((int(effect["stage"]), int(effect["other"]), int(rows["sink_need"][i])), []).append(i)
        statuses = list(dict.fromkeys(legal for legal, _, _ in found))
        keys = np.array([(statuses.index(legal), one, n) for legal, one, n in found], np.int64).reshape(-1, 3)
        at = np.array([i for listed in found.values() for i in listed], np.int64)
        part = np.array([{ALL_ENTER: 2, SOME_ENTER: 1}.get(int(rows["sink_part"][i]), 0) for i in at], np.int64)
        return statuses, keys, np.cumsum([0, *(len(listed) for listed in found.values())]), at, part

    def flow_children(self, i: int, mass: Mass, days: float) -> np.ndarray:
        """Carry a month's children of a stream on, those who came among them: return flows by sink."""
        return self.carry(1 + i, self.child_vectors[i], self.child_scale, days, True, self.children_came[i], mass.children[i], self.spent[i])


def own_rates(ways: Ways) -> Ways:
    """Return ways with rates of their own, not yet set."""
    return ways._replace(rate=ways.rate.copy(), out_rate=ways.out_rate.copy(), sum_rate=ways.sum_rate.copy())

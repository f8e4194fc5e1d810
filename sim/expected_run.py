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
    birth_rates,
    child_vectors,
    family_vectors,
    need_list,
    phase_rates,
)
from sim.expected_children import CHILD_AGES, CHILD_MONTHS
from sim.expected_families import AGES, ALL_ENTER, BLOCKS, FIRST_PLACE_GATE, REMOVED, B, N, U
from sim.kernels import layout as L
from sim.kernels.expected_care import add_groups, carry_means, exit_vectors, fits, plan_shares
from sim.kernels.expected_flow import edge_rates, grow_older, sweep

SWEEPS = 4  # times that what comes back within a month goes round again (docs/expected.md has what fewer cost)
CHILD_SWEEPS = 3


class Mass:
    """Expected numbers at a moment: families, children, care leavers, and what is known of families on average."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.families = np.zeros((len(structure.families.rows), FAMILY_COLUMNS))
        self.known = np.zeros((len(need_list(structure.families)), P.MOMENTS, FAMILY_COLUMNS))
        self.children = [np.zeros((len(net.rows), CHILD_COLUMNS)) for net in structure.children]
        self.leavers = np.zeros((3, 2, LEAVER_MONTHS))  # left at 18, 17, 16; on their own or with former carers; months since
        self.together = np.zeros(2)  # children in care: of families all of whose children entered, and in all
        self.home = 0.0  # children who went home from care last month, and sets of proceedings opened for children in care
        self.back = np.zeros(CHILD_AGES)
        self.proceedings: dict[int, float] = {}


class Flows:
    """One authority's arrays for a model, and the month's work on them."""

    def __init__(self, structure: Structure, model: L.Model, a: int) -> None:
        self.model, self.a, self.structure = model, a, structure
        self.net = structure.families
        self.needs = need_list(self.net)
        self.row_keys = list(self.net.rows)
        self.version, self.rates = -1, []
        self.vectors = family_vectors(self.net, model, a)
        self.child_vectors = [child_vectors(net, model, a) for net in structure.children]
        self.pace = np.full(len(model.transitions), np.nan)
        self.scale = np.ones(FAMILY_COLUMNS)
        for block in range(BLOCKS):
            self.scale[block * AGES + U : block * AGES + U + N] = 0.5
        self.child_scale = np.ones(CHILD_COLUMNS)
        self.edge_rate = structure.arrays["rate"].copy()
        self.child_rate = [arrays["rate"].copy() for arrays in structure.child_arrays]
        self.gates = np.ones(FIRST_PLACE_GATE + 2 * model.places.shape[1])
        self.prepare_people()
        self.prepare_children()

    def prepare_people(self) -> None:
        """Set what is fixed of families: who they are at first referral, births, ages."""
        model = self.model
        self.arrivals, self.first_known = P.arrival_columns(model), P.older_siblings(model)
        self.settled, self.later, self.born_to = birth_rates(model)
        self.older = P.shares_older()
        self.quintiles = np.diff(np.concatenate([[0.0], model.quintile_cdf[self.a]]))
        self.age_columns, self.sibling_columns = P.child_columns()
        self.needs_shares = np.diff(np.concatenate([[0.0], model.needs_cdf]))
        self.home_columns = np.zeros((CHILD_AGES, AGES))
        for i, (low, high) in enumerate(zip(CHILD_MONTHS[:-1], CHILD_MONTHS[1:], strict=True)):
            for c in range(B):
                start, end = P.column_months()[U + N + c]
                self.home_columns[i, U + N + c] = max(0.0, min(high, end) - max(low, start if c else 0.0)) / (high - low)
            self.home_columns[i] /= max(self.home_columns[i].sum(), 1e-12)
        self.sib_rate = np.array([1.0 / 12, 1.0 / 48, 1.0 / 60, 1.0 / 72, 1.0 / 24])

    def prepare_children(self) -> None:
        """Set what is fixed of children: ages, bands, and what follows care."""
        model = self.model
        self.months = np.array(CHILD_MONTHS)
        self.bands = np.array([P.band_of(start) for start in self.months[:-1]])
        self.ceased_band = np.where(self.months[:-1] >= 204, 5, np.where(self.months[:-1] >= 192, 4, self.bands))
        self.child_older = np.tile(P.child_shares_older(), 4)
        stages = model.stages
        self.minimum = stages["minimum_age"].astype(float)
        self.otherwise = stages["otherwise"].astype(np.int64)
        self.adult_k, _ = at_age(model, int(model.key_stages[2]))
        self.leaver, self.put = int(model.key_stages[4]), int(model.key_stages[6])
        self.chance = np.zeros((model.places.shape[1], 4))
        options = [np.array(net.placed, np.int64) for net in self.structure.children]
        self.options = options
        self.shares = [np.zeros((CHILD_COLUMNS, len(model.plan_stages), len(option))) for option in options]
        self.planned: list[dict[tuple[int, int], np.ndarray]] = [{} for _ in options]
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
        if (pace == self.pace).all() and (gates == self.gates).all():
            return
        self.pace, self.gates = pace.copy(), gates.copy()
        arrays = self.structure.arrays
        edge_rates(arrays["first"], arrays["edge"], self.rates[0], pace, gates, self.edge_rate)
        for i, arrays in enumerate(self.structure.child_arrays):
            edge_rates(arrays["first"], arrays["edge"], self.rates[1 + i], pace, gates, self.child_rate[i])
            net = self.structure.children[i]
            exit_vectors(arrays["exit_first"], arrays["exit_k"], arrays["exit_phase"], arrays["exit_times"], self.rates[1 + i], pace,
                         arrays["vector_of"], self.child_vectors[i], arrays["widths"], net.exit_base)  # fmt: skip

    def set_plans(self, month: int, vacancies: np.ndarray) -> None:
        """Set where children who are planned for now come to live, for the vacancies expected of each kind of place."""
        model = self.model
        for p in range(len(vacancies)):
            for needs in range(4):
                self.chance[p, needs] = fits(model.match_by_needs[p, needs], vacancies[p])
        for i, net in enumerate(self.structure.children):
            done = {}
            for _, legal, _, context in net.hubs:
                ordered, own = int(model.stages[legal]["permits_parents"]), int(model.stages[legal]["plan"]) >= 0
                if (context, ordered) in done:
                    continue
                plan_shares(
                    model.plan_weights[context, :, :, ordered], model.plan_factor[self.a, context, :, month], model.plan_stages, self.options[i],
                    model.overflow, model.place_of_stage, self.otherwise, int(model.key_stages[5]), self.minimum, self.chance,
                    model.national_chance[:, :, month], own, self.months[:-1], self.bands, self.shares[i],
                )  # fmt: skip
                done[context, ordered] = self.shares[i].copy()
                by_option = self.shares[i].sum(axis=1)
                base = net.plan_vector(context, ordered, 0)
                self.child_vectors[i][base : base + by_option.shape[1]] = by_option.T
            self.planned[i] = done

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
            share = rate * self.arrivals
            came[self.net.rows[(stage, -1, -1, -1), (0, 0, 0, 0)], :AGES] += share
            known = mass.known[self.needs.index(stage)]
            if stream == 0:
                known[:, :AGES] += self.first_known * share
                known[P.FRESH, :AGES] += share
            else:
                known[P.YOUNGEST, :AGES] += share
                born = np.arange(AGES) >= U
                known[P.HALF, :AGES] += 0.5 * share * born
                known[P.ALONE, :AGES] += share * born
                known[P.SOMEONE, :AGES] += share * born
            counted.arrived(stage, share, self.first_known if stream == 0 else None)

    def births(self, mass: Mass, came: np.ndarray, counted) -> None:
        """Let births into families happen: the youngest is now newborn, and where a birth is an event the family's need changes."""
        rows, needs = self.structure.arrays, len(self.needs)
        stock = self.by_need(came)
        for n in range(needs):
            stage = self.needs[n]
            k = self.net.birth_of(stage)
            target = self.needs.index(int(self.model.transitions[k]["target"])) if k >= 0 else n
            known = mass.known[n]
            with np.errstate(divide="ignore", invalid="ignore"):
                rate = np.where(stock[n] > 1e-12, (known[P.SETTLED] * np.tile(self.settled, 4) + known[P.LATER] * np.tile(self.later, 4)) / stock[n], 0.0)
            rate = np.minimum(rate, 0.5)
            birth = rate.copy()
            if k >= 0:
                birth.reshape(4, AGES)[:, U - 1] = 1.0  # unborn at first referral: born this month
            if not birth.any() or not stock[n].any():
                continue
            self.move_births(came, rows, n, birth)
            flow = birth * stock[n]
            if k >= 0:
                counted.born(k, flow, mass.known[n], stock[n])
            self.know_births(mass, n, target, birth, flow, stage == self.net.no_child)

    def move_births(self, came: np.ndarray, rows: dict, n: int, birth: np.ndarray) -> None:
        """Move the mass of rows of a need into columns of the newborn."""
        at = np.flatnonzero(rows["need"] == n)
        moved = came[at] * birth
        came[at] -= moved
        blocks = moved.reshape(len(at), 4, AGES)
        alone = float(self.model.children_cdf[0])
        target = rows["birth"][at]
        single = self.needs[n] == self.net.no_child
        for column in range(AGES):
            if not blocks[:, :, column].any():
                continue
            for block in range(4):
                flow = blocks[:, block, column]
                if column < U and not single:
                    np.add.at(came, (target, block * AGES + U), alone * flow)
                    np.add.at(came, (target, block * AGES + U + 1), (1.0 - alone) * flow)
                else:
                    np.add.at(came, (target, block * AGES + (U if single else int(self.born_to[column]))), flow)

    def know_births(self, mass: Mass, n: int, target: int, birth: np.ndarray, flow: np.ndarray, nobody: bool) -> None:
        """Carry along what is known of families with a birth: one more child who may enter care."""
        known = mass.known[n]
        moved = known * birth
        known -= moved
        alone = float(self.model.children_cdf[0])
        for block in range(4):
            for column in range(AGES):
                c = block * AGES + column
                f = flow[c]
                if f <= 0.0:
                    continue
                new = moved[:, c].copy()
                old_young = new[P.YOUNGEST]
                if nobody:
                    new[: P.FRESH] = 0.0
                if column >= U:
                    new[P.SIBLINGS + P.band_of(max(P.column_months()[column].mean(), 0.0))] += 0.0 if nobody else old_young
                had = new[P.SOMEONE]
                new[P.ALONE] = max(f - had, 0.0)
                new[P.HALF] = 0.5 * new[P.HALF] + 0.5 * max(f - had, 0.0)
                new[P.SOMEONE] = f
                new[P.YOUNGEST] = f
                if column >= U:
                    new[P.LATER], new[P.SETTLED], new[P.FRESH : P.FRESH + 3] = f, 0.0, 0.0
                to = mass.known[target]
                if column < U and not nobody:
                    to[:, block * AGES + U] += alone * new
                    to[:, block * AGES + U + 1] += (1.0 - alone) * new
                else:
                    to[:, block * AGES + (U if nobody else int(self.born_to[column]))] += new

    def by_need(self, mass: np.ndarray) -> np.ndarray:
        """Return mass by need and column."""
        out = np.empty((len(self.needs), FAMILY_COLUMNS))
        add_groups(mass, self.structure.arrays["need"], out)
        return out

    def set_splits(self, mass: Mass, stock: np.ndarray) -> np.ndarray:
        """Set the shares of removals by who enters, for what is known of families; return the means (needs, MOMENTS, C)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            means = np.where(stock[:, None, :] > 1e-9, mass.known / np.maximum(stock[:, None, :], 1e-12), 0.0)
        everyone = float(self.model.parameters[4])
        first = np.tile(self.first_known, 4)
        for n, stage in enumerate(self.needs):
            known = np.where(stock[n] > 1e-9, means[n], first) if stage != self.net.no_child else means[n]
            base = self.net.splits[stage]
            self.vectors[base : base + 6] = P.splits(known, everyone)
        return means

    def flow_families(self, mass: Mass, came: np.ndarray, days: float) -> tuple[np.ndarray, np.ndarray]:
        """Carry a month's families on: return flows by sink (sinks, C) and what each sweep could not carry on is left where it came."""
        arrays = self.structure.arrays
        sinks = np.zeros((len(self.net.sinks), FAMILY_COLUMNS))
        loss = np.empty_like(came)
        mass.families[:] = 0.0
        for i in range(SWEEPS):
            sweep(arrays["first"], arrays["instant"], arrays["edge"], self.edge_rate, self.vectors, days, self.scale, i == 0, came, mass.families,
                  loss, sinks)  # fmt: skip
        mass.families += came
        return sinks

    def know_flows(self, mass: Mass, sinks: np.ndarray, before: np.ndarray) -> np.ndarray:
        """Carry what is known of families along with a month's flows; return the means (needs, MOMENTS, C)."""
        rows, stock = self.structure.arrays, self.by_need(mass.families)
        means = before.copy()
        some = self.after_some_entered(before)
        out = np.empty_like(mass.known)
        at = rows["moving"]
        carry_means(mass.known, stock, rows["moving_source"], rows["moving_target"], rows["moving_flag"], rows["moving_kind"], sinks[at], some, 3,
                    means, out)  # fmt: skip
        mass.known = out
        return means

    def after_some_entered(self, means: np.ndarray) -> np.ndarray:
        """Return what is known of families some of whose children have entered care (needs, MOMENTS, C)."""
        some = means.copy()
        everyone, each = float(self.model.parameters[4]), float(self.model.parameters[5])
        for n in range(len(means)):
            known = means[n]
            siblings = known[P.SIBLINGS : P.SIBLINGS + 5]
            young = known[P.YOUNGEST] * np.tile(np.arange(AGES) >= U, 4)
            total = young + siblings.sum(axis=0)
            stay = (1.0 - everyone) * (total * (1.0 - each) - known[P.HALF])
            some_of = known[P.SOMEONE] - (everyone * known[P.SOMEONE] + (1.0 - everyone) * (known[P.HALF] + 0.5 * known[P.ALONE]))
            left = np.where(some_of > 1e-6, np.maximum(stay / np.maximum(some_of, 1e-9), 1.0), 1.0)
            others = np.maximum(left - 1.0, 0.0)
            with np.errstate(divide="ignore", invalid="ignore"):
                part = np.where(siblings.sum(axis=0) > 1e-9, siblings / np.maximum(siblings.sum(axis=0), 1e-12), 0.0)
            some[n, P.SIBLINGS : P.SIBLINGS + 5] = part * others
            some[n, P.YOUNGEST] = 1.0
            alone = np.clip(2.0 - left, 0.0, 1.0)
            some[n, P.ALONE], some[n, P.SOMEONE] = alone, 1.0
            some[n, P.HALF] = np.where(left <= 2.0, 0.5 * alone + 0.25 * (1.0 - alone), 0.5**left)
        return some

    def age_families(self, mass: Mass) -> np.ndarray:
        """Move families' columns on by a month: return the mass of each row (R) whose youngest turned 18."""
        rows = self.structure.arrays
        out = np.zeros(len(mass.families))
        last = np.arange(4) * AGES + U - 1
        unborn = mass.families[:, last].copy()
        newborn = mass.families.reshape(-1, 4, AGES)[:, :, U : U + N].sum(axis=2)
        mass.families.reshape(-1, 4, AGES)[:, :, U - 1 : U + N] = 0.0
        grow_older(mass.families, np.tile(self.older, 4), AGES, out)
        first = np.arange(4) * AGES + U + N
        mass.families[:, first] += newborn
        np.add.at(mass.families, (rows["birth"][:, None], first[None, :]), unborn)
        self.age_known(mass)
        return out

    def age_known(self, mass: Mass) -> None:
        """The same for what is known of families; siblings grow older too, and the months without births pass."""
        known = mass.known
        moved = known[:, P.FRESH : P.FRESH + 3] / P.FRESH_MONTHS
        moved.reshape(len(known), 3, 4, AGES)[..., :U] = 0.0
        known[:, P.FRESH : P.FRESH + 3] -= moved
        known[:, P.FRESH + 1 : P.FRESH + 3] += moved[:, :2]
        known[:, P.SETTLED] += moved[:, 2]
        older = known[:, P.SIBLINGS : P.SIBLINGS + 5] * self.sib_rate[None, :, None]
        known[:, P.SIBLINGS : P.SIBLINGS + 5] -= older
        known[:, P.SIBLINGS + 1 : P.SIBLINGS + 5] += older[:, :4]
        flat = known.reshape(-1, FAMILY_COLUMNS)
        unborn, newborn = flat.reshape(-1, 4, AGES)[:, :, U - 1].copy(), flat.reshape(-1, 4, AGES)[:, :, U : U + N].sum(axis=2)
        flat.reshape(-1, 4, AGES)[:, :, U - 1 : U + N] = 0.0
        grow_older(flat, np.tile(self.older, 4), AGES, np.zeros(len(flat)))
        flat.reshape(-1, 4, AGES)[:, :, U + N] += newborn
        unborn = unborn.reshape(len(known), P.MOMENTS, 4)
        f = unborn[:, P.YOUNGEST].copy()
        had = unborn[:, P.SOMEONE].copy()
        unborn[:, P.HALF] = 0.5 * unborn[:, P.HALF] + 0.5 * np.maximum(f - had, 0.0)
        unborn[:, P.ALONE], unborn[:, P.SOMEONE] = np.maximum(f - had, 0.0), f
        for n, stage in enumerate(self.needs):
            k = self.net.birth_of(stage)
            to = self.needs.index(int(self.model.transitions[k]["target"])) if k >= 0 else n
            known[to].reshape(P.MOMENTS, 4, AGES)[:, :, U + N] += unborn[n]

    # ------------------------------------------------------------ children

    def enter_care(self, sinks: np.ndarray, means: np.ndarray) -> dict[int, np.ndarray]:
        """Return children who enter care in a month by legal status and column of age (CHILD_AGES); and note how many do with all their siblings."""
        rows, model = self.structure.arrays, self.model
        everyone, each = float(model.parameters[4]), float(model.parameters[5])
        found: dict[int, np.ndarray] = {}
        self.entered_families, self.entered_together = 0.0, 0.0
        entry = {}
        for i, k in enumerate(rows["sink_k"]):
            tr = model.transitions[k]
            for effect in model.effects[int(tr["effect"]) : int(tr["effect"]) + int(tr["n_effects"])]:
                if effect["op"] == L.CARE_ENTRY:
                    key = (int(effect["stage"]), int(effect["other"]), int(rows["sink_need"][i]))
                    entry.setdefault(key, []).append(i)
        for (legal, one, n), at in entry.items():
            flow = sinks[at].sum(axis=0)
            if not flow.any():
                continue
            known = means[n]
            young, siblings = P.eldest(known) if one else P.entering(known, everyone, each)
            came = found.setdefault(legal, np.zeros(CHILD_AGES))
            came += (flow * young).reshape(4, AGES).sum(axis=0) @ self.age_columns
            by_band = (flow * siblings).reshape(5, 4, AGES).sum(axis=1)
            came += np.einsum("bc,cbi->i", by_band, self.sibling_columns)
            whole = sum(sinks[i].sum() for i in at if rows["sink_part"][i] == ALL_ENTER)
            part = sum(sinks[i].sum() for i in at if rows["sink_part"][i] in (ALL_ENTER, 2))
            self.entered_families += part
            number = float((flow * young).sum() + (flow * siblings).sum())
            self.entered_together += number * whole / max(part, 1e-12)
        return found

    def flow_children(self, i: int, mass: Mass, came: np.ndarray, days: float) -> np.ndarray:
        """Carry a month's children of a stream on: return flows by sink."""
        arrays, net = self.structure.child_arrays[i], self.structure.children[i]
        sinks = np.zeros((max(len(net.sinks), 1), CHILD_COLUMNS))
        loss = np.empty_like(came)
        mass.children[i][:] = 0.0
        for step in range(CHILD_SWEEPS):
            sweep(arrays["first"], arrays["instant"], arrays["edge"], self.child_rate[i], self.child_vectors[i], days, self.child_scale, step == 0,
                  came, mass.children[i], loss, sinks)  # fmt: skip
        mass.children[i] += came
        return sinks

    def exits(self, i: int, mass: Mass, days: float) -> tuple[np.ndarray, np.ndarray]:
        """Return a month's exits from care of a stream: flows of each entry of the list of exits (n, C), and the mass of each group (G, C)."""
        arrays = self.structure.child_arrays[i]
        group = np.empty((len(arrays["widths"]), CHILD_COLUMNS))
        add_groups(mass.children[i], arrays["group"], group)
        k = arrays["exit_k"]
        rate = self.rates[1 + i][k, arrays["exit_phase"]] * arrays["exit_times"] * self.pace[k] * days
        return rate[:, None] * self.child_vectors[i][arrays["vector_of"][k]] * group[arrays["exit_group"]], group


__all__ = ["Flows", "Mass", "REMOVED"]

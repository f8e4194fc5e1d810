"""Made-up authorities: lives against hand-worked ones and theory, returns against what happened, and the scoring of forecasts over them."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import expm
from scipy.stats import chi2

from calibration.care_records import AGE_BANDS_YEARS, PLACEMENTS
from calibration.made_authorities import Made, continued, day_number, made, month_ends, truth, whereabouts
from calibration.made_kinds import CARE_EDGES_DAYS, Hazards, kinds
from calibration.made_returns import EPISODES, HEADER, returns, write_returns
from scenarios.ssda903_codes import codes, placement_of
from sim.kernels.made_lives import AGED_OUT, LEFT, MOVED, NO_ROOM, OPEN, count_all, live_all
from sim.kernels.rng import uniform_pair

pytestmark = pytest.mark.statistical
KINDS = tuple(kinds())
SMALL = 60.0  # children in care
KINSHIP, SUPPORTED = PLACEMENTS.index("kinship_foster"), PLACEMENTS.index("supported_accommodation")


@pytest.fixture(scope="module", params=KINDS)
def small(request) -> Made:
    return made(request.param, 3, SMALL)


def tables_of(leave, move, care_edges=(0.0,), placement_edges=(0.0,)):
    move = np.asarray(move, dtype=float)
    return np.asarray(leave, dtype=float), move, move.sum(axis=-1), np.array(care_edges), np.array(placement_edges)


def lives(tables, birthdays, until, n=1, start=0.0, seed=5, room=50):
    out = (np.empty(room, np.int64), np.empty(room), np.empty(room), np.empty(room, np.int64), np.empty(room, np.int64))
    rows = np.tile(np.asarray(birthdays, dtype=float), (n, 1))
    total = live_all(tables, rows, np.full(n, start), np.zeros(n, np.int64), until, seed, 7, 11, *out)
    return total, [array[: max(total, 0)] for array in out]


def test_a_life_is_the_threshold_used_up_piece_by_piece():
    """One placement; leaving at 0.001 a day in the first 100 days of care, 0.0001 after, ten times that from the first birthday at day 400."""
    leave = np.ones((5, 2, 1)) * [[0.001], [0.0001]]
    leave[1:] *= 10.0
    tables = tables_of(leave, np.zeros((5, 1, 1, 1)), (0.0, 100.0))
    total, (of, starts, ends, _, how) = lives(tables, [400, 2e3, 3e3, 4e3, 5e3], 6e3, n=40)
    assert total == 40
    kinds_of_end = set()
    for i in range(40):
        threshold = -np.log(uniform_pair(5, 0, i, 7, 11, 0)[0])
        pieces = [(0.0, 0.0), (100.0, 0.1), (400.0, 0.13), (5000.0, 0.13 + 4600 * 0.001)]  # cumulative hazard by hand
        worked = np.interp(threshold, [each for _, each in pieces], [day for day, _ in pieces])
        assert ends[i] == pytest.approx(worked)
        assert how[i] == (AGED_OUT if worked == 5000.0 else LEFT)
        kinds_of_end.add(int(how[i]))
        assert (of[i], starts[i]) == (i, 0.0)
    assert kinds_of_end == {AGED_OUT, LEFT}


def test_moves_go_where_the_second_uniform_says_and_begin_the_placements_clock_anew():
    """Leaving 0.001 a day; moving to the second of three at 0.002 and the third at 0.003 in the first 30 days of a placement, never after."""
    move = np.zeros((5, 2, 3, 3))
    move[:, 0, :, 1], move[:, 0, :, 2] = 0.002, 0.003
    tables = tables_of(np.full((5, 1, 3), 0.001), move, (0.0,), (0.0, 30.0))
    total, (of, starts, ends, places, how) = lives(tables, [6e3] * 5, 1e3, n=60, room=500)
    at, moved = 0, 0
    for i in range(60):
        since, place, occurrence, ended = 0.0, 0, 0, False
        while not ended:
            u, pick = uniform_pair(5, 0, i, 7, 11, occurrence)
            threshold = -np.log(u)
            fast = threshold < 30 * 0.006
            end = since + (threshold / 0.006 if fast else 30 + (threshold - 0.18) / 0.001)
            to = (-1 if pick < 1 / 6 else 1 if pick < 3 / 6 else 2) if fast else -1
            how_worked = OPEN if end >= 1e3 else LEFT if to < 0 else MOVED
            assert (of[at], places[at], how[at]) == (i, place, how_worked)
            assert starts[at] == pytest.approx(since)
            assert ends[at] == (np.inf if how_worked == OPEN else pytest.approx(end))
            ended, moved, occurrence, since, place, at = how_worked != MOVED, moved + (how_worked == MOVED), occurrence + 1, end, to, at + 1
    assert at == total
    assert moved > 5


def test_lives_that_do_not_fit_are_told():
    restless = tables_of(np.zeros((5, 1, 1)), np.full((5, 1, 1, 1), 1.0))
    assert lives(restless, [6e3] * 5, 1e3, room=20)[0] == NO_ROOM
    stock = np.zeros((1, 1, 5, 1), np.int64)
    one, none = np.ones(1), np.zeros(1, np.int64)
    assert not count_all(restless, np.full((1, 5), 6e3), one, none, one, one, none, none, 5, 7, 11, np.array([1e3]), 20, stock)
    assert stock.sum() == 0


def test_children_counted_at_instants_are_those_of_their_stays():
    """The counting kernel against the writing one: the same addresses, stays counted here."""
    hazards, n = kinds()["duration_dependent"].hazards, 80
    birthdays = np.array([[200.0, 1500.0, 3300.0, 5500.0, 6200.0]])
    total, (of, starts, ends, places, _) = lives(hazards.tables, birthdays[0], 3000.0, n=n, room=2000)
    instants = np.array([50.0, 200.0, 201.0, 900.0, 2000.0])
    stock, zero = np.zeros((1, len(instants), 5, len(PLACEMENTS)), np.int64), np.zeros(n)
    whole = zero.astype(np.int64)
    assert count_all(hazards.tables, np.tile(birthdays, (n, 1)), zero, whole, zero, zero, whole, np.arange(n), 5, 7, 11, instants, 100, stock)
    assert total > n
    for j, at in enumerate(instants):
        here = (starts < at) & (ends >= at)
        age = int((birthdays[0] < at).sum())
        assert stock[0, j, age].tolist() == np.bincount(places[here], minlength=len(PLACEMENTS)).tolist()
        assert stock[0, j].sum() == here.sum() > 0
    assert set(of) == set(range(n))


def test_returns_of_each_year_have_the_children_there_were(small):
    tables = returns(small)
    birth = small.birth.astype("datetime64[D]")
    for year in range(small.origin.year - small.returns + 1, small.origin.year + 1):
        rows = tables.episodes[(tables.episodes["YEAR"] == year) & tables.episodes["DEC"].isna()]
        assert not rows["CHILD"].duplicated().any()
        header = tables.header[tables.header["YEAR"] == year].set_index("CHILD")["DOB"]
        counted = np.zeros((5, len(PLACEMENTS)), int)
        for child, place, provider in zip(rows["CHILD"], rows["PLACE"], rows["PLACE_PROVIDER"], strict=True):
            born = header[child].date()
            years = year - born.year - ((3, 31) < (born.month, born.day))
            band = np.searchsorted(AGE_BANDS_YEARS, years, side="right") - 1
            counted[band, PLACEMENTS.index(placement_of(place, provider))] += 1
        assert counted.tolist() == whereabouts(small, [day_number(date(year, 3, 31))])[0].tolist()
    assert counted.tolist() == truth(small).stock[0].tolist()
    assert set(tables.header["DOB"]) <= set(birth.astype("datetime64[ns]"))


def test_episodes_follow_one_another_and_end_as_they_say(small):
    episodes = returns(small).episodes
    last = episodes.sort_values("YEAR").drop_duplicates(["CHILD", "DECOM"], keep="last").sort_values(["CHILD", "DECOM"])
    assert last["DEC"].isna().sum() == truth(small).stock[0].sum()
    for _, rows in last.groupby("CHILD"):
        rows = list(rows.itertuples(index=False))
        assert rows[0].RNE == "S" or rows[0].DECOM < pd.Timestamp(small.first_day, unit="D")
        for row, following in pairwise(rows):
            assert (row.REC, row.DEC) == ("X1", following.DECOM)
            assert following.RNE in ("P", "L", "B")
            if following.RNE == "L":
                assert (row.PLACE, row.PLACE_PROVIDER, row.REASON_PLACE_CHANGE) == (following.PLACE, following.PLACE_PROVIDER, "")
                assert (row.LS, following.LS) == ("C1", "C2")
            else:
                assert row.REASON_PLACE_CHANGE == "CARPL"
        assert rows[-1].REC == "" if pd.isna(rows[-1].DEC) else codes("REC")[rows[-1].REC].meaning != "next_episode"
    for field in ("RNE", "LS", "PLACE", "PLACE_PROVIDER"):
        assert set(episodes[field]) <= set(codes(field))
    assert (last["RNE"] == "L").any()


def test_returns_know_nothing_of_what_comes_after_and_hand_open_episodes_in_again(small):
    episodes = returns(small).episodes
    assert episodes["DECOM"].max() <= pd.Timestamp(small.origin)
    for year, rows in episodes.groupby("YEAR"):
        assert (rows["DECOM"] <= pd.Timestamp(year, 3, 31)).all()
        assert (rows["DEC"].dropna() <= pd.Timestamp(year, 3, 31)).all()
        assert (rows["DEC"].dropna() >= pd.Timestamp(year - 1, 4, 1)).all()
        if year < small.origin.year:
            again = episodes[episodes["YEAR"] == year + 1]
            still = set(map(tuple, rows[rows["DEC"].isna()][["CHILD", "DECOM"]].to_numpy()))
            assert still == set(map(tuple, again[again["DECOM"] <= pd.Timestamp(year, 3, 31)][["CHILD", "DECOM"]].to_numpy()))


def test_children_leave_on_their_18th_birthday_and_live_supported_from_16(small):
    eighteenth = small.birthdays[small.child, -1]
    assert (small.end[np.isfinite(small.end)] <= eighteenth[np.isfinite(small.end)]).all()
    assert (small.end[small.how == AGED_OUT] == eighteenth[small.how == AGED_OUT]).all()
    assert (small.how == AGED_OUT).sum() > 5
    supported = small.placement == SUPPORTED
    assert (small.start[supported] >= small.birthdays[small.child[supported], 3]).all()
    born = small.birth.astype("datetime64[D]").astype(object)
    assert all((day.month, day.day) != (2, 29) for day in born)
    for row, day in enumerate(born[:20]):
        assert [date(1970, 1, 1).toordinal() + int(each) for each in small.birthdays[row]] == [
            date(day.year + years, day.month, day.day).toordinal() for years in (1, 5, 10, 16, 18)
        ]


def test_what_came_true_adds_up_month_by_month(small):
    happened = truth(small)
    assert happened.stock.shape == (37, 5, len(PLACEMENTS))
    assert np.diff(happened.stock.sum(axis=(1, 2))).tolist() == (happened.entries - happened.exits).tolist()
    assert truth(small, 6).stock.tolist() == happened.stock[:7].tolist()
    assert month_ends(date(2024, 3, 31), 3).astype("datetime64[D]").astype(str).tolist() == ["2024-04-30", "2024-05-31", "2024-06-30"]


def test_the_same_number_is_the_same_authority_and_another_is_another():
    one, again, other = (made("trend", number, 20.0) for number in (1, 1, 2))
    assert one.start.tolist() == again.start.tolist()
    assert one.start.tolist() != other.start.tolist()
    futures = continued(one, 3, 4, 9)
    assert futures.shape == (4, 3, 5, len(PLACEMENTS))
    assert futures.tolist() == continued(one, 3, 4, 9).tolist() != continued(one, 3, 4, 10).tolist()
    assert futures[:2].tolist() == continued(one, 3, 2, 9).tolist()  # a draw does not depend on how many there are
    with pytest.raises(ValueError, match="31 March"):
        made("trend", 1, origin=date(2024, 12, 31))


@pytest.mark.parametrize(("layout", "written_as"), [("single_files", "%Y-%m-%d"), ("year_folders", "%d/%m/%Y")])
def test_both_layouts_hold_the_same_returns(tmp_path, layout, written_as):
    of = made("stationary", 5, 20.0)
    write_returns(of, tmp_path / "new" / layout, layout)
    for name, table, columns in zip(("header", "episodes"), returns(of), (HEADER, EPISODES), strict=True):
        paths = sorted((tmp_path / "new" / layout).rglob(f"{name}.csv"))
        read = pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths], ignore_index=True)
        dates = {column: table[column].dt.strftime(written_as).fillna("") for column in ("DOB", "DECOM", "DEC") if column in table}
        expected = table.assign(**dates).astype(str)
        assert tuple(read.columns) == (columns if layout == "single_files" else columns[:-2])
        assert read.to_numpy().tolist() == expected[list(read.columns)].to_numpy().tolist()
        if layout == "year_folders":
            assert [path.parent.name for path in paths] == [str(year) for year in range(2019, 2025)]
    assert (layout == "year_folders") != (tmp_path / "new" / layout / "uasc.csv").exists()
    with pytest.raises(ValueError, match="single_files"):
        write_returns(of, tmp_path, "one_file")


def test_siblings_enter_together():
    of = made(replace(kinds()["stationary"], group_sizes=(0.5, 0.3, 0.2)), 0, SMALL)
    families = pd.DataFrame({"family": of.family, "start": of.care_start}).groupby("family")["start"]
    assert (families.min() == families.max()).all()
    assert set(families.size()) == {1, 2, 3}


def test_integrated_stays_of_the_memoryless_kind_are_those_of_matrix_exponentials():
    """The chance of being in care by placement, u after entry at age a: exp of the generator, band by band; its integral by (Q^-1)(exp(Q t) - 1)."""
    kind = kinds()["stationary"]
    hazards, total = kind.hazards, 0.0
    used = np.flatnonzero(hazards.entry_placement.sum(axis=0))
    edges = np.array(AGE_BANDS_YEARS, dtype=float)
    for band, share in enumerate(hazards.entry_age):
        for within in (np.arange(20) + 0.5) / 20:
            here, since = hazards.entry_placement[band, used], edges[band] + within * (edges[band + 1] - edges[band])
            for later in range(band, 5):
                move = hazards.move_per_year[later, 0][np.ix_(used, used)]
                generator = move - np.diag(move.sum(axis=1) + hazards.leave_per_year[later, 0, used])
                after = here @ expm(generator * (edges[later + 1] - max(since, edges[later])))
                total += share / 20 * (np.linalg.solve(generator.T, after - here)).sum()
                here = after
    # A week's step, and eight ages of entry a band: 0.01 % off when written.
    assert kind.stock_per_entry_a_year().sum() == pytest.approx(total, rel=5e-4)


def test_entries_of_kinds_over_time():
    years = np.array([-5.0, -1.0, 0.0, 2.0])
    assert kinds()["stationary"].entries_relative(years).tolist() == [1.0] * 4
    assert kinds()["step"].entries_relative(years).tolist() == [1.5, 1.0, 1.0, 1.0]
    assert kinds()["trend"].entries_relative(years) == pytest.approx([1.07**-5, 1 / 1.07, 1.0, 1.07**2])


def exposed(of: Made, edges: np.ndarray, clock: np.ndarray) -> np.ndarray:
    """Return days of each stay by age band and band of a clock that began at `clock` (S, A, C), up to the origin."""
    until = np.minimum(of.end, day_number(of.origin) + 1.0)
    birthdays = of.birthdays[of.child]
    ages = np.column_stack([np.full(len(until), -np.inf), birthdays])
    begin = clock[:, None] + edges
    end = np.column_stack([begin[:, 1:], np.full(len(until), np.inf)])
    low = np.maximum(np.maximum(ages[:, :-1, None], begin[:, None]), of.start[:, None, None])
    high = np.minimum(np.minimum(ages[:, 1:, None], end[:, None]), until[:, None, None])
    return np.maximum(high - low, 0.0)


def happened_at(of: Made, which: np.ndarray, edges: np.ndarray, clock: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return age band and band of a clock in which stays ended."""
    return (of.birthdays[of.child[which]] <= of.end[which, None]).sum(axis=1), np.searchsorted(edges, (of.end - clock)[which], side="right") - 1


@pytest.mark.parametrize("name", KINDS)
def test_occurrences_over_exposure_are_the_hazards(name):
    """Leavers and moves in 30 authorities against what their hazards expect of their days at risk: chi-squared over cells, at one in a thousand.

    Children who were in care before the returns were kept because they stayed; only who entered since is followed from the entry on.
    """
    expected, observed = [0.0, 0.0], [0.0, 0.0]
    for number in range(30):
        of = made(name, number)
        since = of.care_start[of.child] >= of.first_day
        leave, _, moving, care_edges, placement_edges = of.hazards.tables
        for row, (edges, clock, table, how) in enumerate(
            ((care_edges, of.care_start[of.child], leave, LEFT), (placement_edges, of.start, moving, MOVED))
        ):
            days = exposed(of, edges, clock) * since[:, None, None]
            at = np.zeros_like(table)
            np.add.at(at.transpose(2, 0, 1), of.placement, days)
            seen = (of.how == how) & since & (of.end < day_number(of.origin) + 1)
            counts = np.zeros_like(table)
            np.add.at(counts, (*happened_at(of, seen, edges, clock), of.placement[seen]), 1.0)
            expected[row], observed[row] = expected[row] + at * table, observed[row] + counts
    for hoped, found in zip(expected, observed, strict=True):
        enough = hoped > 10.0
        assert enough.sum() > 20
        assert ((found - hoped)[enough] ** 2 / hoped[enough]).sum() < chi2.ppf(0.999, enough.sum())
        assert found[hoped == 0.0].sum() == 0


@pytest.mark.parametrize("name", KINDS)
def test_children_in_care_are_entries_times_stays(name):
    """Little's law, by age band and placement at the origin over 150 authorities: counts of Poisson entrants are Poisson, whatever the stays."""
    number, expected = 150, made(name, 0).entries_per_year * kinds()[name].stock_per_entry_a_year()
    assert expected.sum() == pytest.approx(940)
    stock = np.stack([whereabouts(made(name, i), [day_number(date(2024, 3, 31))])[0] for i in range(number)])
    totals = stock.sum(axis=(1, 2))
    # 0.1 % is for the integration's step
    assert abs(totals.mean() - 940) < 3.3 * np.sqrt(940 / number) + 0.94
    dispersion = ((totals - totals.mean()) ** 2).sum() / totals.mean()
    assert chi2.ppf(0.0005, number - 1) < dispersion < chi2.ppf(0.9995, number - 1)
    cells = expected * number > 25
    z = (stock.sum(axis=0) - expected * number)[cells] / np.sqrt(expected * number)[cells]
    assert (z**2).sum() < chi2.ppf(0.999, cells.sum())
    assert stock[:, expected == 0.0].sum() == 0


def test_entries_are_poisson_and_siblings_spread_them():
    """A year's entries in 300 authorities: variance over mean 1; in groups, mean square over mean of the group's size."""
    for sizes in ((1.0,), (0.6, 0.25, 0.15)):
        kind = replace(kinds()["stationary"], group_sizes=sizes)
        entries = np.array([truth(made(kind, number, 300.0), 12).entries.sum() for number in range(300)])
        n = np.arange(1, len(sizes) + 1)
        spread = (n**2 @ sizes) / (n @ sizes)
        # Entries of one night's stay or less are in no return: stays that short are 1 in 500 or so.
        expected = made(kind, 0, 300.0).entries_per_year
        assert entries.mean() == pytest.approx(expected, abs=3.3 * np.sqrt(expected * spread / 300) + 0.003 * expected)
        dispersion = entries.var(ddof=1) / entries.mean() / spread
        assert chi2.ppf(0.0005, 299) / 299 < dispersion < chi2.ppf(0.9995, 299) / 299


def test_duration_dependent_children_leave_early_or_at_18():
    """Of leavers of the dependent kind, over half leave within a year or at 18; after two years few leave before it."""
    of = made("duration_dependent", 0, 4000.0)
    left = np.isin(of.how, (LEFT, AGED_OUT))
    stay = (of.end - of.care_start[of.child])[left]
    early, at_18 = stay < 364, (of.how == AGED_OUT)[left]
    assert (early | at_18).mean() > 0.7
    hazards: Hazards = of.hazards
    assert (hazards.leave_per_year[1:, 0] > 5 * hazards.leave_per_year[1:, CARE_EDGES_DAYS.index(1820)])[:, KINSHIP].all()

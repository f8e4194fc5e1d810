"""Results as Parquet tables, written and read a few authorities at a time: England's twenty runs of three scenarios are twenty million rows.

`stocks` and `flows` hold annual values of every measure and monthly ones of the headline measures, `costs` every line; a row for each run. Words are
dictionary-encoded, so a row costs a few bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xarray as xr

from sim.measures import MEASURES

TABLES = ("stocks", "flows", "costs")
ROWS_AT_ONCE = 400_000
WORD = pa.dictionary(pa.int32(), pa.string())
COUNTED = pa.schema([
    ("scenario", WORD), ("area", WORD), ("replicate", pa.int32()), ("measure", WORD), ("unit", WORD), ("period", WORD), ("year_ending", pa.int32()),
    ("month", WORD), ("value", pa.float64()),
])  # fmt: skip
PAID = pa.schema([
    ("scenario", WORD), ("area", WORD), ("replicate", pa.int32()), ("line", WORD), ("year_ending", pa.int32()), ("gbp", pa.float64()),
    ("gbp_nominal", pa.float64()),
])  # fmt: skip


def write_tables(scenarios: Iterable[Any], folder: Path) -> None:
    """Write the three tables of some `Results` into a folder."""
    stocks = [name for name, measure in MEASURES.items() if measure.over == "last" and measure.count is not None]
    kinds = {"stocks": stocks, "flows": [name for name in MEASURES if name not in stocks]}
    with ExitStack() as files:
        schemas = {"stocks": COUNTED, "flows": COUNTED, "costs": PAID}
        writers = {name: files.enter_context(pq.ParquetWriter(folder / f"{name}.parquet", schema)) for name, schema in schemas.items()}
        for one in scenarios:
            for name, measures in kinds.items():
                for period, values in (("year", one.annual), ("month", one.monthly)):
                    kept = [measure for measure in values.measure.to_numpy() if measure in measures]
                    if kept:
                        for part in _parts(values.sel(measure=kept)):
                            writers[name].write_table(_counted(one.scenario, period, part))
            nominal = one.nominal()
            for part in _parts(one.costs):
                writers["costs"].write_table(_paid(one.scenario, part, nominal.sel(area=part.area)))


def _parts(values: xr.DataArray) -> Iterator[xr.DataArray]:
    """Yield an array a few areas at a time."""
    each = max(1, ROWS_AT_ONCE // max(1, values.size // max(1, values.sizes["area"])))
    for first in range(0, values.sizes["area"], each):
        yield values.isel(area=slice(first, first + each))


def _counted(scenario: str, period: str, values: xr.DataArray) -> pa.Table:
    """Return rows of measures (area, replicate, measure, year_ending or month)."""
    when = values.dims[3]
    units = [MEASURES[name].unit for name in values.measure.to_numpy()]
    columns = {
        "scenario": _same(scenario, values.size), "area": _along(values, "area"), "replicate": _along(values, "replicate"),
        "measure": _along(values, "measure"), "unit": _words(units, _codes(values, "measure")), "period": _same(period, values.size),
        "year_ending": _along(values, when) if when == "year_ending" else pa.array(np.zeros(values.size, np.int32)),
        "month": _along(values, when) if when == "month" else pa.nulls(values.size, WORD), "value": pa.array(values.to_numpy().ravel()),
    }  # fmt: skip
    return pa.table(columns, schema=COUNTED)


def _paid(scenario: str, values: xr.DataArray, nominal: xr.DataArray) -> pa.Table:
    """Return rows of lines of cost (area, replicate, line, year_ending), at constant prices and nominal."""
    columns = {
        "scenario": _same(scenario, values.size), "area": _along(values, "area"), "replicate": _along(values, "replicate"),
        "line": _along(values, "line"), "year_ending": _along(values, "year_ending"), "gbp": pa.array(values.to_numpy().ravel()),
        "gbp_nominal": pa.array(nominal.transpose(*values.dims).to_numpy().ravel()),
    }  # fmt: skip
    return pa.table(columns, schema=PAID)


def _codes(values: xr.DataArray, dimension: str) -> np.ndarray:
    """Return the index along a dimension of every entry, as the array lies in memory."""
    shape = [values.sizes[name] if name == dimension else 1 for name in values.dims]
    return np.broadcast_to(np.arange(values.sizes[dimension], dtype=np.int32).reshape(shape), values.shape).ravel()


def _along(values: xr.DataArray, dimension: str) -> pa.Array:
    """Return the label along a dimension of every entry."""
    labels = values[dimension].to_numpy()
    codes = _codes(values, dimension)
    return pa.array(labels.astype(np.int32)[codes]) if np.issubdtype(labels.dtype, np.integer) else _words(labels.tolist(), codes)


def _words(words: Sequence[str], codes: np.ndarray) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(words, pa.string()))


def _same(word: str, size: int) -> pa.Array:
    return _words([word], np.zeros(size, np.int32))


# ---------------------------------------------------------------- reading


def read_arrays(folder: Path, scenarios: Mapping[str, Mapping[str, Sequence]]) -> dict[str, dict[str, xr.DataArray]]:
    """Return `annual`, `monthly` and `costs` of each scenario from a folder's tables.

    Parameters
    ----------
    scenarios
        Scenario: its labels by dimension (area, measure, headline, line), in the order of the arrays. Replicates, years and months are the tables'.

    Raises
    ------
    OSError, ValueError, KeyError
        If a table is missing, is not one, or lacks a column.
    """
    replicates, years, months = _extent(folder)
    found = {}
    for key, labels in scenarios.items():
        common = {"area": labels["area"], "replicate": replicates}
        found[key] = {
            "annual": _empty(common | {"measure": labels["measure"], "year_ending": years}),
            "monthly": _empty(common | {"measure": labels["headline"], "month": months}),
            "costs": _empty(common | {"line": labels["line"], "year_ending": years}),
        }
    for name in TABLES:
        for batch in pq.ParquetFile(folder / f"{name}.parquet").iter_batches(ROWS_AT_ONCE, columns=_read_columns(name)):
            table = {column: _decoded(batch.column(column)) for column in batch.schema.names}
            for key, arrays in found.items():
                if name == "costs":
                    _fill(arrays["costs"], table, _is(table["scenario"], key), "gbp")
                else:
                    for period, array in (("year", arrays["annual"]), ("month", arrays["monthly"])):
                        _fill(array, table, _is(table["scenario"], key) & _is(table["period"], period), "value")
    return found


def _read_columns(name: str) -> list[str]:
    return [column for column in (PAID if name == "costs" else COUNTED).names if column not in ("unit", "gbp_nominal")]


def _extent(folder: Path) -> tuple[list[int], list[int], list[str]]:
    """Return the replicates, years and months that the tables hold."""
    replicates, years, months = set(), set(), set()
    for batch in pq.ParquetFile(folder / "flows.parquet").iter_batches(ROWS_AT_ONCE, columns=["replicate", "year_ending", "month"]):
        replicates |= set(np.unique(batch.column("replicate").to_numpy()).tolist())
        years |= set(np.unique(batch.column("year_ending").to_numpy()).tolist()) - {0}
        months |= set(_decoded(batch.column("month"))[0])
    return sorted(replicates), sorted(years), sorted(months)


def _empty(coords: dict[str, Sequence]) -> xr.DataArray:
    """Return a labelled array of missing values."""
    coords = {name: list(labels) for name, labels in coords.items()}
    return xr.DataArray(np.full([len(labels) for labels in coords.values()], np.nan), coords, tuple(coords))


def _decoded(column: pa.Array) -> tuple[list[str], np.ndarray] | np.ndarray:
    """Return a column of words as (words, codes), -1 where there is none; any other as numbers."""
    if not pa.types.is_dictionary(column.type):
        return column.to_numpy(zero_copy_only=False)
    return column.dictionary.to_pylist(), column.indices.fill_null(-1).to_numpy(zero_copy_only=False)


def _is(column: tuple[list[str], np.ndarray], word: str) -> np.ndarray:
    """Return where a column holds a word."""
    words, codes = column
    return codes == words.index(word) if word in words else np.zeros(len(codes), bool)


def _fill(array: xr.DataArray, table: Mapping[str, Any], rows: np.ndarray, value: str) -> None:
    """Put the values of some rows where their labels say."""
    if rows.any():
        where = tuple(_positions(table[dimension], array[dimension].to_numpy(), rows) for dimension in array.dims)
        array.values[where] = table[value][rows]


def _positions(column: Any, labels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return where the labels of some rows of a column are among `labels`."""
    place = {label: i for i, label in enumerate(labels.tolist())}
    if isinstance(column, tuple):
        words, codes = column
        return np.array([place.get(word, -1) for word in words])[codes[rows]]
    numbers, inverse = np.unique(column[rows], return_inverse=True)
    return np.array([place[int(number)] for number in numbers])[inverse]

"""How noisy published figures are: standard deviations of their logarithm, from three sources.

*Counting.* Children come in families, so a count of n has variance n x E[N^2] / E[N] with N children to a family: the logarithm of a flow or stock
has variance overdispersion / n, of a share p of n children overdispersion x (1 - p) / (p n). A simulation makes this noise itself: add it when
comparing with an expectation, leave it out when comparing with runs.

*Revision and rounding.* Percentages are published to a whole number or a tenth (uniform within it). Counts of authorities are not rounded, but
are revised the year after; the size of that is not in any figure held here: 0.5 % for the census of children in need, 0.2 % for children in care
(assumed).

*Recording.* Changes of one year that the next year takes back. Let y be the logarithm of a figure, less England's movement (the median authority's
change of the year), and y = level + error, the level a random walk. Then successive changes have covariance -variance(error). The covariance is
taken robustly over authorities and years (Gnanadesikan and Kettenring: a quarter of the difference of the squared scales of sum and difference,
each scale the span from the 10th to the 90th centile), so that a jump that stays, or a single wild row, says nothing. What counting puts into it
is taken off: all of a flow's, and of a stock's, of whose children a share r stay on a year later, (1 - r)^2. What is left is recording. The same two
covariances give the spread of what stays, `level_sd_per_year`, which is real change and lasting changes of recording alike.

Rows that a trap excludes, and any change to or from the pandemic year, take no part. Standard errors are jackknives over ten groups of authorities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from calibration.target_measures import OF_CHILDREN_IN_NEED, TARGETS, TargetMeasure
from calibration.target_traps import PANDEMIC_YEAR

# E[N^2] / E[N] of the pathway's families of 1 to 6 children, 1.62 on average (scenarios/pathway.yaml, families.children).
FAMILIES_OVERDISPERSION = 2.15
# The same of the siblings who enter care: 62 % of families all, else each with a half (families.siblings_entering_care).
CARE_OVERDISPERSION = 2.02
# Children stop being looked after one by one, four in ten of them because they turn 18: the panel's own changes imply 0.8 to 1.0 (2016 to 2025).
CEASED_OVERDISPERSION = 1.0
# One age band holds few siblings of a group: 1.56 to 1.61 children a public-law case would be all of them. Assumed.
AGE_BAND_OVERDISPERSION = 1.6
REVISION_IN_NEED, REVISION_CARE = 0.005, 0.002  # assumed
ASSUMED_RECORDING_SD = 0.05  # where too few pairs of changes are known to estimate it
FEWEST_PAIRS = 60
SPAN_OF_NORMAL = 2.5631  # from the 10th to the 90th centile, in standard deviations
GROUPS = 10
UASC_STARTS_ERROR = 0.25  # of an authority's unaccompanied starts as worked out from stocks; assumed


@dataclass(frozen=True)
class NoiseEstimate:
    """What the changes of a measure say of its noise, by authority and year.

    Attributes
    ----------
    pairs : int
        Pairs of successive changes.
    reverting_variance, standard_error : float
        Minus the robust covariance of successive changes of the logarithm, and its standard error.
    counting_variance : float
        What counting puts into that covariance, median of the pairs.
    recording_sd : float
        Standard deviation of recording: the root of their difference, 0 if that is negative.
    level_sd_per_year : float
        Standard deviation of a year's change that stays.
    status : str
        `derived`, or `assumed` where pairs are too few.
    """

    pairs: int
    reverting_variance: float
    standard_error: float
    counting_variance: float
    recording_sd: float
    level_sd_per_year: float
    status: str


def overdispersion(target: TargetMeasure) -> float:
    """Return the variance of a count over its mean; unaccompanied children come one by one."""
    if target.of == "uasc":
        return 1.0
    if target.name.startswith(("cla_started_", "cla_ceased_")) and not target.name.endswith("non_uasc"):
        return AGE_BAND_OVERDISPERSION
    if target.name.startswith("cla_ceased"):
        return CEASED_OVERDISPERSION
    return FAMILIES_OVERDISPERSION if target.of in OF_CHILDREN_IN_NEED else CARE_OVERDISPERSION


def counting_variance(target: TargetMeasure, value: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Return the variance of the logarithm from counting; a count below half a child is taken as half.

    Parameters
    ----------
    target : TargetMeasure
        What is counted.
    value : ndarray(float)
        Figures: children, or per cent for a share.
    base : ndarray(float)
        Of shares: how many children they are of.
    """
    if target.kind == "level":
        return np.zeros(len(value))
    if target.kind == "share":
        share = np.clip(value / 100.0, 0.0, 1.0)
        counted = np.maximum(share * base, 0.5)
        return overdispersion(target) * (1.0 - share) / counted
    return overdispersion(target) / np.maximum(value, 0.5)


def revision_sd(target: TargetMeasure, value: np.ndarray) -> np.ndarray:
    """Return the standard deviation of the logarithm from revision and rounding; a percentage is rounded as finely as its figures show."""
    sd = np.full(len(value), REVISION_IN_NEED if target.of in OF_CHILDREN_IN_NEED else REVISION_CARE)
    if target.kind != "share" or not len(value):
        return sd
    whole = np.isclose(value, np.round(value)).mean() > 0.9
    step = 1.0 if whole else 0.1
    return np.hypot(sd, step / np.sqrt(12.0) / np.maximum(value, step))


def robust_scale(values: np.ndarray) -> float:
    """Return the standard deviation a normal distribution would have with the same 10th and 90th centiles."""
    low, high = np.quantile(values, [0.1, 0.9])
    return float(high - low) / SPAN_OF_NORMAL


def changes(wide: pd.DataFrame) -> pd.DataFrame:
    """Return changes of the logarithm from the year before, less the median authority's; nan where either year is missing or 0.

    Parameters
    ----------
    wide : DataFrame
        Figures by authority (rows) and year ending (columns, any years).
    """
    if wide.empty:
        return wide
    years = range(int(min(wide.columns)), int(max(wide.columns)) + 1)
    logs = np.log(wide.reindex(columns=years).where(lambda cells: cells > 0))
    moved = logs.diff(axis=1)
    moved = moved.drop(columns=[year for year in (PANDEMIC_YEAR, PANDEMIC_YEAR + 1) if year in moved.columns])
    return moved - moved.median(axis=0)


def successive(moved: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of successive changes: the first, the second, the authority's row, the year between."""
    firsts, seconds, rows, years = [], [], [], []
    for year in moved.columns:
        if year + 1 not in moved.columns:
            continue
        both = moved[[year, year + 1]].to_numpy()
        known = np.flatnonzero(np.isfinite(both).all(axis=1))
        firsts.append(both[known, 0])
        seconds.append(both[known, 1])
        rows.append(known)
        years.append(np.full(len(known), year))
    if not firsts:
        return tuple(np.empty(0) for _ in range(4))
    return tuple(np.concatenate(parts) for parts in (firsts, seconds, rows, years))


def reverting(first: np.ndarray, second: np.ndarray) -> float:
    """Return minus the robust covariance of successive changes."""
    return (robust_scale(first - second) ** 2 - robust_scale(first + second) ** 2) / 4.0


def estimate(target: TargetMeasure, rows: pd.DataFrame, stays: float) -> NoiseEstimate:
    """Estimate the noise of a measure from rows of authorities.

    Parameters
    ----------
    target : TargetMeasure
        The measure.
    rows : DataFrame
        Its rows of authorities that are used: area, year_ending, value, counting (variance of the logarithm).
    stays : float
        Of a stock: the share of its children who are still in it a year later; 0 for a flow.
    """
    wide, counting = (rows.pivot_table(index="area", columns="year_ending", values=column) for column in ("value", "counting"))
    moved = changes(wide)
    first, second, row, year = successive(moved)
    if len(first) < FEWEST_PAIRS:
        return NoiseEstimate(len(first), np.nan, np.nan, np.nan, ASSUMED_RECORDING_SD, np.nan, "assumed")
    variance = reverting(first, second)
    without = [reverting(first[keep], second[keep]) for keep in (row % GROUPS != group for group in range(GROUPS)) if keep.sum() > 1]
    error = float(np.sqrt((len(without) - 1) / len(without) * ((without - np.mean(without)) ** 2).sum()))
    cells = counting.reindex(columns=sorted(set(year))).to_numpy()
    between = cells[row.astype(int), np.searchsorted(sorted(set(year)), year)]
    # Robust scales are those of a middling authority, so counting is too: a mean would be that of the smallest.
    counted = float(np.median(between)) * (1.0 - stays) ** 2
    total = robust_scale(np.concatenate([first, second])) ** 2
    return NoiseEstimate(
        len(first), variance, error, counted, float(np.sqrt(max(0.0, variance - counted))),
        float(np.sqrt(max(0.0, total - 2.0 * max(0.0, variance)))), "derived",
    )  # fmt: skip


def estimate_all(rows: pd.DataFrame, stays: Callable[[TargetMeasure], float]) -> dict[str, NoiseEstimate]:
    """Estimate every measure of a long frame; unaccompanied children and England's rows take no part."""
    used = rows[(rows.use != "exclude") & (rows.level == "local_authority") & (rows.basis == "own")]
    measured = {name: used[used.measure == name] for name in TARGETS if TARGETS[name].kind != "level"}
    return {name: estimate(TARGETS[name], part, stays(TARGETS[name])) for name, part in measured.items() if len(part)}


def noise_table(estimates: Mapping[str, NoiseEstimate]) -> pd.DataFrame:
    """Return the estimates as a table, one row a measure, with the overdispersion that would explain all that reverts of a flow."""
    rows = []
    for name, found in estimates.items():
        flow = TARGETS[name].kind == "flow"
        implied = found.reverting_variance / found.counting_variance * overdispersion(TARGETS[name]) if flow else np.nan
        rows.append({"measure": name} | asdict(found) | {"implied_overdispersion": implied})
    return pd.DataFrame(rows).set_index("measure")

"""England's fit: how series answer figures, levels and shapes, found with the stock-and-flow equations; kept in the cache.

Authorities are calibrated one after another, and England's part is the same for all of them. It is kept under a name that hashes all that decides it:
the code, every array of England's model, the path it follows and the shapes wanted.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from calibration.binding import binding
from calibration.equations import Equations, Nearby
from calibration.mix import Mix, reshaped
from calibration.series import in_care
from calibration.steering import bends_of, changes, response, steer, with_figures, with_records
from scenarios.areas import AreaProfile
from sim.counting import Counts
from sim.history import keep
from sim.kernels import KERNEL_HASH, cache_folder

TURNS = 3
WHOLE = (3, 9, 12)  # runs of the equations that go through spin-up besides the first (`equations.Nearby`)
NEW_TO_AUTHORITY = 0.35  # where England's new families start from, a referred child; the equations find the rest
CODE = ("calibration", "scenarios", "sim")  # packages a fit rests on
ARRAYS = ("figures", "how", "how_work", "rates", "in_care", "binding", "binding_in_care")


@dataclass(frozen=True)
class NationalFit:
    """England's.

    Attributes
    ----------
    profile
        Whose figures authorities start from.
    figures
        Logarithms of its figures (Y, I).
    how
        How series answer figures (Y, I, Y, I).
    how_work
        How work in hand does (Y, Y, I).
    rates
        Logarithms of the rates they make (Y, I).
    in_care
        Children in care on 31 March as the simulation makes them, unaccompanied ones apart (Y).
    binding, binding_in_care
        Logarithms of what the simulation makes over what the equations make (Y, I), and of its children in care over theirs (Y).
    """

    profile: AreaProfile
    figures: np.ndarray
    how: np.ndarray
    how_work: np.ndarray
    rates: np.ndarray
    in_care: np.ndarray
    binding: np.ndarray
    binding_in_care: np.ndarray


def follow_england(
    equations: Equations, profile: AreaProfile, path: np.ndarray, mix: Mix, paths: np.ndarray, workers: int | None = None
) -> NationalFit:  # fmt: skip
    """Return England's fit: the response, about rates of the pathway, then shapes and levels by turns, then levels as the simulation makes them.

    Parameters
    ----------
    path
        Logarithms of rates to follow (Y, I).
    paths
        Draws of an authority's years to come, over those expected (R, ahead, I), under which the simulation is held against the equations.
    """
    years, ahead = equations.years, paths.shape[1]
    figures = np.zeros(path.shape)
    figures[:, 0] = path[:, 0] + np.log(NEW_TO_AUTHORITY)
    answers = response(equations.rates_and_work, profile, years, figures, Nearby(equations, 0).rates_and_work, workers)
    how, how_work = answers[:, :-1], answers[:, -1]
    near = Nearby(equations, whole=WHOLE)
    for _ in range(TURNS):
        done = steer(near.rates, profile, years, path, figures, how, rounds=2)
        figures = done.figures
        profile = reshaped(done.profile, Counts(*near.counts), mix, 12 * ahead)
    done = steer(near.rates, profile, years, path, figures, how, rounds=2)
    now = len(years) - ahead
    drawn = changes(how[now:, :, now:, :], paths, np.zeros(paths.shape[1:]), bends_of(how))
    off, stock = binding(done.profile, years, done.figures, path + done.misfit, in_care(*near.counts, years), paths, drawn)
    done = steer(near.rates, done.profile, years, path - off, done.figures, how, rounds=2)
    return NationalFit(done.profile, done.figures, how, how_work, path - off + done.misfit, np.exp(stock) * in_care(*near.counts, years), off, stock)


def kept_england(
    equations: Equations, profile: AreaProfile, path: np.ndarray, mix: Mix, paths: np.ndarray, workers: int | None = None
) -> NationalFit:  # fmt: skip
    """Return England's fit as `follow_england` makes it, from the cache if it was made before."""
    file = cache_folder() / "fits" / f"{_name(equations, profile, path, mix, paths)}.npz"
    try:
        with np.load(file, allow_pickle=False) as found:
            return _unpacked({name: found[name] for name in found.files}, equations, profile)
    except (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error):  # not there, or not whole: made anew
        made = follow_england(equations, profile, path, mix, paths, workers)
        packed = BytesIO()
        np.savez_compressed(packed, **_packed(made, equations, profile))
        keep(file, packed.getvalue())
        return made


def _packed(fit: NationalFit, equations: Equations, profile: AreaProfile) -> dict[str, np.ndarray]:
    """Return a fit as arrays: its own, and the figures by which its profile differs from the one it began with."""
    before = with_figures(profile, equations.years, fit.figures).records
    shapes = [record for quantity, series in fit.profile.records.items() if series != before.get(quantity) for record in series]
    names, years, values = zip(*[(one.quantity, one.year_ending, one.value) for one in shapes], strict=True) if shapes else ((), (), ())
    return {name: getattr(fit, name) for name in ARRAYS} | {
        "quantities": np.array(names, str), "years": np.array(years, int), "values": np.array(values, float),
    }  # fmt: skip


def _unpacked(arrays: dict[str, np.ndarray], equations: Equations, profile: AreaProfile) -> NationalFit:
    """Return the fit that was packed."""
    shapes: dict[str, dict[int, float]] = {}
    for name, year, value in zip(arrays["quantities"], arrays["years"], arrays["values"], strict=True):
        shapes.setdefault(str(name), {})[int(year)] = float(value)
    shaped = with_records(with_figures(profile, equations.years, arrays["figures"]), shapes)
    return NationalFit(shaped, *(arrays[name] for name in ARRAYS))


def _name(equations: Equations, profile: AreaProfile, path: np.ndarray, mix: Mix, paths: np.ndarray) -> str:
    """Return the hash of all that decides England's fit."""
    digest = hashlib.sha256(f"{KERNEL_HASH} {_code()} {equations.years}".encode())
    digest.update(equations.compiled(with_figures(profile, equations.years, np.zeros(path.shape))).fingerprint)
    for array in (path, paths, [mix.nfa, mix.not_in_need, mix.plan], mix.started, [] if mix.exits is None else mix.exits):
        digest.update(np.asarray(array, float).tobytes())
    return digest.hexdigest()[:32]


@lru_cache(maxsize=1)
def _code() -> str:
    """Return the hash of all modules a fit may rest on."""
    root = Path(__file__).parents[1]
    files = [file for package in CODE for file in sorted((root / package).rglob("*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()

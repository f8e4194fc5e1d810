"""From estimated rates to the arrays a caseload is run on with: a set of hazards and shares for each draw of what is not known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from scipy.special import gammaincinv, ndtri

from calibration.hazard_model import Fitted
from calibration.rates import CareRates
from scenarios.names import name_hash
from sim.caseload import CANDIDATES_PER_CHILD, DAYS_A_YEAR, ENTRY_AGE_EDGES_DAYS, STREAMS, CaseloadModel
from sim.kernels.caseload import Entries, Hazards, Opening
from sim.kernels.rng import fill_uniforms

DRAWS = 250


def model_of(rates: CareRates, opening: pd.DataFrame, origin: date, months: int, seed: int, draws: int = DRAWS) -> CaseloadModel:
    """Return a model of a caseload, from rates and the children in care at the origin (`calibration.opening.opening_caseload`)."""
    leave, leave_ahead = _drawn(rates.leaving, "leaving", draws, months, seed)
    move, move_ahead = _drawn(rates.moving, "moving", draws, months, seed)
    change, _ = _drawn(rates.changing, "changing", draws, months, seed)
    _centre(rates.leaving, leave, rates.cells, "age_care")
    _centre(rates.moving, move, rates.cells, "age_place")
    _centre(rates.changing, change, rates.cells, "legal_status_care")
    a_day = 1.0 / DAYS_A_YEAR
    hazards = Hazards(
        leave_age_care=np.exp(leave["level"][:, None, None] + leave["age"][:, :, None] + leave["care"][:, None, :] + leave["age_care"]) * a_day,
        leave_age_placement=np.exp(leave["placement"][:, None, :] + leave["age_placement"]),
        leave_legal_care=np.exp(leave["legal_status"][:, :, None] + leave["legal_status_care"]),
        leave_unaccompanied=np.exp(leave["unaccompanied"]),
        leave_month=np.exp(leave_ahead),
        move_age_place=np.exp(move["level"][:, None, None] + move["age"][:, :, None] + move["place"][:, None, :] + move["age_place"]) * a_day,
        move_age_placement=np.exp(move["placement"][:, None, :] + move["age_placement"]),
        move_legal=np.exp(move["legal_status"]),
        move_unaccompanied=np.exp(move["unaccompanied"]),
        move_month=np.exp(move_ahead),
        legal_change=np.exp(
            change["level"][:, None, None] + change["legal_status"][:, :, None] + change["care"][:, None, :] + change["legal_status_care"]
        )
        * a_day,
        next_placement=_shares(rates.next_placement, "next_placement", draws, seed),
        placement_lift=np.ascontiguousarray(rates.placement_lift),
        next_legal=_shares(rates.next_legal_status, "next_legal_status", draws, seed),
        exit_reason=_shares(rates.exit_reason, "exit_reason", draws, seed),
    )
    return CaseloadModel(origin, _opening(opening), hazards, _entries(rates, draws, months, seed), draws)


def _centre(fitted: Fitted, drawn: dict[str, np.ndarray], cells: pd.DataFrame, by: str) -> None:
    """Shift a term's draws so that, band by band, the draws together expect as many events as the mode does, which are those that happened.

    A normal posterior of a log hazard has too high a mean for the hazard itself where events are few: the skew that the approximation leaves out.
    """
    term = next(term for term in fitted.terms if term.name == by)
    timed = cells[(cells[list(term.columns)] >= 0).all(axis=1)]
    together = timed.groupby(_columns(fitted), as_index=False)["exposure_years"].sum()
    flat = np.concatenate([drawn[part.name].reshape(len(drawn[by]), -1) for part in fitted.terms], axis=1)
    at = np.ravel_multi_index([together[column].to_numpy() for column in term.columns], term.sizes)
    size = int(np.prod(term.sizes))
    by_mode = np.bincount(at, weights=fitted.expected(together, fitted.mode[None])[0], minlength=size)
    by_draws = np.bincount(at, weights=fitted.expected(together, flat).mean(axis=0), minlength=size)
    seen = by_mode > 0
    shift = np.zeros(size)
    shift[seen] = np.log(by_mode[seen] / by_draws[seen])
    shift[~seen] = -0.5 * drawn[by].reshape(len(drawn[by]), -1)[:, ~seen].var(axis=0)
    drawn[by] += shift.reshape(term.sizes)


def _columns(fitted: Fitted) -> list[str]:
    """Return the columns of cells that a hazard's terms use."""
    return list(dict.fromkeys(column for term in fitted.terms for column in term.columns))


def _entries(rates: CareRates, draws: int, months: int, seed: int) -> Entries:
    """Return how children come in, by draw."""
    found = rates.entries
    per_day = np.zeros((draws, len(STREAMS), months))
    for stream, level in enumerate(found.levels):
        if level is not None:
            parts, ahead = _drawn(level, f"entries.{STREAMS[stream]}", draws, months, seed)
            per_day[:, stream] = np.exp(parts["level"] + ahead) / DAYS_A_YEAR
    return Entries(
        per_day, np.full(len(STREAMS), CANDIDATES_PER_CHILD), 2.0 / (1.0 + found.spread), _shares(found.ages, "entry_age", draws, seed),
        np.array(ENTRY_AGE_EDGES_DAYS), _shares(found.placements, "first_placement", draws, seed),
        _shares(found.legal_statuses, "first_legal_status", draws, seed),
    )  # fmt: skip


def _drawn(fitted: Fitted, name: str, draws: int, months: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return draws of a hazard's coefficients, and of its log level by month."""
    uniforms = _uniforms(f"rates.{name}", draws, 1 + fitted.size + months, seed)
    normals = ndtri(uniforms[:, 1:])
    return fitted.draws(uniforms[:, 0], normals[:, : fitted.size], normals[:, fitted.size :])


def _shares(parameters: np.ndarray, name: str, draws: int, seed: int) -> np.ndarray:
    """Return draws of Dirichlet shares, (draws, *shape), cumulated along the last axis (Devroye 1986, ch. XI: gammas over their sum)."""
    uniforms = _uniforms(f"shares.{name}", draws, parameters.size, seed).reshape(draws, *parameters.shape)
    gammas = gammaincinv(np.maximum(parameters, 1e-9), uniforms)
    cumulated = np.cumsum(gammas, axis=-1)
    return cumulated / cumulated[..., -1:]


def _uniforms(name: str, draws: int, numbers: int, seed: int) -> np.ndarray:
    """Return (draws, numbers) uniforms at the addresses of a name."""
    out = np.empty((draws, numbers))
    fill_uniforms(out, seed, 0, 0, name_hash(name))
    return out


def _opening(children: pd.DataFrame) -> Opening:
    """Return the children in care at the origin as arrays."""
    columns = {name: children[name].to_numpy(float) for name in ("birth", "care_start", "adult")}
    kinds = {name: children[name].to_numpy(np.int64) for name in ("placement", "legal_status", "unaccompanied")}
    price = children["price"].to_numpy(float) if "price" in children else np.full(len(children), -1.0)
    cohort = children["cohort"].to_numpy(np.int64)
    return Opening(**columns, place_start=children["place_start"].to_numpy(float), **kinds, price=price, cohort=cohort)

"""The pattern that an authority's own rates are drawn towards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class CarePattern:
    """Means of coefficients by hazard and term, and shares by what is chosen."""

    means: dict[str, dict[str, np.ndarray]]
    shares: dict[str, np.ndarray]


def flat() -> CarePattern:
    A, C, P, K, L, X, B = 6, 8, 6, 11, 6, 8, 21
    z = np.zeros
    means = {"leaves": {"level": np.log(0.35), "age": z(A), "care": z(C), "age_care": z((A, C)), "placement": z(K), "age_placement": z((A, K)), "legal_status": z(L), "unaccompanied": z(2)},
             "moves": {"level": np.log(0.5), "age": z(A), "place": z(P), "age_place": z((A, P)), "placement": z(K), "age_placement": z((A, K)), "unaccompanied": z(2)},
             "changes_legal_status": {"level": np.log(0.05), "legal_status": z(L), "care": z(C), "legal_status_care": z((L, C))}}
    f = lambda *s: np.full(s, 1.0 / s[-1])
    return CarePattern(means, {"next_placement": f(K, A, K), "next_legal_status": f(L, L), "exit_reason": f(A, K, X), "entry_age": f(2, B), "first_placement": f(2, A, K), "first_legal_status": f(2, A, L)})

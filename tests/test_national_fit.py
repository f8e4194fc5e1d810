"""England's fit comes back from the cache as it was, and is made anew where what is kept is not whole."""

from types import SimpleNamespace

import numpy as np
import pytest
from fit_sample import AHEAD, YEARS, KnownEquations, profile, sample

from calibration import national_fit
from calibration.mix import Mix
from calibration.national_fit import NationalFit, kept_england
from calibration.steering import with_figures, with_records

pytestmark = pytest.mark.unit

MIX = Mix(0.1, 0.3, 0.8, np.full(5, 0.2))


class Compiled(KnownEquations):
    """Known equations whose model is told apart by England's children."""

    def compiled(self, area):
        return SimpleNamespace(fingerprint=f"{area.value('population_0_17', YEARS[0])}".encode())


@pytest.fixture
def followed(monkeypatch, tmp_path) -> list[int]:
    """England's fit is that of the sample, reshaped; returns how often it was made."""
    monkeypatch.setenv("CARECURVE_CACHE", str(tmp_path))
    nation, made = sample()[1].national, []
    steered = with_figures(profile("England"), YEARS, nation.figures)
    shaped = with_records(steered, {"ratio_nfa": {1990: 0.7}, "age_ratio_care_entry_under_1": {1990: 1.2}})

    def follow(*_) -> NationalFit:
        made.append(1)
        return NationalFit(shaped, nation.figures, nation.how, nation.how_work, nation.rates, nation.in_care, nation.binding, nation.binding_in_care)

    monkeypatch.setattr(national_fit, "follow_england", follow)
    return made


def england(path: float = 0.0, mix: Mix = MIX) -> NationalFit:
    return kept_england(Compiled(), profile("England"), np.full((len(YEARS), 7), path), mix, np.zeros((2, AHEAD, 7)))


def test_what_is_kept_is_what_was_made(followed):
    first, second = england(), england()
    assert len(followed) == 1
    for name in national_fit.ARRAYS:
        assert np.array_equal(getattr(first, name), getattr(second, name)), name
    assert {name: [(one.year_ending, one.value) for one in series] for name, series in first.profile.records.items()} == {
        name: [(one.year_ending, one.value) for one in series] for name, series in second.profile.records.items()
    }


def test_another_path_or_shape_is_another_fit(followed):
    england()
    england(path=0.1)
    england(mix=Mix(0.2, 0.3, 0.8, np.full(5, 0.2)))
    assert len(followed) == 3


@pytest.mark.parametrize("kept", [0, 200])
def test_what_is_not_whole_is_made_anew(followed, tmp_path, kept):
    england()
    (file,) = (tmp_path / "carecurve" / "fits").iterdir()
    file.write_bytes(file.read_bytes()[:kept])
    england()
    england()
    assert len(followed) == 2

"""Nothing is random but by address: no other source of random numbers is used where results are made."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[1]
PACKAGES = ("scenarios", "sim", "calibration", "outputs", "carecurve")
MAKES_NO_RESULTS = {"carecurve/bench.py", "calibration/identifiers.py"}  # a bare SimPy queue that is timed; a key that hides identifiers
SOURCES = re.compile(
    r"np\.random|numpy\.random|numpy import .*\brandom\b|default_rng|RandomState"
    r"|^\s*(?:import|from)\s+(?:random|secrets|randomgen)\b"
    r"|\brandom\.(?:random|Random|seed|choice|uniform|expovariate|gauss|shuffle|sample)\b|os\.urandom|uuid4|\.rvs\(|random_state"
)


def sources_in(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if SOURCES.search(line)]


def test_only_addressed_randomness():
    found = {
        name: lines
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if (name := path.relative_to(ROOT).as_posix()) not in MAKES_NO_RESULTS
        if (lines := sources_in(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "line",
    ["import random", "from random import gauss", "u = np.random.random()", "rng = default_rng(1)",
     "x = stats.norm.rvs(size=3)", "from numpy import random", "id = uuid.uuid4()"],
)  # fmt: skip
def test_the_search_finds_what_it_should(line):
    assert sources_in(line)


def test_the_search_lets_words_pass():
    assert not sources_in("# each draw is random, by address\nfrom sim.kernels.rng import uniform")

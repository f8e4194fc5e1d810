"""Pytest plugin for `.ci/run`: print how many tests of each tier passed, and fail if one passed none."""

import pytest

TIERS = ("unit", "statistical", "e2e")
passed = dict.fromkeys(TIERS, 0)
tier_of: dict[str, str] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note every test's tier."""
    tier_of.update({item.nodeid: tier for item in items for tier in TIERS if item.get_closest_marker(tier)})


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what passed."""
    if report.when == "call" and report.passed and report.nodeid in tier_of:
        passed[tier_of[report.nodeid]] += 1


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a session in which a tier ran nothing."""
    if exitstatus == pytest.ExitCode.OK and not all(passed.values()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many of each tier passed."""
    terminalreporter.write_line("tiers: " + ", ".join(f"{tier} {count}" for tier, count in passed.items()))
    for tier, count in passed.items():
        if not count:
            terminalreporter.write_line(f"error: no test of tier {tier} ran", red=True)

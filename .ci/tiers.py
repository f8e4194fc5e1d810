"""Pytest plugin for `.ci/run`: print how many tests of each tier passed, and fail if one passed none or a test was skipped.

What a test needs of the machine, a browser or LibreOffice, was to be installed. With xdist the main process counts.
"""

import pytest

TIERS = ("unit", "statistical", "e2e")
passed = dict.fromkeys(TIERS, 0)
skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what passed, by the tier's marker, and what was skipped."""
    if report.skipped and not hasattr(report, "wasxfail"):
        skipped.append(report.nodeid)
    if report.when == "call" and report.passed:
        for tier in TIERS:
            passed[tier] += tier in report.keywords


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a session in which a tier ran nothing, or a test was skipped."""
    if not hasattr(session.config, "workerinput") and exitstatus == pytest.ExitCode.OK and (skipped or not all(passed.values())):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many of each tier passed."""
    terminalreporter.write_line("tiers: " + ", ".join(f"{tier} {count}" for tier, count in passed.items()))
    for tier, count in passed.items():
        if not count:
            terminalreporter.write_line(f"error: no test of tier {tier} ran", red=True)
    for name in skipped:
        terminalreporter.write_line(f"error: skipped: {name}", red=True)

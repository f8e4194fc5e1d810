"""The report of a results folder: one page that needs nothing else (docs/report.md)."""

"""Pages of the guide that are made from the code: commands, scenario files, levers, the pathway file, measures, the assumptions log.

`python -m carecurve.reference` writes them into `docs`; `tests/test_reference_pages.py` fails if a page is older than what it is made from.
"""

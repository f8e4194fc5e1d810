"""Where numbers come from: published panels, the area profiles made from them, and the fitting of rates.

Nothing here is needed to run a simulation. What calibration finds reaches `scenarios` as data files that a documented
command makes, so that every figure used by a run can be read, questioned and replaced.
"""

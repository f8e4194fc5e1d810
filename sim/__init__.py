"""How it is simulated: one compiled model, a fast engine, a reference engine, and what is counted from them.

`model` turns a scenario into flat read-only arrays; `engine` (numba) and `reference` (SimPy) run them with the same
addressed draws; `expected` integrates the same rules as monthly stocks and flows. `kernels` holds the pure functions.
"""

"""Pictures: each takes results, or tables of a results folder, and returns a matplotlib figure with its alternative text.

One module a family; `look` holds what they share, `listing.pictures_of` makes all that given results can have.
"""

"""Synthetic returns: an event log written as an authority would return it to the Department for Education, with the truth beside it."""

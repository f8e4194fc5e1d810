"""The dashboard: choose, preview, run, compare, download, in a browser on the same machine (`carecurve dashboard`, docs/dashboard.md).

`choosing`, `settings`, `preview`, `running` and `downloads` know nothing of Streamlit; `form`, `showing` and `app` are the page.
"""

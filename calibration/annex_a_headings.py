"""Lists of Ofsted's Annex A and the columns read from them, whose headings vary between years and systems.

Ofsted, Inspecting local authority children's services (ILACS), Annex A: child-level data, lists 1 to 11. A heading is matched as words alone (case,
punctuation and what is in brackets do not count), by the forms below: the template's own of 2018 to 2026 first, then what systems write for it.
"""

import re

LISTS = {
    1: "contacts", 2: "early help assessments", 3: "referrals", 4: "assessments", 5: "section 47 enquiries and conferences", 6: "children in need",
    7: "child protection plans", 8: "children in care", 9: "care leavers", 10: "adoption", 11: "adopters",
}  # fmt: skip
_EVERY = {
    "child": ("child unique id", "child id", "unique child id", "child unique identifier", "unique child identifier", "child identifier"),
    "birth": ("date of birth", "dob", "birth date", "child date of birth", "date of birth or expected date of delivery"),
    "sex": ("gender", "sex"),
}
_SEEN = {
    "seen": ("date child was last seen", "date of the last statutory visit", "date of last statutory visit", "date of last social work visit",
             "date last seen"),
}  # fmt: skip
_DISABLED = {"disabled": ("does the child have a disability", "disability", "disabled", "child has a disability")}
COLUMNS: dict[int, dict[str, tuple[str, ...]]] = {
    3: _EVERY | {
        "start": ("date of referral", "referral date", "referral start date"),
        "nothing_further": ("referral nfa", "referral no further action", "no further action", "nfa"),
    },
    4: _EVERY | _DISABLED | {
        "start": ("continuous assessment start date", "assessment start date", "date assessment started"),
        "end": ("continuous assessment date of authorisation", "assessment date of authorisation", "assessment authorisation date",
                "date of authorisation", "assessment completion date"),
    },
    5: _EVERY | _DISABLED | {
        "start": ("strategy discussion initiating section 47 enquiry start date", "section 47 enquiry start date", "section 47 start date",
                  "s47 start date", "date of section 47 enquiry", "strategy discussion date"),
        "unneeded": ("was an initial child protection conference deemed unnecessary", "initial child protection conference deemed unnecessary",
                     "icpc deemed unnecessary", "icpc not required"),
        "conference": ("date of initial child protection conference", "initial child protection conference date", "icpc date", "date of icpc"),
        "plan": ("did the initial child protection conference result in a child protection plan", "icpc resulted in a child protection plan",
                 "did the icpc result in a child protection plan"),
    },
    6: _EVERY | _DISABLED | _SEEN | {
        "start": ("cin start date", "child in need start date", "cin plan start date", "date cin started"),
        "end": ("cin closure date", "cin end date", "child in need closure date", "date cin closed"),
        "code": ("reason for closure", "cin closure reason", "closure reason"),
    },
    7: _EVERY | _DISABLED | _SEEN | {
        "start": ("child protection plan start date", "cpp start date", "cp plan start date"),
        "end": ("child protection plan end date", "cpp end date", "cp plan end date"),
        "earlier": ("number of previous child protection plans", "number of previous cp plans", "previous child protection plans"),
    },
    8: _EVERY | _DISABLED | _SEEN | {
        "unaccompanied": ("unaccompanied asylum seeking child within the last 12 months", "unaccompanied asylum seeking child", "uasc",
                          "unaccompanied asylum seeking child uasc within the last 12 months", "uasc within the last 12 months"),
        "start": ("date started to be looked after", "date started being looked after", "looked after start date", "start date of looked after"),
        "end": ("date ceased to be looked after", "date ceased being looked after", "looked after end date"),
        "legal_start": ("start date of current legal status", "legal status start date", "date of current legal status"),
        "legal": ("childs legal status", "legal status", "current legal status", "child legal status"),
        "placement_start": ("start date of most recent placement", "placement start date", "start date of current placement",
                            "date of most recent placement"),
        "placement": ("placement type", "type of placement", "current placement type"),
        "provider": ("placement provider", "provider", "type of placement provider"),
    },
}  # fmt: skip
NEEDED = {3: ("child", "birth", "start"), 4: ("child", "birth", "start"), 5: ("child", "birth", "start"), 6: ("child", "birth", "start"),
          7: ("child", "birth", "start"), 8: ("child", "birth", "start", "placement")}  # fmt: skip


def list_number(name: str) -> int:
    """Return the list that a sheet's or file's name says it is, such as `List 8`, `list_08 - CLA`, `Annex A List 8`; 0 if none."""
    found = re.search(r"list[\s_\-]*0*(\d{1,2})(?!\d)", name, re.IGNORECASE)
    return int(found.group(1)) if found and int(found.group(1)) in LISTS else 0


def normalised(heading: str) -> str:
    """Return a heading's words alone, in lower case, without what is in brackets."""
    text = re.sub(r"\([^()]*\)+", " ", heading.casefold())
    text = re.sub(r"['’‘`]", "", text)
    return " ".join(re.findall(r"[a-z0-9]+", text))


def matched(number: int, headings: list[str]) -> dict[str, str]:
    """Return the heading of each column of a list that is read, by name; without those that are not there."""
    said = {normalised(heading): heading for heading in reversed(headings)}  # the first of several that are alike
    found = {name: next((said[form] for form in forms if form in said), "") for name, forms in COLUMNS[number].items()}
    return {name: heading for name, heading in found.items() if heading}

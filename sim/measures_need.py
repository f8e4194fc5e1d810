"""Measures of need and protection, as tables: name, words, what of `sim.counting.Counts`, and who is counted when."""

from sim.measure import EPISODES, flow, level, ratio, stock

EACH_TIME = {"unit": EPISODES, "grossed_by": "referrals"}
REFERRED = EACH_TIME | {"who": "children at home, unborn included once the pregnancy is known", "when": "referral"}

REFERRALS = (
    flow("referrals", "Referrals", lambda c: c.entered("referral"), **REFERRED, headline=True, input="referrals"),
    flow("rereferrals", "Referrals within 12 months of the last", lambda c: c.rereferred, **REFERRED),
    flow("no_further_action", "Referrals with no further action", lambda c: c.fired("referral.no_further_action"), **EACH_TIME, when="decision"),
    flow(
        "assessed_not_in_need",
        "Referrals assessed as not in need",
        lambda c: c.fired("assessment.not_in_need", "assessment.early_help"),
        **EACH_TIME,
        when="assessment completed",
    ),
    ratio("rereferral_pct", "Re-referrals within 12 months, of referrals", "rereferrals", "referrals", outcome="rereferral_pct"),
    ratio("nfa_pct", "No further action, of referrals", "no_further_action", "referrals", fitted="nfa_pct"),
    ratio("not_in_need_pct", "Assessed as not in need, of referrals", "assessed_not_in_need", "referrals", fitted="not_in_need_pct"),
    flow("assessments", "Assessments completed", lambda c: c.outcomes("assessment"), **EACH_TIME, when="completion", outcome="assessments"),
)
PROTECTION = (
    flow("s47", "Section 47 enquiries started", lambda c: c.entered("section_47"), **EACH_TIME, when="start", headline=True, fitted="s47"),
    flow(
        "icpc", "Initial child protection conferences", lambda c: c.outcomes("initial_conference"), **EACH_TIME, when="conference held", fitted="icpc"
    ),
    flow(
        "cpp_started", "Child protection plans started", lambda c: c.entered("child_protection_plan"), **EACH_TIME, when="start", fitted="cpp_started"
    ),
    flow("cpp_ended", "Child protection plans ended", lambda c: c.left("child_protection_plan"), **EACH_TIME, when="end", outcome="cpp_ended"),
    flow("cpp_repeat", "Plans started after an earlier one", lambda c: c.repeat_plans(0), **EACH_TIME, when="start"),
    flow("cpp_repeat_2y", "Plans started within two years of an earlier one", lambda c: c.repeat_plans(1), **EACH_TIME, when="start"),
    ratio("cpp_subsequent_pct", "Second or later plans, of plans started", "cpp_repeat", "cpp_started", fitted="cpp_subsequent_pct"),
    ratio("cpp_repeat_2y_pct", "Plans within two years of an earlier one, of plans started", "cpp_repeat_2y", "cpp_started"),
    stock(
        "cpp_at31",
        "Children on a child protection plan",
        lambda c: c.at_end("child_protection_plan"),
        grossed_by="referrals",
        headline=True,
        outcome="cpp_at31",
    ),
)
IN_NEED = (
    stock(
        "cin_at31",
        "Children in need",
        lambda c: c.in_need,
        grossed_by="referrals",
        headline=True,
        outcome="cin_at31",
        who="union of open need (from referral to Family Help, disabled children), children in care, care leavers",
        excludes="families in early help only",
    ),
    stock("disabled_children_at31", "Disabled children with long-term support", lambda c: c.at_end("disabled_child_support"), grossed_by="referrals"),
)
SETS, PROCEEDINGS = {"unit": "sets of proceedings"}, "care_proceedings"
COURT = (
    flow("care_proceedings_started", "Care proceedings issued", lambda c: c.entered_units(PROCEEDINGS), **SETS, when="issue"),
    flow("care_proceedings_ended", "Care proceedings ended", lambda c: c.left_units(PROCEEDINGS), **SETS, when="final hearing"),
    stock("care_proceedings_at31", "Care proceedings open", lambda c: c.units_at_end(PROCEEDINGS), **SETS),
    flow("care_proceedings_weeks", "Weeks that proceedings were open", lambda c: c.unit_days(PROCEEDINGS) / 7.0, "weeks"),
    ratio("court_weeks", "Weeks of proceedings (open over ended)", "care_proceedings_weeks", "care_proceedings_ended", 1.0, "weeks"),
    level("court_work", "Care proceedings that courts follow", lambda c: c.court_work, **SETS),
    level("court_capacity", "Care proceedings at which courts' pressure is 1", lambda c: c.court_capacity, **SETS),
    ratio("court_pressure", "Courts' pressure", "court_work", "court_capacity", 1.0, "work over capacity"),
)
NEED = (*REFERRALS, *PROTECTION, *IN_NEED, *COURT)

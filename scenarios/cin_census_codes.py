"""What the codes of the children in need census mean in the words of the pathway.

Department for Education, Children in need census, business and technical specifications 2020 to 2021 until 2026 to 2027 (code sets). `Sex`
replaced `GenderCurrent` from the census of 2025. What the letters of `PPOutcome` (code set CS131, from the census of 2027) stand for is not known
here: they are only checked.
"""

CLOSURES = {  # ReasonForClosure
    "RC1": "adopted",
    "RC2": "died",
    "RC3": "child_arrangements_order",
    "RC4": "special_guardianship",
    "RC5": "moved_area",
    "RC6": "adult_services",
    "RC7": "closed",  # services ceased for any other reason, the child no longer in need included
    "RC8": "not_in_need",  # case closed after assessment, no further action
    "RC9": "early_help",  # case closed after assessment, referred to early help
}
YES, NO = frozenset({"1", "true"}), frozenset({"0", "false"})  # schemas have 0 and 1, files also the words
SEXES = {"1": "male", "2": "female", "0": "", "9": "", "M": "male", "F": "female", "U": ""}
DISABILITIES = frozenset({"MOB", "HAND", "PC", "INC", "COMM", "LD", "HEAR", "VIS", "BEH", "CON", "AUT", "DDA"})
NO_DISABILITY = "NONE"
PRE_PROCEEDINGS_OUTCOMES = frozenset({"A", "B", "C"})  # PPOutcome

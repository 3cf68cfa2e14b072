"""The two ways in which a job ends without an answer; both are hard errors, told apart for the reader of a report."""


class Refused(Exception):
    """The query, the mapping or a document is not in the language as the manual has it, or not in this model."""


class Open(Exception):
    """The manual can be read in several ways and the answer depends on which: never guessed."""


def agree(readings, what):
    """The answer on which every reading agrees; `what` says what the manual leaves open."""
    first, *others = readings
    if any(other != first for other in others):
        raise Open(f"the manual leaves open {what}")
    return first

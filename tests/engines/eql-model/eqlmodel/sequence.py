"""Elasticsearch's sequences: a state machine for each join key.

Comes in: the events that matter, in order, each with the steps that it matches and its key there. Goes out: the completed sequences.

Source: Elastic, "EQL syntax reference" ("Sequences", "How sequence queries handle matches"). What that page does not say and a real node does
(8.10, with a tiebreaker): an event is tried at every step, the last first; `maxspan` holds at its very end; an `until` event ends what was
pending strictly before it, so neither as the first nor as the last event of a sequence does it count; a missing step sees only events
strictly between its neighbours in time, whatever the tiebreaker; events whose time and tiebreaker are equal do not follow each other (so, too,
the page's example of `regsvr32.exe` and `scrobj.dll`), and which of them is kept is not defined. A pending sequence with an event of a missing step in it may expire at once
or only be dropped when it completes: both readings are computed, unless the request assumes one.
"""

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import chain, groupby, permutations, product

from .errors import Open, Refused, agree

EARLY, LATE = "missing-events-end-at-once", "missing-events-end-at-completion"
MOST_ORDERS = 120


@dataclass
class Event:
    """`place` is the event's time and tiebreaker, the same for events whose order is not defined; `keys` are by step, missing steps included."""

    id: str
    time: int
    place: tuple
    keys: dict = field(default_factory=dict)
    until: tuple | None = None


@dataclass
class Plan:
    """`missing` says for each step whether it is a missing one; `maxspan` in milliseconds or None."""

    missing: list
    maxspan: int | None

    def __post_init__(self):
        self.positive = [at for at, is_missing in enumerate(self.missing) if not is_missing]
        if len(self.missing) < 2:
            raise Refused("a sequence needs two steps")
        if not self.positive:
            raise Refused("a sequence needs one step that is not missing")
        if any(self.missing) and self.maxspan is None:
            raise Refused("`with maxspan` is mandatory where steps are missing")
        if any(a and b for a, b in zip(self.missing, self.missing[1:])):
            raise Open("the manual leaves open what two missing steps in a row mean")
        if self.missing[0] and self.missing[-1]:
            raise Open("the manual leaves open the time of missing steps at both ends")


def sequences(plan, events, assumed=()):
    """The completed sequences as tuples of `(key, events by step)`, in the order of their completion; `assumed` may name a moment."""
    orders = list(_orders(plan, events))
    moments = assumed or (EARLY, LATE) if any(plan.missing) else (LATE,)
    found = [[_named(plan, order, moment) for order in orders] for moment in moments]
    for reading in found:
        agree([sorted(answer, key=repr) for answer in reading], "the order of events with equal timestamps and tiebreakers")
    return agree([reading[0] for reading in found], "when a missing event ends a pending sequence")


def _named(plan, order, moment):
    return [(key, tuple(event and event.id for event in events)) for key, events in _run(plan, order, moment)]


def _orders(plan, events):
    """Every order that timestamp and tiebreaker leave open, as lists of runs of events in one place."""
    runs = [tuple(run) for _, run in groupby(events, key=lambda event: event.place)]
    if math.prod(math.factorial(len(run)) for run in runs if _meet(run)) > MOST_ORDERS:
        raise Open("the manual leaves open the order of events with equal timestamps and tiebreakers")
    return product(*[list(permutations(run)) if _meet(run) else [run] for run in runs])


def _meet(run):
    """Whether two of these events are seen by one state machine."""
    seen = [set(event.keys.values()) for event in run]
    return any(a & b for at, a in enumerate(seen) for b in seen[at + 1:])


def _run(plan, runs, moment):
    """One reading: the state machines over one order of the events."""
    absent = _absent(plan, chain.from_iterable(runs))
    machines, completed = {}, []
    for run in runs:
        reached = []
        for event in run:
            for at in reversed(plan.positive):
                key = event.keys.get(at)
                if key is not None:
                    _advance(plan, absent, moment, machines.setdefault(key, {}), at, event, reached)
        for at, found in reached:
            key = found[-1].keys[at]
            if at != plan.positive[-1]:
                machines[key][at] = found
            elif not _broken(plan, absent, key, found):
                completed.append((key, _by_step(plan, found)))
        for event in run:
            if event.until is not None:
                states = machines.get(event.until, {})
                for at in [at for at, found in states.items() if found[-1].place != event.place]:
                    del states[at]
    return completed


def _advance(plan, absent, moment, states, at, event, reached):
    """Tries an event at one step, upon the states from before its place."""
    if at == plan.positive[0]:
        reached.append((at, (event,)))
        return
    # The pending sequence leaves its state whether or not it can go on.
    pending = states.pop(plan.positive[plan.positive.index(at) - 1], None)
    if pending is None:
        return
    found = (*pending, event)
    if plan.maxspan is not None and event.time - found[0].time > plan.maxspan:
        return
    if moment == LATE or not _between(plan, absent, event.keys[at], found, at):
        reached.append((at, found))


def _absent(plan, events):
    """Times of the events of each missing step, by step and key, ascending."""
    times = {}
    for event in events:
        for at, key in event.keys.items():
            if plan.missing[at]:
                times.setdefault((at, key), []).append(event.time)
    return times


def _any_within(times, low, high):
    """Whether one of the ascending times lies in [low, high]."""
    return bisect_left(times, low) < bisect_right(times, high)


def _between(plan, absent, key, found, at):
    """Whether an event of the missing step before `at` lies between the last two of those found."""
    times = absent.get((at - 1, key)) if plan.missing[at - 1] else None
    return bool(times) and _any_within(times, found[-2].time + 1, found[-1].time - 1)


def _broken(plan, absent, key, found):
    """Whether an event of any missing step lies where it must not, the whole being within `maxspan` of the first event."""
    for number, at in enumerate(plan.positive):
        if number and _between(plan, absent, key, found[:number + 1], at):
            return True
    if plan.missing[0] and _any_within(absent.get((0, key), ()), found[-1].time - plan.maxspan, found[0].time - 1):
        return True
    final = len(plan.missing) - 1
    return plan.missing[final] and _any_within(absent.get((final, key), ()), found[-1].time + 1, found[0].time + plan.maxspan)


def _by_step(plan, found):
    events = dict(zip(plan.positive, found))
    return tuple(events.get(at) for at in range(len(plan.missing)))

"""Whatever several claimants do, in whatever order: what holds of claims."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from halopay_kit.inbox import Inbox
from halopay_kit.inbox.work import Outcome, Work
from tests.inbox.waiting import Clock, fill

LEASE = 60.0
TRIES = 4
_ORDERS = st.sampled_from("ABC")
_WHO = st.integers(0, 2)
_ENDED = {"done", "dead"}


class Claims(RuleBasedStateMachine):
    """Three claimants, three orders, and a clock."""

    inbox: Inbox
    clock: Clock

    @initialize()
    def begin(self):
        with self.inbox.store.writing() as connection:
            for table in ("events", "subjects"):
                connection.exec_driver_sql(f"DELETE FROM halopay_{table}")
        self.works = [Work(self.inbox, f"claimant {number}", LEASE, TRIES) for number in range(3)]
        self.held = [{} for _ in self.works]  # id: event, as each believes
        self.standing = {}  # id: (who, until), as it is
        self.taken = dict.fromkeys("ABC", 0)
        self.done = set()
        self.revived = set()

    @rule(order=_ORDERS, number=st.integers(1, 3))
    def more_comes(self, order, number):
        fill(self.inbox, order, number, first=self.taken[order] + 1)
        self.taken[order] += number

    @rule(seconds=st.sampled_from([1.0, 20.0, 59.0, 61.0, 1000.0]))
    def time_passes(self, seconds):
        self.clock.now += seconds

    @rule(who=_WHO, most=st.integers(1, 5), outcomes=st.lists(st.sampled_from(["done", "again", "dead", "back"])))
    def turn(self, who, most, outcomes):
        events = list(self.held[who].values())[: len(outcomes)]
        said = [
            Outcome(event, what, "x" if what in {"again", "dead"} else "", 30.0 if what == "again" else 0.0)
            for event, what in zip(events, outcomes, strict=False)
        ]
        claimed, settled = self.works[who].turn(said, most)
        stood = [one for one in said if self.standing.get(one.event.id, (None, 0))[0] == who]
        for what in ("done", "again"):
            assert settled[what] == sum(one.what == what for one in stood)
        assert settled["late"] == sum(one.what != "back" and one not in stood for one in said)
        for one in said:
            del self.held[who][one.event.id]
        for one in stood:
            del self.standing[one.event.id]
            if one.what == "done":
                assert one.event.id not in self.done
                self.done.add(one.event.id)
        after = self.states()
        for event in claimed:
            until = self.standing.get(event.id, (None, 0.0))[1]
            assert until <= self.clock.now  # nobody's lease was good
            earlier = [state for id_, (state, subject) in after.items() if subject == event.subject and id_ < event.id]
            assert set(earlier) <= _ENDED or self.revived
            self.standing[event.id] = (who, self.clock.now + LEASE)
            self.held[who][event.id] = event
        for id_, (state, _) in after.items():
            if state != "claimed":
                self.standing.pop(id_, None)  # its lease had run out

    @rule(who=_WHO)
    def renew(self, who):
        for event in self.held[who].values():
            stands = self.works[who].renew(event)
            assert stands == (self.standing.get(event.id, (None, 0))[0] == who)
            if stands:
                self.standing[event.id] = (who, self.clock.now + LEASE)

    @rule(who=_WHO)
    def join(self, who):
        for event in list(self.held[who].values())[:1]:
            with self.works[who].joined(event) as connection:
                assert (connection is not None) == (self.standing.get(event.id, (None, 0))[0] == who)
            del self.held[who][event.id]
            if connection is not None:
                del self.standing[event.id]
                self.done.add(event.id)

    @rule()
    def revive(self):
        for id_, (state, _) in self.states().items():
            if state == "dead":
                assert self.inbox.revive(id_)
                self.revived.add(id_)
                break

    @invariant()
    def one_of_an_order_is_claimed_and_what_is_done_stays_done(self):
        states = self.states()
        claimed = [subject for state, subject in states.values() if state == "claimed"]
        assert len(claimed) == len(set(claimed))
        assert {id_ for id_, (state, _) in states.items() if state == "done"} == self.done
        assert {id_ for id_, (state, _) in states.items() if state == "claimed"} == set(self.standing)

    def teardown(self):
        """In the end all of it can be worked off: nothing blocks anything for ever."""
        if not hasattr(self, "works"):
            return
        self.clock.now += 10_000
        worker, waiting = Work(self.inbox, "the last", LEASE, 1000), []
        for _ in range(sum(self.taken.values()) + 1):
            waiting, _ = worker.turn([Outcome(event, "done") for event in waiting], 100)
        assert {state for state, _ in self.states().values()} <= _ENDED

    def states(self):
        with self.inbox.store.reading() as connection:
            rows = connection.exec_driver_sql("SELECT id, state, subject_id FROM halopay_events ORDER BY id").all()
        return {id_: (state, subject) for id_, state, subject in rows}


def test_claims_stay_in_order_apart_and_single_whatever_claimants_do(store_url):
    clock = Clock()
    with Inbox(store_url, clock=clock) as inbox:
        made = type("Made", (Claims,), {"inbox": inbox, "clock": clock})
        quick = settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(made, settings=quick)

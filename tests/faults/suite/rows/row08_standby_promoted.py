"""A standby is promoted and the last commits are lost. The processes notice and end; started anew
they open the cache in a new epoch, tokens of the lost future are refused, and the loss is seen."""
import time

from calls import get_person, get_rapport, name_of, new_person, rename, store_of
from goals import Goal, within
from load import goals_of
from spawn import until
from standby import Copy

STATE = "SELECT epoch, timeline FROM {}.cache_mode"


def lose_the_last_commits(house, standby, tier):
    """What was acknowledged and then lost: a new name, and a person."""
    contact = ("contact", "contact/2")
    kept = new_person(house, "contact", f"kept {time.monotonic_ns()}")
    rename(house, "contact", kept, "as it was")
    last = house.postgres.query("SELECT pg_current_wal_lsn()")[0][0]
    until(lambda: standby.query(f"SELECT pg_last_wal_replay_lsn() >= '{last}'")[0][0] == "t", 30,
          "the standby has it")
    standby.kill()
    token = rename(house, "contact", kept, "in the lost future")
    lost = new_person(house, "contact/2", f"lost {time.monotonic_ns()}")
    for process in contact * 2:  # Redis has it, and the processes have read it there
        assert name_of(get_person(house, process, kept)) == "in the lost future"
        get_person(house, process, lost)
    house.postgres.kill()
    tier.note("kills")
    return kept, lost, token


def run(house_factory, tier, rng):
    wrong, done, longest = [], 0, 0.0
    loads = []

    def expect(what, said, should):
        if said != should:
            wrong.append(f"{what}: {said}, not {should}")

    for _ in tier.rounds(1, 20):
        with house_factory(gates=True) as house:
            house.wait_cache_on()
            first = house.adopt(house.postgres)
            standby = house.adopt(Copy(house, first, "standby", follows=True))
            standby.start()
            until(lambda: first.query("SELECT count(*) FROM pg_stat_replication"
                                      " WHERE state='streaming'")[0][0] == "1", 30,
                  "the standby follows")
            with house.load() as load:
                load.wait_acks(100)
            loads.append(load)
            before = house.postgres.query(STATE.format("contact"), "rapport")[0]
            kept, lost, token = lose_the_last_commits(house, standby, tier)
            standby.start()
            standby.promote()
            for gate in house.gates_to("postgres"):
                gate.point(standby.socket, reset=True)
            house.postgres = standby
            for name in house.names:
                expect(f"{name} ends by itself", house.wait_ended(name, 30), -6)
                expect(f"{name} says why", "promoted or restored" in house.log(name), True)
            began = time.monotonic()
            for name in house.names:
                house.start(name, wait=False)
            for name in house.names:
                house.wait_ready(name)
            longest = max(longest, time.monotonic() - began)
            for process in ("contact", "contact/2"):
                for old in (token, lost.token):
                    refused = get_person(house, process, kept, old)
                    expect(f"{process} with a token of the lost future",
                           f"{refused.code} {refused.reason}", "INVALID_ARGUMENT CONSISTENCY_TOKEN")
                expect(f"{process} reads", name_of(get_person(house, process, kept)), "as it was")
                expect(f"{process} does not find", name_of(get_person(house, process, lost)),
                       "NOT_FOUND")
            house.wait_cache_on()
            after = house.postgres.query(STATE.format("contact"), "rapport")[0]
            expect("a new epoch and another timeline", [a != b for a, b in zip(before, after)],
                   [True, True])
            fresh = rename(house, "contact", kept, "after the promotion")
            expect("tokens name another store", store_of(fresh) != store_of(token), True)
            expect("with a new token", name_of(get_person(house, "contact/2", kept, fresh)),
                   "after the promotion")
            expect("engagement waits for it", get_rapport(house, "engagement", kept, fresh).code,
                   "OK")
            with house.load() as load:
                load.wait_acks(200)
            loads.append(load)
            done += 1
    return goals_of("8", [load.result for load in loads]) + [
        Goal("8", "promotions noticed by all, lost tokens refused, nothing of the lost future read",
             "; ".join(wrong) or f"{done} of {done}", "all", not wrong),
        within("8", "all ready again at the promoted one", longest, 10.0)]

"""A backup is restored, of SQLite and of PostgreSQL: whoever followed the store, or kept copies of
it, begins anew, and tokens of what was lost are refused."""
import os
import shutil
import signal

from calls import get_person, get_rapport, name_of, new_person, rename, store_of
from goals import Goal
from load import goals_of
from standby import Copy

FILES = ("", "-wal", "-shm")


class Expected:
    """What came out otherwise than it should."""

    def __init__(self):
        self.wrong = []
        self.looked = 0

    def __call__(self, what, said, should):
        self.looked += 1
        if said != should:
            self.wrong.append(f"{what}: {said}, not {should}")

    def goal(self, text):
        good = f"{self.looked} of {self.looked} as it should"
        return Goal("21", text, "; ".join(self.wrong) or good, "all", not self.wrong)


def sqlite(house_factory, expect):
    """The copy of one store alone, from the day before."""
    with house_factory(engine="sqlite") as house:
        kept = new_person(house, "contact", "kept")
        base = house.path("contact", ".db")
        house.stop("contact")
        shutil.copyfile(base, base + ".backup")
        house.start("contact")
        token = rename(house, "contact", kept, "in the lost future")
        lost = [new_person(house, "contact", f"lost {n}") for n in range(20)]
        # engagement has followed until there.
        expect("engagement knows the lost", get_rapport(house, "engagement", lost[-1],
                                                        lost[-1].token).code, "OK")
        house.stop("contact")
        for suffix in FILES[1:]:
            if os.path.exists(base + suffix):
                os.unlink(base + suffix)
        shutil.copyfile(base + ".backup", base)
        house.start("contact")
        refused = get_person(house, "contact", kept, token)
        expect("a token of the lost future", f"{refused.code} {refused.reason}",
               "INVALID_ARGUMENT CONSISTENCY_TOKEN")
        expect("what was renamed", name_of(get_person(house, "contact", kept)), "kept")
        expect("who was lost", name_of(get_person(house, "contact", lost[0])), "NOT_FOUND")
        # Its sequence lies far below what engagement had read of the store that was.
        fresh = new_person(house, "contact", "new after the restore")
        expect("another store", store_of(fresh.token) != store_of(token), True)
        expect("engagement learns what is new", get_rapport(house, "engagement", fresh, fresh.token,
                                                            20).code, "OK")
        house.stop("contact")
        house.start("contact")
        again = rename(house, "contact", kept, "restarted")
        expect("the same store after a restart", store_of(again), store_of(fresh.token))


def postgres(house_factory, expect, archive):
    """A base backup that was taken under load. Without `archive` it is started as it is, and
    nothing in it says that it is not the database that has been there all the time."""
    with house_factory(processes=("contact", "contact/2", "engagement")) as house:
        house.wait_cache_on()
        kept = new_person(house, "contact", "kept")
        rename(house, "contact", kept, "as it was")
        with house.load() as load:
            load.wait_acks(50)
            backup = Copy(house, house.postgres, "backup", archive=archive)
            load.wait_acks(50)
        token = rename(house, "contact", kept, "in the lost future")
        for process in ("contact", "contact/2") * 2:
            get_person(house, process, kept)
        was = house.postgres
        was.kill()
        os.rename(os.path.join(was.folder, "data"), os.path.join(was.folder, "data.lost"))
        os.rename(os.path.join(backup.folder, "data"), os.path.join(was.folder, "data"))
        was.settings = backup.settings
        was.start()
        for name in house.names:
            expect(f"{name} ends by itself", house.wait_ended(name, 30), -signal.SIGABRT)
        if not archive:  # docs/operations.md
            for service in ("contact", "engagement"):
                was.query(f"UPDATE {service}.rapport_meta SET text=gen_random_uuid()"
                          " WHERE key='store_id'", "rapport")
        for name in house.names:
            house.start(name)
        for process in ("contact", "contact/2"):
            refused = get_person(house, process, kept, token)
            expect(f"{process}: a token of the lost future", f"{refused.code} {refused.reason}",
                   "INVALID_ARGUMENT CONSISTENCY_TOKEN")
            expect(f"{process} reads", name_of(get_person(house, process, kept)), "as it was")
        fresh = rename(house, "contact", kept, "after the restore")
        expect("another store", store_of(fresh) != store_of(token), True)
        house.wait_cache_on()
        for process in ("contact", "contact/2") * 2:
            expect(f"{process} reads", name_of(get_person(house, process, kept)),
                   "after the restore")
        with house.load() as after:
            after.wait_acks(100)
        return [load.result, after.result]


def run(house_factory, tier, rng):
    on_sqlite, from_archive, as_it_is = Expected(), Expected(), Expected()
    results = []
    for _ in tier.rounds(1, 20):
        sqlite(house_factory, on_sqlite)
        results += postgres(house_factory, as_it_is, False)
        if tier.name == "S":  # row 8 begins another timeline in tier C
            results += postgres(house_factory, from_archive, True)
    goals = goals_of("21", results) + [
        on_sqlite.goal("SQLite: a copy in place of the file"),
        as_it_is.goal("PostgreSQL: a base backup taken under load, started as it is, with the line"
                      " of docs/operations.md")]
    if from_archive.looked:
        goals.append(from_archive.goal("PostgreSQL: the same, recovered as from an archive"))
    return goals

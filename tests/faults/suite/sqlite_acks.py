"""Run as a program: inserts into a SQLite file, one row a commit, and says each number once it is
acknowledged. With synchronous=NORMAL a power cut loses some, which shows that row16 can see it."""
import os
import sqlite3
import sys


def main(path, synchronous):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, text TEXT)")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.fsync(os.open(os.path.dirname(path), os.O_RDONLY))
    db.execute(f"PRAGMA synchronous={synchronous}")
    n = db.execute("SELECT coalesce(max(n),0) FROM t").fetchone()[0]
    while True:
        n += 1
        db.execute("INSERT INTO t VALUES (?,?)", (n, "x" * 200))
        os.write(1, b"%d\n" % n)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

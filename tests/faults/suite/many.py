"""Many relationships, fast: the rows of one, written again under other ids. What the services make
of one relationship (with a person, statistics and a place in the worklist) is there for all."""
import sqlite3

TABLES = {"contact": ("people", "relationships"), "engagement": ("statistics",),
          "recommendation": ("people", "relationships", "statistics", "worklist")}


def _id(template, number):
    return template[:24] + f"{number:012x}"


def fill_sqlite(path, service, person, relationship, count):
    """`path` belongs to no process. Returns the highest sequence."""
    db = sqlite3.connect(path)
    highest = 0
    for table in TABLES[service]:
        names = [row[1] for row in db.execute(f'PRAGMA table_info("{table}")')]
        key = "relationship" if table == "worklist" else "id"
        wanted = person if table == "people" else relationship
        row = db.execute(f'SELECT * FROM "{table}" WHERE "{key}"=?', (wanted,)).fetchone()
        sequence = names.index("sequence") if "sequence" in names else None
        last = 0
        if sequence is not None:
            last = db.execute(f'SELECT max(sequence) FROM "{table}"').fetchone()[0]
            for other in TABLES[service]:  # one order for all tables of a store
                last = max(last, db.execute(f'SELECT max(sequence) FROM "{other}"').fetchone()[0]
                           if "sequence" in [r[1] for r in db.execute(
                               f'PRAGMA table_info("{other}")')] else 0)

        def copies(row=row, sequence=sequence, last=last):
            for number in range(1, count + 1):
                pairs = ((person, _id(person, number)), (relationship, _id(relationship, number)))
                new = list(row)
                for at, value in enumerate(row):
                    for old, fresh in pairs:
                        if isinstance(value, str):
                            value = value.replace(old, fresh)
                        elif isinstance(value, bytes):
                            value = value.replace(old.encode(), fresh.encode())
                    new[at] = value
                if sequence is not None:
                    new[sequence] = last + number
                yield new

        db.executemany(f'INSERT INTO "{table}" VALUES ({",".join("?" * len(names))})', copies())
        highest = max(highest, last + count)
    db.commit()
    db.close()
    return highest


def set_cursor_sqlite(path, origin, position):
    """As if all up to there had been heard."""
    db = sqlite3.connect(path)
    db.execute("UPDATE cursors SET position=? WHERE origin=?", (position, origin))
    db.commit()
    db.close()


def fill_postgres(postgres, service, person, relationship, count):
    """Their sequences lie below all that anyone has to read still."""
    for number, table in enumerate(TABLES[service]):
        names = [row[0] for row in postgres.query(
            "SELECT column_name FROM information_schema.columns WHERE table_schema="
            f"'{service}' AND table_name='{table}' ORDER BY ordinal_position", "rapport")]
        types = dict(postgres.query(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema="
            f"'{service}' AND table_name='{table}'", "rapport"))
        key = "relationship" if table == "worklist" else "id"
        wanted = person if table == "people" else relationship
        chosen = []
        for name in names:
            value = f't."{name}"'
            if name == "sequence":
                value = f"{number * count} + n"
            for old in (person, relationship):
                fresh = f"'{old[:24]}' || lpad(to_hex(n),12,'0')"
                if types[name] == "text":
                    value = f"replace({value},'{old}',{fresh})"
                elif types[name] == "bytea":
                    value = (f"decode(replace(encode({value},'hex'),'{old.encode().hex()}',"
                             f"encode(convert_to({fresh},'UTF8'),'hex')),'hex')")
            chosen.append(value)
        postgres.query(f'INSERT INTO {service}."{table}" SELECT {",".join(chosen)} FROM '
                       f'{service}."{table}" t, generate_series(1,{count}) n '
                       f"WHERE t.\"{key}\"='{wanted}'", "rapport")
    postgres.query("VACUUM ANALYZE", "rapport")

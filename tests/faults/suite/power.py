"""A power cut: all processes end at once, and of their files only that is left which was synced
(shadow_fsync.cc), with whatever the disk had written of the rest by chance."""
import os
import shutil
import sqlite3

SECTOR = 512
MODES = ("clean", "clean", "torn")


def shadowed(build, folder, shadow):
    """Environment for a process whose files in `folder` are shadowed."""
    os.makedirs(shadow, exist_ok=True)
    return {"LD_PRELOAD": os.path.join(build, "tests", "faults", "shadow_fsync.so"),
            "SHADOW_OF": folder, "SHADOW_TO": shadow}


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _torn(synced, written, rng):
    """What was synced, with random sectors of what was written since, the last one garbled: from the
    first byte that was written on. SQLite relies on this (powersafe overwrite): a write that the power
    cuts off spoils no byte before it, and a frame of the log begins in the sector where the last one
    ends."""
    out = bytearray(synced)
    end = len(written)
    if end > len(out):
        end = rng.randint(len(out), end)
        out += bytes(end - len(out))
    different = [at for at in range(0, end, SECTOR)
                 if out[at:at + SECTOR] != written[at:min(at + SECTOR, end)]]
    last = None
    for at in different:
        if rng.random() < 0.5:
            piece = written[at:min(at + SECTOR, end)]
            out[at:at + len(piece)] = piece
            last = at
    if last is not None:
        while last < len(synced) and synced[last] == written[last]:
            last += 1
        length = min(rng.randint(1, SECTOR - last % SECTOR), len(out) - last)
        out[last:last + length] = rng.randbytes(length)
    return bytes(out), last is not None


def cut(base, shadow, torn, rng):
    """Makes the files of the store `base` what a power cut leaves. Their processes are dead. True
    if some of what was not synced is there."""
    folder, name = os.path.split(base)
    some = False
    for suffix in ("", "-wal", "-shm", "-journal", ".lock"):
        path = os.path.join(folder, name + suffix)
        kept = os.path.join(shadow, name + suffix)
        synced, written = _read(kept), _read(path)
        if synced is None:
            if written is not None:
                os.unlink(path)
            continue
        if torn and suffix in ("", "-wal"):
            synced, any_ = _torn(synced, written or b"", rng)
            some = some or any_
            if suffix == "-wal" and not any_:
                synced += rng.randbytes(rng.randint(1, 4096))  # a frame that was just begun
                some = True
        for to in (path, kept):  # in place: it is the same file, as after a real one
            with open(to, "r+b" if os.path.exists(to) else "wb") as file:
                file.write(synced)
                file.truncate()
    for entry in os.listdir(shadow):
        if entry.endswith("~"):
            os.unlink(os.path.join(shadow, entry))
    return some


def ask_copy(base, sql):
    """The first value that SQLite answers, of a copy, so that the files stay as they are."""
    scratch = base + ".copy"
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch)
    copy = os.path.join(scratch, "copy")
    for suffix in ("", "-wal"):
        if os.path.exists(base + suffix):
            shutil.copyfile(base + suffix, copy + suffix)
    db = sqlite3.connect(copy)
    try:
        return db.execute(sql).fetchone()[0]
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        db.close()

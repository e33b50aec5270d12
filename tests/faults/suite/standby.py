"""A PostgreSQL cluster made from a running one: a standby that follows it, or a base backup."""
import os

from servers import Postgres, postgres_program


class Copy(Postgres):
    """Made by pg_basebackup while `of` works. With `follows`, starting it follows `of`; with
    `archive`, it recovers to the end of the backup and begins a timeline of its own, as a restore
    from an archive does; otherwise it starts as if `of` had crashed at the backup."""

    def __init__(self, house, of, name, follows=False, archive=False):
        self._made_from = of
        self._more = (["--write-recovery-conf"] if follows else [])
        super().__init__(house.folder, name)
        if archive:
            data = os.path.join(self.folder, "data")
            self._own_file(os.path.join(data, "recovery.signal"))
            self.settings.append("restore_command=false")

    def _own_file(self, path):
        with open(path, "w", encoding="utf-8"):
            pass
        self._own(path)

    def _make_data(self, data):
        self._own(self.folder)
        self._run([postgres_program("pg_basebackup"), "--pgdata=" + data,
                   "--host=" + self._made_from.folder, "--username=postgres",
                   "--checkpoint=fast", "--wal-method=stream", "--no-sync"] + self._more)

    def promote(self):
        self.query("SELECT pg_promote(true, 60)")

"""The datasets that requests have used, as `servicex datasets` shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from servicex_harness.errors import BadRequestError, NotFoundError
from servicex_harness.models import Dataset, FileEntry, utc_now
from servicex_harness.state import insert

if TYPE_CHECKING:
    import sqlite3

    from servicex_harness.database import Database


@dataclass(frozen=True)
class KnownDataset:
    """A dataset in the catalogue; `file_ids` belong to the files of `dataset`, in order."""

    id: int
    dataset: Dataset
    file_ids: tuple[int, ...]
    last_used: str
    last_updated: str
    stale: bool


class Catalogue:
    """Datasets in the database; a deleted one is kept as stale, since requests refer to it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def use(self, dataset: Dataset) -> int:
        """Return the id of `dataset`, adding it when it is new or its files have changed."""
        for known in self._select("SELECT * FROM datasets WHERE name = ? AND NOT stale", dataset.name):
            if known.dataset == dataset:
                with self._database.transaction() as db:
                    db.execute("UPDATE datasets SET last_used = ? WHERE id = ?", (utc_now(), known.id))
                return known.id
        return self._add(dataset)

    def _add(self, dataset: Dataset) -> int:
        now = utc_now()
        row = {"name": dataset.name, "did_finder": dataset.did_finder, "last_used": now, "last_updated": now}
        with self._database.transaction() as db:
            dataset_id = insert(db, "datasets", row)
            files = [(dataset_id, ",".join(entry.paths), entry.size) for entry in dataset.files]
            db.executemany("INSERT INTO files (dataset_id, paths, size) VALUES (?, ?, ?)", files)
        return dataset_id

    def all(self) -> list[KnownDataset]:
        """Return all datasets, stale ones too."""
        return self._select("SELECT * FROM datasets ORDER BY id")

    def one(self, dataset_id: int) -> KnownDataset:
        """Return one dataset; NotFoundError if there is none of this id."""
        for known in self._select("SELECT * FROM datasets WHERE id = ?", dataset_id):
            return known
        raise NotFoundError(f"Dataset {dataset_id} not found")

    def _select(self, query: str, *values: object) -> list[KnownDataset]:
        with self._database.transaction() as db:
            return [_known(db, row) for row in db.execute(query, values).fetchall()]

    def delete(self, dataset_id: int) -> None:
        """Mark a dataset as stale: it is looked up anew when it is next used."""
        if self.one(dataset_id).stale:
            raise BadRequestError(f"Dataset {dataset_id} has already been deleted")
        with self._database.transaction() as db:
            db.execute("UPDATE datasets SET stale = 1 WHERE id = ?", (dataset_id,))


def _known(db: sqlite3.Connection, row: sqlite3.Row) -> KnownDataset:
    files = db.execute("SELECT * FROM files WHERE dataset_id = ? ORDER BY id", (row["id"],)).fetchall()
    entries = tuple(FileEntry(tuple(file["paths"].split(",")), file["size"]) for file in files)
    return KnownDataset(
        id=row["id"],
        dataset=Dataset(row["name"], row["did_finder"], entries),
        file_ids=tuple(file["id"] for file in files),
        last_used=row["last_used"],
        last_updated=row["last_updated"],
        stale=bool(row["stale"]),
    )

"""A job on duckdb-kql: its tables into a new DuckDB database, its query as it is, its rows in the form of the KQL model.

Anything that the engine refuses, or that DuckDB cannot hold as KQL means it, is not executed; nothing is put right here.
"""

import json

import duckdb
import duckdb_kql

from . import cells


class NotExecuted(Exception):
    """Why a job has no answer."""


def run_job(job, now):
    """`columns` and `rows` of a job at a time in RFC 3339, or an `error`."""
    connection = duckdb_kql.connect(config={"threads": 1})
    try:
        tables = job.get("tables") or {}
        for name, table in tables.items():
            load(connection, name, table)
        functions = watchlists(connection, job.get("watchlists") or {})
        relation = duckdb_kql.kql(connection, job["query"], query_now=now, functions=functions)
        return {"id": job["id"], **answer(relation)}
    except (NotExecuted, cells.Unheld, duckdb.Error, duckdb_kql.KqlError) as error:
        return {"id": job["id"], "error": f"not executed: {reason(error)}"}
    except Exception as error:  # a crash of the engine answers nothing either
        return {"id": job["id"], "error": f"not executed: crash: {type(error).__name__}: {reason(error)}"}
    finally:
        connection.close()


def load(connection, name, table):
    columns = table["columns"]
    folded = {column.lower() for column in columns}
    if len(folded) != len(columns):
        raise NotExecuted(f"`{name}` has columns that differ by case alone, which DuckDB takes for one")
    declared = ", ".join(f"{quoted(column)} {cells.stored_type(kind)}" for column, kind in columns.items())
    connection.execute(f"CREATE TABLE {quoted(name)} ({declared})")
    rows = [[cells.stored(row.get(column), kind) for column, kind in columns.items()] for row in table["rows"]]
    if rows:
        places = ", ".join("?" for _ in columns)
        connection.executemany(f"INSERT INTO {quoted(name)} VALUES ({places})", rows)


def watchlists(connection, lists):
    """`_GetWatchlist` as a stored function. Those have one schema each, so it can stand for one watchlist and no more."""
    if len(lists) > 1:
        raise NotExecuted("more than one watchlist, of which a stored function can only be one")
    for alias, table in lists.items():
        load(connection, f"watchlist_{alias}", table)
        return [f"function _GetWatchlist(alias:string) {{ ['watchlist_{alias}'] | where alias == {json.dumps(alias)} }}"]
    return []


def answer(relation):
    kinds = [cells.kind_of(str(kind)) for kind in relation.types]
    columns = [{"name": name, "type": kind} for name, kind in zip(relation.columns, kinds, strict=True)]
    rows = [
        {name: cells.answered(value, kind) for name, value, kind in zip(relation.columns, row, kinds, strict=True)}
        for row in relation.fetchall()
    ]
    return {"columns": columns, "rows": rows}


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def reason(error):
    return " ".join(str(error).split())

"""A real PostgreSQL with PostGIS for tests: loopback only, a port of chance, passwords by SCRAM; ended afterwards."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

BINARIES = Path("/usr/lib/postgresql/15/bin")


@dataclass(frozen=True)
class Server:
    """A server that runs: its port, the password of all its roles, its data and process."""

    port: int
    password: str
    folder: Path
    process: subprocess.Popen[bytes]

    def text(self, user: str = "reader", database: str = "planning") -> str:
        """Give the connection text of a role."""
        return f"host=127.0.0.1 port={self.port} dbname={database} user={user}"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def as_postgres(words: list[str]) -> list[str]:
    """Give a command as the user postgres where we are root: initdb and the server refuse root."""
    if os.geteuid() != 0:
        return words
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *words]


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server of our own, with the roles owner (may write) and reader (may not)."""
    require_installed()
    folder = Path(tempfile.mkdtemp(prefix="onemap-pg-"))
    password = "canary-" + secrets.token_hex(6) + "%@'x"
    port = free_port()
    process = None
    try:
        secret = folder / "pw"
        secret.write_text(password + "\n")
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
            os.chown(secret, user.pw_uid, user.pw_gid)
        data = folder / "data"
        command = [str(BINARIES / "initdb"), "-D", str(data), "-U", "postgres", "-A", "scram-sha-256",
                   f"--pwfile={secret}", "-E", "UTF8", "--locale=C.UTF-8", "-N"]  # fmt: skip
        subprocess.run(as_postgres(command), check=True, capture_output=True, cwd="/")
        settings = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={port}", "-c", f"unix_socket_directories={folder}",
                    "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
                    "-c", "password_encryption=scram-sha-256"]  # fmt: skip
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                as_postgres([str(BINARIES / "postgres"), "-D", str(data), *settings]),
                cwd="/", stdout=log, stderr=log,
            )  # fmt: skip
        server = Server(port, password, folder, process)
        prepare(server)
        yield server
    finally:
        if process is not None:
            process.terminate()
            process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def require_installed() -> None:
    pytest.importorskip("psycopg")
    if not (BINARIES / "initdb").is_file():
        pytest.skip("PostgreSQL 15 is not installed (Debian: postgresql-15-postgis-3)")
    if not Path("/usr/share/postgresql/15/extension/postgis.control").is_file():
        pytest.skip("PostGIS is not installed (Debian: postgresql-15-postgis-3)")


def prepare(server: Server) -> None:
    """Wait for the server, make the database and its roles."""
    import psycopg

    for _ in range(200):
        try:
            connection = psycopg.connect(server.text("postgres", "postgres"), password=server.password, autocommit=True)
            break
        except psycopg.OperationalError:
            time.sleep(0.1)
    else:
        raise RuntimeError((server.folder / "log").read_text())
    with connection:
        word = server.password.replace("'", "''")
        connection.execute(f"create role owner login password '{word}'")
        connection.execute(f"create role reader login password '{word}'")
        connection.execute("create database planning owner owner")
    with psycopg.connect(server.text("postgres"), password=server.password, autocommit=True) as connection:
        connection.execute("create extension postgis")
        connection.execute("grant select on spatial_ref_sys to public")
        connection.execute("create schema raw authorization owner")
        connection.execute("grant usage on schema raw to reader")
        connection.execute("alter default privileges for role owner in schema raw grant select on tables to reader")

"""A PostgreSQL server of the tests' own: on a socket in a temporary folder, without a network address, stopped
and removed at the end. The server refuses to run as root, so as root it runs as another user.

    python3 tests/postgres.py COMMAND...    runs a command with its address in GX_TEST_POSTGRES
"""
import contextlib
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile


def programs():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if not found:
        raise FileNotFoundError("PostgreSQL is not installed: see tools/packages-test.txt")
    return os.path.dirname(found[-1])


def as_user(command):
    if os.getuid() != 0:
        return command
    names = {entry.pw_name for entry in pwd.getpwall()}
    return ["runuser", "-u", "postgres" if "postgres" in names else "nobody", "--", *command]


def end(number, _frame):
    """As an exception, so that the server is stopped and its folder removed on the way out."""
    sys.exit(128 + number)


@contextlib.contextmanager
def cluster():
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    bin, folder = programs(), tempfile.mkdtemp(prefix="gx-postgres-")
    os.chmod(folder, 0o777)
    data = f"{folder}/data"

    def run(*command):
        done = subprocess.run(as_user(list(command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              cwd="/", stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}\n{done.stdout}")

    try:
        run(f"{bin}/initdb", "-D", data, "-A", "trust", "-U", "gaoxing", "-E", "UTF8", "--locale=C.UTF-8")
        try:
            run(f"{bin}/pg_ctl", "-D", data, "-l", f"{folder}/log", "-w", "-t", "60",
                "-o", f"-c listen_addresses='' -c unix_socket_directories={folder} -c max_connections=200", "start")
            run(f"{bin}/createdb", "-h", folder, "-U", "gaoxing", "gaoxing")
            yield f"host={folder} user=gaoxing dbname=gaoxing"
        finally:
            if os.path.exists(f"{data}/postmaster.pid"):
                run(f"{bin}/pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    with cluster() as address:
        sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, "GX_TEST_POSTGRES": address}).returncode)

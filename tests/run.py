"""Runs the suites and counts what they say.

Unit tests, conformance runners and fuzz targets are those that Meson knows; API and browser tests are Node's. A program that
prints TAP counts one by one; one that ends with "N passed, N failed" counts so many; any other counts as one test. The last
line printed is "N passed, N failed", and the exit status is 0 only when nothing failed.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import time

import postgres

SUITES = ["unit", "postgres", "sanitized", "simulation", "conformance", "api", "browser", "fuzz"]
SIMULATED = {"seeds": [101, 102, 103, 104], "commands": "100000", "faults": "40"}
SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1:halt_on_error=1:detect_stack_use_after_return=0",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def count(output, status):
    """(passed, failed, skipped) of one program's output."""
    passed = len(re.findall(r"^\s*ok \d+", output, re.M))
    failed = len(re.findall(r"^\s*not ok \d+", output, re.M))
    skipped = len(re.findall(r"^\s*ok \d+.*# SKIP", output, re.M))
    if passed + failed == 0:
        sums = re.findall(r"^(?:\w+: )?(\d+) passed, (\d+) failed", output, re.M)
        if sums:
            passed, failed = int(sums[-1][0]), int(sums[-1][1])
    passed -= skipped
    if status == 77:
        return 0, 0, 1
    if passed + failed + skipped == 0:
        passed, failed = (1, 0) if status == 0 else (0, 1)
    elif status != 0 and failed == 0:
        failed = 1
    return passed, failed, skipped


def node_count(output, status):
    """Node's own summary, in which a test that holds other tests is not counted twice."""
    figures = dict(re.findall(r"^# (pass|fail|skipped|cancelled) (\d+)", output, re.M))
    if not figures:
        return 0, 1, 0
    failed = int(figures.get("fail", 0)) + int(figures.get("cancelled", 0))
    if status != 0 and failed == 0:
        failed = 1
    return int(figures.get("pass", 0)), failed, int(figures.get("skipped", 0))


def run(name, command, env=None, counter=count, timeout=1200, folder=None):
    begun = time.monotonic()
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
                              env={**os.environ, **(env or {})}, errors="replace", cwd=folder)
        output, status = done.stdout, done.returncode
    except OSError as missing:
        output, status = str(missing), 1
    except subprocess.TimeoutExpired as late:
        output, status = (late.stdout or b"").decode(errors="replace") + f"\n{name}: no end after {timeout} s\n", 1
    passed, failed, skipped = counter(output, status)
    note = f", {skipped} skipped" if skipped else ""
    print(f"{'ok  ' if failed == 0 else 'FAIL'} {name}: {passed} passed, {failed} failed{note} "
          f"({time.monotonic() - begun:.1f} s)", flush=True)
    if failed or (skipped and status == 77):
        shown = output if failed else "\n".join(output.splitlines()[-3:])
        print("\n".join("     | " + line for line in shown.splitlines()[-80:]), flush=True)
    return passed, failed, skipped


def meson_tests(folder, suite):
    listed = json.loads(subprocess.check_output(["meson", "introspect", "--tests", folder]))
    return [test for test in listed if any(s.split(":")[-1] == suite for s in test["suite"])]


def run_meson(folder, suite, label, workers, env=None):
    tests = meson_tests(folder, suite)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(run, f"{label}/{test['name']}", test["cmd"], {**test["env"], **(env or {})},
                            folder=test["workdir"] or folder) for test in tests]
        return [job.result() for job in jobs]


def run_node(suite, env=None):
    folder = f"tests/{suite}"
    files = sorted(f for f in os.listdir(folder) if f.endswith(".test.mjs"))
    return [run(f"{suite}/{name[:-9]}", ["node", "--test", "--test-reporter=tap", f"{folder}/{name}"], env, node_count)
            for name in files]


def run_simulations():
    """Each seed must agree with its reference, and the same seed must make the same history."""
    def once(seed, commands):
        return run(f"simulation/seed-{seed}", ["build/gaoxing", "simulate", "--seed", str(seed), "--commands", commands,
                                               "--faults", SIMULATED["faults"]])

    def twice():
        command = ["build/gaoxing", "simulate", "--seed", "7", "--commands", "10000", "--faults", SIMULATED["faults"]]
        history = [subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.rpartition("history ")[2] for _ in range(2)]
        return run("simulation/same-seed-same-history", ["test", history[0], "=", history[1] if history[0] else "nothing"])

    def lying():
        return run("simulation/a-disk-that-lies-is-found-out",
                   ["sh", "-c", "! build/gaoxing simulate --seed 7 --commands 20000 --faults 40 --lying-disk"])

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(once, seed, SIMULATED["commands"]) for seed in SIMULATED["seeds"]] + [pool.submit(twice), pool.submit(lying)]
        return [job.result() for job in jobs]


def main():
    wanted = sys.argv[1:] or SUITES
    unknown = [suite for suite in wanted if suite not in SUITES]
    if unknown:
        sys.exit(f"unknown suite: {' '.join(unknown)}; there are {', '.join(SUITES)}")
    results = []
    for suite in wanted:
        if suite == "unit":
            results += run_meson("build", "unit", "unit", 2)
        elif suite == "sanitized":
            results += run_meson("build-asan", "unit", "sanitized", 2, SANITIZER_ENV)
        elif suite == "postgres":
            with postgres.cluster() as address:
                env = {"GX_TEST_POSTGRES": address}
                results += run_meson("build", "postgres", "postgres", 2, env)
                results += run_meson("build-asan", "postgres", "postgres-sanitized", 2, {**SANITIZER_ENV, **env})
                results += run_node("postgres", env)
        elif suite == "simulation":
            results += run_simulations()
        elif suite == "conformance":
            results += run_meson("build", "conformance", "conformance", 2)
        elif suite == "fuzz":
            results += run_meson("build-asan", "fuzz", "fuzz", 2, SANITIZER_ENV)
        else:
            results += run_node(suite)
    passed, failed, skipped = (sum(column) for column in zip(*results)) if results else (0, 1, 0)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

"""libgaoxing as others get it: installed to a folder of its own, found by pkg-config, linked both ways, and run.

usage: library.py BUILD SOURCE. Prints TAP.
"""
import os
import re
import subprocess
import sys
import tempfile

build, source = map(os.path.abspath, sys.argv[1:3])
here = os.path.join(source, "tests", "library")
loan = os.path.join(here, "loan.dmn")
PLAN = []


def test(function):
    PLAN.append(function)
    return function


def output(*command, env=None, status=0):
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == status, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout if status == 0 else done.stdout + done.stderr


def names_of(*command):
    return sorted(line.split()[-1].split("@")[0] for line in output(*command).splitlines() if line.split())


class Installed:
    """`meson install` into a folder of its own."""

    def __init__(self, folder):
        self.prefix = folder
        output("meson", "install", "-C", build, "--no-rebuild", "--destdir", folder, "--tags", "devel,runtime")
        found = [os.path.join(at, "gaoxing.pc") for at, _, files in os.walk(folder) if "gaoxing.pc" in files]
        assert len(found) == 1, f"gaoxing.pc: {found}"
        self.env = {**os.environ, "PKG_CONFIG_PATH": os.path.dirname(found[0]), "PKG_CONFIG_SYSROOT_DIR": folder}
        self.library = os.path.dirname(os.path.dirname(found[0]))
        self.shared = os.path.join(self.library, "libgaoxing.so")

    def flags(self, *options):
        return output("pkg-config", *options, "gaoxing", env=self.env).split()

    def compile(self, program, name, *flags):
        out = os.path.join(self.prefix, name)
        output("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", program, "-o", out, *flags)
        return out

    def run(self, *command, status=0):
        return output(*command, status=status, env={**os.environ, "LD_LIBRARY_PATH": self.library})


@test
def what_the_shared_library_shows_is_the_list_of_symbols(installed):
    with open(os.path.join(here, "symbols.txt")) as listed:
        assert names_of("nm", "-D", "--defined-only", installed.shared) == sorted(listed.read().split())


@test
def every_function_of_the_header_is_in_the_list_and_the_other_way_round(installed):
    with open(os.path.join(source, "include/gaoxing/gaoxing.h")) as header, open(os.path.join(here, "symbols.txt")) as listed:
        declared = set(re.findall(r"GAOXING_API[^;(]*?(gaoxing_\w+)\s*\(", header.read()))
        assert declared == set(listed.read().split())


@test
def it_reads_no_clock_and_opens_nothing_but_time_zones(installed):
    """open, read and close are those of the tz database (feel/zone.c)."""
    asked = names_of("nm", "-D", "-u", installed.shared)
    for name in ("fopen", "fopen64", "socket", "connect", "time", "gettimeofday", "clock_gettime", "getenv", "secure_getenv", "printf",
                 "puts", "system", "execve", "fork", "pthread_create", "rand", "getrandom", "setlocale", "localtime", "exit"):
        assert name not in asked, name


@test
def it_has_no_variable_that_changes(installed):
    """What lies in .data or .bss could change; relocated constants lie in .data.rel.ro. The rest is libgcc's and the start-up code's."""
    table = output("objdump", "-t", os.path.join(build, "src/embed/libgaoxing.so"))
    kept = re.findall(r"\s(\.data|\.bss|\.tdata|\.tbss)\s+[0-9a-f]+\s+(?:\.hidden\s+)?(\S+)$", table, re.M)
    ours = [name for _, name in kept if not name.startswith(("__", ".", "completed."))]
    if "__asan" not in table:
        assert ours == [], ours


@test
def the_static_library_defines_no_name_without_its_prefix(installed):
    shown = names_of("nm", "-g", "--defined-only", "-j", os.path.join(build, "src/embed/libgaoxing.a"))
    ours = [name for name in shown if not name.endswith(":") and not name.startswith(("gx_", "gaoxing_", "__", ".", "DW."))]
    assert ours == [], ours


@test
def the_examples_have_less_than_sixty_lines(installed):
    for name in ("price", "decide"):
        with open(os.path.join(source, "examples", name + ".c")) as program:
            assert len(program.readlines()) < 60, name


@test
def a_rule_runs_against_the_shared_library(installed):
    program = installed.compile(os.path.join(source, "examples/price.c"), "price", *installed.flags("--cflags", "--libs"))
    assert installed.run(program) == "anvil 116.991\nfeather 2.50\nkettle 39.90\n"
    said = installed.run(program, "if wieght > 10 then 1 else 2", status=1)
    assert "1:4: " in said and '"weight"' in said and "\n   ^\n" in said, said


@test
def a_decision_runs_against_the_shared_library(installed):
    program = installed.compile(os.path.join(source, "examples/decide.c"), "decide", *installed.flags("--cflags", "--libs"))
    assert installed.run(program, loan, "loan", '{"age": 17, "since": "2025-01-01"}', '"granted"') == (
        '"refused"\nloan = "refused"\nrefused because age 17 < 18 (rule 1)\nchange age from 17 to 18\n')
    assert "2025-13-01" in installed.run(program, loan, "loan", '{"since": "2025-13-01"}', status=1)
    assert "no \"other\"" in installed.run(program, loan, "other", "{}", status=1)


@test
def a_rule_runs_against_the_static_library(installed):
    flags = [flag for flag in installed.flags("--cflags", "--libs", "--static") if flag != "-lgaoxing"]
    archive = os.path.join(installed.library, "libgaoxing.a")
    program = installed.compile(os.path.join(source, "examples/price.c"), "price-static", archive, *flags)
    assert output(program) == "anvil 116.991\nfeather 2.50\nkettle 39.90\n"


@test
def the_header_is_one_for_cpp_too(installed):
    program = os.path.join(installed.prefix, "header.cc")
    with open(program, "w") as file:
        file.write('#include <gaoxing/gaoxing.h>\nint main() { return gaoxing_is_true(gaoxing_boolean(true)) ? 0 : 1; }\n')
    out = os.path.join(installed.prefix, "header")
    output("c++", "-Wall", "-Wextra", "-Werror", program, "-o", out, *installed.flags("--cflags", "--libs"))
    installed.run(out)


@test
def threads_arenas_budgets_allocators_and_host_functions_hold_what_the_header_says(installed):
    program = installed.compile(os.path.join(here, "promises.c"), "promises", *installed.flags("--cflags", "--libs"), "-lpthread")
    assert installed.run(program, loan) == "ok\n"


def main():
    print(f"1..{len(PLAN)}")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="gaoxing-library-") as folder:
        installed = Installed(folder)
        for number, function in enumerate(PLAN, 1):
            try:
                function(installed)
                print(f"ok {number} - {function.__name__}")
            except AssertionError as wrong:
                failed += 1
                print(f"not ok {number} - {function.__name__}")
                print("\n".join("# " + line for line in str(wrong).splitlines()))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

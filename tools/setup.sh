# tools/setup.sh: installs what is missing and builds; sourced by ./run and ./check from the project's folder.
# Works as root or with sudo on a bare Debian 12; where everything is in place it takes a fraction of a second.

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# need_packages FILE...: installs the Debian packages listed there (one a line, '#' comments) that are not installed.
need_packages() {
    local missing=() name
    for name in $(sed 's/#.*//' "$@"); do
        case $name in
        nodejs) command -v node >/dev/null && node -e 'process.exit(+process.versions.node.split(".")[0] < 18 ? 1 : 0)' && continue ;;
        npm) command -v npm >/dev/null && continue ;;
        esac
        dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
    done
    [ ${#missing[@]} = 0 ] && return 0
    say "installing ${#missing[@]} Debian packages: ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# need_modules FOLDER: npm ci, when the lock file has changed since the last time.
need_modules() {
    local stamp="$1/node_modules/.installed"
    cmp -s "$1/package-lock.json" "$stamp" 2>/dev/null && return 0
    say "installing npm packages for $1"
    npm ci --prefix "$1" --no-audit --no-fund --loglevel=error
    cp "$1/package-lock.json" "$stamp"
}

# The browser page, when a source is newer than the last build.
build_page() {
    need_modules web
    if [ -f web/dist/index.html ] &&
        [ -z "$(find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -newer web/dist/index.html -print -quit)" ]; then
        return 0
    fi
    say "building the page"
    npm run --prefix web --silent build
    touch web/dist/index.html
}

# build_binary FOLDER MESON-OPTION...
build_binary() {
    local folder=$1
    shift
    if [ ! -f "$folder/build.ninja" ]; then
        rm -rf "$folder"
        meson setup "$folder" "$@" >"/tmp/meson-setup.$$" || { cat "/tmp/meson-setup.$$" >&2; return 1; }
        rm -f "/tmp/meson-setup.$$"
    elif pkg-config --exists cmocka && ! [ -d "$folder/tests/unit" ]; then
        meson setup --reconfigure "$folder" >/dev/null # the tests' packages came after the first ./run
    fi
    if ! ninja -C "$folder" -n 2>/dev/null | grep -q 'no work to do'; then
        say "building $folder"
        ninja -C "$folder" --quiet
    fi
}

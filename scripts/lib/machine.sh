# What the proof needs from the machine: Debian packages, Rust tools, clients that others wrote.

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "not root, and no sudo: cannot run $*" >&2
        return 1
    fi
}

apt_lists_read=false
read_apt_lists() {
    [[ $apt_lists_read == true ]] || as_root apt-get -qq update
    apt_lists_read=true
}

# install PACKAGE...: nothing is read or installed when nothing is given.
install() {
    [[ $# -gt 0 ]] || return 0
    echo "installing: $*"
    read_apt_lists
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y "$@" >/dev/null
}

prepare_machine() {
    local missing=()
    command -v c++ >/dev/null || missing+=(build-essential)
    command -v curl >/dev/null || missing+=(curl ca-certificates)
    command -v chromium >/dev/null || missing+=(chromium)
    python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3 python3-venv python3-pip)
    command -v strace >/dev/null || missing+=(strace)
    postgres_bin >/dev/null || missing+=(postgresql)
    [[ -x /usr/sbin/haproxy ]] || missing+=(haproxy)
    install "${missing[@]}"

    cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
    cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
    rust_tool nextest
    fetch_python axe tests/clients/requirements-axe.txt --no-deps --no-compile
    [[ $quick == false ]] || return 0
    [[ ${FRONTDESK_SKIP_DENY:-0} == 1 ]] || rust_tool deny
    fetch_zabbix
    fetch_python python tests/clients/requirements.txt
    fetch_python schemathesis tests/clients/requirements-schemathesis.txt
}

# What no package brings, and not every container permits. Tests that need it are left out where the machine has it not;
# everything else must be there (crates/testkit/src/needs.rs).
untested=()
probe_machine() {
    may_trace || untested+=(strace)
    may_mount || untested+=(mount)
    export FRONTDESK_TEST_ALL=1 FRONTDESK_TEST_WITHOUT="${untested[*]}"
    tell_untested
}

tell_untested() {
    [[ ${#untested[@]} -eq 0 ]] || echo "NOT TESTED, because this machine or user may not: ${untested[*]}"
}

may_trace() {
    strace -f -qq --seccomp-bpf -o /dev/null true 2>/dev/null
}

may_mount() {
    local at=$scratch/mount status=0
    mkdir -p "$at"
    mount -t tmpfs -o size=1m tmpfs "$at" 2>/dev/null && umount "$at" || status=1
    return "$status"
}

# rust_tool NAME: cargo NAME works, or is built now.
rust_tool() {
    cargo "$1" --version >/dev/null 2>&1 || cargo install --locked "cargo-$1"
}

# Zabbix's media types and the program that runs their scripts, unpacked and not installed: no server is wanted here.
fetch_zabbix() {
    local root=$fetched/zabbix packages=(zabbix-server-pgsql zabbix-frontend-php) package
    if [[ ! -e $root/complete ]]; then
        rm -rf "$root"
        mkdir -p "$root/packages"
        apt-cache show "${packages[@]}" >/dev/null 2>&1 || read_apt_lists
        (cd "$root/packages" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download "${packages[@]}")
        for package in "$root"/packages/*.deb; do
            dpkg -x "$package" "$root"
        done
        touch "$root/complete"
    fi
    if ldd "$root/usr/bin/zabbix_js" | grep -q 'not found'; then
        local libraries
        mapfile -t libraries < <(dpkg-deb -f "$root"/packages/zabbix-server-pgsql_*.deb Depends |
            tr ',' '\n' | sed -E 's/^ *([^ (|]+).*/\1/' | grep '^lib')
        install "${libraries[@]}"
    fi
}

# fetch_python NAME REQUIREMENTS [OPTION...]: a virtual environment that holds exactly these.
fetch_python() {
    local root=$fetched/$1
    cmp -s "$2" "$root/requirements.txt" && return
    rm -rf "$root"
    python3 -m venv "$root"
    "$root/bin/pip" --quiet --disable-pip-version-check install "${@:3}" -r "$2"
    cp "$2" "$root/requirements.txt"
}

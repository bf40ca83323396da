# A PostgreSQL of our own: a cluster in a new folder, without durability, on a free port of the loopback address.

postgres_dir=
postgres_port=

# The folder of initdb and pg_ctl; of the newest version when there are several.
postgres_bin() {
    local found
    found=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
    [[ -n $found ]] || found=$(command -v initdb) || return 1
    dirname "$found"
}

# It refuses to run as root; Debian's package brings a user for it.
as_postgres() {
    if [[ $EUID -eq 0 ]]; then
        (cd "$postgres_dir" && runuser -u postgres -- "$@")
    else
        (cd "$postgres_dir" && "$@")
    fi
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start_postgres() {
    local bin
    bin=$(postgres_bin)
    postgres_dir=$(mktemp -d "${TMPDIR:-/tmp}/frontdesk-postgres.XXXXXX")
    [[ $EUID -ne 0 ]] || chown postgres: "$postgres_dir"
    postgres_port=$(free_port)
    as_postgres "$bin/initdb" --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
        --no-sync --no-instructions >"$scratch/initdb.log" || { cat "$scratch/initdb.log"; return 1; }
    # Many tests at once, each with a pool.
    as_postgres tee -a data/postgresql.conf >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $postgres_port
unix_socket_directories = '$postgres_dir'
max_connections = 400
fsync = off
synchronous_commit = off
full_page_writes = off
CONF
    as_postgres "$bin/pg_ctl" --pgdata=data --log=log --wait --silent start || { cat "$postgres_dir/log"; return 1; }
    as_postgres "$bin/psql" -h 127.0.0.1 -p "$postgres_port" -U postgres -Atc 'select version()'
}

# new_database NAME
new_database() {
    as_postgres "$(postgres_bin)/psql" -q -h 127.0.0.1 -p "$postgres_port" -U postgres -c "create database $1"
}

stop_postgres() {
    [[ -n $postgres_dir ]] || return 0
    [[ ! -e $postgres_dir/data/postmaster.pid ]] ||
        as_postgres "$(postgres_bin)/pg_ctl" --pgdata=data --mode=immediate --silent stop
    rm -rf "$postgres_dir"
    postgres_dir=
}

# A desk of our own, fresh each time: started, asked, stopped.

desk_number=0
desk_pid=
desk_url=
desk_log=
desk_secrets=

# without_settings COMMAND...: none of the desk's settings comes from whoever runs this.
without_settings() {
    local name unset=()
    while read -r name; do
        [[ $name != FRONTDESK_* ]] || unset+=(-u "$name")
    done < <(compgen -e)
    exec env "${unset[@]}" "$@"
}

# secret KEY...: a member of what `frontdesk init` printed, such as `oauth client_id`.
secret() {
    python3 -c '
import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]:
    value = value[key]
print(value)' "$desk_secrets" "$@"
}

# start_desk sqlite|postgres
start_desk() {
    desk_number=$((desk_number + 1))
    local dir=$scratch/desk$desk_number waited
    local place=(--data-dir "$dir/data")
    mkdir "$dir"
    if [[ $1 == postgres ]]; then
        new_database "clients$desk_number"
        place+=(--database-url "postgres://postgres@127.0.0.1:$postgres_port/clients$desk_number")
    fi
    desk_log=$dir/log
    desk_secrets=$dir/secrets.json
    (cd "$dir" && without_settings "$target_dir/debug/frontdesk" init --json "${place[@]}") >"$desk_secrets"
    (cd "$dir" && without_settings "$target_dir/debug/frontdesk" serve --listen 127.0.0.1:0 "${place[@]}") >"$desk_log" 2>&1 &
    desk_pid=$!
    for ((waited = 0; waited < 300; waited++)); do
        desk_url=$(sed -nE 's/.* listens on (http[^ ]+).*/\1/p' "$desk_log" | head -n 1)
        if [[ -n $desk_url ]] && curl -fsS -o /dev/null "$desk_url/readyz" 2>/dev/null; then
            echo "a desk on $1 at $desk_url"
            return
        fi
        kill -0 "$desk_pid" 2>/dev/null || break
        sleep 0.1
    done
    echo "the desk does not serve:" >&2
    tail -n 20 "$desk_log" >&2
    return 1
}

# One that does not stop in order has failed.
stop_desk() {
    [[ -n $desk_pid ]] || return 0
    local status=0
    kill -TERM "$desk_pid" 2>/dev/null || true
    wait "$desk_pid" || status=$?
    desk_pid=
    if [[ $status -ne 0 ]]; then
        echo "the desk ended with $status:"
        tail -n 20 "$desk_log"
        count 0 1
    fi
}

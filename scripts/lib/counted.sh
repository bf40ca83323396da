# Stages that run to their end whatever they find, and what each adds to the count.

# counted STATUS PASSED FAILED: a command that failed without counting a failure counts as one.
counted() {
    local status=$1 good=$2 bad=$3
    [[ $status -eq 0 || $bad -gt 0 ]] || bad=1
    count "$good" "$bad"
}

run_tests() {
    local log=$scratch/tests.log status=0 summary good total
    FRONTDESK_TEST_AXE=$(echo "$fetched"/axe/lib/python3*/site-packages/axe_playwright_python/axe.min.js)
    export FRONTDESK_TEST_AXE
    cargo nextest run --workspace --no-fail-fast 2>&1 | tee "$log" || status=$?
    # Summary [   4.2s] 412 tests run: 410 passed (1 slow), 2 failed, 3 skipped
    summary=$(grep -E '^ *Summary \[.*tests? run:' "$log" | tail -n 1 || true)
    good=$(sed -nE 's/.*run: .*\b([0-9]+) passed.*/\1/p' <<<"$summary")
    total=$(sed -nE 's/.*\b([0-9]+) tests? run:.*/\1/p' <<<"$summary")
    counted "$status" "${good:-0}" $((${total:-0} - ${good:-0}))
}

run_doctests() {
    local log=$scratch/doctests.log status=0
    cargo test --workspace --doc --no-fail-fast 2>&1 | tee "$log" || status=$?
    # test result: ok. 3 passed; 0 failed; 1 ignored; ...
    counted "$status" \
        "$(awk '/^test result:/ { n += $4 } END { print n + 0 }' "$log")" \
        "$(awk '/^test result:/ { n += $6 } END { print n + 0 }' "$log")"
}

# Every fuzz target for a while; scripts/fuzz goes on for hours.
run_fuzz() {
    local log=$scratch/fuzz.log status=0
    scripts/fuzz "${FRONTDESK_TEST_FUZZ_TARGET_SECONDS:-45}" 2>&1 | tee "$log" || status=$?
    counted "$status" "$(grep -c '^fuzz .*, no finding$' "$log")" "$(grep -c '^fuzz .*: A FINDING$' "$log")"
}

# A check's last line is its count.
run_check() {
    local log=$scratch/check.log status=0 good bad
    "$fetched/python/bin/python" "$@" 2>&1 | tee "$log" || status=$?
    read -r good bad < <(sed -nE '$s/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$log") || true
    counted "$status" "${good:-0}" "${bad:-0}"
}

run_clients() {
    local token
    token=$(access_token)
    echo "-- servicedesk-client"
    run_check tests/clients/servicedesk_client_check.py --base-url "$desk_url" \
        --technician-key "$(secret technician_key)" --token "$token"
    echo "-- Zabbix"
    run_check tests/clients/zabbix_check.py --base-url "$desk_url" --zabbix "$fetched/zabbix" \
        --technician-key "$(secret technician_key)" --refresh-token "$(secret oauth refresh_token)" \
        --client-id "$(secret oauth client_id)" --client-secret "$(secret oauth client_secret)"
}

# An access token for everything, by the refresh token.
access_token() {
    curl -fsS "$desk_url/oauth/v2/token" \
        --data-urlencode grant_type=refresh_token \
        --data-urlencode "refresh_token=$(secret oauth refresh_token)" \
        --data-urlencode "client_id=$(secret oauth client_id)" \
        --data-urlencode "client_secret=$(secret oauth client_secret)" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])'
}

# The seed is fixed and the examples are few: the same run each time. An operation is what counts.
run_schemathesis() {
    local dir=$scratch/schemathesis status=0 token good=0 bad=0
    token=$(access_token)
    mkdir -p "$dir"
    (cd "$dir" && "$fetched/schemathesis/bin/st" run "$desk_url/api/openapi.json" --origin "$desk_url" \
        --header "Authorization: Zoho-oauthtoken $token" \
        --checks not_a_server_error,response_schema_conformance,content_type_conformance,status_code_conformance \
        --phases "$phases" --max-examples 10 --seed 1 --generation-database none --continue-on-failure \
        --workers 2 --request-timeout 20 --warnings off --no-color \
        --report json --report-json-path report.json) || status=$?
    read -r good bad < <(python3 - "$dir/report.json" <<'PYTHON'
import json, sys
try:
    report = json.load(open(sys.argv[1]))
except OSError:
    report = {"operations": {"tested": 0, "errored": 0}, "failures": []}
failing = {name for failure in report["failures"] for name in failure["operations"]}
tested = report["operations"]["tested"]
failed = min(tested, len(failing) + report["operations"]["errored"])
print(tested - failed, failed)
PYTHON
    ) || true
    counted "$status" "$good" "$bad"
    # What was sent may be refused, but must not have hurt.
    if curl -fsS -o /dev/null "$desk_url/readyz"; then count 1 0; else count 0 1; fi
}

# Licences, bans and sources are judged by what is here. Advisories come from a public database: where it cannot be
# reached this says so and goes on, for a network is no property of the tree.
check_dependencies() {
    cargo deny check bans licenses sources
    if cargo deny fetch db; then
        cargo deny check advisories
    else
        echo "ADVISORIES NOT CHECKED: their database cannot be reached"
    fi
}

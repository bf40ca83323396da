#!/usr/bin/env python3
"""Runs Zabbix's own "ManageEngine ServiceDesk" webhook against a running desk.

The script and its default parameters are taken out of the media type that Debian's zabbix-frontend-php ships, and run
unchanged by zabbix_js of zabbix-server-pgsql, in both of its modes: on demand (OAuth with a refresh token) and on
premise (a technician key). Both packages need only be unpacked. What the webhook wrote is read back by plain HTTP.

One line per check; the last line is `N passed, N failed`.
"""

import argparse
import json
import re
import subprocess
import tempfile
import uuid
from pathlib import Path

import yaml

from proof import Checks, Desk, holds, same

MEDIA_TYPE = (
    "usr/share/doc/zabbix-frontend-php/templates/media/manageengine_servicedesk/media_manageengine_servicedesk.yaml"
)
SUBJECT = '[PROBLEM] Disk C: is 95% full & growing + "quoted" it\'s – ü日'
MESSAGE = "Problem started at 10:00:00\r\nHost: server-1\nSeverity: High, 50% + more & still more ü"
MESSAGE_HTML = "Problem started at 10:00:00<br>Host: server-1<br>Severity: High, 50% + more & still more ü"
# Severities of Zabbix, and the priorities that the media type's defaults make of them; 6 is none of them.
PRIORITIES = {"0": "Low", "1": "Low", "2": "Medium", "3": "Normal", "4": "High", "5": "High", "6": "Normal"}


class WebhookFailed(Exception):
    pass


class Webhook:
    """The media type, with parameters as Zabbix would fill them in for an event."""

    def __init__(self, root, scratch):
        media_type = yaml.safe_load((root / MEDIA_TYPE).read_text())["zabbix_export"]["media_types"][0]
        parameters = media_type["parameters"]
        if isinstance(parameters, dict):  # Older exports number the parameters.
            parameters = parameters.values()
        self.defaults = {p["name"]: p["value"] for p in parameters}
        self.program = root / "usr/bin/zabbix_js"
        self.script = scratch / "webhook.js"
        self.script.write_text(media_type["script"])
        self.input = scratch / "parameters.json"

    def run(self, **changes):
        """Runs the script; returns what it returns, or raises what it throws. `None` takes a parameter away."""
        parameters = dict(self.defaults)
        for name, value in changes.items():
            # Names such as field_ref:requester are no Python names; two underscores stand for the colon.
            parameters[name.replace("__", ":")] = value
        parameters = {name: value for name, value in parameters.items() if value is not None}
        self.input.write_text(json.dumps(parameters))
        done = subprocess.run(
            [self.program, "-s", self.script, "-i", self.input, "-t", "30"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise WebhookFailed((done.stdout + done.stderr).strip())
        return json.loads(done.stdout.strip().splitlines()[-1])


def plain(html):
    """HTML, however it spells a line break and an ampersand."""
    return re.sub(r"<br\s*/?>", "<br>", html).replace("&amp;", "&")


def notes_of(desk, ident):
    """The texts of a request's notes, whichever of its two names a note goes by."""
    listed = desk.get(f"requests/{ident}/notes")
    rows = listed["notes"] if "notes" in listed else listed["request_notes"]
    answers = [desk.get(f"requests/{ident}/notes/{row['id']}") for row in rows]
    return [plain((a["note"] if "note" in a else a["request_note"])["description"]) for a in answers]


def rounds(checks, mode, webhook, desk, requester, link, udf_field):
    """One mode: an event's life from problem to recovery, other events, refusals."""
    problem = {
        "event_source": "0",
        "event_value": "1",
        "event_update_status": "0",
        "event_recovery_value": "{EVENT.RECOVERY.VALUE}",
    }
    text = {"field_string__subject": SUBJECT, "field_string__description": MESSAGE, "field_ref__requester": requester}
    ident = None

    with checks.check(f"{mode}: a problem creates a request"):
        more = {f"udf_field_string__{udf_field}": "from Zabbix"} if udf_field else {}
        result = webhook.run(**problem, **text, **more, event_nseverity="4")
        ident = result["tags"]["__zbx_sd_request_id"]
        holds(isinstance(ident, str) and ident.isdigit(), f"the tag holds the request's id, not {ident!r}")
        same(result["tags"]["__zbx_sd_request_link"], link(ident), "link")
    with checks.check(f"{mode}: the request is what the event was"):
        stored = desk.request(ident)
        same(stored["subject"], SUBJECT, "subject")
        same(plain(stored["description"]), MESSAGE_HTML, "description")
        same(stored["requester"]["name"], requester, "requester")
        same(stored["priority"]["name"], "High", "priority")
        same(stored["status"]["name"], "Open", "status")
        if udf_field:
            same(stored["udf_fields"][udf_field], "from Zabbix", "additional field")
    with checks.check(f"{mode}: every severity has its priority"):
        for severity, priority in PRIORITIES.items():
            made = webhook.run(**problem, **text, event_nseverity=severity)["tags"]["__zbx_sd_request_id"]
            same(desk.request(made)["priority"]["name"], priority, f"priority of severity {severity}")
            desk.delete(f"requests/{made}")

    update = {
        "event_source": "0",
        "event_value": "1",
        "event_update_status": "1",
        "event_recovery_value": "{EVENT.RECOVERY.VALUE}",
    }
    with checks.check(f"{mode}: an acknowledgement adds a note"):
        words = "Admin acknowledged problem.\nOn it & soon done ü"
        same(
            webhook.run(**update, **{**text, "field_string__description": words}, sd_request_id=ident),
            {"tags": {}},
            "result",
        )
        same(notes_of(desk, ident), ["Admin acknowledged problem.<br>On it & soon done ü"], "notes")
        stored = desk.request(ident)
        same((stored["subject"], plain(stored["description"])), (SUBJECT, MESSAGE_HTML), "the request itself")
    recovery = {"event_source": "0", "event_value": "0", "event_update_status": "0", "event_recovery_value": "0"}
    with checks.check(f"{mode}: a recovery changes the subject and nothing else"):
        before = desk.request(ident)
        changed = {**text, "field_string__subject": "[RESOLVED] Disk C:", "field_string__description": "Resolved in 5m"}
        same(webhook.run(**recovery, **changed, sd_request_id=ident), {"tags": {}}, "result")
        after = desk.request(ident)
        same(after["subject"], "[RESOLVED] Disk C:", "subject")
        for key in ("description", "status", "priority", "requester", "created_time"):
            same(after[key], before[key], key)
        same(len(notes_of(desk, ident)), 1, "notes")
    with checks.check(f"{mode}: an update after the recovery adds another note"):
        words = {**text, "field_string__subject": "[RESOLVED] Disk C:", "field_string__description": "Closed by hand"}
        webhook.run(**{**update, "event_value": "0", "event_recovery_value": "0"}, **words, sd_request_id=ident)
        same(sorted(notes_of(desk, ident))[1], "Closed by hand", "second note")
    with checks.check(f"{mode}: a discovery event creates a request and keeps no tags"):
        subject = f"Discovery: UP {uuid.uuid4().hex[:10]}"
        found = {
            "event_source": "1",
            "event_value": "{EVENT.VALUE}",
            "event_update_status": "{EVENT.UPDATE.STATUS}",
            "event_recovery_value": "{EVENT.RECOVERY.VALUE}",
            "event_nseverity": "{EVENT.NSEVERITY}",
        }
        same(webhook.run(**found, **{**text, "field_string__subject": subject}), {"tags": {}}, "result")
        criteria = {"field": "subject", "condition": "is", "value": subject}
        rows = desk.get(
            "requests", {"list_info": {"search_criteria": criteria, "fields_required": ["subject", "priority"]}}
        )["requests"]
        same([(row["subject"], row["priority"]["name"]) for row in rows], [(subject, "Normal")], "requests")
    with checks.check(f"{mode}: a requester is not required"):
        made = webhook.run(**problem, **{**text, "field_ref__requester": None})["tags"]["__zbx_sd_request_id"]
        holds(desk.request(made)["requester"]["id"], "the caller is the requester")

    def refused(pattern, **parameters):
        try:
            result = webhook.run(**parameters)
        except WebhookFailed as failure:
            holds(re.search(pattern, str(failure)), f"{str(failure)[-300:]!r} says {pattern!r}")
        else:
            raise AssertionError(f"it was not refused: {result}")

    with checks.check(f"{mode}: an update of a request that does not exist fails, and says why"):
        refused(r"Sending failed: Request failed with status_code \d+\.", **update, **text, sd_request_id="1")
    with checks.check(f"{mode}: a template that does not exist is refused, and says why"):
        refused(
            r"Sending failed: Request failed with status_code \d+\. Message: .+",
            **problem,
            **text,
            field_ref__template="No such template",
        )
    with checks.check(f"{mode}: wrong credentials fail"):
        wrong = {"sd_on_premise_auth_token": "wrong", "sd_on_demand_refresh_token": "wrong"}
        refused(r"Sending failed: ", **problem, **text, **wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base-url", required=True, help="where the desk is, such as http://127.0.0.1:8080")
    parser.add_argument("--technician-key", required=True, help="an administrator's key")
    parser.add_argument("--client-id", required=True, help="of an OAuth client")
    parser.add_argument("--client-secret", required=True, help="of the same client")
    parser.add_argument("--refresh-token", required=True, help="issued to that client, for requests")
    parser.add_argument("--zabbix", required=True, type=Path, help="the folder into which both packages are unpacked")
    parser.add_argument("--udf-field", help="a single-line additional field of requests, to be written too")
    arguments = parser.parse_args()
    base_url = arguments.base_url.rstrip("/")

    checks = Checks()
    desk = Desk(base_url, {"authtoken": arguments.technician_key})
    requester = f"Zabbix {uuid.uuid4().hex[:10]}"
    with checks.check("a requester to work with"):
        user = {"name": requester, "email_id": f"{requester.replace(' ', '.').lower()}@example.com"}
        desk.post("users", {"user": user})
    if checks.failed:
        checks.finish()

    with tempfile.TemporaryDirectory(prefix="frontdesk-zabbix-") as scratch:
        webhook = Webhook(arguments.zabbix, Path(scratch))
        # The trailing slash is left to chance by those who fill the form in: once without, once with.
        on_premise = {"sd_on_premise": "true", "sd_url": base_url, "sd_on_premise_auth_token": arguments.technician_key}
        on_demand = {
            "sd_on_premise": "false",
            "sd_url": f"{base_url}/",
            "sd_on_demand_url_auth": base_url,
            "sd_on_demand_client_id": arguments.client_id,
            "sd_on_demand_client_secret": arguments.client_secret,
            "sd_on_demand_refresh_token": arguments.refresh_token,
        }
        modes = (
            ("on premise", on_premise, lambda ident: f"{base_url}/WorkOrder.do?woMode=viewWO&woID={ident}"),
            ("on demand", on_demand, lambda ident: f"{base_url}/app/itdesk/ui/requests/{ident}/details"),
        )
        shipped = dict(webhook.defaults)
        for mode, settings, link in modes:
            webhook.defaults = {**shipped, **settings}
            rounds(checks, mode, webhook, desk, requester, link, arguments.udf_field)
    checks.finish()


if __name__ == "__main__":
    main()

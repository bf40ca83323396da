#!/usr/bin/env python3
"""Drives the package `servicedesk-client`, as it comes from PyPI, against a running desk.

The package reads every answer into strict models: a key that is missing, null or of the wrong type is an error. What
it writes is read back by plain HTTP, and what plain HTTP wrote is read by the package.

One line per check; the last line is `N passed, N failed`. Not checked: `get_template` of a template that exists, since
version 0.5 looks for its id beside `request_template` instead of inside it and so fails on every server.
"""

import argparse
import asyncio
import io
import time
import uuid
import warnings
from datetime import datetime, timedelta, timezone

import httpx
import httpx2
from helpdesk_client.exceptions import HelpdeskClientError
from helpdesk_client.v3 import (
    CategoryFilterParams,
    CategorySearchFields,
    HelpdeskClient,
    HelpdeskClient2,
    IdentSchema,
    NoteCreateSchema,
    RequestCreateSchema,
    RequestCriteriaFilterPagePaginationParams,
    RequesterSchema,
    RequestFilterParams,
    RequestSearchFields,
    RequestUpdateSchema,
    SearchCriteria,
    ShortRequesterSchema,
    SubcategoryFilterParams,
    SubcategorySearchFields,
    SyncHelpdeskClient,
    SyncHelpdeskClient2,
    TemplateFilterParams,
    TemplateSchema,
    TemplateSearchFields,
    UploadFileDTO,
    UrgencyFilterParams,
    UrgencySearchFields,
)
from helpdesk_client.v3.schemas.query_params import RequestFilterPagePaginationParams

from proof import Checks, Desk, holds, same

MISSING = 1
GROUP = "Network"
SUBJECT = 'Ümlaut & 100% + "quoted" it\'s <plain> – 日本'
DESCRIPTION = "<div>First line<br>second &amp; last: 50% + more</div>"
FILE = bytes(range(256)) * 40


class World:
    """What the package itself cannot make: somebody who asks, a template with a group, a category of our own."""

    def __init__(self, desk):
        nonce = uuid.uuid4().hex[:10]
        self.email = f"asker.{nonce}@example.com"
        self.name = f"Asker {nonce}"
        self.requester = int(
            desk.post("users", {"user": {"name": self.name, "email_id": self.email, "phone": "+1 555 0100"}})["user"][
                "id"
            ]
        )
        # The package wants a group in every request it reads; a template is how requests come by one.
        template = {"name": f"Clients {nonce}", "request": {"group": {"name": GROUP}}}
        self.template = int(desk.post("request_templates", {"request_template": template})["request_template"]["id"])
        self.template_name = template["name"]
        self.category_name = f"Category {nonce}"
        category = {"name": self.category_name, "description": "For a client"}
        self.category = int(desk.post("categories", {"category": category})["category"]["id"])
        self.subcategory_name = f"Subcategory {nonce}"
        subcategory = {"name": self.subcategory_name, "category": {"id": str(self.category)}}
        self.subcategory = int(desk.post("subcategories", {"subcategory": subcategory})["subcategory"]["id"])


def draft(world, urgency, subject=SUBJECT, **more):
    return RequestCreateSchema(
        subject=subject,
        description=DESCRIPTION,
        requester=ShortRequesterSchema(id=world.requester),
        template=TemplateSchema(id=world.template),
        urgency=IdentSchema(id=urgency),
        **more,
    )


def upload(content=FILE, name="report ü.bin", kind="application/octet-stream"):
    # A plain file object; whoever wrote the annotation had an opened file in mind.
    return UploadFileDTO(file=io.BytesIO(content), filename=name, content_type=kind)


def lookups(checks, client, world):
    """Lists that a form would be filled from."""
    with checks.check("urgencies: paging, sorting, count"):
        everything = client.get_urgencies(
            UrgencyFilterParams(limit=100, offset=1, sort_field="name", can_include_count=True)
        )
        names = [u.name for u in everything.urgencies]
        holds({"Urgent", "High", "Normal", "Low"} <= set(names), f"the shipped urgencies are among {names}")
        same(names, sorted(names), "order by name")
        same(everything.list_info.total_count, len(names), "total_count")
        holds(not everything.list_info.has_next, "all fit on one page")
        pages, offset = [], 1
        while True:
            page = client.get_urgencies(
                UrgencyFilterParams(limit=2, offset=offset, sort_field="name", sort_order="asc")
            )
            pages += [u.name for u in page.urgencies]
            same(page.list_info.offset, offset, "start_index")
            offset += 2
            if not page.list_info.has_next:
                break
        same(pages, names, "page after page")
    with checks.check("urgencies: backwards, by name, not deleted"):
        reverse = client.get_urgencies(UrgencyFilterParams(limit=100, offset=1, sort_field="name", sort_order="desc"))
        same([u.name for u in reverse.urgencies], sorted(names, reverse=True), "order by name, descending")
        found = client.get_urgencies(
            UrgencyFilterParams(limit=10, offset=1, search_fields=UrgencySearchFields(name="Urgent", is_deleted=False))
        )
        same([(u.name, u.is_deleted) for u in found.urgencies], [("Urgent", False)], "found")
    with checks.check("categories: by name"):
        found = client.get_categories(
            CategoryFilterParams(
                limit=10, offset=1, search_fields=CategorySearchFields(name=world.category_name, is_deleted=False)
            )
        )
        same(
            [(c.id, c.name, c.description, c.is_deleted) for c in found.categories],
            [(world.category, world.category_name, "For a client", False)],
            "found",
        )
    with checks.check("categories: by page"):
        page = client.get_categories(CategoryFilterParams(limit=1, offset=1, can_include_count=True))
        same(len(page.categories), 1, "rows")
        same(page.list_info.has_next, page.list_info.total_count_ > 1, "has_more_rows")
    with checks.check("subcategories: by category"):
        search = SubcategorySearchFields(category_name=world.category_name)
        found = client.get_subcategories(SubcategoryFilterParams(limit=10, offset=1, search_fields=search))
        same(
            [(s.id, s.name, s.category.id, s.category.name) for s in found.subcategories],
            [(world.subcategory, world.subcategory_name, world.category, world.category_name)],
            "found",
        )
    with checks.check("service categories"):
        page = client.get_service_categories(CategoryFilterParams(limit=100, offset=1, sort_field="name"))
        holds(page.service_categories, "there are some")
        holds(not any(c.is_deleted for c in page.service_categories), "none is deleted")
    with checks.check("templates: incident templates, by name"):
        search = TemplateSearchFields(is_service_template=False, name=world.template_name)
        found = client.get_templates(TemplateFilterParams(limit=10, offset=1, search_fields=search))
        same([(t.id, t.name) for t in found.request_templates], [(world.template, world.template_name)], "found")
        ours = found.request_templates[0]
        same(
            (ours.is_service_template, ours.is_enabled, ours.inactive, ours.is_default_template),
            (False, True, False, False),
            "flags",
        )
    with checks.check("templates: there is one default"):
        everything = client.get_templates(TemplateFilterParams(limit=100, offset=1))
        same(sum(t.is_default_template for t in everything.request_templates), 1, "default templates")
    with checks.check("a template that does not exist is none"):
        same(client.get_template(MISSING), None)


def writing(checks, client, desk, world, urgency):
    """A request, written by the package and read by both."""
    ident = None
    with checks.check("create a request"):
        before = datetime.now(timezone.utc)
        created = client.create_request(draft(world, urgency["Urgent"]))
        ident = created.id
        same(created.subject, SUBJECT, "subject")
        same(created.group.name, GROUP, "group")
        same(created.status.name, "Open", "status")
        same(
            created.requester,
            RequesterSchema(id=world.requester, email=world.email, phone="+1 555 0100", name=world.name),
            "requester",
        )
        same(created.urgency.name, "Urgent", "urgency")
        holds(
            abs(created.created_time.value - before) < timedelta(minutes=1), f"created now, not {created.created_time}"
        )
        holds(created.created_time.display_value, "the time has a text")
        same(list(created.attachments), [], "attachments")
    with checks.check("plain HTTP reads what the package created"):
        stored = desk.request(ident)
        same(stored["id"], str(ident), "id")
        same(stored["subject"], SUBJECT, "subject")
        same(stored["description"], DESCRIPTION, "description")
        same(stored["requester"]["email_id"], world.email, "requester")
        same(stored["template"]["id"], str(world.template), "template")
        same(stored["urgency"]["id"], str(urgency["Urgent"]), "urgency")
    with checks.check("the package reads what it created"):
        read = client.get_request(ident)
        same((read.id, read.subject, read.description), (ident, SUBJECT, DESCRIPTION), "request")
        same(read.requester.email, world.email, "requester")
    with checks.check("create by e-mail address, with mode and a template that says it is for incidents"):
        mode = int(desk.get("modes", {"list_info": {"search_fields": {"name": "Phone Call"}}})["modes"][0]["id"])
        created = client.create_request(
            RequestCreateSchema(
                subject="By address",
                description="Plain text\nin two lines",
                requester=ShortRequesterSchema(email=world.email, name=world.name, phone="+1 555 0100"),
                template=TemplateSchema(id=world.template, is_service_template=False),
                urgency=IdentSchema(id=urgency["Low"]),
                mode=IdentSchema(id=mode),
            )
        )
        same(created.requester.id, world.requester, "requester")
        same(desk.request(created.id)["mode"]["name"], "Phone Call", "mode")
        desk.delete(f"requests/{created.id}")
    with checks.check("change subject, description and urgency"):
        changed = client.update_request(
            ident,
            RequestUpdateSchema(
                subject="Changed + & %", description="<p>new</p>", urgency=IdentSchema(id=urgency["Low"])
            ),
        )
        same(
            (changed.subject, changed.description, changed.urgency.name),
            ("Changed + & %", "<p>new</p>", "Low"),
            "answer",
        )
        stored = desk.request(ident)
        same(
            (stored["subject"], stored["description"], stored["urgency"]["name"]),
            ("Changed + & %", "<p>new</p>", "Low"),
            "stored",
        )
    with checks.check("change the subject and leave the rest alone"):
        client.update_request(ident, RequestUpdateSchema(subject=SUBJECT))
        stored = desk.request(ident)
        same(
            (stored["subject"], stored["description"], stored["urgency"]["name"]),
            (SUBJECT, "<p>new</p>", "Low"),
            "stored",
        )
        same((stored["requester"]["email_id"], stored["group"]["name"]), (world.email, GROUP), "stored")
    with checks.check("what plain HTTP changed, the package reads"):
        desk.call("PUT", f"api/v3/requests/{ident}", {"request": {"technician": None, "status": {"name": "On Hold"}}})
        same(client.get_request(ident).status.name, "On Hold", "status")
        desk.call("PUT", f"api/v3/requests/{ident}", {"request": {"status": {"name": "Open"}}})
    return ident


def notes(checks, client, desk, ident):
    note = None
    with checks.check("add a note"):
        text = "<div>Seen &amp; noted – ü</div>"
        schema = NoteCreateSchema(
            description=text, show_to_requester=True, mark_first_response=False, add_to_linked_requests=False
        )
        note = client.add_note(ident, schema)
        same((note.description, note.show_to_requester), (text, True), "note")
        holds(note.added_by.id > 0, "somebody added it")
        holds(abs(note.added_time.value - datetime.now(timezone.utc)) < timedelta(minutes=1), "added now")
        listed = desk.get(f"requests/{ident}/notes")
        rows = listed.get("notes") or listed.get("request_notes")
        same([row["id"] for row in rows], [str(note.id)], "notes of the request")
    with checks.check("add a private note"):
        schema = NoteCreateSchema(
            description="for us", show_to_requester=False, mark_first_response=False, add_to_linked_requests=False
        )
        same(client.add_note(ident, schema).show_to_requester, False, "show_to_requester")
    with checks.check("attach a file to a note and download it"):
        attached = client.attach_file_to_note(ident, note.id, upload(b"note file", "note.txt", "text/plain"))
        same((attached.name, attached.size.value), ("note.txt", 9), "attachment")
        same(client.download(attached.content_url), b"note file", "content")


def attachments(checks, client, ident):
    attached = []
    for field in ("input_file", "file"):
        with checks.check(f"attach a file by the field {field}"):
            answer = client.attach_file_to_request(ident, upload(name=f"{field} ü.bin"), file_field=field)
            attached.append(answer)
            same((answer.name, answer.size.value), (f"{field} ü.bin", len(FILE)), "attachment")
            holds(answer.attached_by.id > 0, "somebody attached it")
            holds(answer.size.display_value, "the size has a text")
    with checks.check("the request lists its attachments"):
        listed = client.get_request(ident).attachments
        same(sorted(a.id for a in listed), sorted(a.id for a in attached), "attachments")
    with checks.check("download a file"):
        same(client.download(attached[0].content_url), FILE, "content")
    with checks.check("stream a file"):
        with client.stream(attached[1].content_url) as response:
            same(response.status_code, 200, "status")
            same(b"".join(response.iter_bytes()), FILE, "content")
    with checks.check("a file that does not exist is none"):
        same(client.download(f"/api/v3/requests/{ident}/attachments/{MISSING}"), None)


def resolution(checks, client, desk, ident):
    with checks.check("a request without a resolution has none inside it"):
        same(client.get_request_with_resolution(ident).resolution, None, "resolution")
    with checks.check("a request without a resolution has none by itself"):
        same(client.get_resolution(ident), None, "resolution")
    with checks.check("read a resolution"):
        desk.post(f"requests/{ident}/resolutions", {"resolution": {"content": "<p>Plugged <b>in</b></p>"}})
        found = client.get_resolution(ident)
        same((found.content, found.raw_content), ("Plugged in", "<p>Plugged <b>in</b></p>"), "content")
        same(found.attachments, [], "attachments")
        holds(found.submitted_by.id > 0, "somebody submitted it")
        holds(abs(found.submitted_on.value - datetime.now(timezone.utc)) < timedelta(minutes=1), "submitted now")
    with checks.check("read a request with its resolution"):
        inline = client.get_request_with_resolution(ident).resolution
        same((inline.content, inline.attachments), ("<p>Plugged <b>in</b></p>", []), "resolution")
        same(inline.submitted_by.id, found.submitted_by.id, "submitted_by")


def lists(checks, client, world, urgency, first):
    """Finding requests; the requester is ours alone, so nobody else's are met."""
    expected = [first]
    with checks.check("three requests to find"):
        for number in (2, 3):
            expected.append(client.create_request(draft(world, urgency["Normal"], subject=f"Find me {number}")).id)
            time.sleep(0.01)  # Orders the times of creation.
    mine = RequestSearchFields(requester_id=world.requester)
    with checks.check("requests by the requester's id, oldest first"):
        found = client.get_requests(
            RequestFilterParams(limit=10, offset=1, sort_field="created_time", sort_order="asc", search_fields=mine)
        )
        same([r.id for r in found.requests], expected, "found")
        same({r.group.name for r in found.requests}, {GROUP}, "groups")
    with checks.check("requests by the requester's name, by subject backwards"):
        named = RequestSearchFields(requester_name=world.name)
        found = client.get_requests(
            RequestFilterParams(limit=10, offset=1, sort_field="subject", sort_order="desc", search_fields=named)
        )
        same(sorted(r.id for r in found.requests), sorted(expected), "found")
        ours = [r.subject for r in found.requests if r.subject.startswith("Find me")]
        same(ours, ["Find me 3", "Find me 2"], "order")
    with checks.check("requests by index, row after row, from 0 and from 1"):
        for start in (0, 1):
            found = client.get_requests(
                RequestFilterParams(
                    limit=2, offset=start, sort_field="created_time", sort_order="asc", search_fields=mine
                )
            )
            same([r.id for r in found.requests], expected[:2], f"page from {start}")
        found = client.get_requests(
            RequestFilterParams(limit=2, offset=3, sort_field="created_time", sort_order="asc", search_fields=mine)
        )
        same([r.id for r in found.requests], expected[2:], "second page")
    with checks.check("requests by page, with a count"):
        for page, rows, more in ((1, expected[:2], True), (2, expected[2:], False), (3, [], False)):
            found = client.get_requests_page_paginated(
                RequestFilterPagePaginationParams(
                    page=page,
                    page_size=2,
                    can_include_count=True,
                    sort_field="created_time",
                    sort_order="asc",
                    search_fields=mine,
                )
            )
            same([r.id for r in found.requests], rows, f"page {page}")
            same(
                (found.list_info.page, found.list_info.has_next, found.list_info.total_count),
                (page, more, 3),
                f"list_info of page {page}",
            )

    def by_criteria(*criteria):
        found = client.get_requests_page_paginated(
            RequestCriteriaFilterPagePaginationParams(
                page=1,
                page_size=10,
                sort_field="created_time",
                sort_order="asc",
                search_criteria=[
                    SearchCriteria(field="requester.email_id", value=world.email, condition="eq"),
                    *(SearchCriteria(field=f, condition=c, value=v, logical_operator=o) for f, c, v, o in criteria),
                ],
            )
        )
        return [r.id for r in found.requests]

    with checks.check("requests by criteria"):
        same(by_criteria(), expected, "by e-mail address")
        same(by_criteria(("status.name", "eq", "Open", "and")), expected, "and open")
        same(by_criteria(("status.name", "neq", "Open", "and")), [], "and not open")
        same(by_criteria(("subject", "contains", "me 2", "and")), [expected[1]], "and a part of the subject")
    with checks.check("cancel a request"):
        client.cancel_request(expected[1])
        name = client.get_request(expected[1]).status.name
        holds(name.startswith("Cancel"), f"the status says so, not {name}")
        same(
            by_criteria(("status.name", "neq", "Closed", "and"), ("status.name", "neq", name, "and")),
            [expected[0], expected[2]],
            "not closed and not cancelled",
        )


def refusals(checks, client, desk, world, urgency, base_url):
    with checks.check("a request that does not exist is none"):
        same(client.get_request(MISSING), None, "request")
        same(client.get_request_with_resolution(MISSING), None, "request with resolution")
        same(client.get_resolution(MISSING), None, "resolution")
    with checks.check("a request that was deleted is none"):
        ident = client.create_request(draft(world, urgency["Low"], subject="To be deleted")).id
        desk.delete(f"requests/{ident}")
        same(client.get_request(ident), None)

    def refused(status, action):
        try:
            action()
        except HelpdeskClientError as error:
            same(error.status_code, status, "status")
            answer = error.json_data["response_status"]
            same((answer["status"], answer["status_code"]), ("failed", 4000), "response_status")
            return answer["messages"]
        raise AssertionError("it was not refused")

    with checks.check("an urgency that does not exist is refused"):
        messages = refused(400, lambda: client.create_request(draft(world, MISSING)))
        same(messages[0]["field"], "urgency", "field")
    with checks.check("a missing subject is refused"):
        refused(400, lambda: client.create_request(draft(world, urgency["Low"], subject="")))
    with checks.check("a note on a request that does not exist is refused"):
        schema = NoteCreateSchema(
            description="x", show_to_requester=False, mark_first_response=False, add_to_linked_requests=False
        )
        refused(404, lambda: client.add_note(MISSING, schema))
    with checks.check("a wrong key is refused"):
        with httpx2.Client(base_url=base_url, headers={"authtoken": "wrong"}) as http:
            refused(401, lambda: SyncHelpdeskClient2(http).get_requests(RequestFilterParams(limit=1, offset=1)))


def siblings(checks, desk, world, urgency, base_url, headers):
    """The package's other three clients and the other ways to sign in: a short round each."""
    some = RequestFilterParams(limit=1, offset=1, search_fields=RequestSearchFields(requester_id=world.requester))
    note = NoteCreateSchema(
        description="short", show_to_requester=True, mark_first_response=True, add_to_linked_requests=False
    )

    def short_round(client):
        ident = client.create_request(draft(world, urgency["High"])).id
        same(client.update_request(ident, RequestUpdateSchema(subject="Round")).subject, "Round", "subject")
        client.add_note(ident, note)
        attached = client.attach_file_to_request(ident, upload())
        same(client.download(attached.content_url), FILE, "content")
        same(len(client.get_requests(some).requests), 1, "rows")
        client.cancel_request(ident)

    async def short_async_round(client):
        ident = (await client.create_request(draft(world, urgency["High"]))).id
        same((await client.update_request(ident, RequestUpdateSchema(subject="Round"))).subject, "Round", "subject")
        await client.add_note(ident, note)
        attached = await client.attach_file_to_request(ident, upload())
        same(await client.download(attached.content_url), FILE, "content")
        same(len((await client.get_requests(some)).requests), 1, "rows")
        await client.cancel_request(ident)

    async def run_async(http, kind):
        async with http:
            await short_async_round(kind(http))

    for name, header in headers.items():
        with checks.check(f"a short round, signed in by {name}"):
            with httpx2.Client(base_url=base_url, headers=header, timeout=30) as http:
                short_round(SyncHelpdeskClient2(http))
    header = next(iter(headers.values()))
    with checks.check("a short round by HelpdeskClient2"):
        asyncio.run(run_async(httpx2.AsyncClient(base_url=base_url, headers=header, timeout=30), HelpdeskClient2))
    with checks.check("a short round by SyncHelpdeskClient"):
        with httpx.Client(base_url=base_url, headers=header, timeout=30) as http:
            short_round(SyncHelpdeskClient(http))
    with checks.check("a short round by HelpdeskClient"):
        asyncio.run(run_async(httpx.AsyncClient(base_url=base_url, headers=header, timeout=30), HelpdeskClient))
    with checks.check("a short round through the portal's address"):
        portal = desk.get("portals")["portals"][0]["name"]
        with httpx2.Client(base_url=f"{base_url}/app/{portal}", headers=header, timeout=30) as http:
            client = SyncHelpdeskClient2(http)
            ident = client.create_request(draft(world, urgency["High"])).id
            same(client.get_request(ident).subject, SUBJECT, "subject")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base-url", required=True, help="where the desk is, such as http://127.0.0.1:8080")
    parser.add_argument("--technician-key", required=True, help="an administrator's key")
    parser.add_argument("--token", help="an OAuth access token for everything; adds a round with each of its forms")
    arguments = parser.parse_args()
    base_url = arguments.base_url.rstrip("/")
    warnings.simplefilter("ignore")

    headers = {
        "authtoken": {"authtoken": arguments.technician_key},
        "TECHNICIAN_KEY": {"TECHNICIAN_KEY": arguments.technician_key},
    }
    if arguments.token:
        headers["Zoho-oauthtoken"] = {"Authorization": f"Zoho-oauthtoken {arguments.token}"}
        headers["Bearer"] = {"Authorization": f"Bearer {arguments.token}"}

    checks = Checks()
    desk = Desk(base_url, headers["authtoken"])
    world = None
    with checks.check("a requester, a template and a category to work with"):
        world = World(desk)
        rows = desk.get("urgencies", {"list_info": {"row_count": 100}})["urgencies"]
        urgency = {row["name"]: int(row["id"]) for row in rows}
    if world is None or checks.failed:
        checks.finish()
    with httpx2.Client(base_url=base_url, headers=headers["authtoken"], timeout=30) as http:
        client = SyncHelpdeskClient2(http)
        lookups(checks, client, world)
        ident = writing(checks, client, desk, world, urgency)
        notes(checks, client, desk, ident)
        attachments(checks, client, ident)
        resolution(checks, client, desk, ident)
        lists(checks, client, world, urgency, ident)
        refusals(checks, client, desk, world, urgency, base_url)
    siblings(checks, desk, world, urgency, base_url, headers)
    checks.finish()


if __name__ == "__main__":
    main()

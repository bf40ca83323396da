//! Requests.

use super::input::Input;
use super::list::ListInputs;
use super::problems::MORE;

const ID: Input = Input::path("The request's id").like("4149000001300019");
const SUBJECT: Input = Input::body("subject", "What it is about, in a line").like("Sample Content");
const DESCRIPTION: Input = Input::body("description", "All there is to say, as text or HTML")
    .like("<b>The content to be displayed</b>");
const IMPACT: Input =
    Input::body("impact_details", "Whom it keeps from working, and how").like("Sample Content");
// The documents' own example, abc.gmail.com, is no address: the service refuses it.
const NOTIFY: Input =
    Input::body("email_ids_to_notify", "Who is told by mail what becomes of it").like("ann.lee@example.com");
const NO_TASKS: Input =
    Input::body("delete_pre_template_tasks", "Leave out the tasks that its template brings").or("false");

actions! {
    "Adds a request."
    create_request CreateRequest "createRequest" "Create Request" Create "POST" "/requests" "request" {
        need text request_subject "requestSubject" "Request Subject" = SUBJECT;
        may text request_description "requestDescription" "Request Description" = DESCRIPTION;
        may text impact_details "impactDetails" "Impact Details" = IMPACT;
        may list email_ids_to_notify "emailIdsToNotify" "Email IDs To Notify" = NOTIFY;
        may flag delete_pre_template_tasks "deletePreTemplateTasks" "Delete Pre Template Tasks" = NO_TASKS;
        may object additional_fields "additionalFields" "Additional Fields" = MORE;
    }
    "Reads a request."
    get_request GetRequest "getRequest" "Get Request" Get "GET" "/requests/{toGetRequestId}" "request" {
        need text to_get_request_id "toGetRequestId" "To Get Request ID" = ID;
    }
    "Lists requests, all or those that pass conditions."
    list_requests ListRequests "listRequests" "List Requests" List "GET" "/requests" "requests" {
        .. list: ListInputs;
    }
    "Edits a request: what is given is changed, the rest stays."
    update_request UpdateRequest "updateRequest" "Update Request"
        Update "PUT" "/requests/{toUpdateRequestId}" "request"
    {
        need text to_update_request_id "toUpdateRequestId" "To Update Request ID" = ID;
        may text request_subject "requestSubject" "Request Subject" = SUBJECT;
        may text request_description "requestDescription" "Request Description" = DESCRIPTION;
        may text impact_details "impactDetails" "Impact Details" = IMPACT;
        may list email_ids_to_notify "emailIdsToNotify" "Email IDs To Notify" = NOTIFY;
        may flag delete_pre_template_tasks "deletePreTemplateTasks" "Delete Pre Template Tasks" = NO_TASKS;
        may object additional_fields "additionalFields" "Additional Fields" = MORE;
    }
    "Moves a request to the trash, or removes it for ever when it is there already."
    delete_request DeleteRequest "deleteRequest" "Delete Request"
        Delete "DELETE" "/requests/{toDeleteRequestId}" "request"
    {
        need text to_delete_request_id "toDeleteRequestId" "To Delete Request ID" = ID;
    }
}

//! Notes of requests.

use super::input::Input;
use super::list::ListInputs;
use super::problems::MORE;

const REQUEST: Input = Input::path("The request's id").like("4149000001300019");
const NOTE: Input = Input::path("The note's id").like("4149000001300019");
const DESCRIPTION: Input = Input::body("description", "What the note says, as text or HTML")
    .like("<b>The content to be displayed</b>");
const SHOWN: Input = Input::body("show_to_requester", "Whether the requester may read it");
const TOLD: Input = Input::body("notify_technician", "Whether the technician is told");

actions! {
    "Adds a note to a request."
    create_request_note CreateRequestNote "createRequestNote" "Create Request Note"
        Create "POST" "/requests/{requestId}/notes" "request_note"
    {
        need text request_id "requestId" "Request ID" = REQUEST;
        need text note_description "noteDescription" "Note Description" = DESCRIPTION;
        may flag show_to_requester "showToRequester" "Show To Requester" = SHOWN;
        may flag notify_technician "notifyTechnician" "Notify Technician" = TOLD;
        may flag mark_first_response "markFirstResponse" "Mark First Response" = Input::body("mark_first_response", "Whether it is the first answer that the requester waits for");
        may object additional_fields "additionalFields" "Additional Fields" = MORE;
    }
    "Reads a note of a request."
    get_request_note GetRequestNote "getRequestNote" "Get Request Note"
        Get "GET" "/requests/{requestId}/notes/{noteId}" "request_note"
    {
        need text request_id "requestId" "Request ID" = REQUEST;
        need text note_id "noteId" "Note ID" = NOTE;
    }
    "Lists the notes of a request."
    list_request_notes ListRequestNotes "listRequestNotes" "List Request Notes"
        List "GET" "/requests/{requestId}/notes" "notes"
    {
        need text request_id "requestId" "Request ID" = REQUEST;
        .. list: ListInputs;
    }
    "Edits a note of a request."
    update_request_note UpdateRequestNote "updateRequestNote" "Update Request Note"
        Update "PUT" "/requests/{requestId}/notes/{noteId}" "request_note"
    {
        need text request_id "requestId" "Request ID" = REQUEST;
        need text note_id "noteId" "Note ID" = NOTE;
        may text note_description "noteDescription" "Note Description" = DESCRIPTION;
        may flag show_to_requester "showToRequester" "Show To Requester" = SHOWN;
        may flag notify_technician "notifyTechnician" "Notify Technician" = TOLD;
        may object additional_fields "additionalFields" "Additional Fields" = MORE;
    }
    "Removes a note of a request."
    delete_request_note DeleteRequestNote "deleteRequestNote" "Delete Request Note"
        Delete "DELETE" "/requests/{requestId}/notes/{noteId}" "request_note"
    {
        need text request_id "requestId" "Request ID" = REQUEST;
        need text note_id "noteId" "Note ID" = NOTE;
    }
}

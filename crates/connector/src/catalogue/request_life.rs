//! A request's life beside plain edits: closing, assigning, picking up, its resolution, and the trash.

use super::input::Input;
use super::problems::MORE;

const ID: Input = Input::path("The request's id").like("4149000001300019");

actions! {
    "Closes a request."
    close_request CloseRequest "closeRequest" "Close Request" Operate "PUT" "/requests/{requestId}/_close" "request" {
        need text request_id "requestId" "Request ID" = ID;
        may reference closure_code "closureCode" "Closure Code" = Input::body("closure_info.closure_code", "How it ended, such as Success").like(r#"{"name": "Success"}"#);
        may text closure_comments "closureComments" "Closure Comments" = Input::body("closure_info.closure_comments", "What there is to say about it").like("Sample Content");
        may flag requester_ack_resolution "requesterAckResolution" "Requester Acknowledged Resolution" = Input::body("closure_info.requester_ack_resolution", "Whether the requester agreed");
        may text requester_ack_comments "requesterAckComments" "Requester Comments" = Input::body("closure_info.requester_ack_comments", "What the requester said").like("Sample Content");
        may flag is_fcr "isFcr" "First Call Resolution" = Input::body("is_fcr", "Whether it was resolved at the first call");
        may object additional_fields "additionalFields" "Additional Fields" = MORE;
    }
    "Gives a request to a group, a technician or both."
    assign_request AssignRequest "assignRequest" "Assign Request" Operate "PUT" "/requests/{requestId}/_assign" "request" {
        need text request_id "requestId" "Request ID" = ID;
        may reference group "group" "Group" = Input::body("group", "Which group").like(r#"{"name": "Network"}"#);
        may reference technician "technician" "Technician" = Input::body("technician", "Which technician").like(r#"{"email_id": "ann.lee@example.com"}"#);
    }
    "Takes a request oneself."
    pickup_request PickupRequest "pickupRequest" "Pick Up Request" Operate "PUT" "/requests/{requestId}/pickup" "" {
        need text request_id "requestId" "Request ID" = ID;
    }
    "Writes how a request was resolved, instead of what was written before."
    add_request_resolution AddRequestResolution "addRequestResolution" "Add Request Resolution"
        Operate "POST" "/requests/{requestId}/resolutions" "resolution"
    {
        need text request_id "requestId" "Request ID" = ID;
        need text content "content" "Content" = Input::body("content", "The resolution, as text or HTML").like("<b>The content to be displayed</b>");
        may flag add_to_linked_requests "addToLinkedRequests" "Add To Linked Requests" = Input::body("add_to_linked_requests", "Write it to linked requests too");
    }
    "Reads how a request was resolved."
    get_request_resolution GetRequestResolution "getRequestResolution" "Get Request Resolution"
        Get "GET" "/requests/{requestId}/resolutions" "resolution"
    {
        need text request_id "requestId" "Request ID" = ID;
    }
    "Moves a request to the trash; one that is there already stays there."
    trash_request TrashRequest "trashRequest" "Move Request To Trash"
        Operate "DELETE" "/requests/{requestId}/move_to_trash" ""
    {
        need text request_id "requestId" "Request ID" = ID;
    }
    "Gets a request back from the trash."
    restore_request RestoreRequest "restoreRequest" "Restore Request From Trash"
        Operate "PUT" "/requests/{requestId}/restore_from_trash" ""
    {
        need text request_id "requestId" "Request ID" = ID;
    }
}
